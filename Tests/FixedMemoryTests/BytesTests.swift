import FixedMemory
import Testing

private func text(_ bytes: borrowing FixedBytes<64>) -> String {
    var characters: [UInt8] = []
    for index in 0..<bytes.count { characters.append(bytes[index]) }
    return String(decoding: characters, as: UTF8.self)
}

@Suite("Bytes are written into fixed room and read back with every step checked")
struct BytesTests {
    @Test("What does not fit is left out and remembered, until emptied")
    func overflow() {
        var bytes = FixedBytes<2>()
        bytes.append(1)
        bytes.append(2)
        check(!bytes.overflowed)
        bytes.append(3)
        check(bytes.overflowed)
        check(bytes.count == 2)
        bytes.removeAll()
        check(!bytes.overflowed)
    }

    @Test(
        "Integers in decimal",
        arguments: [
            (0, 1, "0"), (7, 3, "007"), (-7, 1, "-7"), (-7, 3, "-007"), (1234, 2, "1234"), (Int.min, 1, "\(Int.min)"),
            (Int.max, 1, "\(Int.max)"),
        ])
    func decimal(value: Int, digits: Int, expected: String) {
        var bytes = FixedBytes<64>()
        bytes.appendDecimal(value, minimumDigits: digits)
        #expect(text(bytes) == expected)
    }

    @Test("Bytes as lower-case hexadecimal digits")
    func hexadecimal() {
        var bytes = FixedBytes<64>()
        bytes.appendHexadecimal([0x00, 0x9A, 0xBC, 0xDE, 0xFF].span)
        #expect(text(bytes) == "009abcdeff")
    }

    @Test("Both byte orders read back what they wrote, for every width")
    func integers() throws {
        var buffer = ByteBuffer(capacity: 64)
        buffer.appendLittleEndian(UInt16(0x1234))
        buffer.appendBigEndian(UInt16(0x1234))
        buffer.appendLittleEndian(Int8(-2))
        buffer.appendLittleEndian(Int64.min)
        buffer.appendBigEndian(UInt32(0xDEAD_BEEF))
        check(buffer[0] == 0x34)
        check(buffer[2] == 0x12)
        var reader = ByteReader(buffer.span)
        check(try reader.littleEndian(UInt16.self) == 0x1234)
        check(try reader.bigEndian(UInt16.self) == 0x1234)
        check(try reader.littleEndian(Int8.self) == -2)
        check(try reader.littleEndian(Int64.self) == Int64.min)
        check(try reader.bigEndian(UInt32.self) == 0xDEAD_BEEF)
        let atEnd = reader.isAtEnd
        #expect(atEnd)
    }

    @Test("A read beyond the end says so and consumes nothing")
    func truncated() throws {
        let bytes: [UInt8] = [1, 2, 3]
        var reader = ByteReader(bytes.span)
        var refused = false
        do { _ = try reader.littleEndian(UInt32.self) } catch { refused = true }
        #expect(refused)
        let left = reader.remaining
        #expect(left == 3)
        check(try reader.littleEndian(UInt16.self) == 0x0201)
    }

    @Test("Removing from the front moves the rest, as a stream's receive buffer needs")
    func removeFirst() {
        var buffer = ByteBuffer(capacity: 4)
        buffer.append([1, 2, 3, 4].span)
        buffer.removeFirst(3)
        check(buffer.count == 1)
        check(buffer[0] == 4)
        check(buffer.room == 3)
    }

    @Test("A literal that is too long for its room is cut and says so")
    func literal() {
        #expect(FixedBytes<3>("abcd").overflowed)
        #expect(!FixedBytes<4>("abcd").overflowed)
    }
}
