import Cryptography
import FixedMemory
import HardwareInterface
import JournalSimulation
import Testing

@testable import EventJournal

/// What a verification of an image says.
func verify(_ image: MediumImage, _ settings: RigSettings = RigSettings()) -> (VerificationReport, [JournalFinding]) {
    var journal = EventJournal(capacities: settings.capacities, medium: settings.configuration)
    var findings: [JournalFinding] = []
    let report = journal.verify { offset, buffer in
        let block = Int(offset) / image.blockBytes
        guard image.isReadable(block) else { return false }
        image[block].withUnsafeBytes { buffer.copyMemory(from: $0) }
        return true
    } finding: {
        findings.append($0)
    }
    return (report, findings)
}

/// A medium with some history: several segments of access and alarms, one of system.
func writtenImage(_ settings: RigSettings = RigSettings()) -> MediumImage {
    let rig = Rig(settings)
    rig.pump()
    for round in 0..<60 {
        rig.append(.access, [UInt8](repeating: UInt8(round), count: 40))
        rig.append(.alarm, [UInt8](repeating: UInt8(round), count: 20))
        if round % 3 == 0 { rig.settle() }
        rig.setState(StateKey(owner: 1, item: UInt32(round % 4)), [UInt8(round)])
    }
    rig.settle()
    return rig.medium.image
}

@Suite("Verification notices what was done to a medium")
struct VerificationTests {
    let settings = RigSettings()
    var layout: MediumLayout { settings.configuration.layout }

    /// The blocks of the first segments of a class, oldest first, as numbers on the medium.
    func blocks(_ eventClass: EventClass, in image: MediumImage) -> [Int] {
        var found: [(generation: UInt64, number: Int, block: Int)] = []
        for block in image.writtenBlocks {
            let bytes = image[block]
            bytes.withUnsafeBytes {
                let start = $0.baseAddress!
                guard
                    Block.condition(
                        start, blockBytes: 512, kind: .records, journal: settings.identity.short) == .whole,
                    RecordBlock.eventClass(start) == eventClass,
                    block == Int(layout.block(RecordBlock.number(start), of: segment(of: block))) / 512
                else { return }
                found.append((RecordBlock.generation(start), RecordBlock.number(start), block))
            }
        }
        return found.sorted { ($0.generation, $0.number) < ($1.generation, $1.number) }.map(\.block)
    }

    func segment(of block: Int) -> Int { (block - 1 - layout.stateBlocks) / layout.segmentBlocks }

    @Test("A medium that nobody touched is sound, and every event is counted")
    func sound() {
        let (report, findings) = verify(writtenImage())
        #expect(report.isSound)
        #expect(findings == [])
        #expect(report.records == 121)
        #expect(report.firstSequence == 1 && report.lastSequence == 121)
    }

    @Test("A blank medium is sound and empty")
    func blank() {
        let (report, findings) = verify(settings.blankImage)
        #expect(report.records == 0 && findings == [])
    }

    @Test("A flipped bit is damage, and costs the one record it is in")
    func flippedBit() {
        var image = writtenImage()
        let block = blocks(.access, in: image)[3]
        image[block][200] ^= 4
        let (report, findings) = verify(image)
        #expect(findings.map(\.problem) == [.damaged])
        #expect(findings.first?.offset == Int64(block) * 512)
        #expect(report.records + report.salvagedRecords == 120)
    }

    @Test("A changed record with corrected checksums is a forgery")
    func forged() {
        var image = writtenImage()
        let block = blocks(.access, in: image)[3]
        var bytes = image[block]
        bytes.withUnsafeMutableBytes {
            let start = $0.baseAddress!
            let record = start + 96
            record.setInteger(UInt8(0xEE), at: 32)
            let place = BlockPlace(
                journal: settings.identity.short, generation: RecordBlock.generation(start),
                number: RecordBlock.number(start), eventClass: .access)
            record.setInteger(
                RecordBlock.checksum(
                    record, journal: place.journal, generation: place.generation, number: place.number, index: 0), at: 0
            )
            start.setInteger(Block.crc(start, 8..<96), at: 4)
            start.setInteger(Block.crc(start, 4..<512), at: 0)
        }
        image[block] = bytes
        #expect(verify(image).1.map(\.problem) == [.forged])
    }

    @Test("A block replaced by an older, genuine one breaks the chain")
    func replaced() {
        var image = writtenImage()
        let access = blocks(.access, in: image)
        // The same place in a later segment of the class, taken for the earlier one's.
        image[access[2]] = image[access[2] + layout.segmentBlocks * 2]
        #expect(!verify(image).0.isSound)
    }

    @Test("A wiped block in the middle is noticed")
    func wipedMiddle() {
        var image = writtenImage()
        image[blocks(.access, in: image)[2]] = [UInt8](repeating: 0, count: 512)
        let (report, findings) = verify(image)
        #expect(!report.isSound)
        #expect(findings.contains { $0.problem == .chainBroken || $0.problem == .damaged })
    }

    /// A medium whose events of one class fill some blocks of one segment.
    func oneSegment() -> MediumImage {
        let rig = Rig(settings)
        rig.pump()
        for round in 0..<24 {
            rig.append(.access, [UInt8](repeating: UInt8(round), count: 40))
            if round % 4 == 3 { rig.settle() }
        }
        rig.settle()
        return rig.medium.image
    }

    /// All blocks that hold something of this class's block with this number, the spare places' versions included.
    func versions(_ number: Int, _ eventClass: EventClass, in image: MediumImage) -> [Int] {
        image.writtenBlocks.filter { block in
            image[block].withUnsafeBytes {
                let start = $0.baseAddress!
                return Block.condition(start, blockBytes: 512, kind: .records, journal: settings.identity.short)
                    == .whole
                    && RecordBlock.eventClass(start) == eventClass && RecordBlock.number(start) == number
            }
        }
    }

    @Test("A block taken out of the segment that is being written is noticed, wherever it was", arguments: 0..<4)
    func removedFromNewestSegment(number: Int) {
        var image = oneSegment()
        #expect(verify(image).0.isSound && blocks(.access, in: image).count >= 3)
        for block in versions(number, .access, in: image) { image[block] = [UInt8](repeating: 0, count: 512) }
        let (report, findings) = verify(image)
        #expect(!report.isSound, "\(report)")
        #expect(findings.allSatisfy { $0.eventClass == .access })
    }

    @Test("Two genuine blocks that changed places are noticed, and cost no event but theirs", arguments: 0..<2)
    func swapped(first: Int) {
        var image = oneSegment()
        let access = blocks(.access, in: image)
        let held = image[access[first]]
        image[access[first]] = image[access[first + 1]]
        image[access[first + 1]] = held
        let (report, findings) = verify(image)
        #expect(
            findings.contains { $0.problem == .chainBroken && $0.offset == Int64(access[first]) * 512 }, "\(findings)")
        #expect(report.records >= 12)
    }

    @Test("A wiped oldest segment is noticed")
    func wipedOldest() {
        var image = writtenImage()
        let first = segment(of: blocks(.access, in: image)[0])
        for block in 0..<layout.segmentBlocks {
            image[Int(layout.block(block, of: first)) / 512] = [UInt8](repeating: 0, count: 512)
        }
        #expect(verify(image).1.contains { $0.problem == .oldestMissing && $0.eventClass == .access })
    }

    @Test("Wiped newest blocks are noticed, as far as the state store knows them")
    func wipedNewest() {
        var image = writtenImage()
        let newest = segment(of: blocks(.alarm, in: image).last!)
        for block in 0..<layout.segmentBlocks {
            image[Int(layout.block(block, of: newest)) / 512] = [UInt8](repeating: 0, count: 512)
        }
        #expect(verify(image).1.contains { $0.problem == .newestMissing && $0.eventClass == .alarm })
    }

    @Test("A changed value of the state store with corrected checksums is a forgery")
    func forgedState() {
        var image = writtenImage()
        // The newest of the second copy.
        let second = Int(layout.statePlace(0, copy: 1)) / 512
        func number(_ block: Int) -> UInt64 { image[block].withUnsafeBytes { StateBlock.number($0.baseAddress!) } }
        let block = (second..<second + layout.stateBlocks).max { number($0) < number($1) }!
        var bytes = image[block]
        bytes.withUnsafeMutableBytes {
            let start = $0.baseAddress!
            start.setInteger(UInt8(0xEE), at: 140)
            start.setInteger(Block.crc(start, 4..<512), at: 0)
        }
        image[block] = bytes
        let (_, findings) = verify(image)
        #expect(findings.map(\.problem) == [.forged])
        #expect(findings.map(\.area) == [.state])
    }

    @Test("With another key nothing is verified and nothing is written")
    func otherKey() {
        var other = settings
        other.keyByte = 9
        #expect(verify(writtenImage(), other).0.medium == .wrongKey)
        let rig = Rig(other, image: writtenImage())
        rig.pump()
        #expect(rig.status.medium == .wrongKey)
        #expect(rig.medium.log.isEmpty)
    }

    @Test("The layout is read back from either superblock")
    func layoutFromSuperblock() {
        let image = writtenImage()
        for block in [0, image.blockCount - 1] {
            image[block].withUnsafeBytes { #expect(MediumLayout(superblock: $0) == layout) }
        }
        image[1].withUnsafeBytes { #expect(MediumLayout(superblock: $0) == nil) }
    }
}
