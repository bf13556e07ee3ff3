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

/// A file of so many bytes, every block of it written once.
func preparedFile(_ bytes: Int) -> Int32 {
    unlink(path)
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
func measureRaw() {
    let file = preparedFile(64 << 20)
    defer { close(file) }
    let block = UnsafeMutableRawPointer.allocate(byteCount: 4_096, alignment: 4_096)
    defer { block.deallocate() }
    block.initializeMemory(as: UInt8.self, repeating: 0x5A, count: 4_096)
    var times: [Int64] = []
    for index in 0..<count {
        let begin = nanoseconds()
        pwrite(file, block, 4_096, off_t(index % 16_384) * 4_096)
        fdatasync(file)
        times.append(nanoseconds() - begin)
    }
    reportTimes("raw", times, events: count)
}

/// A journal on a real file, its requests carried out at once.
struct FileJournal: ~Copyable {
    var journal: EventJournal
    let pages: MediumPages
    let file: Int32
    let begin = nanoseconds()

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

    var now: Instant { Instant(nanoseconds: nanoseconds() - begin) }

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
func measureJournal(_ name: String, group: Int, _ eventClass: EventClass) {
    let bytes: Int64 = 64 << 20
    let file = preparedFile(Int(bytes))
    defer { close(file) }
    var store = FileJournal(file, bytes: bytes)
    store.pump()
    let payload = [UInt8](repeating: 0x5A, count: 40)
    var times: [Int64] = []
    for _ in 0..<max(1, count / group) {
        let begin = nanoseconds()
        for _ in 0..<group { store.append(eventClass, payload) }
        store.journal.commitSoon(at: store.now)
        store.pump()
        times.append(nanoseconds() - begin)
        guard store.journal.durableSequence == store.journal.lastSequence else {
            print("journal-bench: an event is not durable after its commit")
            exit(70)
        }
    }
    reportTimes(name, times, events: max(1, count / group) * group)
}

/// A start on a medium that is in use to its end.
func measureRecovery(mebibytes: Int64) {
    let bytes = mebibytes << 20
    let file = preparedFile(Int(bytes))
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

measureRaw()
measureJournal("journal, one event a commit", group: 1, .alarm)
measureJournal("journal, 50 events a commit", group: 50, .access)
for size in [16, 64, 256] as [Int64] { measureRecovery(mebibytes: size) }
unlink(path)
