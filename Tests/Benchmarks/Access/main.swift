import AccessControl
import CLookupControl
import Cryptography
import FixedMemory
import HardwareInterface

// How long a decision takes, how fast the credential table is filled and replaced, and what it takes in memory; how soon
// the readers of an OSDP bus are asked and answer.
//
// usage: access-bench                      every measurement, a line of JSON for each
//        access-bench decisions N COUNT    COUNT decisions with N credentials and nothing else, to count
//                                          instructions under callgrind (COUNT 0 gives what to subtract)

/// Hashes as uniform as keyed ones, from a counter (SplitMix64).
func hash(_ number: UInt64) -> KeyedHash {
    func mix(_ value: UInt64) -> UInt64 {
        var z = value &* 0x9E37_79B9_7F4A_7C15
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
    return KeyedHash(low: mix(number &* 2 &+ 1), high: mix(number &* 2 &+ 2))
}

func credential(_ number: Int) -> Credential {
    Credential(holder: UInt32(number & 0xFF_FFFF), groups: GroupSet(bits: UInt64(number % 200 + 1) | 1 << 40))
}

/// One door, a schedule, and the credentials.
final class Bench {
    var controller: AccessController
    var output = AccessOutput(doors: 1)
    let count: Int
    private var moment: Int64 = 0

    init(credentials count: Int) {
        self.count = count
        var capacities = AccessCapacities()
        capacities.doors = 1
        capacities.credentials = count
        controller = AccessController(capacities: capacities, hashKey: HashKey([UInt8](0..<32).span)!)
        let schedule = controller.schedules.addSchedule(UntrustedClockRule(isActiveWhenUnset: true))!
        var configuration = DoorConfiguration(lock: LockWiring(kind: .maglock))
        configuration.relock = .afterTime
        let door = try! controller.addDoor(configuration)!
        precondition(controller.addRight(AccessRight(door: door, groups: GroupSet(bits: 1 << 40), schedule: schedule)))
        for number in 0..<count { controller.credentials.upsert(hash(UInt64(number)), credential(number)) }
        precondition(controller.credentials.count == count)
        controller.start(at: .start, clock: .unset, into: &output)
        output.removeAll()
    }

    /// Presents a card and takes what came of it; half a minute lies between two, so that each one finds the door locked.
    func decide(_ number: UInt64) -> Bool {
        moment += 30_000_000_000
        let decision = controller.present(
            hash(number), at: DoorIndex(0), .entry, now: Instant(nanoseconds: moment), into: &output)
        output.removeAll()
        return decision.isGranted
    }
}

/// Nanoseconds of each of `rounds` calls, the best of five runs.
func measure(_ rounds: Int, _ body: (Int) -> Void) -> Double {
    let clock = ContinuousClock()
    var best = Double.infinity
    for _ in 0..<5 {
        let time = clock.measure { for round in 0..<rounds { body(round) } }
        let (seconds, attoseconds) = time.components
        best = min(best, (Double(seconds) * 1e9 + Double(attoseconds) / 1e9) / Double(rounds))
    }
    return best
}

func report(_ name: String, _ credentials: Int, _ value: Double, _ unit: String) {
    let rounded = (value * 10_000).rounded() / 10_000
    print("{\"name\": \"\(name)\", \"credentials\": \(credentials), \"value\": \(rounded), \"unit\": \"\(unit)\"}")
}

func measureDecisions(_ count: Int) {
    let bench = Bench(credentials: count)
    var granted = 0
    // Sixteen cards that stay in the cache: the work itself.
    let hot = measure(20_000) { granted += bench.decide(UInt64($0 % 16)) ? 1 : 0 }
    // Any card of the table, which lies in memory: the work and its cache misses.
    var state: UInt64 = 1
    let cold = measure(20_000) { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        granted += bench.decide((state >> 33) % UInt64(count)) ? 1 : 0
    }
    precondition(granted == 200_000, "every card of the table opens")
    report("decision, card in the cache", count, hot, "ns")
    report("decision, any card", count, cold, "ns")

    // The look-up alone against the control, on the same cards.
    var sum: UInt64 = 0
    let find = measure(200_000) { round in
        let number = UInt64(truncatingIfNeeded: round &* 2_654_435_761) % UInt64(count)
        sum &+= bench.controller.credentials.find(hash(number)) == nil ? 0 : 1
    }
    let read = measure(200_000) { round in
        let number = UInt64(truncatingIfNeeded: round &* 2_654_435_761) % UInt64(count)
        sum &+= bench.controller.credentials.credential(hash(number))?.groups.bits ?? 0
    }
    let control = lookup_control_new(count)!
    for number in 0..<count { lookup_control_put(control, hash(UInt64(number)).low, hash(UInt64(number)).high, 1) }
    let controlFind = measure(200_000) { round in
        let hash = hash(UInt64(truncatingIfNeeded: round &* 2_654_435_761) % UInt64(count))
        sum &+= lookup_control_find(control, hash.low, hash.high)
    }
    precondition(sum != 0)
    report("look-up", count, find, "ns")
    report("look-up, C control", count, controlFind, "ns")
    report("look-up against C control", count, find / controlFind, "ratio")
    report("look-up and the credential's rights", count, read, "ns")
    let more = CredentialTable.bytes(capacity: 2 * count) - CredentialTable.bytes(capacity: count)
    report("bytes of a credential, index and spare room included", count, Double(more) / Double(count), "byte")
    report(
        "bytes of the table for each, profiles and all", count,
        Double(CredentialTable.bytes(capacity: count)) / Double(count), "byte")
    report("bytes for each, C control", count, Double(lookup_control_bytes(control)) / Double(count), "byte")
    lookup_control_free(control)
}

func measureLoading(_ count: Int) {
    let clock = ContinuousClock()
    func rate(_ time: Duration) -> Double {
        let (seconds, attoseconds) = time.components
        return Double(count) / (Double(seconds) + Double(attoseconds) / 1e18)
    }
    var table = CredentialTable(capacity: count)
    let load = clock.measure {
        for number in 0..<count { table.upsert(hash(UInt64(number)), credential(number)) }
    }
    report("credentials loaded one by one", count, rate(load), "per second")
    // The same people, one in a hundred with new rights.
    precondition(table.beginReplacement(version: 1, count: count) == .done)
    var longest = Duration.zero
    let replace = clock.measure {
        for number in 0..<count {
            let changed = number % 100 == 0 ? credential(number + 1) : credential(number)
            precondition(table.stage(hash(UInt64(number)), changed) == .done)
        }
    }
    let commit = clock.measure { precondition(table.commitReplacement() == .done) }
    while true {
        var isDone = false
        let step = clock.measure { isDone = table.maintain() }
        longest = max(longest, step)
        if isDone { break }
    }
    report("credentials staged for replacement", count, rate(replace), "per second")
    report("commit of a replacement", count, Double(commit.components.attoseconds) / 1e9, "ns")
    report("longest step of the sweep after it", count, Double(longest.components.attoseconds) / 1e9, "ns")
}

let arguments = CommandLine.arguments
if arguments.count == 4, arguments[1] == "decisions", let count = Int(arguments[2]), let rounds = Int(arguments[3]) {
    let bench = Bench(credentials: count)
    var granted = 0
    for round in 0..<rounds { granted += bench.decide(UInt64(round % count)) ? 1 : 0 }
    print("\(granted) of \(rounds) granted")
} else if arguments.count == 1 {
    for count in [1_000, 65_536, 1_000_000] { measureDecisions(count) }
    for count in [65_536, 1_000_000] { measureLoading(count) }
    for readers in [1, 8] {
        for baudRate in [9_600, 115_200] as [Int64] {
            measureOSDP(readers: readers, baudRate: baudRate, isSecure: false)
            measureOSDP(readers: readers, baudRate: baudRate, isSecure: true)
        }
    }
} else {
    print("usage: access-bench [decisions CREDENTIALS COUNT]")
}
