import BoardImage
import Cryptography
import FixedMemory
import HardwareInterface
import Testing
import VirtualBoard

@testable import Runtime

@Suite("A board starts only from an image that is whole and meant for it")
struct StartTests {
    /// Why an image is refused; `nil` if it is not.
    func refusal(_ file: [UInt8], key: HashKey = BoardUnderTest.key) -> String? {
        do {
            let image = try BoardImage(decoding: file.span)
            _ = try Runtime(hardware: VirtualBoard(image, hashKey: key), image: image, file: file.span, hashKey: key)
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test("Every flipped byte of an image is noticed")
    func flippedBytes() throws {
        let file = try BoardUnderTest.compile(SmallBoards.stairwell)
        #expect(refusal(file) == nil)
        for place in stride(from: 0, to: file.count, by: 7) {
            var changed = file
            changed[place] ^= 0x10
            #expect(refusal(changed) != nil, "byte \(place)")
        }
    }

    @Test("An image that was cut short or has more behind it is refused", arguments: [-1, -20, 1])
    func wrongLength(change: Int) throws {
        let file = try BoardUnderTest.compile(SmallBoards.stairwell)
        let changed = change < 0 ? Array(file.dropLast(-change)) : file + [0]
        #expect(refusal(changed) != nil)
    }

    @Test("Credentials hashed with another key are refused: no card would open")
    func otherKey() throws {
        let other = HashKey([UInt8](repeating: 9, count: 32).span)!
        #expect(refusal(try BoardUnderTest.compile(SmallBoards.stairwell), key: other) == "wrongHashKey")
    }

    @Test("Every output has its safe level before anything is decided, and nothing but a cause moves it")
    func safeStart() throws {
        let board = try BoardUnderTest()
        #expect(board.isOn("lock") && !board.isOn("siren") && !board.isOn("valve"))
        board.pass(.minutes(10))
        #expect(!board.words.contains { $0.hasPrefix("line ") }, "\(board.words)")
    }

    @Test("A quiet board sleeps: it turns for its sensors and nothing else")
    func quiet() throws {
        let board = try BoardUnderTest()
        board.pass(.minutes(1))
        let before = board.turns
        board.pass(.minutes(10))
        // Two sensors with an interval of 500 ms and 2 s, a few transfers for each measurement.
        #expect(board.turns - before < 60_000)
        #expect(board.turns - before > 1_200)
    }
}
