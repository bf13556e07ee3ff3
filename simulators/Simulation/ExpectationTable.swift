import FixedMemory
import HardwareInterface
import WardenMessages

/// The expectations of a scenario that are open, judged against every trace line as it comes.
struct ExpectationTable: ~Copyable {
    /// An expectation that has been decided.
    struct Verdict: BitwiseCopyable {
        var expectation: Expectation
        var isMet: Bool
    }

    struct Open: BitwiseCopyable {
        var expectation: Expectation
        var until: Instant
    }

    private var open: FixedArray<Open>
    private var verdicts: Ring<Verdict>
    private(set) var met = 0
    private(set) var failed = 0
    /// The earliest end of an open expectation.
    private(set) var deadline: Instant = .never

    init(capacity: Int) {
        open = FixedArray(capacity: max(1, capacity))
        verdicts = Ring(capacity: max(1, capacity))
    }

    mutating func add(_ expectation: Expectation, at now: Instant) {
        let until = now + .milliseconds(Int64(expectation.withinMs))
        let added = open.append(Open(expectation: expectation, until: until))
        precondition(added, "the table has room for every expectation of the scenario")
        deadline = min(deadline, until)
    }

    /// Judges a trace line, without its time.
    mutating func observe(_ line: Span<UInt8>) {
        var index = 0
        while index < open.count {
            if line.begins(with: open[index].expectation.text.span) {
                decide(index, isMet: !open[index].expectation.never)
            } else {
                index += 1
            }
        }
    }

    /// Time has gone on to `now`, and everything before it has been observed.
    mutating func expire(before now: Instant) {
        guard deadline < now else { return }
        var index = 0
        while index < open.count {
            if open[index].until < now {
                decide(index, isMet: open[index].expectation.never)
            } else {
                index += 1
            }
        }
        deadline = .never
        for index in open.indices { deadline = min(deadline, open[index].until) }
    }

    mutating func takeVerdict() -> Verdict? { verdicts.pop() }

    private mutating func decide(_ index: Int, isMet: Bool) {
        verdicts.push(Verdict(expectation: open[index].expectation, isMet: isMet))
        if isMet { met += 1 } else { failed += 1 }
        open.swapRemove(at: index)
    }
}

extension Span where Element == UInt8 {
    /// Whether the bytes begin with `words` and the last of these is whole.
    func begins(with words: Span<UInt8>) -> Bool {
        guard count >= words.count else { return false }
        for index in words.indices where self[index] != words[index] { return false }
        return count == words.count || self[words.count] == UInt8(ascii: " ")
    }
}
