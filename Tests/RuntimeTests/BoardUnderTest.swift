import BoardCompiler
import BoardImage
import Console
import Cryptography
import EventJournal
import DeviceModels
import FixedMemory
import HardwareInterface
import LifeSafety
import Testing
import VirtualBoard
import WardenLink
import WardenMessages

@testable import Runtime

/// A board as its users see it: things are done to it, time passes, and what it did stands in `trace`.
///
/// A class, because expectations cannot look into a value that must not be copied.
final class BoardUnderTest {
    /// A line of what happened: an event in the words of `EventText`, or an output that was driven.
    struct Line: CustomStringConvertible {
        var at: Instant
        var words: String
        var description: String { "\(Double(at.nanoseconds) / 1e9) \(words)" }
    }

    static let key = HashKey([UInt8](0..<32).span)!
    /// Sunday 22 November 2026, 06:00 UTC.
    static let morning = WallClock(unixMilliseconds: 1_795_327_200_000, trust: .synchronised)

    var runtime: Runtime<VirtualBoard>
    let file: [UInt8]
    private(set) var trace: [Line] = []
    /// Events with their numbers, as far as they were looked at.
    private(set) var events: [WardenMessages.Event] = []
    /// The sequence number up to which everything was said to be durable.
    var durableSequence: UInt64 { runtime.core.journal.durableSequence }
    var journal: JournalStatus { runtime.journalStatus }
    var isAtRest: Bool { runtime.isAtRest }
    private var tracedSequence: UInt64 = 0
    let console: StreamIndex?
    /// Streams for links, closed at first; of local users 0 (an administrator), and 12,345 (nobody special).
    let links: [StreamIndex]

    static func compile(_ yaml: String, generation: UInt32 = 1) throws -> [UInt8] {
        let result = BoardCompiler().check(yaml)
        let board = try #require(result.board, "\(result.problems.map(\.message))")
        let readerKeys = Dictionary(board.readerKeyNames.map { ($0, estateKey) }) { first, _ in first }
        return try board.image(key: key, readerKeys: readerKeys, generation: generation)
    }

    /// The key that board files of tests call `estate`.
    static let estateKey = AES128([UInt8](16..<32).span)!

    /// What the journal lies on; `nil` for one in memory alone.
    let medium: VirtualMedium?

    convenience init(
        _ yaml: String = SmallBoards.stairwell, clock: WallClock = morning, medium: VirtualMedium? = nil
    ) throws {
        try self.init(file: BoardUnderTest.compile(yaml), clock: clock, medium: medium)
    }

    init(file: [UInt8], clock: WallClock = morning, medium: VirtualMedium? = nil) throws {
        self.file = file
        self.medium = medium
        let image = try BoardImage(decoding: file.span)
        var board = VirtualBoard(image, hashKey: BoardUnderTest.key)
        console = image.capacities.consoles > 0 ? board.addStream(.console) : nil
        links = [0, 12_345].map {
            board.addStream(.link(.localUser(userIdentifier: $0, groupIdentifier: 0)), isOpen: false)
        }
        board.setWallClock(clock)
        for place in image.sensors.indices { BoardUnderTest.calm(place, &board) }
        board.medium = medium
        let journal = medium.map {
            JournalMedium(byteCount: $0.byteCount, identity: JournalIdentity(low: 0x5EED, high: 0x5EED))
        }
        runtime = try Runtime(
            hardware: board, image: image, file: file.span, hashKey: BoardUnderTest.key, medium: journal)
        settle()
    }

    /// The board after the power was gone: what the medium had not made durable is as `fate` says.
    func afterPowerCut(
        file: [UInt8]? = nil, clock: WallClock = morning, fate: (Int) -> VirtualMedium.Fate = { _ in .lost }
    ) throws -> BoardUnderTest {
        medium?.cutPower(at: now, fate: fate)
        return try BoardUnderTest(file: file ?? self.file, clock: clock, medium: medium)
    }

    /// Clean air, a dry rope, a comfortable room.
    private static func calm(_ device: Int, _ board: inout VirtualBoard) {
        board.withDevice(device) {
            $0.set(.input0, to: 400_000)
            $0.set(.input1, to: 2_500_000)
            $0.set(.temperature, to: 21_000)
            $0.set(.humidity, to: 45_000)
            $0.set(.pressure, to: 101_325)
            return true
        }
    }

    // MARK: Time

    /// The board asked for turn after turn at one moment.
    private(set) var isStuck = false

    var now: Instant { runtime.hardware.now }

    /// How often a key frame is asked for; `nil` for as often as the ring needs one.
    var keyFrameInterval: Interval?
    private var nextKeyFrame = Instant.start

    /// Turns the board until it has nothing left to do at this moment.
    func settle() {
        if let keyFrameInterval, now >= nextKeyFrame {
            runtime.core.recording.flight.wantKeyFrame()
            nextKeyFrame = now + keyFrameInterval
        }
        for _ in 0..<10_000 {
            runtime.turn()
            collect()
            if runtime.deadline > now, runtime.hardware.nextArrival > now { return }
        }
        if !isStuck { Issue.record("the board asks for turn after turn at \(now): \(words.suffix(5))") }
        isStuck = true
    }

    /// Lets time pass, from one moment at which something happens to the next.
    func pass(_ interval: Interval) {
        let end = now + interval
        settle()
        while true {
            let next = max(min(runtime.deadline, runtime.hardware.nextArrival), now)
            guard next <= end, !isStuck else { break }
            runtime.hardware.advance(to: next)
            settle()
        }
        runtime.hardware.advance(to: end)
        settle()
    }

    private func collect() {
        while let change = runtime.hardware.takeLineChange() {
            var text = TextSink()
            runtime.append(.line, at: Int(change.line.value), to: &text)
            trace.append(Line(at: change.at, words: "line \(text.string) \(change.isActive ? "on" : "off")"))
        }
        if tracedSequence > runtime.lastEventSequence { tracedSequence = 0 }
        while tracedSequence < runtime.lastEventSequence {
            tracedSequence = max(tracedSequence + 1, runtime.firstEventSequence)
            guard let event = runtime.event(at: tracedSequence) else { continue }
            events.append(event)
            var text = TextSink()
            EventText.append(event, names: runtime, to: &text)
            trace.append(Line(at: Instant(nanoseconds: Int64(event.monotonicNs)), words: text.string))
        }
    }

    // MARK: What people and the world do

    /// Lays a tag on a reader: the frame of an RDM6300, as its serial line carries it.
    func present(_ tag: String, port: UInt16 = 0) {
        lay(tag, port: port)
        pass(.milliseconds(50))
    }

    /// The same, without waiting for the frame to arrive.
    func lay(_ tag: String, port: UInt16 = 0) {
        var model = SerialTagReaderModel(framing: .plain, repetition: nil)
        var bytes = InlineArray<5, UInt8>(repeating: 0)
        for (place, pair) in stride(from: 0, to: 10, by: 2).enumerated() {
            let start = tag.index(tag.startIndex, offsetBy: pair)
            bytes[place] = UInt8(tag[start...tag.index(after: start)], radix: 16)!
        }
        model.present(bytes, at: .start)
        var frame = ByteBuffer(capacity: 64)
        model.emit(until: .start + .seconds(1), into: &frame)
        runtime.hardware.transmit(frame.span, to: StreamIndex(port))
    }

    /// Holds a card at the reader at a place of the board file.
    func hold(_ card: PresentedCard, at reader: Int = 0, for duration: Interval = .milliseconds(500)) {
        let isTaken = runtime.hardware.present(card, at: reader, for: duration)
        #expect(isTaken, "the reader can read such a card")
        settle()
    }

    /// Presses keys of a keypad, one after the other, with a pause before each.
    func press(_ keys: String, pause: Interval = .milliseconds(200), at reader: Int = 0) {
        for key in keys.utf8 {
            pass(pause)
            let isTaken = runtime.hardware.press(key, at: reader)
            #expect(isTaken, "the reader has such a key")
            settle()
        }
        pass(.milliseconds(100))
    }

    /// Breaks, mends or moves something of a reader.
    func change(reader: Int, _ body: (inout VirtualBoard) -> Bool) {
        let isKnown = body(&runtime.hardware)
        #expect(isKnown)
        settle()
    }

    func send(_ bytes: [UInt8], port: UInt16 = 0) { runtime.hardware.transmit(bytes.span, to: StreamIndex(port)) }

    func set(_ quantity: DeviceModels.Quantity, _ value: Int32, sensor: Int = 0) {
        runtime.hardware.withDevice(sensor) { $0.set(quantity, to: value) }
    }

    func change(sensor: Int, _ body: (inout DeviceModel) -> Void) {
        runtime.hardware.withDevice(sensor) {
            body(&$0)
            return true
        }
    }

    func input(_ name: String, _ isActive: Bool) {
        runtime.hardware.setInput(LineIndex(line(name)), isActive: isActive)
        settle()
    }

    func open() { input("contact", true) }
    func close() { input("contact", false) }

    func line(_ name: String) -> UInt16 {
        guard let index = runtime.core.index(of: .line, named: Array(name.utf8).span) else {
            preconditionFailure("no line \(name)")
        }
        return UInt16(index)
    }

    /// The level of a line, input or output.
    func isOn(_ name: String) -> Bool { runtime.hardware.isActive(LineIndex(line(name))) }

    /// Types at a keypad: digits, `*` and `#`.
    func key(_ keys: String, at reader: Int = 0) {
        for key in keys.utf8 {
            _ = runtime.hardware.press(key, at: reader)
            pass(.milliseconds(150))
        }
    }

    /// Types a command at the console; what asks first is told yes.
    func type(_ text: String) {
        runtime.hardware.transmit(Array((text + " --yes\r").utf8).span, to: console!)
        pass(.milliseconds(10))
    }

    /// What the console printed since the last time.
    func printed() -> String {
        var bytes = ByteBuffer(capacity: 65_536)
        runtime.hardware.takeSent(from: console!, into: &bytes)
        return String(decoding: (0..<bytes.count).map { bytes[$0] }, as: UTF8.self)
    }

    // MARK: What it did

    /// The numbers of all events that the journal keeps, its own left out, as a reader sees them that comes for the
    /// first time.
    func everything() -> [UInt64] {
        guard let reader = runtime.core.journal.openReader("everything", start: .oldest, kind: .passing) else {
            Issue.record("no room for a reader")
            return []
        }
        defer { runtime.core.journal.closeReader(reader) }
        var seen: [UInt64] = []
        var event = JournalEvent()
        while true {
            switch runtime.core.journal.read(reader, into: &event) {
            case .event:
                if event.kind < JournalKind.first { seen.append(event.sequence) }
                runtime.core.journal.acknowledge(reader, through: event.sequence, at: now)
            case .waiting: pass(.milliseconds(1))
            case .gap: break
            case .caughtUp, .windowFull: return seen
            }
        }
    }

    /// Forgets what happened so far.
    func forget() { trace.removeAll() }

    var words: [String] { trace.map(\.words) }

    /// A reader as a link opens one, from the newest event on.
    func openLinkReader(_ name: StaticString) -> LinkReader? {
        runtime.core.openReader(FixedBytes(name), classes: 0, fromOldest: false)
    }

    func readEvent(_ reader: LinkReader) -> WardenMessages.Event? { runtime.core.readEvent(reader) }

    /// The first piece of what a detector has learned.
    func learned(by detector: UInt16) -> LearnedPiece? {
        runtime.core.monitor.learned(0, of: DetectorIndex(detector))
    }

    func happened(_ words: String) -> Bool { trace.contains { $0.words == words } }

    func moment(_ words: String) -> Instant? { trace.first { $0.words == words }?.at }

    var deadline: Instant { runtime.deadline }
    var logLevel: LogLevel { runtime.logLevel }
    var turns: UInt64 { runtime.boardStatus.turns }
}

extension PresentedCard {
    /// The frame of a card of 26 bits (H10301): even parity over the first half, odd over the second.
    static func h10301(_ facility: Int, _ card: Int) -> PresentedCard {
        let data = (0..<24).map { (facility << 16 | card) >> (23 - $0) & 1 }
        let even = data[..<12].reduce(0, +) & 1
        let odd = 1 - data[12...].reduce(0, +) & 1
        var bytes = [UInt8](repeating: 0, count: 4)
        for (place, bit) in ([even] + data + [odd]).enumerated() where bit == 1 {
            bytes[place / 8] |= 0x80 >> UInt8(place % 8)
        }
        return .bits(FixedBytes(bytes.span), count: 26)
    }

    static func text(_ text: String) -> PresentedCard { .text(FixedBytes(Array(text.utf8).span)) }

    static func tag(_ digits: String) -> PresentedCard {
        let digits = Array(digits)
        return .tag(InlineArray { UInt8(String(digits[2 * $0...2 * $0 + 1]), radix: 16)! })
    }
}

/// Bytes as text.
struct TextSink: ByteSink {
    var bytes: [UInt8] = []
    var count: Int { bytes.count }
    var overflowed: Bool { false }
    mutating func append(_ byte: UInt8) { bytes.append(byte) }
    var string: String { String(decoding: bytes, as: UTF8.self) }
}
