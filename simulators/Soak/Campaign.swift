import HardwareInterface

/// SplitMix64 (Steele, Lea and Flood 2014): the same numbers from the same seed everywhere.
struct Chance {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }

    mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }
    mutating func interval(_ low: Interval, _ high: Interval) -> Interval {
        Interval(nanoseconds: low.nanoseconds + Int64(below(Int(high.nanoseconds - low.nanoseconds))))
    }
}

/// What can go wrong with the board's surroundings, for a time.
enum Fault: Equatable, Sendable, CaseIterable {
    /// A sensor does not acknowledge, holds the bus, answers nonsense, answers flipped bits, stops converting.
    case probesAbsent, probesHeld, probesNonsense, probesFlipped, climateAbsent, climateNonsense, climateFrozen
    case busHeld, busAbsent, busSlow
    case streetPortGone, storePortGone
    /// The radar's port disappears; the radar hangs and says nothing.
    case radarPortGone, radarSilent
    /// Noise on a reader's line, and a reader that sends without end.
    case streetPortNoise, streetPortBabble
    case contactGone, lockGone, sirenGone
    case mediumFailing, mediumReadOnly, mediumFull, mediumMissing, mediumSlow
    /// A peer that comes, talks garbage and goes.
    case linkFlaps
}

/// Something that happens to the board.
enum Happening: Equatable, Sendable {
    /// A card at a reader; the person opens the door if it lets them, and shuts it after a while.
    case visit(door: Int, card: Int, staysOpen: Interval)
    /// Somebody leaves by the button.
    case exit(staysOpen: Interval)
    /// Somebody breaks a door open.
    case force(door: Int, staysOpen: Interval)
    case smoke(Interval)
    case leak(Interval)
    /// Somebody falls below the radar, and gets up or is helped up after a while.
    case fall(Interval)
    case lockdown(Interval)
    case fault(Fault, Interval)
    /// A sensor starts anew in the middle of its work.
    case probesReset
    /// The civil clock jumps by so many seconds, or is lost.
    case clock(seconds: Int64, isLost: Bool)
    /// The power goes, the process is killed or the watchdog resets the board: what was not yet durable is as chance has
    /// it, by this seed. It is back after a while.
    case powerCut(seed: UInt64)
    /// The caretaker shuts doors, acknowledges and resets what can be reset.
    case caretaker
    /// Nothing has been wrong for `Invariants.recoveryTime`: everything must be normal.
    case expectNormal
}

struct Planned: Equatable, Sendable {
    var at: Instant
    var happening: Happening
}

/// A random life of a board: people all day, and now and then a campaign of faults and disasters, each followed by a quiet
/// time at whose end everything must be normal again.
enum Campaign {
    static func plan(seed: UInt64, days: Int) -> [Planned] {
        var chance = Chance(seed: seed)
        var plan: [Planned] = []
        let end = Instant.start + .hours(24 * Int64(days))
        var now = Instant.start + .minutes(2)
        while now < end {
            let episode = chance.interval(.minutes(5), .minutes(40))
            people(from: now, for: episode, &chance, &plan)
            if chance.below(3) == 0 { troubles(from: now, for: episode, &chance, &plan) }
            now = now + episode + .minutes(3)
            plan.append(Planned(at: now, happening: .caretaker))
            now = now + .minutes(1)
            // What was found only when the first alarm was reset.
            plan.append(Planned(at: now, happening: .caretaker))
            now = now + Invariants.recoveryTime
            plan.append(Planned(at: now, happening: .expectNormal))
            now = now + chance.interval(.minutes(10), .hours(3))
        }
        return plan.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
    }

    private static func people(
        from start: Instant, for length: Interval, _ chance: inout Chance, _ plan: inout [Planned]
    ) {
        for _ in 0..<(1 + chance.below(8)) {
            let at = start + chance.interval(.zero, length)
            let open =
                chance.below(12) == 0
                ? chance.interval(.seconds(30), .minutes(3)) : chance.interval(.seconds(1), .seconds(8))
            let happening: Happening =
                switch chance.below(10) {
                case 0..<6: .visit(door: chance.below(2), card: chance.below(SoakBoard.cards.count), staysOpen: open)
                case 6..<9: .exit(staysOpen: open)
                default: .force(door: chance.below(2), staysOpen: open)
                }
            plan.append(Planned(at: at, happening: happening))
        }
    }

    private static func troubles(
        from start: Instant, for length: Interval, _ chance: inout Chance, _ plan: inout [Planned]
    ) {
        for _ in 0..<(1 + chance.below(5)) {
            let at = start + chance.interval(.zero, length)
            let lasts =
                chance.below(3) == 0 ? chance.interval(.zero, .seconds(5)) : chance.interval(.seconds(5), length)
            // Everything has ended when the episode has.
            let left = min(lasts, start + length - at)
            let happening: Happening
            switch chance.below(17) {
            case 0..<9: happening = .fault(Fault.allCases[chance.below(Fault.allCases.count)], left)
            case 9: happening = .smoke(left)
            case 10: happening = .leak(left)
            case 11: happening = .lockdown(left)
            case 12: happening = .clock(seconds: Int64(chance.below(200_000)) - 100_000, isLost: chance.below(4) == 0)
            case 13: happening = .probesReset
            case 14: happening = .fall(left)
            default: happening = .powerCut(seed: chance.next())
            }
            plan.append(Planned(at: at, happening: happening))
        }
    }
}
