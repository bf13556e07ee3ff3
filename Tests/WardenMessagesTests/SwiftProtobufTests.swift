import FixedMemory
import SwiftProtobuf
import SwiftProtobufMessages
import Testing
import WardenMessages

/// Ours against swift-protobuf, on every message of the schema.
@Suite struct SwiftProtobufTests {
    @Test(arguments: MessageCase.all)
    func randomMessagesGoThroughSwiftProtobufAndBackWithNothingLost(message: MessageCase) throws {
        var generator = SeededGenerator(seed: 20)
        for _ in 0..<300 {
            let (bytes, comesBack) = try message.random(&generator)
            #expect(comesBack)
            #expect(try message.theirs(bytes) == bytes)
        }
    }

    @Test(arguments: MessageCase.all)
    func damagedMessagesAreRefusedOrMeanWhatSwiftProtobufTakesThemFor(message: MessageCase) throws {
        var generator = SeededGenerator(seed: 21)
        var taken = 0
        for _ in 0..<1_000 {
            var bytes = try message.random(&generator).bytes
            for _ in 0...generator.below(3) { bytes.damage(using: &generator) }
            guard let ours = try? message.ours(bytes) else { continue }
            taken += 1
            #expect(try message.theirs(bytes) == ours)
        }
        #expect(taken > 50, "most damage would hide that nothing is decoded at all")
    }

    @Test(arguments: MessageCase.all)
    func randomBytesNeverCrashAndNeverMeanSomethingElse(message: MessageCase) throws {
        var generator = SeededGenerator(seed: 22)
        for _ in 0..<2_000 {
            let bytes = (0..<generator.below(80)).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
            guard let ours = try? message.ours(bytes) else { continue }
            #expect(try message.theirs(bytes) == ours)
        }
    }

    @Test(arguments: MessageCase.all)
    func fieldsOfALaterVersionAreSkipped(message: MessageCase) throws {
        var generator = SeededGenerator(seed: 23)
        // Field 2000, of each wire type that proto3 has.
        let later: [[UInt8]] = [
            [0x80, 0x7D, 0xAC, 0x02], [0x81, 0x7D, 1, 2, 3, 4, 5, 6, 7, 8], [0x82, 0x7D, 0x02, 0xFF, 0xFF],
            [0x85, 0x7D, 1, 2, 3, 4],
        ]
        for _ in 0..<50 {
            let bytes = try message.random(&generator).bytes
            #expect(try message.ours(later.joined() + bytes + later.joined()) == bytes)
        }
    }

    @Test func aBoardIsTheSameToBoth() throws {
        var generator = SeededGenerator(seed: 24)
        for _ in 0..<200 {
            let entries = (0..<generator.below(20)).map { _ in MessageCase.randomBoardEntry(using: &generator) }
                .sorted { $0.field < $1.field }
                // One header, one set of capacities, of rules, of networks: more would be merged by one and listed by the other.
                .reduce(into: [Board.Entry]()) { entries, entry in
                    let isOne = entry.field <= Board.Field.capacities || entry.field >= Board.Field.accessPolicy
                    if !isOne || entries.last?.field != entry.field {
                        entries.append(entry)
                    }
                }
            var bytes = ByteBuffer(capacity: 20 * Board.Entry.maximumEncodedSize)
            for entry in entries { entry.encode(into: &bytes) }
            let board = try Warden_V1_Board(serializedBytes: array(bytes.span))
            #expect(try board.serializedBytes() as [UInt8] == array(bytes.span))
            var walker = Board.Walker(bytes.span)
            var found: [Board.Entry] = []
            while let entry = try walker.next() { found.append(entry) }
            #expect(found == entries)
        }
    }
}

extension [UInt8] {
    /// Changes, removes, adds or repeats a few bytes.
    fileprivate mutating func damage(using generator: inout SeededGenerator) {
        let place = generator.below(count + 1)
        switch generator.below(5) {
        case 0 where place < count: self[place] = UInt8(truncatingIfNeeded: generator.next())
        case 1 where place < count: self[place] ^= 1 << generator.below(8)
        case 2 where place < count: remove(at: place)
        case 3: insert(UInt8(truncatingIfNeeded: generator.next()), at: place)
        default: append(contentsOf: self[place...].prefix(10))
        }
    }
}
