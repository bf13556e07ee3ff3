import CLinuxHardware
import Cryptography
import DeviceModels
import Drivers
import FixedMemory
import HardwareInterface
import SelfTestSubject

/// The checks, one function a subject, and how many failed.
struct SelfTest {
    private var failures = 0

    /// Runs every check, prints a line for each, and says whether all held.
    static func run() -> Bool {
        var test = SelfTest()
        test.checkChecksums()
        test.checkBytesInPlace()
        test.checkKeyedHash()
        test.checkBlockCipher()
        test.checkSecureReader()
        test.checkRingBetweenThreads()
        test.checkFloatingPoint()
        test.checkSensors()
        test.checkLink()
        return test.failures == 0
    }

    mutating func check(_ name: StaticString, _ holds: Bool) {
        print(holds ? "ok      " : "FAILED  ", terminator: "")
        print(name)
        if !holds { failures += 1 }
    }

    private mutating func checkChecksums() {
        let digits = FixedBytes<9>("123456789")
        // RFC 3720 appendix B.4: 32 bytes of zeros.
        check(
            "CRC-32C of 32 zero bytes is RFC 3720's",
            Checksum.crc32c(InlineArray<32, UInt8>(repeating: 0).span) == 0x8A91_36AA)
        // The reveng catalogue's check value of CRC-32/ISCSI, and of CRC-16/SPI-FUJITSU, which is OSDP's.
        check("CRC-32C of the catalogue's digits", Checksum.crc32c(digits.span) == 0xE306_9283)
        check("CRC-16 of the catalogue's digits", Checksum.crc16OSDP(digits.span) == 0xE5CC)
        // SHT3x data sheet, section 4.12.
        check(
            "CRC-8 of Sensirion's example",
            Checksum.crc8Sensirion(([0xBE, 0xEF] as InlineArray<2, UInt8>).span) == 0x92)
    }

    /// What lies in a value is read from where the value lies, not from where a copy of it was.
    private mutating func checkBytesInPlace() {
        var line = EchoingLine()
        var echo = FixedBytes<256>()
        for byte in UInt8(ascii: "a")...UInt8(ascii: "h") { line.take(byte, echo: &echo) }
        check("bytes held in place are seen in place", echo == "aabbccddeeffgghh")
        var last = FixedBytes<8>()
        last.append(echo.span.extracting(12..<16))
        last.append(FixedBytes<4>(echo.span.extracting(0..<2)).span)
        check("and so are those of a value that nothing names", last == "gghhaa")
    }

    private mutating func checkKeyedHash() {
        var key = FixedBytes<32>()
        for byte in 0..<32 { key.append(UInt8(byte)) }
        let message = FixedBytes<6>("warden")
        // Python: hashlib.blake2b(b"warden", digest_size=16, key=bytes(range(32))).
        let expected: (low: UInt64, high: UInt64) = (0x1518_A342_BBEA_CBFD, 0xEFAC_0204_D2FA_0180)
        let hash = HashKey(key.span)?.hash(message.span)
        check("BLAKE2b with a key is Python's", hash == KeyedHash(low: expected.low, high: expected.high))
        check("equal secrets compare as equal", equalInConstantTime(key.span, key.span))
        check(
            "different secrets compare as different", !equalInConstantTime(message.span, FixedBytes<6>("warder").span))
    }

    private mutating func checkBlockCipher() {
        var key = AESBlock()
        var plain = AESBlock()
        for index in 0..<16 {
            key[index] = UInt8(index)
            plain[index] = UInt8(index * 0x11)
        }
        // FIPS 197, appendix C.1.
        let expected: InlineArray<16, UInt8> = [
            0x69, 0xC4, 0xE0, 0xD8, 0x6A, 0x7B, 0x04, 0x30, 0xD8, 0xCD, 0xB7, 0x80, 0x70, 0xB4, 0xC5, 0x5A,
        ]
        let enciphered = AES128(key).encrypted(plain)
        check("AES-128 is FIPS 197's", AESBlock(expected.span) == enciphered)
        check("AES-128 undoes itself", AES128(key).decrypted(enciphered) == plain)
    }

    /// A reader comes online over OSDP's secure channel and reads a card: panel and reader, packet by packet.
    private mutating func checkSecureReader() {
        var seed = FixedBytes<32>()
        for byte in 0..<32 { seed.append(UInt8(byte)) }
        guard let random = RandomGenerator(seed: seed.span), let block = AESBlock(seed.span.extracting(0..<16)) else {
            check("a generator takes its seed", false)
            return
        }
        let key = AES128(block)
        var bus = OSDPBus(random: random)
        _ = bus.addPeripheral(.init(address: 1, security: .key(ReaderKey(key))))
        var reader = OSDPReaderModel(address: 1, key: key)
        var output = ReaderOutput()
        var line = ByteBuffer(capacity: 512)
        var now = Instant.start
        var cards = 0
        bus.portOpened(at: now, into: &output)
        reader.presentCard(seed.span.extracting(0..<3), bitCount: 24)
        while now < .start + .seconds(3) {
            now = max(now, min(bus.deadline, reader.deadline))
            reader.emit(until: now, into: &line)
            if line.count > 0 { bus.receive(line.span, at: now, into: &output) }
            line.removeAll()
            bus.poll(at: now, into: &output)
            if output.transmit.count > 0 { reader.receive(output.transmit.span, at: now) }
            for index in output.reports.indices {
                if case .card = output.reports[index].event { cards += 1 }
            }
            output.removeAll()
        }
        check("a reader comes online over the secure channel", bus.isSecure(0))
        check("and its card is read once", cards == 1)
    }

    /// Pushes numbers from a second thread through a small ring and sees that each arrives once and in order.
    private mutating func checkRingBetweenThreads() {
        let count: UInt64 = 200_000
        let ring = SingleProducerRing<UInt64>(capacity: 8)
        var producer = warden_thread()
        let status = warden_thread_start(
            &producer, "producer", 65_536,
            { context in
                guard let context else { return }
                let ring = Unmanaged<SingleProducerRing<UInt64>>.fromOpaque(context).takeUnretainedValue()
                var next: UInt64 = 0
                while next < 200_000 { if ring.push(next) { next += 1 } }
            }, Unmanaged.passUnretained(ring).toOpaque())
        check("a thread starts", status == 0)
        guard status == 0 else { return }
        var expected: UInt64 = 0
        var inOrder = true
        while expected < count {
            guard let number = ring.pop() else { continue }
            inOrder = inOrder && number == expected
            expected += 1
        }
        check("a thread whose function has returned is joined", warden_thread_join(&producer, 5_000))
        check("a ring between two threads keeps order and loses nothing", inOrder)
    }

    /// A wrong float ABI passes doubles to C in the wrong registers; the result is then not these digits.
    private mutating func checkFloatingPoint() {
        check("C takes and returns doubles as Swift does", warden_scale(1.5, 3) == 12.0)
        let third = 1.0 / opaque(3.0)
        check("division rounds as IEEE 754 says", third.bitPattern == 0x3FD5_5555_5555_5555)
        check("a square root rounds as IEEE 754 says", opaque(2.0).squareRoot().bitPattern == 0x3FF6_A09E_667F_3BCD)
        check("a product and a sum are rounded twice", opaque(third) * 3.0 - 1.0 == 0)
    }
}

/// Keeps the compiler from computing at build time what this processor is to compute.
@inline(never)
private func opaque(_ value: Double) -> Double { warden_scale(value, 0) }
