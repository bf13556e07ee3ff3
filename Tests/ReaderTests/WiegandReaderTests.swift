import DeviceModels
import Drivers
import FixedMemory
import HardwareInterface
import Testing

/// A Wiegand reader on a bench, fed by hand or by a model.
struct WiegandBench: ~Copyable {
    var reader: WiegandReader
    var output = ReaderOutput()
    var now = Instant.start
    var events: [ReaderEvent] = []

    init(
        _ configuration: WiegandReader.Configuration = .init(),
        formats: [WiegandFormat] = [.h10301, .wiegand34, .h10304]
    ) {
        reader = WiegandReader(configuration)
        for format in formats { reader.addFormat(format) }
        reader.linesAvailable(at: now, into: &output)
        output.removeAll()
    }

    mutating func collect() {
        for index in output.reports.indices { events.append(output.reports[index].event) }
        output.removeAll()
    }

    mutating func edge(_ line: WiegandReader.DataLine, _ isActive: Bool) {
        reader.edge(line, isActive: isActive, at: now, into: &output)
        collect()
    }

    mutating func advance(_ interval: Interval) {
        let end = now + interval
        while reader.deadline <= end {
            now = max(now, reader.deadline)
            reader.poll(at: now, into: &output)
            collect()
            precondition(reader.deadline > now, "a poll must move its deadline")
        }
        now = end
    }

    /// Runs the model until it has nothing more to send and the last frame is over.
    mutating func run(_ model: inout WiegandReaderModel) {
        while model.deadline < .never {
            advance(model.deadline - now)
            while let edge = model.takeEdge(until: now) { self.edge(edge.isDataOne ? .one : .zero, edge.isActive) }
        }
        advance(.milliseconds(30))
    }

    mutating func send(
        _ bits: String, width: Interval = .microseconds(50), interval: Interval = .milliseconds(2)
    ) {
        var model = WiegandReaderModel(pulseWidth: width, pulseInterval: interval)
        for bit in bits.utf8 { model.send(bit: bit == UInt8(ascii: "1"), at: now) }
        run(&model)
    }

    mutating func take() -> [ReaderEvent] {
        defer { events = [] }
        return events
    }
}

func format(_ layout: StaticString, _ parities: StaticString...) -> WiegandFormat {
    var format = try! WiegandFormat(layout: FixedBytes<128>(layout).span)
    for parity in parities { try! format.addParity(FixedBytes<128>(parity).span) }
    return format
}

/// Keyscan 36 bits: 16 facility, 16 card, 2 maker bits, odd parity first.
let keyscan36 = format(
    "PFFFFFFFFFFFFFFFFCCCCCCCCCCCCCCCC..P",
    "OXXXXXXXXXXXXXXXXX..................",
    "..................XXXXXXXXXXXXXXXXXE")

@Suite("Wiegand readers")
struct WiegandReaderTests {
    /// The identifier of a facility and a card number of these widths.
    static func card(_ parts: (value: UInt64, bits: Int)...) -> ReaderEvent {
        var bits: [UInt8] = []
        for part in parts { for place in (0..<part.bits).reversed() { bits.append(UInt8(part.value >> place & 1)) } }
        var packed = FixedBytes<64>()
        for start in stride(from: 0, to: bits.count, by: 8) {
            var byte: UInt8 = 0
            for place in 0..<8 { byte = byte << 1 | (start + place < bits.count ? bits[start + place] : 0) }
            packed.append(byte)
        }
        return .card(CardIdentifier(packed, bitCount: bits.count, technology: .wiegand))
    }

    static func bits(_ frame: WiegandBits) -> String { (0..<frame.count).map { frame[$0] ? "1" : "0" }.joined() }

    @Test("Frames published by others give their numbers")
    func publishedFrames() {
        let cases: [(String, [WiegandFormat], ReaderEvent)] = [
            // jessety/wiegand-encoder README
            ("00101101000000001010001000", [.h10301], Self.card((90, 8), (324, 16))),
            // Z9 protobuf community, TestBinaryFormatter
            ("00100010010100010010011111", [.h10301], Self.card((68, 8), (41551, 16))),
            // RfidResearchGroup/proxmark3, HID clone of facility 118, card 1603: raw 2006ec0c86
            ("10111011000000110010000110", [.h10301], Self.card((118, 8), (1603, 16))),
            // ssieb/esphome_components#50: 200a9dfea, card 5566453
            ("1000000000101010011101111111101010", [.wiegand34], Self.card((5_566_453, 32))),
            // iceman1001/proxmark3#285: four cards with their printed numbers
            ("110110000000100000101101110100000001", [keyscan36], Self.card((45072, 16), (23456, 16))),
            ("110110000000100000101101111000001000", [keyscan36], Self.card((45072, 16), (23489, 16))),
            ("110110000000100000101101111100111001", [keyscan36], Self.card((45072, 16), (23527, 16))),
            ("110110000000100000110000100000100000", [keyscan36], Self.card((45072, 16), (24836, 16))),
        ]
        for (bits, formats, expected) in cases {
            var bench = WiegandBench(formats: formats)
            bench.send(bits)
            #expect(bench.take() == [expected], "\(bits)")
        }
    }

    @Test("The parity rules are those of the format's description, worked out bit by bit")
    func parityRules() {
        func ones(_ bits: String, _ range: ClosedRange<Int>) -> Int {
            Array(bits.utf8)[(range.lowerBound - 1)...(range.upperBound - 1)].filter { $0 == UInt8(ascii: "1") }.count
        }
        var generator = SeededGenerator(37)
        for _ in 0..<200 {
            let facility = UInt64.random(in: 0...0xFFFF, using: &generator)
            let card = UInt64.random(in: 0...0x7FFFF, using: &generator)
            let h37 = Self.bits(WiegandFormat.h10304.frame(facility: facility, card: card)!)
            #expect(ones(h37, 1...19).isMultiple(of: 2) && !ones(h37, 19...37).isMultiple(of: 2))
            let h26 = Self.bits(WiegandFormat.h10301.frame(facility: facility & 0xFF, card: card & 0xFFFF)!)
            #expect(ones(h26, 1...13).isMultiple(of: 2) && !ones(h26, 14...26).isMultiple(of: 2))
            let h34 = Self.bits(WiegandFormat.wiegand34.frame(facility: facility, card: card & 0xFFFF)!)
            #expect(ones(h34, 1...17).isMultiple(of: 2) && !ones(h34, 18...34).isMultiple(of: 2))
            // H10302 and H10304 carry the same bits.
            let h10302 = Self.bits(WiegandFormat.h10302.frame(facility: 0, card: facility << 19 | card)!)
            #expect(h10302 == h37)
        }
        #expect(WiegandFormat.h10301.frame(facility: 256, card: 0) == nil, "a number too large for its field")
    }

    @Test("Any single wrong bit of a frame is found by parity")
    func singleBitErrors() {
        for format in [WiegandFormat.h10301, .wiegand34, .h10304, .h10302, keyscan36] {
            let frame = format.frame(facility: 0, card: 0xA5A5)!
            for place in 0..<frame.count {
                var damaged = frame
                damaged.set(place, !frame[place])
                var bench = WiegandBench(formats: [format])
                bench.send(Self.bits(damaged))
                // Keyscan's two maker bits are covered as well.
                #expect(bench.take() == [.malformed(.parity)], "bit \(place) of \(format.bitCount)")
            }
        }
    }

    @Test(
        "Pulses are counted however the kernel reports their edges",
        arguments: [
            WiegandReaderModel.Reporting.exact, .lateLevel, .merged, .leadingOnly,
        ])
    func edgeReporting(_ reporting: WiegandReaderModel.Reporting) {
        var bench = WiegandBench(.init(edges: reporting == .leadingOnly ? .leading : .both))
        for number in [1, 0x5555, 0xFFFF, 0x8001] as [UInt64] {
            let frame = WiegandFormat.h10301.frame(facility: 7, card: number)!
            var model = WiegandReaderModel(pulseInterval: .milliseconds(1), reporting: reporting)
            for place in 0..<frame.count { model.send(bit: frame[place], at: bench.now) }
            bench.run(&model)
            #expect(bench.take() == [Self.card((7, 8), (number, 16))])
        }
    }

    @Test("A frame may mix exact, late and merged edges")
    func mixedReporting() {
        var generator = SeededGenerator(11)
        for _ in 0..<300 {
            var bench = WiegandBench()
            let number = UInt64.random(in: 0...0xFFFF, using: &generator)
            let frame = WiegandFormat.h10301.frame(facility: 7, card: number)!
            var model = WiegandReaderModel(pulseInterval: .microseconds(800))
            for place in 0..<frame.count {
                model.reporting = [.exact, .lateLevel, .merged].randomElement(using: &generator)!
                model.send(bit: frame[place], at: bench.now)
            }
            bench.run(&model)
            #expect(bench.take() == [Self.card((7, 8), (number, 16))])
        }
    }

    @Test("Pulse width and interval are held to the specification's limits")
    func timingLimits() {
        let bits = Self.bits(WiegandFormat.h10301.frame(facility: 1, card: 2)!)
        let good = [Self.card((1, 8), (2, 16))]
        let specification: [(Interval, Interval, [ReaderEvent])] = [
            (.microseconds(20), .microseconds(200), good), (.microseconds(100), .milliseconds(20), good),
            (.microseconds(19), .milliseconds(2), [.malformed(.pulseWidth)]),
            (.microseconds(101), .milliseconds(2), [.malformed(.pulseWidth)]),
            (.microseconds(50), .microseconds(199), [.malformed(.pulseInterval)]),
        ]
        for (width, interval, expected) in specification {
            var bench = WiegandBench(.init(timing: .specification))
            bench.send(bits, width: width, interval: interval)
            #expect(bench.take() == expected, "\(width.nanoseconds) ns, \(interval.nanoseconds) ns")
        }
        var bench = WiegandBench()
        bench.send(bits, width: .microseconds(160), interval: .microseconds(1_040))
        #expect(bench.take() == good, "the widest pulse known in the field, with the standard limits")
        bench.send(bits, interval: .milliseconds(26))
        let events = bench.take()
        #expect(events.count == 1 && events[0] == .malformed(.length), "a pause ends a frame")
    }

    @Test("A frame that lost or gained a bit is no card, and the next frame is one")
    func lostBit() {
        let bits = Self.bits(WiegandFormat.h10301.frame(facility: 1, card: 2)!)
        for place in bits.indices {
            for kind in 0..<2 {
                var damaged = bits
                if kind == 0 { damaged.remove(at: place) } else { damaged.insert("1", at: place) }
                var bench = WiegandBench()
                bench.send(damaged)
                #expect(bench.take() == [.malformed(.length)])
                bench.send(bits)
                #expect(bench.take() == [Self.card((1, 8), (2, 16))])
            }
        }
    }

    @Test("A keypad's bursts of four and eight bits are keys; a wrong complement is not")
    func keypad() {
        for eightBits in [false, true] {
            var bench = WiegandBench()
            var model = WiegandReaderModel()
            for key in 0...11 as ClosedRange<UInt8> {
                model.press(key, eightBits: eightBits, at: bench.now)
                bench.run(&model)
            }
            #expect(
                bench.take() == (0...9).map { .key(.digit($0)) } + [.key(.clear), .key(.enter)], "\(eightBits)")
        }
        var bench = WiegandBench()
        bench.send("11100011")
        #expect(bench.take() == [.malformed(.parity)])
        bench = WiegandBench()
        bench.send("1110")
        #expect(bench.take() == [.malformed(.character)])
        bench = WiegandBench(.init(keypad: .eightBit))
        bench.send("0001")
        #expect(bench.take() == [.malformed(.length)])
        bench = WiegandBench(.init(keypad: .none))
        bench.send("11100001")
        #expect(bench.take() == [.malformed(.length)])
    }

    @Test("Both lines active together spoil the frame they fall in, and no other")
    func linesTogether() {
        var bench = WiegandBench()
        let bits = Self.bits(WiegandFormat.h10301.frame(facility: 1, card: 2)!)
        var model = WiegandReaderModel()
        for bit in bits.utf8 { model.send(bit: bit == UInt8(ascii: "1"), at: bench.now) }
        var count = 0
        while model.deadline < .never {
            bench.advance(model.deadline - bench.now)
            let edge = model.takeEdge(until: bench.now)!
            bench.edge(edge.isDataOne ? .one : .zero, edge.isActive)
            count += 1
            if count == 21 {
                bench.edge(edge.isDataOne ? .zero : .one, true)
                bench.edge(edge.isDataOne ? .zero : .one, false)
            }
        }
        bench.advance(.milliseconds(30))
        #expect(bench.take() == [.malformed(.linesTogether)])
        bench.send(bits)
        #expect(bench.take() == [Self.card((1, 8), (2, 16))])
    }

    @Test("A stuck line is trouble while it lasts; bits on the other line open nothing meanwhile")
    func stuckLine() {
        var bench = WiegandBench()
        bench.edge(.zero, true)
        bench.advance(.milliseconds(99))
        #expect(bench.take() == [.malformed(.pulseWidth)])
        bench.advance(.milliseconds(1))
        #expect(bench.take() == [.offline(.dataLine0Stuck)])
        for _ in 0..<26 {
            bench.advance(.milliseconds(2))
            bench.edge(.one, true)
            bench.advance(.microseconds(50))
            bench.edge(.one, false)
        }
        bench.advance(.hours(1))
        #expect(bench.take().isEmpty)
        bench.edge(.one, true)
        bench.advance(.milliseconds(100))
        #expect(bench.take() == [.offline(.bothDataLinesStuck)])
        bench.edge(.zero, false)
        #expect(bench.take() == [.offline(.dataLine1Stuck)])
        bench.edge(.one, false)
        #expect(bench.take() == [.online])
        bench.advance(.milliseconds(30))
        bench.send(Self.bits(WiegandFormat.h10301.frame(facility: 1, card: 2)!))
        #expect(bench.take() == [Self.card((1, 8), (2, 16))])
    }

    @Test("Pulses without end never become a card, go offline as babble, and end with quiet")
    func endlessPulses() {
        var bench = WiegandBench()
        for _ in 0..<5_000 {
            bench.edge(.one, true)
            bench.advance(.microseconds(50))
            bench.edge(.one, false)
            bench.advance(.milliseconds(2))
        }
        let events = bench.take()
        #expect(events.first == .malformed(.length) && events.contains(.offline(.babbling)))
        #expect(!events.contains { if case .card = $0 { true } else { false } })
        bench.advance(.seconds(2))
        #expect(bench.take().last == .online)
    }

    @Test("Edges of one line that are handed over after those of the other are read in the order of their time stamps")
    func linesReadSeparately() {
        var generator = SeededGenerator(31)
        for _ in 0..<200 {
            var bench = WiegandBench()
            let number = UInt64.random(in: 0...0xFFFF, using: &generator)
            let frame = WiegandFormat.h10301.frame(facility: 3, card: number)!
            var model = WiegandReaderModel(pulseInterval: .milliseconds(1))
            for place in 0..<frame.count { model.send(bit: frame[place], at: .start) }
            var edges: [WiegandReaderModel.Edge] = []
            while let edge = model.takeEdge(until: .never) { edges.append(edge) }
            // A board that is late hands over what each line's file holds, some milliseconds at a time.
            let window = Interval.milliseconds(Int64.random(in: 2...20, using: &generator))
            var start = Instant.start
            while start <= edges.last!.at {
                for isDataOne in [false, true] {
                    for edge in edges
                    where edge.isDataOne == isDataOne && edge.at >= start && edge.at < start + window {
                        bench.now = edge.at
                        bench.edge(isDataOne ? .one : .zero, edge.isActive)
                    }
                }
                start = start + window
            }
            bench.now = edges.last!.at
            bench.advance(.milliseconds(30))
            #expect(bench.take() == [Self.card((3, 8), (number, 16))])
        }
    }

    @Test("Two readers that send at the same moment lose no bit")
    func twoReaders() {
        var generator = SeededGenerator(2)
        for _ in 0..<100 {
            let left = UInt64.random(in: 0...0xFFFF, using: &generator)
            let right = UInt64.random(in: 0...0xFFFF, using: &generator)
            var leftBench = WiegandBench()
            var rightBench = WiegandBench()
            var leftModel = WiegandReaderModel(pulseInterval: .microseconds(900))
            var rightModel = WiegandReaderModel(pulseInterval: .microseconds(1_100))
            let leftFrame = WiegandFormat.h10301.frame(facility: 1, card: left)!
            let rightFrame = WiegandFormat.h10301.frame(facility: 2, card: right)!
            for place in 0..<26 {
                leftModel.send(bit: leftFrame[place], at: .start)
                rightModel.send(bit: rightFrame[place], at: .start)
            }
            while min(leftModel.deadline, rightModel.deadline) < .never {
                let now = min(leftModel.deadline, rightModel.deadline)
                leftBench.advance(now - leftBench.now)
                rightBench.advance(now - rightBench.now)
                if let edge = leftModel.takeEdge(until: now) {
                    leftBench.edge(edge.isDataOne ? .one : .zero, edge.isActive)
                }
                if let edge = rightModel.takeEdge(until: now) {
                    rightBench.edge(edge.isDataOne ? .one : .zero, edge.isActive)
                }
            }
            leftBench.advance(.milliseconds(30))
            rightBench.advance(.milliseconds(30))
            #expect(leftBench.take() == [Self.card((1, 8), (left, 16))])
            #expect(rightBench.take() == [Self.card((2, 8), (right, 16))])
        }
    }

    @Test("A reader that repeats a held card every 200 ms gives one presentation")
    func repeats() {
        var bench = WiegandBench()
        let bits = Self.bits(WiegandFormat.h10301.frame(facility: 1, card: 2)!)
        for _ in 0..<100 {
            bench.send(bits)
            bench.advance(.milliseconds(120))
        }
        #expect(bench.take() == [Self.card((1, 8), (2, 16))])
        bench.advance(.seconds(1))
        bench.send(bits)
        #expect(bench.take() == [Self.card((1, 8), (2, 16))])
    }

    @Test("Random edges at random times never give a card that parity does not vouch for, and never stop the reader")
    func randomEdges() {
        var generator = SeededGenerator(99)
        var bench = WiegandBench()
        for _ in 0..<100_000 {
            bench.advance(.microseconds(Int64.random(in: 0...3_000, using: &generator)))
            bench.edge(Bool.random(using: &generator) ? .one : .zero, Bool.random(using: &generator))
        }
        bench.edge(.zero, false)
        bench.edge(.one, false)
        bench.advance(.seconds(3))
        #expect(!bench.take().contains { if case .card = $0 { true } else { false } })
        bench.send(Self.bits(WiegandFormat.h10301.frame(facility: 1, card: 2)!))
        #expect(bench.take() == [Self.card((1, 8), (2, 16))])
    }

    @Test("A wrong format description says what is wrong and where")
    func descriptionErrors() {
        func error(_ layout: StaticString, _ parity: StaticString? = nil) -> WiegandFormat.DescriptionError? {
            do throws(WiegandFormat.DescriptionError) {
                var format = try WiegandFormat(layout: FixedBytes<128>(layout).span)
                if let parity { try format.addParity(FixedBytes<128>(parity).span) }
                return nil
            } catch { return error }
        }
        #expect(error("PFFFFFFF") == .length(8))
        #expect(error("PFFFQFFFF") == .character(at: 4))
        #expect(error("P.......P") == .noIdentifier)
        #expect(error("PFFFFFFFFP", "EXXXX....") == .parityLength(9))
        #expect(error("PFFFFFFFFP", "XXXXX.....") == .parityBit)
        #expect(error("PFFFFFFFFP", "EXXXX....O") == .parityBit)
        #expect(error("PFFFFFFFFP", "EXXXZ.....") == .character(at: 4))
        #expect(error("PFFFFFFFFP", "EXXXX.....") == nil)
    }

    @Test("Fixed bits of a description must be there")
    func fixedBits() {
        let keyed = format("10CCCCCCCCP", ".XXXXXXXXXE")
        var bench = WiegandBench(.init(keypad: .none), formats: [keyed])
        bench.send("10000000011")
        #expect(bench.take() == [Self.card((1, 8))])
        bench.send("00000000011")
        #expect(bench.take() == [.malformed(.parity)])
    }
}
