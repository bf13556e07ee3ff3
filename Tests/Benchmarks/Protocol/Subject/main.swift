// Does one piece of the protocol's work so many times and prints how long it took: the subject of `make bench-protocol`.
//
// usage: protocol-bench environment-encode|environment-decode|access-encode|access-decode COUNT
//        protocol-bench seal|open COUNT BYTES        a message of that length
//        protocol-bench session COUNT SESSIONS       requests and answers, sealed, both sides

import CLinuxHardware
import FixedMemory
import ProgramSupport

do throws(ProgramFailure) {
    try run()
} catch {
    error.report(as: "protocol-bench")
    warden_exit(error.code.rawValue)
}

func run() throws(ProgramFailure) {
    let usage: StaticString =
        "usage: protocol-bench environment-encode|environment-decode|access-encode|access-decode|seal|open|session COUNT [BYTES|SESSIONS]"
    var arguments = ProgramArguments()
    guard let name = arguments.next(), let count = arguments.next().flatMap({ number($0) }) else {
        throw ProgramFailure(.usage, usage)
    }
    let size = arguments.next().flatMap { number($0) } ?? 1
    let outcome: Outcome
    if name == "environment-encode" {
        outcome = MessageWork.encode(EnvironmentSample.self, count)
    } else if name == "environment-decode" {
        outcome = MessageWork.decode(EnvironmentSample.self, count)
    } else if name == "access-encode" {
        outcome = MessageWork.encode(AccessSample.self, count)
    } else if name == "access-decode" {
        outcome = MessageWork.decode(AccessSample.self, count)
    } else if name == "seal" {
        outcome = SealingWork.seal(count, bytes: size)
    } else if name == "open" {
        outcome = SealingWork.open(count, bytes: size)
    } else if name == "session" {
        outcome = SessionWork.run(count, sessions: size)
    } else {
        throw ProgramFailure(.usage, usage)
    }
    var output = TextOutput.standardOutput()
    output.append("{\"nanoseconds\": ")
    output.appendDecimal(outcome.nanoseconds)
    output.append(", \"bytes\": ")
    output.appendDecimal(outcome.bytes)
    output.append(", \"result\": ")
    output.appendDecimal(outcome.result)
    output.append("}\n")
}

/// What a piece of work took, the bytes of one on the wire, and something that depends on all of it.
struct Outcome {
    var nanoseconds: Int64
    var bytes: Int
    var result: UInt64
}

func measure(_ work: () -> (bytes: Int, result: UInt64)) -> Outcome {
    let start = warden_monotonic_ns()
    let (bytes, result) = work()
    return Outcome(nanoseconds: warden_monotonic_ns() - start, bytes: bytes, result: result)
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
