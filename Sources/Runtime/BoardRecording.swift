import Console
import EventJournal
import FixedMemory
import Recording
import HardwareInterface
import WardenMessages

/// What a record of a board's recording is; the numbers are in recordings and never change their meaning.
///
/// What the board is told comes from where decisions begin: behind the drivers of readers, where a card is a keyed hash
/// and digits are only counted, and behind logins and sealed links, where a command is one that somebody may give. So a
/// recording names no card and holds no secret.
enum RecordKind: UInt8, BitwiseCopyable {
    // What the board was told. Integers are of variable length, signed ones in zigzag.

    /// The board started: a key frame.
    case started = 1
    /// Sensors, radars and deadlines had their turn.
    case turned = 2
    /// Line and level (2 × line + level); how long ago it was, ns.
    case lineChanged = 3
    /// Line and whether it is there (2 × line + there).
    case lineAvailability = 4
    /// Bus, tag, outcome; how long ago, ns; the bytes.
    case busCompleted = 5
    /// The sensor whose request found no room in the turn that follows.
    case busRefused = 6
    /// Trust, milliseconds since 1970.
    case clockChanged = 7
    /// Port and whether it is there (2 × port + there).
    case portChanged = 8
    /// Radar, the bytes.
    case radarReceived = 9
    /// Reader, the card's keyed hash (16 bytes).
    case card = 10
    /// Reader; 0 for a digit, 10 for clear, 11 for enter; what came of digits that it ended (`TypedResult`).
    case key = 11
    /// Reader and whether its case is open (2 × reader + open).
    case readerTamper = 12
    /// Reader, the reason's number (0 for none).
    case readerTrouble = 13
    /// Reader and whether the button at its input is pressed (2 × reader + pressed).
    case readerExitRequest = 14
    case readerAnswered = 15
    /// Kind and target of a command, and who gave it: kind, index, user; value and seconds, where it has them.
    case command = 16
    /// A command that came to nothing, and a login: as above, with the result before value and seconds, and
    /// behind them the tag of a credential (8 bytes), where it is about one.
    case audit = 17
    /// Place, 1 if it is active, code.
    case journalTrouble = 18
    /// Owner and item of a value of the state store, the value.
    case kept = 19
    /// The values before are all: they are taken up.
    case restored = 20
    case troublesReported = 21
    /// Outputs that are owed are driven.
    case drove = 22
    case stopped = 23
    /// A step of a transfer of credentials, which are keyed hashes, as the link's schema has it.
    case credentials = 24

    /// The start began with credentials that were kept: version, length of the file, its CRC-32C (4 bytes). The recording
    /// holds them beside the image.
    case credentialsRestored = 25

    /// A key frame: what the board knew at this moment; see `KeyFrameHeader`.
    case keyFrame = 26
    /// Some of its bytes; see `KeyFrameCoding`.
    case keyFrameSlice = 27

    // What the board decided.

    /// Line and level (2 × line + level).
    case line = 64
    /// Class; how long ago, ns; the event as the journal has it.
    case event = 65

    var isDecision: Bool { rawValue >= RecordKind.line.rawValue }
}

/// Where a board writes down what it is told and what it decides, and where it is held to that when it is played back.
struct BoardRecording: ~Copyable {
    enum Mode: BitwiseCopyable { case off, recording, replaying }

    var mode = Mode.off
    var flight = RecordingWriter()
    var reading = RecordingReading()
    /// What the next record says; one byte more than fits, so that what is too long is seen to be.
    var content = ByteBuffer(capacity: RecordingWriter.recordLimit + 1)
    /// Something was told since the last turn on record.
    var hasInput = false
    /// While playing back, the decisions that were made and not yet compared.
    var decided = ByteBuffer(capacity: 0)
    /// The number of the next page as it was last kept.
    var keptNumber: UInt64?

    /// Bytes of decisions that one input can lead to.
    static var decidedLimit: Int { 262_144 }
    /// How many pages may be written before their number is kept again.
    static var numberStep: UInt64 { 64 }
    /// Pages in memory: what the medium may take its time for.
    static var pages: Int { 24 }
    /// And behind them those that are read back.
    static var readingPages: Int { 1 }

    // Static, so that the content and the recorder are seen to be different things.
    fileprivate static func append(
        _ kind: RecordKind, _ content: borrowing ByteBuffer, at now: Instant, to flight: inout RecordingWriter
    ) {
        flight.append(kind.rawValue, content.span, at: now, isDecision: kind.isDecision)
    }

    /// Ends the record of a value of the state store.
    mutating func appendKept(at now: Instant) { BoardRecording.append(.kept, content, at: now, to: &flight) }

    /// A decision in the form in which decisions are compared.
    static func append(
        _ kind: UInt8, _ content: Span<UInt8>, at now: Instant, toDecisions decisions: inout ByteBuffer
    ) {
        decisions.appendLittleEndian(UInt16(clamping: content.count + 9))
        decisions.append(kind)
        decisions.appendLittleEndian(now.nanoseconds)
        decisions.append(content)
    }

    fileprivate static func decide(
        _ kind: RecordKind, _ content: borrowing ByteBuffer, at now: Instant, into decisions: inout ByteBuffer
    ) {
        append(kind.rawValue, content.span, at: now, toDecisions: &decisions)
    }
}

extension BoardCore {
    /// Begins a record of something that the board is told: `recording.content` is empty and to be filled.
    ///
    /// - Returns: `false` if nothing is recorded now.
    mutating func beginsRecord() -> Bool {
        guard recording.mode == .recording else { return false }
        recording.content.removeAll()
        return true
    }

    /// Ends a record of something that the board is told.
    mutating func endRecord(_ kind: RecordKind) {
        recording.hasInput = kind != .turned
        BoardRecording.append(kind, recording.content, at: now, to: &recording.flight)
    }

    /// Records that something happened of which there is no more to say.
    mutating func record(_ kind: RecordKind) { if beginsRecord() { endRecord(kind) } }

    /// Records something about a thing that is there or not, on or off.
    mutating func record(_ kind: RecordKind, _ index: Int, _ flag: Bool) {
        guard beginsRecord() else { return }
        recording.content.appendVarint(UInt64(2 * index + (flag ? 1 : 0)))
        endRecord(kind)
    }

    /// Begins a record of a decision.
    ///
    /// - Returns: `false` if nobody wants to know.
    private mutating func beginsDecision() -> Bool {
        guard recording.mode != .off else { return false }
        recording.content.removeAll()
        return true
    }

    private mutating func endDecision(_ kind: RecordKind) {
        if recording.mode == .recording {
            BoardRecording.append(kind, recording.content, at: now, to: &recording.flight)
        } else {
            BoardRecording.decide(kind, recording.content, at: now, into: &recording.decided)
        }
    }

    mutating func recordDecision(_ eventClass: JournalClass, _ payload: Span<UInt8>, at moment: Instant) {
        guard beginsDecision() else { return }
        recording.content.append(eventClass.rawValue)
        recording.content.appendVarint(Zigzag.encode((now - moment).nanoseconds))
        recording.content.append(payload)
        endDecision(.event)
    }

    /// Drives every output that is owed.
    mutating func driveLines<Board: Hardware & ~Copyable>(on hardware: inout Board) {
        if lines.hasOwed {
            record(.drove)
            reportOverruledForces()
            for place in 0..<lines.owedCount where beginsDecision() {
                let line = lines.owedLine(place)
                recording.content.appendVarint(UInt64(2 * line + (lines[line].level ? 1 : 0)))
                endDecision(.line)
            }
        }
        lines.drive(on: &hardware)
    }

    // MARK: What is longer to say

    mutating func recordAudit(_ command: Command, _ actor: Actor, _ result: CommandResult, tag: UInt64) {
        guard beginsRecord() else { return }
        BoardCore.append(command, actor, to: &recording.content)
        recording.content.appendVarint(Zigzag.encode(Int64(result.rawValue)))
        BoardCore.appendArguments(of: command, tag: tag, to: &recording.content)
        endRecord(.audit)
    }

    mutating func recordCommand(_ command: Command, _ actor: Actor) {
        guard beginsRecord() else { return }
        BoardCore.append(command, actor, to: &recording.content)
        BoardCore.appendArguments(of: command, to: &recording.content)
        endRecord(.command)
    }

    private static func append(_ command: Command, _ actor: Actor, to content: inout ByteBuffer) {
        content.appendVarint(Zigzag.encode(Int64(command.kind.rawValue)))
        content.appendVarint(UInt64(command.target))
        content.appendVarint(Zigzag.encode(Int64(actor.kind.rawValue)))
        content.appendVarint(UInt64(actor.index))
        content.appendVarint(UInt64(actor.user))
    }

    /// Left out where the command has none.
    private static func appendArguments(of command: Command, tag: UInt64 = 0, to content: inout ByteBuffer) {
        guard command.value != 0 || command.seconds != 0 || tag != 0 else { return }
        content.appendVarint(Zigzag.encode(Int64(command.value)))
        content.appendVarint(UInt64(command.seconds))
        if tag != 0 { content.appendLittleEndian(tag) }
    }

    /// Says how the journal does, where that has changed.
    mutating func setJournalTrouble(_ place: Int, isActive: Bool, code: UInt8) {
        let before = troubles.code(of: .journal, place)
        guard isActive ? before != code : before != nil else { return }
        if beginsRecord() {
            recording.content.appendVarint(UInt64(place))
            recording.content.append(isActive ? 1 : 0)
            recording.content.append(code)
            endRecord(.journalTrouble)
        }
        troubles.set(.journal, place, isActive: isActive, code: code)
    }

    /// A port is there or gone.
    mutating func portChanged(_ port: Int, isOpen: Bool) {
        record(.portChanged, port, isOpen)
        troubles.set(.port, port, isActive: !isOpen)
    }
}
