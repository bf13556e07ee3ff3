import Authority
import FixedMemory
import HardwareInterface
import WardenMessages

/// Systems that are brought over a link: received in pieces, compared with what was announced, and handed to the system
/// below, which alone judges signature, hardware and version, and writes.
///
/// Sans input and output: what is to be done on the disk are requests to the store, which a thread of its own carries out
/// while doors are served.
struct SystemUpdates: ~Copyable {
    /// Requests that wait to be handed over.
    private static var requestLimit: Int { 16 }

    /// Whether there is a store, and a system below that takes updates from it.
    let isOn: Bool
    private(set) var phase = UpdatePhase.none
    private(set) var begin = UpdateBegin()
    private(set) var received: UInt32 = 0
    private(set) var detail = FixedBytes<160>()
    /// Who began the transfer.
    private(set) var actor = Actor()
    /// The store is asked how far the system below is.
    private var isLooking = false
    var requests = Ring<StoreRequest>(capacity: requestLimit)

    init(isOn: Bool) { self.isOn = isOn }

    // MARK: What clients ask for

    mutating func take(_ transfer: UpdateTransfer, by actor: Actor) -> CommandResult {
        guard isOn else { return .unknownCommand }
        switch transfer.step {
        case .begin(let begin)?: return self.begin(begin, by: actor)
        case .chunk(let chunk)?: return receive(chunk)
        case .action(.query)?: return look()
        case .action(.drop)?: return drop()
        case .action(.unrecognised)?, nil: return .outOfRange
        }
    }

    private mutating func begin(_ begin: UpdateBegin, by actor: Actor) -> CommandResult {
        guard begin.size > 0, begin.sha256.count == 32 else { return .outOfRange }
        switch phase {
        case .opening, .checking, .installing, .unrecognised: return .busy
        case .receiving where begin == self.begin: return .done
        case .none, .receiving, .refused, .written: break
        }
        guard !requests.isFull else { return .busy }
        self.begin = begin
        self.actor = actor
        received = 0
        detail.removeAll()
        phase = .opening
        var request = StoreRequest(.updateBegin(size: begin.size))
        for index in 0..<begin.sha256.count { request.bytes.append(begin.sha256[index]) }
        requests.push(request)
        return .started
    }

    private mutating func receive(_ chunk: UpdateChunk) -> CommandResult {
        guard phase == .receiving, chunk.offset <= received else { return .refused }
        let end = UInt64(chunk.offset) + UInt64(chunk.data.count)
        // The answer to it was lost.
        guard end > received else { return .done }
        guard chunk.offset == received else { return .refused }
        guard end <= begin.size else { return .outOfRange }
        // One place is left for what follows the last piece.
        guard requests.count + 2 <= SystemUpdates.requestLimit else { return .busy }
        var request = StoreRequest(.updateWrite(offset: chunk.offset))
        request.bytes.append(chunk.data.span)
        requests.push(request)
        received = UInt32(end)
        if received == begin.size { finish() }
        return .done
    }

    private mutating func finish() {
        phase = .checking
        requests.push(StoreRequest(.updateFinish))
    }

    private mutating func look() -> CommandResult {
        if phase == .installing, !isLooking, requests.push(StoreRequest(.updateLook)) { isLooking = true }
        return .done
    }

    /// What was handed over is not ours to take back.
    private mutating func drop() -> CommandResult {
        switch phase {
        case .none, .refused, .written: return .done
        case .receiving:
            guard requests.push(StoreRequest(.updateDrop)) else { return .busy }
            phase = .none
            received = 0
            return .done
        case .opening, .checking: return .busy
        case .installing, .unrecognised: return .refused
        }
    }

    // MARK: What the store answers

    /// The answer to a request.
    ///
    /// - Returns: how the transfer ended, for the journal; `nil` while it has not.
    mutating func complete(_ completion: StoreCompletion, _ words: Span<UInt8>) -> CommandResult? {
        let isDone = completion.fault == .none
        switch completion.step {
        case .updateBegin:
            guard phase == .opening else { return nil }
            guard isDone else { return refuse(words) }
            var reader = ByteReader(words)
            received = min(begin.size, (try? reader.littleEndian(UInt32.self)) ?? 0)
            phase = .receiving
            // All of it was there already when the power failed.
            if received == begin.size { finish() }
            return nil
        case .updateWrite:
            guard !isDone, phase == .receiving || phase == .checking else { return nil }
            return refuse(words)
        case .updateFinish:
            guard phase == .checking else { return nil }
            guard isDone else { return refuse(words) }
            phase = .installing
            return .started
        case .updateLook:
            isLooking = false
            guard phase == .installing, isDone, !words.isEmpty else { return nil }
            return note(words)
        default: return nil
        }
    }

    private mutating func refuse(_ words: Span<UInt8>) -> CommandResult {
        phase = .refused
        detail = FixedBytes(words.extracting(0..<min(words.count, 160)))
        return .refused
    }

    /// What the system below says: a letter (w while it writes, r for a refusal, d once it has written), and words.
    private mutating func note(_ words: Span<UInt8>) -> CommandResult? {
        let rest = words.extracting(1..<words.count)
        switch words[0] {
        case UInt8(ascii: "w"): detail = FixedBytes(rest.extracting(0..<min(rest.count, 160)))
        case UInt8(ascii: "r"): return refuse(rest)
        case UInt8(ascii: "d"):
            phase = .written
            detail.removeAll()
            return .done
        default: break
        }
        return nil
    }

    // MARK: What clients are told

    func state(result: CommandResult) -> UpdateState {
        UpdateState(
            result: result, phase: phase, received: received, size: phase == .none ? 0 : begin.size, detail: detail)
    }
}

extension BoardCore {
    mutating func transferUpdate(_ transfer: Authorised<UpdateTransfer>) -> UpdateState {
        let result = updates.take(transfer.action, by: transfer.actor)
        if case .begin? = transfer.action.step, result == .started { auditUpdate(.started) }
        return updates.state(result: result)
    }

    private mutating func auditUpdate(_ result: CommandResult) {
        var target: UInt32 = 0
        let hash = updates.begin.sha256
        for index in 0..<min(4, hash.count) { target = target << 8 | UInt32(hash[index]) }
        audit(Command(kind: .systemUpdate, target: target), updates.actor, result)
    }

    /// The store has answered a request of an update.
    mutating func updateCompleted(_ completion: StoreCompletion, _ words: Span<UInt8>) {
        guard let result = updates.complete(completion, words), result != .started else { return }
        auditUpdate(result)
    }
}
