import FixedMemory
import HardwareInterface

/// A world in which nothing happens and time stands still, to measure what a turn of the loop costs by itself.
struct IdleHardware: Hardware, ~Copyable {
    var now: Instant = .start

    mutating func takeInput(_ input: inout Input, urgentOnly: Bool) -> Bool { false }
    mutating func setLine(_ line: LineIndex, isActive: Bool) -> Bool { true }
    mutating func submit(_ request: BusRequest, to bus: BusIndex) -> Bool { true }
    mutating func send(_ bytes: Span<UInt8>, to stream: StreamIndex) -> Bool { false }
    func sendRoom(of stream: StreamIndex) -> Int { 0 }
    mutating func close(_ stream: StreamIndex) {}
}
