// swift-protobuf's part of `make bench-protocol`: the same two messages, without framing or checksum.
//
// usage: swift-protobuf-bench environment-encode|environment-decode|access-encode|access-decode COUNT

import Foundation
import SwiftProtobuf

let arguments = CommandLine.arguments
guard arguments.count == 3, let count = Int(arguments[2]) else { fatalError("usage: swift-protobuf-bench PIECE COUNT") }

func environment(_ number: Int) -> Warden_Bench_V1_EnvironmentSample {
    var sample = Warden_Bench_V1_EnvironmentSample()
    sample.unixMs = 1_763_791_200_000 + UInt64(number)
    sample.temperature = 21_480
    sample.humidity = 45_200
    sample.pressure = 101_325
    sample.carbonDioxide = 612
    sample.particulateMatter = 8
    return sample
}

func access(_ number: Int) -> Warden_Bench_V1_AccessSample {
    var sample = Warden_Bench_V1_AccessSample()
    sample.unixMs = 1_763_791_200_000 + UInt64(number)
    sample.door = 2
    sample.credentialTag = 0x9A3C_5E7F_1234_5678
    sample.decision = 1
    return sample
}

var bytes: [UInt8] = []
var result: UInt64 = 0
let start: ContinuousClock.Instant
switch arguments[1] {
case "environment-encode":
    start = .now
    for number in 0..<count { bytes = try environment(number).serializedBytes() }
case "access-encode":
    start = .now
    for number in 0..<count { bytes = try access(number).serializedBytes() }
case "environment-decode":
    bytes = try environment(0).serializedBytes()
    start = .now
    for _ in 0..<count { result &+= try Warden_Bench_V1_EnvironmentSample(serializedBytes: bytes).unixMs }
case "access-decode":
    bytes = try access(0).serializedBytes()
    start = .now
    for _ in 0..<count { result &+= try Warden_Bench_V1_AccessSample(serializedBytes: bytes).unixMs }
default: fatalError("no such piece: \(arguments[1])")
}
let elapsed = start.duration(to: .now).components
print(
    "{\"nanoseconds\": \(elapsed.seconds * 1_000_000_000 + elapsed.attoseconds / 1_000_000_000), "
        + "\"bytes\": \(bytes.count), \"result\": \(result)}")
