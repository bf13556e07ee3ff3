import Cryptography
import FixedMemory
import Testing

@Suite("Keys of readers and cards in a board image")
struct SealedKeyTests {
    private let secret = HashKey([UInt8](0..<32).span)!
    private let key = AES128([UInt8](100..<116).span)!

    private func bytes(_ sealed: FixedBytes<40>) -> [UInt8] { (0..<sealed.count).map { sealed[$0] } }

    @Test("come back with the board's secret, and only with it")
    func roundTrip() {
        let sealed = SealedKey.seal(key, with: secret)
        #expect(sealed.count == SealedKey.length)
        #expect(SealedKey.open(sealed, with: secret)?.keyBlock == key.keyBlock)
        #expect(SealedKey.open(sealed, with: HashKey([UInt8](1..<33).span)!) == nil)
    }

    @Test("are nowhere in the clear, are the same when sealed again, and share nothing with another key")
    func sealed() {
        let sealed = bytes(SealedKey.seal(key, with: secret))
        let clear = [UInt8](100..<116)
        #expect(!sealed.indices.contains { sealed[$0...].starts(with: clear.prefix(4)) })
        #expect(sealed == bytes(SealedKey.seal(key, with: secret)))
        let other = bytes(SealedKey.seal(AES128([UInt8](101..<117).span)!, with: secret))
        #expect(zip(sealed, other).filter { $0 == $1 }.count < 6)
    }

    @Test("are refused with any byte changed, and with any byte missing")
    func damaged() {
        let sealed = bytes(SealedKey.seal(key, with: secret))
        for index in sealed.indices {
            var damaged = sealed
            damaged[index] ^= 1
            #expect(SealedKey.open(FixedBytes(damaged.span), with: secret) == nil, "byte \(index)")
        }
        let short = Array(sealed.dropLast())
        #expect(SealedKey.open(FixedBytes(short.span), with: secret) == nil)
    }
}
