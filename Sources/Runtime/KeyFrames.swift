import AccessControl
import FixedMemory
import HardwareInterface
import Recording

/// What stands at the beginning of a key frame, and tells whether it can be taken up.
struct KeyFrameHeader: Equatable, BitwiseCopyable {
    /// The most that the state of this board can take: another version of the program, which knows other variables, has another
    /// number here for the same image.
    var stateLimit: UInt32 = 0
    /// Bytes of the state, and their CRC-32C.
    var stateBytes: UInt32 = 0
    var stateChecksum: UInt32 = 0
    /// Bytes of the state and of what the board has changed about its credentials, and their CRC-32C.
    var byteCount: UInt32 = 0
    var checksum: UInt32 = 0
    /// The list of credentials that is in force: the beginning, so long, of what the board keeps.
    var credentials = KeptList()

    init() {}

    init?(_ content: Span<UInt8>) {
        var reader = ByteReader(content)
        do throws(ByteReader.Truncated) {
            stateLimit = try reader.littleEndian(UInt32.self)
            stateBytes = try reader.littleEndian(UInt32.self)
            stateChecksum = try reader.littleEndian(UInt32.self)
            byteCount = try reader.littleEndian(UInt32.self)
            checksum = try reader.littleEndian(UInt32.self)
            credentials.version = try reader.littleEndian(UInt64.self)
            credentials.length = try reader.littleEndian(UInt64.self)
            credentials.checksum = try reader.littleEndian(UInt32.self)
        } catch {
            return nil
        }
        guard reader.isAtEnd, stateBytes <= byteCount, byteCount <= KeyFrameHeader.byteLimit else { return nil }
    }

    /// No board's state is larger; what says so is no key frame.
    static var byteLimit: UInt32 { 64 << 20 }

    func encode<Sink: ByteSink & ~Copyable>(into sink: inout Sink) {
        sink.appendLittleEndian(stateLimit)
        sink.appendLittleEndian(stateBytes)
        sink.appendLittleEndian(stateChecksum)
        sink.appendLittleEndian(byteCount)
        sink.appendLittleEndian(checksum)
        sink.appendLittleEndian(credentials.version)
        sink.appendLittleEndian(credentials.length)
        sink.appendLittleEndian(credentials.checksum)
    }
}

/// Takes a key frame of a board when one is due, in one step, and hands it to the recorder in slices, as it has room.
struct KeyFrameTaking: ~Copyable {
    private var state: StateCarrier
    private let stateLimit: Int
    /// Bytes that are recorded already; `nil` while no key frame is under way.
    private var position: Int?
    /// The state takes more than was measured: nothing is tried again turn after turn.
    private var hasFailed = false

    /// For a board that records nothing.
    init() {
        state = StateCarrier(capacity: 0)
        stateLimit = 0
    }

    /// Allocates as much as the state of this board can take.
    init(of core: inout BoardCore) {
        var measure = StateCarrier(capacity: 0)
        measure.measure()
        measure.carry(&core)
        stateLimit = measure.measuredBytes
        core.carryCredentialChanges(&measure)
        state = StateCarrier(capacity: measure.measuredBytes)
    }

    mutating func serve(_ core: inout BoardCore) {
        if position != nil, !core.recording.flight.isInKeyFrame { position = nil }
        if position == nil, !hasFailed, core.isKeyFrameDue { begin(&core) }
        guard var position else { return }
        while position < state.span.count, core.recording.flight.hasSlack {
            core.recordKeyFrameSlice(of: state.span, from: &position)
        }
        if position == state.span.count, core.recording.flight.isInKeyFrame {
            core.recording.flight.endKeyFrame()
            self.position = nil
        } else {
            self.position = position
        }
    }

    private mutating func begin(_ core: inout BoardCore) {
        var header = KeyFrameHeader()
        header.stateLimit = UInt32(stateLimit)
        state.save()
        state.carry(&core)
        header.stateBytes = UInt32(state.span.count)
        header.stateChecksum = Checksum.crc32c(state.span)
        core.carryCredentialChanges(&state)
        header.byteCount = UInt32(state.span.count)
        header.checksum = Checksum.crc32c(state.span)
        hasFailed = !state.isWhole
        if !hasFailed, core.beginKeyFrame(header) { position = 0 }
    }
}

extension BoardCore {
    /// A key frame is due, and everything that it has to say can be taken up again.
    var isKeyFrameDue: Bool {
        recording.mode == .recording && recording.flight.isKeyFrameDue && recording.flight.hasSlack && isStateRestored
            && !credentialTransfers.isUnderWay && !access.credentials.needsMaintenance
            && access.credentials.version == keeping.kept.version
            && !troubles.isActive(.journal, JournalTrouble.stateStoreFull)
    }

    fileprivate mutating func beginKeyFrame(_ header: KeyFrameHeader) -> Bool {
        guard recording.flight.beginKeyFrame(at: now), beginsRecord() else { return false }
        var header = header
        header.credentials = keeping.kept
        header.encode(into: &recording.content)
        endRecord(.keyFrame)
        return true
    }

    fileprivate mutating func recordKeyFrameSlice(of whole: Span<UInt8>, from position: inout Int) {
        guard beginsRecord() else { return }
        KeyFrameCoding.encode(
            whole, from: &position, limit: recording.flight.contentLimit, into: &recording.content)
        endRecord(.keyFrameSlice)
    }
}
