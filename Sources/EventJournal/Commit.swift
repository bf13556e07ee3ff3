import Cryptography
import FixedMemory
import HardwareInterface

/// Why events are gone, in a record of kind `JournalKind.gap`.
public enum GapCause: UInt8, Sendable, BitwiseCopyable {
    /// Their segment was needed for newer ones.
    case retention = 1
    /// The medium did not take them before memory ran out.
    case memory = 2
}

/// Events of one class that are gone and of which no gap record tells yet.
struct PendingGap: BitwiseCopyable {
    var cause = GapCause.retention
    var count: UInt64 = 0
    var first: UInt64 = 0
    var last: UInt64 = 0
}

// A commit gathers what waits into blocks, hands out their writes one by one, then one flush. Only one is under way at
// a time; what is appended meanwhile goes with the next. A commit that fails is repeated as it is until it succeeds.
extension EventJournal {
    /// The memory that requests name pages of. Keep it for the thread that serves the medium.
    public var mediumPages: MediumPages { side.pages }
    /// The first of the pages that are for somebody else who uses the same medium; see `MediumConfiguration.otherPages`.
    public var otherPages: Int { side.otherPages }
    /// How the medium is laid out; what lies behind `usedBytes` is not the journal's.
    public var mediumLayout: MediumLayout { side.layout }
    /// Tokens of the journal's requests are below this.
    public static var tokenLimit: UInt32 { 1 << 31 }

    /// The next thing to do on the medium; call until there is none, after every turn and completion and at
    /// `nextDeadline`. Builds at most one block of records, or one group of state blocks, a call.
    public mutating func nextRequest(at now: Instant) -> MediumRequest? {
        let request = findRequest(at: now)
        if request == nil { side.askedAt = now }
        return request
    }

    private mutating func findRequest(at now: Instant) -> MediumRequest? {
        guard side.isAttached, side.refusal == nil else { return nil }
        if !side.recovery.isDone { return nextRecoveryRequest(at: now) }
        while true {
            switch side.commit.phase {
            case .idle:
                guard isCommitDue(at: now) else { return nextCacheRequest() }
                begin(.records, at: now)
            case .building:
                if side.commit.sent == side.writes.count, !buildMore(at: now) {
                    if side.writes.isEmpty {
                        side.commit.phase = .idle
                        side.dueAt = .never
                        if side.commit.kind != .records { continueRecovery(at: now) }
                        continue
                    }
                    side.commit.phase = .sending
                    continue
                }
                return sendNext()
            case .sending:
                if side.commit.sent < side.writes.count { return sendNext() }
                side.commit.phase = .waiting
                return MediumRequest(token: Token.flush, operation: .flush, page: 0, offset: 0)
            case .waiting: return nextCacheRequest()
            case .paused:
                guard now >= side.commit.retryAt else { return nextCacheRequest() }
                side.commit.sent = 0
                side.commit.answered = 0
                side.commit.flushOutcome = nil
                for index in side.writes.indices { side.writes[index].outcome = nil }
                side.commit.phase = .sending
            }
        }
    }

    /// Takes the answer to a request. Answers may come in any order.
    public mutating func complete(_ completion: MediumCompletion, at now: Instant) {
        side.forgetAsking()
        let place = Int(completion.token & Token.placeMask)
        switch completion.token & ~Token.placeMask {
        case Token.write:
            precondition(place < side.writes.count && side.writes[place].outcome == nil, "an answer without a request")
            side.writes[place].outcome = completion.outcome
            side.commit.answered += 1
        case Token.flush:
            precondition(side.commit.flushOutcome == nil, "an answer without a request")
            side.commit.flushOutcome = completion.outcome
        case Token.cache:
            fillCache(place, completion.outcome)
            return
        default:
            completeRecovery(place, completion.outcome, at: now)
            return
        }
        if side.commit.flushOutcome != nil, side.commit.answered == side.writes.count { finishCommit(at: now) }
    }

    /// When `nextRequest` must be called again although nothing happened; `.never` if there is no need.
    public var nextDeadline: Instant {
        let due = nextDue
        // It was due already when there was nothing to do.
        return due <= side.askedAt ? .never : due
    }

    private var nextDue: Instant {
        guard side.isAttached, side.refusal == nil else { return .never }
        for index in side.cache.indices where side.cache[index].isUnsent { return .start }
        if !side.recovery.isDone { return side.recovery.retryAt }
        switch side.commit.phase {
        case .idle: return min(side.dueAt, min(side.lazyDueAt, side.attestationDueAt))
        case .building, .sending: return .start
        case .waiting: return side.commit.startedAt + side.configuration.times.slowLimit
        case .paused: return side.commit.retryAt
        }
    }

    /// Asks for a commit of everything at once, and has the state store told where it ends; for an orderly end.
    /// `durableSequence` and `isStateDurable` tell when it is done.
    public mutating func commitSoon(at now: Instant) {
        guard side.isAttached else { return }
        side.forgetAsking()
        side.dueAt = min(side.dueAt, now)
        side.lazyDueAt = min(side.lazyDueAt, now)
        side.isEnding = true
        side.scheduleAttestation(at: now)
    }

    // MARK: Beginning

    enum Token {
        static let write: UInt32 = 1 << 24
        static let flush: UInt32 = 2 << 24
        static let cache: UInt32 = 3 << 24
        static let recovery: UInt32 = 4 << 24
        static let placeMask: UInt32 = 1 << 24 - 1
    }

    private func isCommitDue(at now: Instant) -> Bool {
        guard side.isOpen else { return false }
        if now >= side.dueAt {
            if side.isStateWaiting { return true }
            for index in 0..<EventClass.count where hasWaiting(index) { return true }
        }
        return now >= side.attestationDueAt || now >= side.lazyDueAt && state.dirty.count > 0
    }

    /// Whether records of a class are in no image.
    func hasWaiting(_ index: Int) -> Bool { rings[index].nextOrdinal > side.logs[index].placedOrdinal }

    mutating func begin(_ kind: Commit.Kind, at now: Instant) {
        side.commit = Commit()
        side.commit.kind = kind
        side.commit.phase = .building
        side.commit.startedAt = now
        side.writes.removeAll()
        for index in 0..<EventClass.count {
            side.logs[index].wroteBlock = false
            side.logs[index].isFinished = false
            side.logs[index].failures = 0
        }
        if kind == .records {
            side.dueAt = .never
            appendGapRecords(at: now)
        }
        if kind == .opening { setOwnState(StateKey.opening, integers: [side.opening, 0, 0, 0]) }
    }

    private mutating func sendNext() -> MediumRequest {
        let place = side.commit.sent
        side.commit.sent += 1
        return MediumRequest(
            token: Token.write | UInt32(place), operation: .write, page: UInt16(side.writes[place].page),
            offset: side.writes[place].offset)
    }

    // MARK: Building

    /// Adds the next write, or several.
    ///
    /// - Returns: `false` if the commit is complete.
    private mutating func buildMore(at now: Instant) -> Bool {
        switch side.commit.kind {
        case .format:
            guard side.commit.step == 0 else { return false }
            side.commit.step = 1
            Superblock.write(
                side.pages.pointer(side.statePages), layout: side.layout, identity: side.identity,
                key: side.configuration.key)
            let copy = side.recovery.isSuperblockSound[1] ? 0 : 1
            side.writes.append(
                CommitWrite(page: side.statePages, offset: side.layout.superblock(copy), owner: .superblock))
            return true
        case .wipe:
            guard side.commit.step == 0 else { return false }
            side.commit.step = 1
            side.pages.pointer(side.statePages).clear(0..<side.layout.blockBytes)
            for _ in 0..<min(MediumSide.wipesPerCommit, side.wipes.count) {
                let offset = side.wipes[side.wipes.count - 1]
                side.wipes.swapRemove(at: side.wipes.count - 1)
                if isInUse(offset) { continue }
                side.writes.append(CommitWrite(page: side.statePages, offset: offset, owner: .wipe))
            }
            return side.writes.count > 0
        case .opening:
            guard side.commit.step == 0 else { return false }
            side.commit.step = 1
            buildState()
            return true
        case .repair, .records:
            while side.commit.step < EventClass.count {
                if buildRecords(side.commit.step) { return true }
                side.commit.step += 1
            }
            guard side.commit.kind == .records, side.commit.step == EventClass.count else { return false }
            side.commit.step += 1
            let isChanged = state.dirty.count > 0 && (side.isStateWaiting || now >= side.lazyDueAt)
            guard isChanged || now >= side.attestationDueAt else { return false }
            buildState()
            return true
        }
    }

    /// Adds the next write of a class.
    ///
    /// - Returns: `false` if it has no more for this commit.
    private mutating func buildRecords(_ index: Int) -> Bool {
        while true {
            if buildSettlement(index) { return true }
            if side.logs[index].isFinished { return false }
            if side.commit.kind == .repair {
                side.logs[index].isFinished = true
                // A later version would say that what came before it is durable: copies home come first.
                guard side.logs[index].settlements[0] == nil, side.logs[index].settlements[1] == nil,
                    let image = side.logs[index].image, image.isChanged || image.isHomeless,
                    writableLocation(image) != .nowhere
                else { return false }
                writeImage(index)
                return true
            }
            skipLost(index)
            guard hasWaiting(index) else {
                side.logs[index].isFinished = true
                return false
            }
            guard let image = side.logs[index].image else {
                if !openImage(index) { side.logs[index].isFinished = true }
                continue
            }
            if !hasRoomForNext(index, image) {
                if !closeImage(index) { side.logs[index].isFinished = true }
                continue
            }
            // A page that is part of this commit already belongs to the medium.
            guard !image.isInCommit, writableLocation(image) != .nowhere else {
                side.logs[index].isFinished = true
                return false
            }
            fillImage(index)
            writeImage(index)
            return true
        }
    }

    /// Copies a finished block home; or writes it to a spare place first, if salvage has changed it.
    private mutating func buildSettlement(_ index: Int) -> Bool {
        for place in 0..<2 {
            guard var settlement = side.logs[index].settlements[place], settlement.step == .ready else { continue }
            if settlement.image.isChanged {
                let location = writableLocation(settlement.image)
                guard location != .nowhere else { continue }
                settlement.formerLocation = settlement.image.location
                settlement.image.location = location
                seal(&settlement.image)
                settlement.step = location == .home ? .written : .waiting
            } else {
                settlement.formerLocation = settlement.image.location
                settlement.image.location = .home
                settlement.step = .written
            }
            addWrite(settlement.image)
            side.logs[index].settlements[place] = settlement
            return true
        }
        return false
    }

    private mutating func addWrite(_ image: BlockImage) {
        let block = image.location.block(home: image.number, layout: side.layout)
        side.writes.append(
            CommitWrite(
                page: image.page, offset: side.layout.block(block, of: image.segment), owner: .records(image.owner)))
    }

    /// Where the next version of a block may be written without harm to the last one; `.nowhere` if not now.
    private func writableLocation(_ image: BlockImage) -> BlockLocation {
        if image.isHomeless, !image.isChanged { return .home }
        let isFirstFree = side.logs[image.owner].isFree(.firstSpare, for: image)
        let isSecondFree = side.logs[image.owner].isFree(.secondSpare, for: image)
        switch image.location {
        case .nowhere: return .home
        case .home: return isFirstFree ? .firstSpare : isSecondFree ? .secondSpare : .nowhere
        // A repaired version spares its own place as well, which may hold what was salvaged.
        case .firstSpare: return side.commit.kind == .repair && isSecondFree ? .secondSpare : .home
        case .secondSpare: return side.commit.kind == .repair && isFirstFree ? .firstSpare : .home
        }
    }

    /// Counts records that memory could not hold until now as lost.
    private mutating func skipLost(_ index: Int) {
        let first = rings[index].firstOrdinal
        guard first > side.logs[index].placedOrdinal else { return }
        let count = first - side.logs[index].placedOrdinal
        side.status.lostFromMemory += count
        notePending(index, cause: .memory, count: count, first: 0, last: 0)
        side.logs[index].placedOrdinal = first
        side.logs[index].waitingBytes = rings[index].usedBytes
    }

    private func hasRoomForNext(_ index: Int, _ image: BlockImage) -> Bool {
        let ordinal = side.logs[index].placedOrdinal
        return image.nextOrdinal == ordinal
            && RecordBlock.hasRoom(
                for: Record.size(rings[index].record(ordinal)), count: image.count, end: image.end,
                blockBytes: side.layout.blockBytes)
    }

    /// Starts the next block of a class, in a new segment if need be.
    private mutating func openImage(_ index: Int) -> Bool {
        let ordinal = side.logs[index].placedOrdinal
        var segment = side.segments.newest[index]
        if segment == SegmentTable.none || side.logs[index].nextBlock >= side.layout.dataBlocks {
            // A commit of one class stays within one segment, so that a hole can only be in the newest.
            guard !side.logs[index].wroteBlock, let taken = takeSegment(for: index) else { return false }
            segment = taken
            side.segments.append(
                segment, owner: index, generation: side.nextGeneration(), firstOrdinal: ordinal,
                firstSequence: sequenceBase + Record.sequence(rings[index].record(ordinal)))
            side.logs[index].nextBlock = 0
            noteSegment(index)
        }
        guard let page = side.takePage() else {
            side.dueAt = .start
            return false
        }
        side.pages.pointer(page).clear(0..<side.layout.blockBytes)
        side.logs[index].image = BlockImage(
            owner: index, page: page, segment: segment, generation: side.segments[segment].generation,
            number: side.logs[index].nextBlock, firstOrdinal: ordinal, previousHash: side.logs[index].lastHash)
        return true
    }

    /// Ends a block that has no more room.
    ///
    /// - Returns: `false` if it must stay until the next commit.
    private mutating func closeImage(_ index: Int) -> Bool {
        guard var image = side.logs[index].image else { return true }
        if image.location == .home {
            if image.isInCommit {
                guard side.finished.append(image) else { return false }
            } else {
                side.freePage(image.page)
            }
        } else {
            guard let place = freeSettlement(index) else { return false }
            let step: Settlement.Step = image.isInCommit ? .waiting : .ready
            image.isInCommit = false
            side.logs[index].settlements[place] = Settlement(image: image, step: step)
        }
        side.logs[index].lastHash = image.hash
        side.logs[index].nextBlock = image.number + 1
        side.logs[index].image = nil
        return true
    }

    private func freeSettlement(_ index: Int) -> Int? {
        for place in 0..<2 where side.logs[index].settlements[place] == nil { return place }
        return nil
    }

    /// Moves waiting records into the open block, as many as fit.
    private mutating func fillImage(_ index: Int) {
        guard var image = side.logs[index].image else { return }
        let page = side.pages.pointer(image.page)
        let place = side.place(image)
        while hasWaiting(index), hasRoomForNext(index, image) {
            let ordinal = side.logs[index].placedOrdinal
            let record = rings[index].record(ordinal)
            let size = Record.size(record)
            let target = page + image.end
            target.copyMemory(from: record, byteCount: size)
            let sequence = sequenceBase + Record.sequence(record)
            target.setInteger(sequence, at: 4)
            target.setInteger(
                RecordBlock.checksum(
                    target, journal: place.journal, generation: place.generation, number: place.number,
                    index: image.count), at: 0)
            RecordBlock.setOffset(image.end, of: image.count, in: page, blockBytes: side.layout.blockBytes)
            if image.count == 0 { image.firstSequence = sequence }
            image.count += 1
            image.end += size
            side.logs[index].placedOrdinal = ordinal + 1
            side.logs[index].waitingBytes = max(0, side.logs[index].waitingBytes - size)
        }
        side.logs[index].placedEnd = image.nextOrdinal
        side.logs[index].image = image
    }

    /// Adds the write of a new version of the open block.
    private mutating func writeImage(_ index: Int) {
        guard var image = side.logs[index].image else { return }
        image.location = writableLocation(image)
        if image.location == .home { image.isHomeless = false }
        seal(&image)
        image.isInCommit = true
        addWrite(image)
        side.logs[index].image = image
        side.logs[index].wroteBlock = true
    }

    /// Finishes the bytes of a version.
    mutating func seal(_ image: inout BlockImage) {
        image.version += 1
        image.isChanged = false
        let page = side.pages.pointer(image.page)
        page.setInteger(image.generation, at: 48)
        page.setInteger(UInt16(image.number), at: 56)
        page.setInteger(UInt16(image.count), at: 58)
        page.setInteger(UInt16(image.end), at: 60)
        page.setInteger(UInt8(image.owner), at: 62)
        page.setInteger(image.flags, at: 63)
        page.setInteger(image.version, at: 64)
        page.setInteger(UInt32(truncatingIfNeeded: side.opening), at: 68)
        page.setInteger(image.firstOrdinal, at: 72)
        page.setInteger(image.firstSequence, at: 80)
        page.setInteger(side.logs[image.owner].durableEnd, at: 88)
        image.hash = Block.seal(
            page, blockBytes: side.layout.blockBytes, kind: .records, journal: side.identity.short,
            previous: image.previousHash, key: side.configuration.key)
    }

    private func isInUse(_ offset: Int64) -> Bool {
        for index in 0..<EventClass.count {
            if let image = side.logs[index].image, image.location != .nowhere {
                let block = image.location.block(home: image.number, layout: side.layout)
                if side.layout.block(block, of: image.segment) == offset { return true }
            }
        }
        return false
    }

    // MARK: Gaps

    mutating func notePending(_ index: Int, cause: GapCause, count: UInt64, first: UInt64, last: UInt64) {
        if pendingGaps[index].count == 0 || pendingGaps[index].first == 0 { pendingGaps[index].first = first }
        pendingGaps[index].cause = cause
        pendingGaps[index].count += count
        pendingGaps[index].last = last
    }

    private mutating func appendGapRecords(at now: Instant) {
        for index in 0..<EventClass.count where pendingGaps[index].count > 0 {
            guard let eventClass = EventClass(rawValue: UInt8(index)) else { continue }
            let gap = pendingGaps[index]
            pendingGaps[index] = PendingGap()
            var payload = FixedBytes<32>()
            payload.append(gap.cause.rawValue)
            payload.appendLittleEndian(gap.count)
            payload.appendLittleEndian(gap.first)
            payload.appendLittleEndian(gap.last)
            append(eventClass, kind: JournalKind.gap, payload: payload.span, at: now, clock: lastClock)
        }
    }

    // MARK: Ending

    private mutating func finishCommit(at now: Instant) {
        side.commit.attempts += 1
        let duration = now - side.commit.startedAt
        if duration > side.status.longestCommit { side.status.longestCommit = duration }
        if let failure = commitFailure() {
            side.lastOutcome = failure
            side.status.failedCommits += 1
            if failure == .failed, side.commit.flushOutcome == .done { relocateFailing(at: now) }
            side.commit.phase = .paused
            side.commit.retryAt = now + retryPause(side.commit.attempts)
            return
        }
        side.lastOutcome = .done
        side.relocations = 0
        side.status.commits += 1
        let decayed = Interval(nanoseconds: side.expectedCommit.nanoseconds / 8 * 7)
        side.expectedCommit = max(duration, decayed)
        for index in 0..<EventClass.count {
            for place in 0..<2 {
                guard let settlement = side.logs[index].settlements[place] else { continue }
                if settlement.step == .written {
                    side.freePage(settlement.image.page)
                    side.logs[index].settlements[place] = nil
                } else {
                    side.logs[index].settlements[place]?.step = .ready
                    side.logs[index].settlements[place]?.formerLocation = .nowhere
                }
            }
            side.logs[index].image?.isInCommit = false
            side.logs[index].durableOrdinal = side.logs[index].placedOrdinal
            side.logs[index].durableEnd = side.logs[index].placedEnd
        }
        side.scheduleAttestation(at: now)
        for index in side.finished.indices { side.freePage(side.finished[index].page) }
        side.finished.removeAll()
        side.stateNumber = side.writtenStateNumber
        side.stateHash = side.writtenStateHash
        let kind = side.commit.kind
        side.commit.phase = .idle
        side.writes.removeAll()
        switch kind {
        case .records:
            // What this commit had no place for: an alarm behind the end of its segment must not wait for company.
            for index in 0..<EventClass.count where hasWaiting(index) {
                side.noteWaiting(urgent: EventClass(rawValue: UInt8(index))?.isUrgent ?? false, at: now)
            }
        case .opening: finishOpening(at: now)
        case .format:
            side.recovery.isSuperblockSound[side.recovery.isSuperblockSound[1] ? 0 : 1] = true
            continueRecovery(at: now)
        case .repair, .wipe: continueRecovery(at: now)
        }
    }

    func retryPause(_ attempts: Int) -> Interval {
        let times = side.configuration.times
        return min(times.retryLimit, times.retry * (1 << Int64(min(attempts - 1, 20))))
    }

    /// How the commit failed; `nil` if it is durable.
    ///
    /// Of the state store one copy is enough once the second attempt has failed too. A superblock that cannot be written
    /// and a block that cannot be wiped are done without after the third.
    private mutating func commitFailure() -> MediumOutcome? {
        if let flush = side.commit.flushOutcome, flush != .done { return flush }
        var index = 0
        while index < side.writes.count {
            let outcome = side.writes[index].outcome ?? .failed
            switch side.writes[index].owner {
            case .records:
                if outcome != .done { return outcome }
            case .wipe:
                if outcome != .done, side.commit.attempts < 3 { return outcome }
            case .superblock:
                if outcome != .done {
                    if side.commit.attempts < 3 { return outcome }
                    side.status.isOneCopyBad = true
                }
            case .state:
                let second = side.writes[index + 1].outcome ?? .failed
                if outcome != .done || second != .done {
                    if side.commit.attempts < 2 || (outcome != .done && second != .done) {
                        return outcome != .done ? outcome : second
                    }
                    side.status.isOneCopyBad = true
                }
                index += 1
            }
            index += 1
        }
        return nil
    }
}
