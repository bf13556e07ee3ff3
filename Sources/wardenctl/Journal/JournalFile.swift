import Cryptography
import EventJournal
import Foundation
import HardwareInterface

/// A journal's file, opened for reading.
final class JournalFile {
    private let descriptor: Int32
    let layout: MediumLayout

    /// Opens the file and finds its layout in either of its superblocks.
    init(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw Failure(
                status: .cannotRead, message: "\(path): \(String(cString: strerror(errno)))",
                remedy: "Check the path and the permissions.")
        }
        guard let layout = JournalFile.layout(descriptor) else {
            close(descriptor)
            throw Failure(
                status: .invalidData, message: "\(path): is no journal, or both of its superblocks are damaged",
                remedy: "Check that it is the file that wardend was given with --journal.")
        }
        self.descriptor = descriptor
        self.layout = layout
    }

    deinit { close(descriptor) }

    /// The second superblock is the last block of the journal; behind it lies what the flight recorder writes.
    private static func layout(_ descriptor: Int32) -> MediumLayout? {
        let largestBlock: Int64 = 4_096
        let size = Int64(lseek(descriptor, 0, SEEK_END))
        var buffer = [UInt8](repeating: 0, count: Int(largestBlock))
        func layout(at offset: Int64) -> MediumLayout? {
            guard offset >= 0, pread(descriptor, &buffer, buffer.count, off_t(offset)) > 0 else { return nil }
            return buffer.withUnsafeBytes { MediumLayout(superblock: $0) }
        }
        if let first = layout(at: 0) { return first }
        var offset = size - size % 512 - 512
        while offset > 0 {
            if let second = layout(at: offset) { return second }
            offset -= 512
        }
        return nil
    }

    /// Reads the whole journal and checks every block of it.
    ///
    /// - Parameter progress: told the offset of each block that is read.
    func verify(key: HashKey, progress: (Int64) -> Void) -> JournalVerification {
        var capacities = JournalCapacities()
        capacities.stateEntries = layout.stateEntryLimit(readers: capacities.readers) ?? 1
        guard
            let configuration = MediumConfiguration(
                layout: layout, key: MediumConfiguration.chainKey(from: key),
                identity: JournalIdentity(low: 0, high: 0), reservedSegments: PerClass(repeating: 1))
        else { preconditionFailure("a layout has two segments for each class") }
        var journal = EventJournal(capacities: capacities, medium: configuration)
        var findings: [JournalFinding] = []
        let report = journal.verify { offset, page in
            progress(offset)
            var have = 0
            while have < page.count {
                let count = pread(descriptor, page.baseAddress! + have, page.count - have, off_t(offset) + off_t(have))
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                have += count
            }
            return true
        } finding: {
            findings.append($0)
        }
        return JournalVerification(report: report, findings: findings)
    }
}

/// What a verification found, in words.
struct JournalVerification {
    var report: VerificationReport
    var findings: [JournalFinding]

    func text(file: String) -> String {
        var text = ""
        for finding in findings {
            text += "\(file): at byte \(finding.offset): \(JournalVerification.sentence(finding))\n"
        }
        if report.isSound {
            text += "\(file): sound: "
        } else {
            text += "\(file): NOT SOUND: \(findings.count) problem\(findings.count == 1 ? "" : "s"); "
        }
        text += "\(report.records) events in \(report.blocks) blocks"
        if report.salvagedRecords > 0 { text += ", \(report.salvagedRecords) more read from damaged blocks" }
        if report.records > 0 { text += ", numbers \(report.firstSequence) to \(report.lastSequence)" }
        return text + ".\n"
    }

    func json(file: String) -> String {
        let problems = findings.map { finding -> [String: Any] in
            var entry: [String: Any] = [
                "problem": JournalVerification.word(finding.problem), "area": JournalVerification.word(finding.area),
                "offset": finding.offset, "text": JournalVerification.sentence(finding),
            ]
            if let eventClass = finding.eventClass { entry["class"] = JournalVerification.word(eventClass) }
            if finding.after > 0 { entry["after"] = finding.after }
            return entry
        }
        let object: [String: Any] = [
            "file": file, "sound": report.isSound, "events": report.records, "blocks": report.blocks,
            "salvaged": report.salvagedRecords, "state_blocks": report.stateBlocks, "first": report.firstSequence,
            "last": report.lastSequence, "problems": problems,
        ]
        let data = try? JSONSerialization.data(
            withJSONObject: object, options: [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes])
        return String(decoding: data ?? Data(), as: UTF8.self)
    }

    private static func sentence(_ finding: JournalFinding) -> String {
        var place = ""
        if let eventClass = finding.eventClass { place = " of class \(word(eventClass))" }
        if finding.after > 0 { place += ", after event \(finding.after)" }
        return switch finding.problem {
        case .damaged: "a block\(place) is damaged: worn, or half written when the power went"
        case .forged: "a block\(place) was made or changed by someone without the board's key"
        case .chainBroken: "a block\(place) does not follow the one before it: blocks were removed or replaced"
        case .newestMissing: "the newest events\(place) are missing, which the journal knows were there"
        case .oldestMissing: "the oldest events\(place) are missing, which the journal knows were there"
        }
    }

    private static func word(_ problem: JournalFinding.Problem) -> String {
        switch problem {
        case .damaged: "damaged"
        case .forged: "forged"
        case .chainBroken: "chain-broken"
        case .newestMissing: "newest-missing"
        case .oldestMissing: "oldest-missing"
        }
    }

    private static func word(_ area: JournalFinding.Area) -> String {
        switch area {
        case .superblock: "superblock"
        case .state: "state"
        case .records: "records"
        }
    }

    private static func word(_ eventClass: EventClass) -> String {
        switch eventClass {
        case .alarm: "alarm"
        case .access: "access"
        case .trouble: "trouble"
        case .audit: "audit"
        case .system: "system"
        case .telemetry: "telemetry"
        }
    }
}
