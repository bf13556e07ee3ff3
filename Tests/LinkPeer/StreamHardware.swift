import FixedMemory
import Glibc
import HardwareInterface

/// Streams over descriptors: just enough of the hardware for links.
struct StreamHardware: Hardware, ~Copyable {
    /// Descriptor of each stream, by index; -1 where it is closed.
    private(set) var descriptors: [Int32] = []
    private let start = StreamHardware.clock()

    private static func clock() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    init() {}

    var now: Instant { Instant(nanoseconds: StreamHardware.clock() - start) }

    mutating func add(_ descriptor: Int32) -> StreamIndex {
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        if let free = descriptors.firstIndex(of: -1) {
            descriptors[free] = descriptor
            return StreamIndex(UInt16(free))
        }
        descriptors.append(descriptor)
        return StreamIndex(UInt16(descriptors.count - 1))
    }

    mutating func takeInput(_ input: inout Input, urgentOnly: Bool) -> Bool { false }
    mutating func setLine(_ line: LineIndex, isActive: Bool) -> Bool { false }
    mutating func submit(_ request: BusRequest, to bus: BusIndex) -> Bool { false }

    mutating func send(_ bytes: Span<UInt8>, to stream: StreamIndex) -> Bool {
        let descriptor = descriptors[Int(stream.value)]
        guard descriptor >= 0 else { return false }
        return bytes.withUnsafeBufferPointer { write(descriptor, $0.baseAddress, $0.count) == $0.count }
    }

    /// Bytes that the kernel's buffer takes for certain.
    func sendRoom(of stream: StreamIndex) -> Int {
        let descriptor = descriptors[Int(stream.value)]
        guard descriptor >= 0 else { return 0 }
        var poller = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return poll(&poller, 1, 0) == 1 && poller.revents & Int16(POLLOUT) != 0 ? 2_048 : 0
    }

    mutating func close(_ stream: StreamIndex) {
        let descriptor = descriptors[Int(stream.value)]
        if descriptor >= 0 { _ = Glibc.close(descriptor) }
        descriptors[Int(stream.value)] = -1
    }
}
