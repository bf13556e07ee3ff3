import Cryptography
import EventJournal
import FixedMemory
import Glibc
import HardwareInterface

// The journal's part of `make bench-journal`: appends made durable one by one and in groups, and recovery against size, on a
// real file; beside them the least that any store could do, a preallocated block written and flushed for each event.
//
//     journal-bench FILE EVENTS      prints one line a measurement: name, a tab, a number, a tab, its unit

guard CommandLine.arguments.count == 3, let count = Int(CommandLine.arguments[2]), count > 0 else {
    print("usage: journal-bench FILE EVENTS")
    exit(64)
}
let path = CommandLine.arguments[1]

func nanoseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

func report(_ name: String, _ value: Double, _ unit: String) { print("\(name)\t\(value)\t\(unit)") }

/// A file of so many bytes, every block of it written once; it goes when it is closed.
func preparedFile(_ bytes: Int, _ ending: String) -> Int32 {
    let path = "\(path).\(ending)"
    defer { unlink(path) }
    let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0 else {
        perror(path)
        exit(73)
    }
    let zeros = [UInt8](repeating: 0, count: 1 << 20)
    for offset in stride(from: 0, to: bytes, by: zeros.count) {
        guard pwrite(file, zeros, min(zeros.count, bytes - offset), off_t(offset)) > 0 else {
            perror(path)
            exit(73)
        }
    }
    fsync(file)
    return file
}

func percentile(_ times: [Int64], _ share: Double) -> Double {
    let sorted = times.sorted()
    return Double(sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]) / 1_000
}

func reportTimes(_ name: String, _ times: [Int64], events: Int) {
    let total = Double(times.reduce(0, +)) / 1e9
    report(name + " durable events", Double(events) / total, "1/s")
    report(name + " p50", percentile(times, 0.5), "us")
    report(name + " p99", percentile(times, 0.99), "us")
}

/// The control: one block of 4,096 bytes written in place and flushed for each event.
struct RawBlocks: ~Copyable {
    private let file = preparedFile(64 << 20, "raw")
    private let block = UnsafeMutableRawPointer.allocate(byteCount: 4_096, alignment: 4_096)
    private var place = 0

    init() { block.initializeMemory(as: UInt8.self, repeating: 0x5A, count: 4_096) }

    mutating func measure(_ count: Int) -> [Int64] {
        (0..<count).map { _ in
            let begin = nanoseconds()
            pwrite(file, block, 4_096, off_t(place) * 4_096)
            fdatasync(file)
            place = (place + 1) % 16_384
            return nanoseconds() - begin
        }
    }

    deinit {
        close(file)
        block.deallocate()
    }
}

/// A journal on a real file, its requests carried out at once.
struct FileJournal: ~Copyable {
    var journal: EventJournal
    let pages: MediumPages
    let file: Int32
    private let begin = nanoseconds()
    private var skipped = Interval.zero

    init(_ file: Int32, bytes: Int64) {
        let capacities = JournalCapacities(memoryBytes: PerClass(repeating: 1 << 20))
        let key = HashKey([UInt8](repeating: 1, count: HashKey.length).span)!
        let layout = MediumLayout(mediumBytes: bytes, capacities: capacities)!
        let configuration = MediumConfiguration(
            layout: layout, key: key, identity: JournalIdentity(low: 1, high: 2),
            reservedSegments: MediumConfiguration.standardReserve(layout))!
        journal = EventJournal(capacities: capacities, medium: configuration)
        pages = journal.mediumPages
        self.file = file
    }

    var now: Instant { Instant(nanoseconds: nanoseconds() - begin) + skipped }

    /// Lets the journal's clock go on by so much.
    mutating func skip(_ interval: Interval) { skipped = skipped + interval }

    mutating func pump() {
        while let request = journal.nextRequest(at: now) {
            let page = pages.bytes(of: request.page)
            switch request.operation {
            case .read: pread(file, page.baseAddress!, page.count, off_t(request.offset))
            case .write: pwrite(file, page.baseAddress!, page.count, off_t(request.offset))
            case .flush: fdatasync(file)
            }
            journal.complete(MediumCompletion(token: request.token, outcome: .done), at: now)
        }
    }

    mutating func append(_ eventClass: EventClass, _ payload: [UInt8]) {
        journal.append(eventClass, kind: 1, payload: payload.span, at: now, clock: .unset)
    }
}

/// Appends in groups, each made durable before the next begins.
struct Appending: ~Copyable {
    private static var bytes: Int64 { 64 << 20 }
    private let group: Int
    private let eventClass: EventClass
    private let payload = [UInt8](repeating: 0x5A, count: 40)
    private var store = FileJournal(preparedFile(Int(bytes), "journal"), bytes: bytes)

    init(group: Int, _ eventClass: EventClass) {
        self.group = group
        self.eventClass = eventClass
        store.pump()
    }

    deinit { close(store.file) }

    mutating func measure(_ groups: Int) -> [Int64] {
        var times: [Int64] = []
        for _ in 0..<groups {
            let begin = nanoseconds()
            for _ in 0..<group { store.append(eventClass, payload) }
            store.pump()
            // An alarm goes out at once. Others wait for company, which is no part of what a commit costs; at the end of a
            // segment there are two.
            while eventClass != .alarm, store.journal.durableSequence < store.journal.lastSequence {
                store.skip(.milliseconds(50))
                store.pump()
            }
            times.append(nanoseconds() - begin)
            guard store.journal.durableSequence == store.journal.lastSequence else {
                print("journal-bench: an event is not durable after its commit")
                exit(70)
            }
        }
        return times
    }
}

/// Appends and the control by turns, so that whatever else the disk has to do falls on both.
func measureAppends() {
    var raw = RawBlocks()
    var single = Appending(group: 1, .alarm)
    var grouped = Appending(group: 50, .access)
    var times: (raw: [Int64], single: [Int64], grouped: [Int64]) = ([], [], [])
    let blocks = 20
    for _ in 0..<blocks {
        times.raw += raw.measure(count / blocks)
        times.single += single.measure(count / blocks)
        times.grouped += grouped.measure(max(1, count / blocks / 50))
    }
    reportTimes("raw", times.raw, events: times.raw.count)
    reportTimes("journal, one event a commit", times.single, events: times.single.count)
    reportTimes("journal, 50 events a commit", times.grouped, events: 50 * times.grouped.count)
}

/// A start on a medium that is in use to its end.
func measureRecovery(mebibytes: Int64) {
    let bytes = mebibytes << 20
    let file = preparedFile(Int(bytes), "recovery")
    defer { close(file) }
    do {
        var store = FileJournal(file, bytes: bytes)
        store.pump()
        let payload = [UInt8](repeating: 0x5A, count: 190)
        while store.journal.lastSequence < UInt64(bytes) / 224 {
            for _ in 0..<2_000 { store.append(.telemetry, payload) }
            store.journal.commitSoon(at: store.now)
            store.pump()
        }
    }
    var times: [Int64] = []
    for _ in 0..<5 {
        let begin = nanoseconds()
        var store = FileJournal(file, bytes: bytes)
        store.pump()
        times.append(nanoseconds() - begin)
    }
    report("recovery of \(mebibytes) MiB", percentile(times, 0.5) / 1_000, "ms")
}

measureAppends()
for size in [16, 64, 256] as [Int64] { measureRecovery(mebibytes: size) }
