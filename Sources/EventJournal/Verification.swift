import Cryptography
import FixedMemory
import HardwareInterface

/// Something that a verification found on the medium.
public struct JournalFinding: Equatable, Sendable, BitwiseCopyable {
    public enum Problem: UInt8, Sendable, BitwiseCopyable {
        /// The block cannot be read or its checksum does not hold: worn or half written. What is left of its records is
        /// counted as salvaged.
        case damaged = 0
        /// The checksum holds but the keyed hash does not: someone without the key made or changed the block.
        case forged = 1
        /// The block names another block as its predecessor than the one that lies before it: blocks were removed,
        /// replaced or put in another order; or the predecessor was damaged and put together again.
        case chainBroken = 2
        /// The newest blocks of the class, which the state store knows to have been durable, are not there.
        case newestMissing = 3
        /// The oldest segment of the class, which the state store knows, is not there.
        case oldestMissing = 4
    }

    public enum Area: UInt8, Sendable, BitwiseCopyable {
        case superblock = 0
        case state = 1
        case records = 2
    }

    public var problem: Problem
    public var area: Area
    /// Where it lies on the medium, in bytes.
    public var offset: Int64
    /// Of what class the records are; `nil` outside the segments.
    public var eventClass: EventClass?
    /// The last sequence number before it in its class; 0 if none is known.
    public var after: UInt64
}

/// What a verification saw.
public struct VerificationReport: Equatable, Sendable, BitwiseCopyable {
    /// How the medium answered: `healthy`, or why nothing could be verified.
    public var medium = MediumCondition.opening
    /// Blocks of records, and records in them, whose checksums, hashes and chain hold.
    public var blocks: UInt64 = 0
    public var records: UInt64 = 0
    /// Records read out of damaged blocks.
    public var salvagedRecords: UInt64 = 0
    public var stateBlocks: UInt64 = 0
    public var firstSequence: UInt64 = 0
    public var lastSequence: UInt64 = 0
    public var damaged: UInt64 = 0
    public var forged: UInt64 = 0
    public var chainBreaks: UInt64 = 0
    public var missing: UInt64 = 0

    /// Whether nothing was removed, changed or damaged.
    public var isSound: Bool { medium == .healthy && damaged + forged + chainBreaks + missing == 0 }

    mutating func add(_ problem: JournalFinding.Problem) {
        switch problem {
        case .damaged: damaged += 1
        case .forged: forged += 1
        case .chainBroken: chainBreaks += 1
        case .newestMissing, .oldestMissing: missing += 1
        }
    }
}

extension EventJournal {
    /// Reads everything that a medium holds and checks every checksum, every keyed hash and every link of the chains.
    ///
    /// For a journal that was just made with the medium's configuration and has not been used. Nothing is written. What
    /// no check inside the medium can notice is a medium that was put back as a whole to what it had been before.
    ///
    /// - Parameters:
    ///   - read: fills the buffer from an offset of the medium, `false` if it cannot.
    ///   - finding: is told of each problem, in the order of the medium's classes and segments.
    public mutating func verify(
        read: (Int64, UnsafeMutableRawBufferPointer) -> Bool, finding: (JournalFinding) -> Void
    ) -> VerificationReport {
        precondition(side.isAttached && nextPlace == 1 && !side.recovery.isDone, "the journal is already in use")
        var report = VerificationReport()
        while !side.recovery.isDone {
            guard side.refusal == nil, let request = nextRecoveryRequest(at: .start), request.operation == .read else {
                break
            }
            let isRead = read(request.offset, side.pages.bytes(of: request.page))
            complete(MediumCompletion(token: request.token, outcome: isRead ? .done : .failed), at: .start)
            if side.recovery.phase == .paused { break }
        }
        if let refusal = side.refusal {
            report.medium = refusal
            return report
        }
        guard side.recovery.isDone else {
            report.medium = .failing
            return report
        }
        report.medium = .healthy
        guard side.recovery.isAnythingFound || side.recovery.isIdentityKnown else { return report }
        verifySuperblocks(&report, read, finding)
        verifyState(&report, read, finding)
        for index in 0..<EventClass.count { verifyRecords(index, &report, read, finding) }
        return report
    }

    /// A page that nothing else uses during a verification.
    private var verificationPage: Int { side.statePages }

    private func load(
        _ offset: Int64, _ read: (Int64, UnsafeMutableRawBufferPointer) -> Bool
    ) -> UnsafeRawPointer? {
        read(offset, side.pages.bytes(of: UInt16(verificationPage)))
            ? UnsafeRawPointer(side.pages.pointer(verificationPage)) : nil
    }

    private func isAuthentic(_ block: UnsafeRawPointer) -> Bool {
        Block.isAuthentic(block, blockBytes: side.layout.blockBytes, key: side.configuration.key)
    }

    private func verifySuperblocks(
        _ report: inout VerificationReport, _ read: (Int64, UnsafeMutableRawBufferPointer) -> Bool,
        _ finding: (JournalFinding) -> Void
    ) {
        for copy in 0..<2 {
            let offset = side.layout.superblock(copy)
            let block = load(offset, read)
            let condition = block.map {
                Block.condition($0, blockBytes: side.layout.blockBytes, kind: .superblock, journal: 0)
            }
            var problem: JournalFinding.Problem? = nil
            if condition != .whole { problem = .damaged }
            if let block, condition == .whole, !isAuthentic(block) { problem = .forged }
            guard let problem else { continue }
            report.add(problem)
            finding(JournalFinding(problem: problem, area: .superblock, offset: offset, eventClass: nil, after: 0))
        }
    }

    /// Checks both copies of every state block that counts.
    private func verifyState(
        _ report: inout VerificationReport, _ read: (Int64, UnsafeMutableRawBufferPointer) -> Bool,
        _ finding: (JournalFinding) -> Void
    ) {
        let accepted = side.recovery.acceptedState
        let kept = UInt64(side.layout.stateBlocks - 8 * MediumLayout.stateGroupLimit)
        let first = accepted > kept ? accepted - kept + 1 : 1
        var hashes: (number: UInt64, hash: KeyedHash)? = nil
        var number = first
        while number <= accepted {
            var isFound = false
            for copy in 0..<2 {
                let offset = side.layout.stateBlock(number, copy: copy)
                var problem: JournalFinding.Problem? = nil
                if let block = load(offset, read),
                    Block.condition(
                        block, blockBytes: side.layout.blockBytes, kind: .state, journal: side.identity.short)
                        == .whole
                {
                    if !isAuthentic(block) {
                        problem = .forged
                    } else if StateBlock.number(block) != number {
                        // Numbers that were skipped leave their places as they were.
                        continue
                    } else {
                        let before =
                            StateBlock.groupPlace(block) == 0 ? StateBlock.durableNumber(block) : number - 1
                        if copy == 0 || !isFound {
                            report.stateBlocks += 1
                            if let hashes, hashes.number == before, hashes.hash != Block.previousHash(block) {
                                problem = .chainBroken
                            }
                            hashes = (number, Block.hash(block))
                        }
                        isFound = true
                    }
                } else {
                    problem = .damaged
                }
                guard let problem else { continue }
                report.add(problem)
                finding(JournalFinding(problem: problem, area: .state, offset: offset, eventClass: nil, after: 0))
            }
            number += 1
        }
    }

    private mutating func verifyRecords(
        _ index: Int, _ report: inout VerificationReport,
        _ read: (Int64, UnsafeMutableRawBufferPointer) -> Bool, _ finding: (JournalFinding) -> Void
    ) {
        guard let eventClass = EventClass(rawValue: UInt8(index)) else { return }
        var segment = side.segments.oldest[index]
        var after: UInt64 = 0
        func note(_ problem: JournalFinding.Problem, _ offset: Int64) {
            report.add(problem)
            finding(
                JournalFinding(problem: problem, area: .records, offset: offset, eventClass: eventClass, after: after))
        }
        if side.recovery.isOldestMissing[index] {
            note(.oldestMissing, segment == SegmentTable.none ? 0 : side.layout.block(0, of: segment))
        }
        var previous: KeyedHash? = nil
        var end: Int64 = 0
        while segment != SegmentTable.none {
            let newer = Int(side.segments[segment].newer)
            let isNewest = segment == side.segments.newest[index]
            // Where a block should be and is not. A segment may be left before it is full: then nothing follows, and the
            // next segment begins where this one ended. Something that follows shows that a block was taken out.
            var gone: Int64? = nil
            for number in 0..<side.layout.dataBlocks {
                let position = MediumPosition(
                    segment: segment, generation: side.segments[segment].generation, block: number)
                if isNewest, isAtEnd(position, index) { break }
                let offset = side.layout.block(number, of: segment)
                end = offset
                let image = image(at: position, index)
                let block = image.map { UnsafeRawPointer(side.pages.pointer($0.page)) } ?? load(offset, read)
                // A block that recovery has put together is sealed only when it is written.
                if let image, let block, image.isChanged {
                    note(.damaged, offset)
                    report.salvagedRecords += UInt64(countRecords(block, image.count))
                    previous = nil
                    continue
                }
                let condition =
                    block.map {
                        Block.condition(
                            $0, blockBytes: side.layout.blockBytes, kind: .records, journal: side.identity.short)
                    } ?? .broken
                guard let block, condition == .whole else {
                    if condition == .blank || gone != nil && !isNewest {
                        gone = gone ?? offset
                        continue
                    }
                    note(.damaged, offset)
                    if let block { report.salvagedRecords += salvageable(block, index, position) }
                    previous = nil
                    continue
                }
                guard RecordBlock.generation(block) == position.generation, RecordBlock.number(block) == number else {
                    gone = gone ?? offset
                    continue
                }
                // What a later segment begins with again has moved there.
                if newer != SegmentTable.none, side.segments[newer].firstOrdinal <= RecordBlock.firstOrdinal(block) {
                    break
                }
                if let place = gone {
                    note(.chainBroken, place)
                    previous = nil
                    gone = nil
                }
                if !isAuthentic(block) {
                    note(.forged, offset)
                    previous = nil
                    continue
                }
                if let previous, previous != Block.previousHash(block) { note(.chainBroken, offset) }
                previous = Block.hash(block)
                report.blocks += 1
                report.records += UInt64(countRecords(block, RecordBlock.count(block)))
                if RecordBlock.flags(block) & RecordBlock.repairedFlag != 0 { note(.damaged, offset) }
                if report.firstSequence == 0 || RecordBlock.firstSequence(block) < report.firstSequence {
                    report.firstSequence = RecordBlock.firstSequence(block)
                }
                after = lastSequence(block)
                report.lastSequence = max(report.lastSequence, after)
            }
            // The newest segment has no next one; what recovery knows to be there must be.
            if isNewest, let place = gone { note(.chainBroken, place) }
            segment = newer
        }
        if side.recovery.knownDurable[index] > side.recovery.nextOrdinal[index] { note(.newestMissing, end) }
    }

    private func countRecords(_ block: UnsafeRawPointer, _ count: Int) -> Int {
        var found = 0
        for record in 0..<min(count, RecordBlock.recordLimit(blockBytes: side.layout.blockBytes))
        where RecordBlock.offset(of: record, in: block, blockBytes: side.layout.blockBytes) != 0 {
            found += 1
        }
        return found
    }

    private func lastSequence(_ block: UnsafeRawPointer) -> UInt64 {
        let count = min(RecordBlock.count(block), RecordBlock.recordLimit(blockBytes: side.layout.blockBytes))
        for record in (0..<count).reversed() {
            let offset = RecordBlock.offset(of: record, in: block, blockBytes: side.layout.blockBytes)
            if offset != 0 { return Record.sequence(block + offset) }
        }
        return 0
    }

    private func salvageable(_ block: UnsafeRawPointer, _ index: Int, _ position: MediumPosition) -> UInt64 {
        guard let eventClass = EventClass(rawValue: UInt8(index)) else { return 0 }
        let place = BlockPlace(
            journal: side.identity.short, generation: position.generation, number: position.block,
            eventClass: eventClass)
        var found: UInt64 = 0
        for record in 0..<RecordBlock.recordLimit(blockBytes: side.layout.blockBytes)
        where salvagedOffset(record, in: block, place: place) != nil {
            found += 1
        }
        return found
    }
}

extension MediumLayout {
    /// Reads the layout out of a superblock, for a tool that is given a medium alone.
    ///
    /// - Parameter superblock: the first 4,096 bytes of the medium, or its last ones from the start of the last block.
    /// - Returns: `nil` if there is no whole superblock.
    public init?(superblock: UnsafeRawBufferPointer) {
        guard let start = superblock.baseAddress, superblock.count >= 512 else { return nil }
        let blockBytes = Int(start.integer(UInt32.self, at: 68))
        guard blockBytes >= 512, blockBytes <= superblock.count, blockBytes & (blockBytes - 1) == 0,
            Block.condition(start, blockBytes: blockBytes, kind: .superblock, journal: 0) == .whole,
            start.integer(UInt16.self, at: 64) == Superblock.version
        else { return nil }
        self.blockBytes = blockBytes
        segmentBlocks = Int(start.integer(UInt16.self, at: 66))
        stateBlocks = Int(start.integer(UInt32.self, at: 72))
        segments = Int(start.integer(UInt32.self, at: 76))
        guard segmentBlocks >= 4, segmentBlocks <= 1_024, segments >= 2 * EventClass.count,
            segments <= MediumLayout.segmentLimit, stateBlocks >= 1, stateBlocks <= 1 << 20
        else { return nil }
    }
}
