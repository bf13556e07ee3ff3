// Does one piece of work so many times and prints how long it took: the subject of `make bench`, beside the same work in
// C (Tests/Benchmarks/control.c).
//
// usage: warden-bench ring|ring-threads|fall COUNT
//        warden-bench turn COUNT IMAGE KEY
//        warden-bench edge COUNT IMAGE KEY BYTES-OF-THE-MEDIUM

import CLinuxHardware
import FixedMemory
import ProgramSupport

do throws(ProgramFailure) {
    try run()
} catch {
    error.report(as: "warden-bench")
    warden_exit(error.code.rawValue)
}

func run() throws(ProgramFailure) {
    var arguments = ProgramArguments()
    guard let name = arguments.next(), let countText = arguments.next(), let count = number(countText) else {
        throw ProgramFailure(.usage, "usage: warden-bench ring|ring-threads|fall|turn COUNT [IMAGE KEY]")
    }
    let startedAt = warden_monotonic_ns()
    let result: UInt64
    if name == "ring" {
        result = Work.ring(count)
    } else if name == "ring-threads" {
        result = Work.ringBetweenThreads(count)
    } else if name == "fall" {
        result = Work.fall(count)
    } else if name == "turn", let image = arguments.next(), let key = arguments.next() {
        result = try Work.turn(count, image: image, key: key)
    } else if name == "edge", let image = arguments.next(), let key = arguments.next(), let text = arguments.next(),
        let mediumBytes = number(text)
    {
        result = try Work.edge(count, image: image, key: key, mediumBytes: Int64(mediumBytes))
    } else {
        throw ProgramFailure(.usage, "is no piece of work", about: name)
    }
    let elapsed = warden_monotonic_ns() - startedAt
    var output = TextOutput.standardOutput()
    output.append("{\"count\": ")
    output.appendDecimal(count)
    output.append(", \"nanoseconds\": ")
    output.appendDecimal(elapsed)
    output.append(", \"result\": ")
    output.appendDecimal(result)
    output.append("}\n")
}

func number(_ text: CText) -> Int? {
    var value = 0
    for index in 0..<text.count {
        let digit = Int(text[index]) - Int(UInt8(ascii: "0"))
        guard digit >= 0, digit <= 9, value < 1 << 40 else { return nil }
        value = value * 10 + digit
    }
    return text.count > 0 ? value : nil
}
