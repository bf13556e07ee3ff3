import DeviceModels
import Drivers
import FixedMemory
import HardwareInterface
import Testing

@Suite("125 kHz serial readers")
struct SerialTagReaderTests {
    static func tag(_ hex: String) -> ReaderEvent { .card(CardIdentifier(hex: hex, .lowFrequencyTag)) }

    static func frame(
        _ tag: [UInt8], raw: Bool = false, lineEnd: Bool = false, additive: Bool = false, error: UInt8 = 0
    ) -> [UInt8] {
        func digits(_ byte: UInt8) -> [UInt8] {
            [byte >> 4, byte & 15].map { $0 < 10 ? 0x30 + $0 : 0x41 + $0 - 10 }
        }
        let check = (additive ? tag.reduce(0, &+) : tag.reduce(0, ^)) ^ error
        return [0x02] + tag.flatMap(digits) + (raw ? [check] : digits(check)) + (lineEnd ? [0x0D, 0x0A] : []) + [0x03]
    }

    struct Field: CustomTestStringConvertible, Sendable {
        var name: String
        var frame: String
        var tag: String
        var configuration = SerialTagReader.Configuration()
        var testDescription: String { name }
    }

    @Test(
        "Frames seen in the field give their tag",
        arguments: [
            Field(
                name: "raw checksum byte 3C (esphome/issues#3610)", frame: "02303131344145334242433C03",
                tag: "0114AE3BBC"),
            Field(
                name: "ID-20LA, CR LF before ETX (esphome/esphome#13753)",
                frame: "023035303032303742333236430D0A03", tag: "0500207B32"),
            Field(
                name: "additive checksum (lomassubedi/rfid_attendance, 2E00AF0EC9 B4), only as configured",
                frame: "02 32453030414630454339 4234 03", tag: "2E00AF0EC9", configuration: .init(checksum: .additive)),
            Field(name: "lower-case digits", frame: "02 30353030323037623332 3663 03", tag: "0500207B32"),
        ])
    func fieldFrames(_ field: Field) {
        var bench = ReaderBench(SerialTagReader(field.configuration))
        bench.receive(hex: field.frame)
        #expect(bench.take() == [Self.tag(field.tag)])
    }

    @Test("An additive checksum is not guessed")
    func additiveNotGuessed() {
        var bench = ReaderBench(SerialTagReader())
        bench.receive(hex: "02 32453030414630454339 4234 03")
        #expect(bench.take() == [.malformed(.checksum)])
    }

    @Test("A raw checksum of any value is told from two checksum digits", arguments: [false, true])
    func everyRawChecksum(lineEnd: Bool) {
        for check in UInt8.min...UInt8.max {
            var bench = ReaderBench(SerialTagReader())
            bench.receive(Self.frame([0x01, 0x02, 0x04, 0x08, 0x0F ^ check], raw: true, lineEnd: lineEnd))
            bench.receive(Self.frame([0x77, 0x02, 0x04, 0x08, 0x79 ^ check], raw: true, lineEnd: lineEnd))
            let first: [UInt8] = [0x01, 0x02, 0x04, 0x08, 0x0F ^ check]
            let second: [UInt8] = [0x77, 0x02, 0x04, 0x08, 0x79 ^ check]
            #expect(
                bench.take()
                    == [first, second].map {
                        .card(CardIdentifier(FixedBytes($0.span), technology: .lowFrequencyTag))
                    }, "raw checksum \(check)")
        }
    }

    @Test("A frame may arrive in any two pieces")
    func pieces() {
        let frame = Self.frame([1, 2, 3, 4, 5], lineEnd: true)
        for cut in 0...frame.count {
            var bench = ReaderBench(SerialTagReader())
            bench.receive(Array(frame[..<cut]))
            bench.advance(.milliseconds(99))
            bench.receive(Array(frame[cut...]))
            #expect(bench.take() == [Self.tag("0102030405")], "cut at \(cut)")
        }
    }

    @Test("A pause of the byte time-out within a frame ends it, and the next frame counts")
    func byteTimeout() {
        let frame = Self.frame([1, 2, 3, 4, 5])
        for cut in 1..<frame.count {
            var bench = ReaderBench(SerialTagReader())
            bench.receive(Array(frame[..<cut]))
            bench.advance(.milliseconds(100))
            #expect(bench.take() == [.malformed(.truncated)], "cut at \(cut)")
            bench.receive(Array(frame[cut...]))
            #expect(bench.take() == [], "the rest of a frame is no frame; its noise is counted, not told again")
            bench.receive(frame)
            #expect(bench.take() == [Self.tag("0102030405")])
        }
    }

    @Test("A frame cut short is lost alone: the frame that follows at once counts", arguments: [false, true])
    func truncatedThenWhole(raw: Bool) {
        let lost = Self.frame([9, 8, 7, 6, 5], raw: raw)
        for length in 1..<lost.count {
            var bench = ReaderBench(SerialTagReader(.init(checksum: raw ? .raw : .characters)))
            bench.receive(Array(lost[..<length]) + Self.frame([1, 2, 3, 4, 5], raw: raw))
            let events = bench.take()
            #expect(events.last == Self.tag("0102030405"), "after \(length) bytes")
            #expect(!events.contains(Self.tag("0908070605")))
        }
    }

    @Test("A reader that uses one form of checksum is not believed when a damaged frame looks like the other")
    func learnedForm() {
        var bench = ReaderBench(SerialTagReader())
        bench.receive(Self.frame([1, 2, 3, 4, 5]))
        #expect(bench.take() == [Self.tag("0102030405")])
        let other = Self.frame([9, 8, 7, 6, 5], raw: true)
        bench.receive(other)
        #expect(bench.take() == [.malformed(.framing)])
        bench.receive(Self.frame([1, 2, 3, 4, 5]))
        bench.receive(other)
        #expect(bench.take() == [], "one of its own frames between them: still not believed")
        bench.receive(other)
        #expect(bench.take() == [Self.tag("0908070605")], "two in a row: the reader was exchanged")
    }

    @Test("A tag held for an hour is one presentation, and its going is reported once")
    func heldForAnHour() {
        var bench = ReaderBench(SerialTagReader())
        var model = SerialTagReaderModel()
        model.present([1, 2, 3, 4, 5], at: .start)
        var buffer = ByteBuffer(capacity: 64)
        while bench.now < .start + .hours(1) {
            bench.advance(.milliseconds(20))
            model.emit(until: bench.now, into: &buffer)
            bench.receive((0..<buffer.count).map { buffer[$0] })
            buffer.removeAll()
        }
        #expect(bench.take() == [Self.tag("0102030405")])
        #expect(bench.driver.statistics.validFrames > 50_000)
        #expect(bench.driver.statistics.malformed == 0)
        model.remove()
        bench.advance(.seconds(2))
        #expect(bench.take() == [.cardRemoved])
        model.present([1, 2, 3, 4, 5], at: bench.now)
        bench.advance(.milliseconds(20))
        model.emit(until: bench.now, into: &buffer)
        bench.receive((0..<buffer.count).map { buffer[$0] })
        #expect(bench.take() == [Self.tag("0102030405")])
    }

    @Test("The hold-off decides what is a new presentation")
    func holdOff() {
        let frame = Self.frame([1, 2, 3, 4, 5])
        for (pause, isNew) in [(1_999, false), (2_000, true)] as [(Int64, Bool)] {
            var bench = ReaderBench(SerialTagReader(.init(presence: .singleFrame, holdOff: .seconds(2))))
            bench.receive(frame)
            bench.advance(.milliseconds(pause))
            bench.receive(frame)
            #expect(bench.take().count == (isNew ? 2 : 1), "after \(pause) ms")
        }
    }

    @Test("Two tags that a reader sees in turn are two presentations")
    func twoTags() {
        var bench = ReaderBench(SerialTagReader())
        for _ in 0..<500 {
            bench.receive(Self.frame([1, 2, 3, 4, 5]))
            bench.advance(.milliseconds(65))
            bench.receive(Self.frame([5, 4, 3, 2, 1]))
            bench.advance(.milliseconds(65))
        }
        #expect(bench.take() == [Self.tag("0102030405"), Self.tag("0504030201")])
        bench.advance(.seconds(1))
        #expect(bench.take() == [.cardRemoved])
    }

    @Test("A reader with a range line reports removal from the line; a line stuck active locks nobody out")
    func rangeLine() {
        var bench = ReaderBench(SerialTagReader(.init(presence: .rangeLine)))
        let frame = Self.frame([1, 2, 3, 4, 5], lineEnd: true)
        bench.driver.tagInRange(true, at: bench.now, into: &bench.output)
        bench.receive(frame)
        bench.advance(.minutes(1))
        #expect(bench.take() == [Self.tag("0102030405")])
        bench.driver.tagInRange(false, at: bench.now, into: &bench.output)
        bench.collect()
        #expect(bench.take() == [.cardRemoved])
        bench.receive(frame)
        bench.advance(.minutes(1))
        bench.receive(frame)
        #expect(bench.take() == [Self.tag("0102030405"), Self.tag("0102030405")])
    }

    @Test("A babbling reader goes offline, and comes back after quiet or with a valid frame", arguments: [false, true])
    func babbling(quiet: Bool) {
        var bench = ReaderBench(SerialTagReader())
        bench.receive([UInt8](repeating: 0x55, count: 2_000))
        #expect(bench.take() == [.malformed(.noise), .offline(.babbling)])
        if quiet {
            bench.advance(.seconds(1))
            #expect(bench.take() == [.online])
        } else {
            bench.receive(Self.frame([1, 2, 3, 4, 5]))
            #expect(bench.take() == [.online, Self.tag("0102030405")])
        }
    }

    @Test("Malformed frames are told at most once a second and counted all")
    func malformedSpacing() {
        var bench = ReaderBench(SerialTagReader())
        for _ in 0..<30 {
            bench.receive(Self.frame([1, 2, 3, 4, 5], error: 1))
            bench.advance(.milliseconds(100))
        }
        #expect(bench.take().filter { $0 == .malformed(.checksum) }.count == 3)
        #expect(bench.driver.statistics.malformed == 30)
        #expect(bench.driver.statistics.discardedBytes == 30 * 14)
    }

    @Test("A lost port forgets half a frame and takes its tag with it; its return is noted")
    func portLost() {
        var bench = ReaderBench(SerialTagReader(), opened: false)
        bench.driver.portOpened(at: bench.now, into: &bench.output)
        bench.collect()
        let frame = Self.frame([1, 2, 3, 4, 5])
        bench.receive(frame + frame.prefix(7))
        bench.driver.portClosed(at: bench.now, into: &bench.output)
        bench.collect()
        bench.receive(frame)
        bench.driver.portOpened(at: bench.now, into: &bench.output)
        bench.collect()
        bench.receive(Array(frame[7...]))
        #expect(
            bench.take() == [
                .online, Self.tag("0102030405"), .cardRemoved, .offline(.portClosed), .online, .malformed(.noise),
            ])
    }

    @Test("Any single byte lost, doubled or changed in a frame never gives another tag", arguments: [false, true])
    func singleByteDamage(lineEnd: Bool) {
        var generator = SeededGenerator(4)
        for _ in 0..<200 {
            let tag = (0..<5).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            let expected = ReaderEvent.card(CardIdentifier(FixedBytes(tag.span), technology: .lowFrequencyTag))
            let whole = Self.frame(tag, lineEnd: lineEnd)
            for place in whole.indices {
                for kind in 0..<3 {
                    var damaged = whole
                    switch kind {
                    case 0: damaged.remove(at: place)
                    case 1: damaged.insert(whole[place], at: place)
                    default: damaged[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
                    }
                    var bench = ReaderBench(SerialTagReader(.init(checksum: .characters)))
                    bench.receive(damaged)
                    bench.advance(.seconds(1))
                    for case .card(let card) in bench.take() { #expect(ReaderEvent.card(card) == expected) }
                }
            }
        }
    }

    @Test("Random bytes, and random bytes from the frame's own alphabet, never give a card", arguments: 0..<4)
    func garbage(seed: UInt64) {
        var generator = SeededGenerator(seed)
        let alphabet = [UInt8]("0123456789ABCDEF".utf8) + [0x02, 0x03, 0x0D, 0x0A, 0x0D]
        var sentBytes = 0
        var bench = ReaderBench(SerialTagReader())
        for _ in 0..<2_000 {
            let count = Int.random(in: 1...40, using: &generator)
            let piece = (0..<count).map { _ in
                seed.isMultiple(of: 2)
                    ? UInt8.random(in: .min ... .max, using: &generator) : alphabet.randomElement(using: &generator)!
            }
            sentBytes += count
            bench.receive(piece)
            bench.advance(.milliseconds(Int64.random(in: 0...120, using: &generator)))
            #expect(!bench.take().contains { if case .card = $0 { true } else { false } }, "a card out of garbage")
        }
        #expect(bench.driver.statistics.discardedBytes > UInt64(sentBytes) / 2)
    }

    @Test("The model's own framings are all understood, and its faults never give a card")
    func modelAndDriver() {
        let framings: [(SerialTagReaderModel.Framing, SerialTagReader.ChecksumForm)] = [
            (.plain, .automatic), (.lineEnd, .automatic), (.rawChecksum, .automatic), (.rawChecksumLineEnd, .automatic),
            (.additiveChecksum, .additive),
        ]
        for (framing, form) in framings {
            for fault in [.none, .badChecksum, .truncated(after: 9), .babbling, .silent] as [SerialTagReaderModel.Fault]
            {
                var bench = ReaderBench(SerialTagReader(.init(checksum: form)))
                var model = SerialTagReaderModel(framing: framing)
                var buffer = ByteBuffer(capacity: 2_048)
                model.set(fault, at: .start)
                model.present([0xDE, 0xAD, 0xBE, 0xEF, 0x01], at: .start)
                bench.advance(.milliseconds(1_000))
                model.emit(until: bench.now, into: &buffer)
                bench.receive((0..<buffer.count).map { buffer[$0] })
                let cards = bench.take().filter { if case .card = $0 { true } else { false } }
                #expect(cards == (fault == .none ? [Self.tag("DEADBEEF01")] : []), "\(framing) \(fault)")
            }
        }
    }

    @Test("No description, mirror or interpolation of a card or a key shows its digits")
    func masked() {
        let card = CardIdentifier(hex: "DEADBEEF01", .lowFrequencyTag)
        var dumped = ""
        dump(ReaderEvent.card(card), to: &dumped)
        dump(ReaderEvent.key(.digit(7)), to: &dumped)
        let texts = ["\(card)", String(reflecting: ReaderEvent.card(card)), "\(ReaderEvent.key(.digit(7)))", dumped]
        for text in texts {
            for digits in ["222", "173", "DE", "7"] { #expect(!text.contains(digits), "\(text)") }
        }
    }
}
