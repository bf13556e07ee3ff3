import FixedMemory
import HardwareInterface

/// A file on its way to a peripheral (osdp_FILETRANSFER, SIA OSDP 2.2 section 6.26).
///
/// The board hands over each piece when it is asked for, so that a file of any size needs one piece of memory.
struct OSDPFileTransfer: ~Copyable {
    /// The longest piece.
    static var pieceCapacity: Int { OSDPPeripheral.sendLimit - OSDPPeripheral.fileOverhead }
    /// How often a peripheral may say that it is still working after the last piece.
    static var finishingLimit: Int { 600 }
    /// How long a piece that was asked for is waited for.
    static var patience: Interval { .minutes(1) }

    private(set) var isActive = false
    var pieceLimit = 0
    private var type: UInt8 = 0
    private(set) var size: UInt32 = 0
    /// Bytes that the peripheral has confirmed.
    private(set) var offset: UInt32 = 0
    private var piece: ByteBuffer
    /// Header and piece, as they are sent.
    private var message: ByteBuffer
    private var isRequested = false
    private var requestedAt = Instant.start
    private var isProvided = false
    /// After the last piece: the peripheral works on the file and is kept company with empty pieces.
    private var isFinishing = false
    private var finishingRounds = 0
    private var waitUntil = Instant.start
    private var isExclusive = false
    private var pollsNext = false

    init() {
        piece = ByteBuffer(capacity: OSDPFileTransfer.pieceCapacity)
        message = ByteBuffer(capacity: OSDPFileTransfer.pieceCapacity + 11)
    }

    mutating func begin(type: UInt8, size: UInt32, pieceLimit: Int) {
        isActive = true
        self.type = type
        self.size = size
        self.pieceLimit = max(1, min(pieceLimit, OSDPFileTransfer.pieceCapacity))
        offset = 0
        piece.removeAll()
        isRequested = false
        isProvided = false
        isFinishing = false
        finishingRounds = 0
        waitUntil = .start
        isExclusive = false
        pollsNext = false
    }

    mutating func end() {
        isActive = false
        piece.removeAll()
    }

    /// Asks the board for the next piece, once.
    mutating func requestData(at now: Instant, reader: UInt8, into output: inout ReaderOutput) {
        guard isActive, !isRequested, !isFinishing, offset < size else { return }
        isRequested = true
        requestedAt = now
        output.report(
            .fileDataWanted(offset: offset, length: UInt16(min(UInt32(pieceLimit), size - offset))), reader: reader)
    }

    /// Whether the piece that was asked for has not come in time.
    func isAbandoned(at now: Instant) -> Bool {
        isActive && isRequested && !isProvided && requestedAt + OSDPFileTransfer.patience <= now
    }

    /// Takes the piece that was asked for.
    ///
    /// - Returns: `false` if it is not that one, is empty, or does not fit.
    mutating func provide(_ data: Span<UInt8>, offset: UInt32) -> Bool {
        guard isActive, isRequested, !isProvided, offset == self.offset, !data.isEmpty, data.count <= pieceLimit,
            UInt32(data.count) <= size - offset
        else { return false }
        piece.removeAll()
        piece.append(data)
        isProvided = true
        return true
    }

    /// Whether a piece can be sent now.
    func isReady(at now: Instant) -> Bool { isActive && waitUntil <= now && (isProvided || isFinishing) }

    /// Whether the next packet is a piece and not a poll; makes `message` if so.
    mutating func takesTurn(at now: Instant) -> Bool {
        guard isReady(at: now) else { return false }
        if pollsNext {
            pollsNext = false
            return false
        }
        pollsNext = !isExclusive
        message.removeAll()
        message.append(type)
        message.appendLittleEndian(size)
        message.appendLittleEndian(offset)
        message.appendLittleEndian(UInt16(isFinishing ? 0 : piece.count))
        if !isFinishing { message.append(copying: piece, 0..<piece.count) }
        return true
    }

    /// Writes the packet with `message`.
    func write(
        _ envelope: OSDPPacket.Envelope, session: inout OSDPSecureSession?, into packet: inout ByteBuffer
    ) {
        OSDPPacket.write(envelope, OSDPCode.fileTransfer, message.span, session: &session, into: &packet)
    }

    /// Takes the peripheral's answer to a piece.
    ///
    /// - Returns: the outcome if the transfer is over.
    mutating func take(_ status: OSDPFileStatus, at now: Instant) -> FileTransferOutcome? {
        isExclusive = !status.allowsInterleaving
        if status.hasPollReply { pollsNext = true }
        waitUntil = now + .milliseconds(Int64(status.delay))
        if !isFinishing {
            offset += UInt32(piece.count)
            piece.removeAll()
            isProvided = false
            isRequested = false
        }
        let isComplete = offset >= size
        switch status.detail {
        case 0:
            return isComplete ? .processed : nil
        case 1:
            return isComplete ? .processed : .stoppedByReader
        case 2:
            return .restarting
        case 3:
            isFinishing = isComplete
            finishingRounds += 1
            return finishingRounds > OSDPFileTransfer.finishingLimit ? .lost : nil
        case -2: return .notUnderstood
        case -3: return .malformed
        default: return .stoppedByReader
        }
    }
}
