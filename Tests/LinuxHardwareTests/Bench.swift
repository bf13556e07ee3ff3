import FakeKernel
import FixedMemory
import Glibc
import HardwareInterface
import Testing

@testable import LinuxHardware

/// Collects what the hardware reports, waiting until it has said what a test waits for.
final class Bench {
    let hardware: LinuxHardware
    private(set) var inputs: [Input] = []

    init(_ configuration: consuming LinuxConfiguration) throws { hardware = try LinuxHardware(configuration) }

    var events: [Input.Event] { inputs.map(\.event) }

    /// Takes inputs until one satisfies `condition`, for at most ten seconds.
    ///
    /// - Returns: that input, or `nil` if it did not come.
    @discardableResult
    func wait(urgentOnly: Bool = false, for condition: (Input) -> Bool) -> Input? {
        let giveUp = hardware.now + .seconds(10)
        var input = Input()
        while hardware.now < giveUp {
            while hardware.takeInput(&input, urgentOnly: urgentOnly) {
                inputs.append(input)
                if condition(input) { return input }
            }
            hardware.wait(until: hardware.now + .milliseconds(20))
        }
        return nil
    }

    @discardableResult
    func wait(for event: Input.Event) -> Input? { wait { $0.event == event } }

    /// Takes what there is, and what comes within a few turns of the loop.
    func settle() {
        var input = Input()
        for _ in 0..<4 {
            hardware.wait(until: hardware.now + .milliseconds(2))
            while hardware.takeInput(&input, urgentOnly: false) { inputs.append(input) }
        }
    }

    /// Sends all of the bytes, or none if there is no room.
    func send(_ bytes: [UInt8], to stream: StreamIndex) -> Bool { hardware.send(bytes.span, to: stream) }

    func forget() { inputs = [] }

    /// The bytes received on a stream so far.
    func received(on stream: StreamIndex) -> [UInt8] {
        inputs.filter { $0.event == .bytesReceived(stream) }.flatMap(\.array)
    }
}

extension Input {
    var array: [UInt8] { (0..<bytes.count).map { bytes[$0] } }
}

extension FixedBytes {
    init(text: String) {
        self.init()
        for byte in text.utf8 { append(byte) }
    }
}

/// A pseudo-terminal: the test holds the side that the outside world would.
final class PseudoTerminal {
    let master: Int32
    let path: String
    private var isOpen = true

    init() {
        var name = [CChar](repeating: 0, count: Int(FAKE_PATH_BYTES))
        master = fake_terminal_make(&name)
        path = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { if isOpen { Glibc.close(master) } }

    func hangUp() {
        Glibc.close(master)
        isOpen = false
    }

    func write(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(master, $0.baseAddress!, $0.count) }
            if count > 0 { rest = rest.dropFirst(count) } else { usleep(1_000) }
        }
    }

    /// Reads until `count` bytes are there, for at most ten seconds; `turn` lets the other side work.
    func read(_ count: Int, while turn: () -> Void) -> [UInt8] {
        var result: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        for _ in 0..<10_000 where result.count < count {
            turn()
            let got = Glibc.read(master, &buffer, min(buffer.count, count - result.count))
            if got > 0 { result += buffer[0..<got] } else { usleep(1_000) }
        }
        return result
    }
}

/// A client at a UNIX socket.
final class Client {
    let descriptor: Int32
    let isConnected: Bool
    private var isOpen = true

    init(_ path: String) {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let descriptor = descriptor
        isConnected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    }

    /// A client on a descriptor that is connected, or about to be.
    init(connected descriptor: Int32) {
        self.descriptor = descriptor
        isConnected = descriptor >= 0
    }

    func close() {
        if isOpen { Glibc.close(descriptor) }
        isOpen = false
    }

    deinit { close() }

    /// - Returns: bytes taken by the kernel, or -1 if it takes none now.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Int { Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) }

    /// - Returns: what is there; `nil` once the other side has closed.
    func receive() -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        if count > 0 { return Array(buffer[0..<count]) }
        return count == 0 ? nil : []
    }
}

func list<Element>(_ elements: [Element]) -> FixedArray<Element> {
    var list = FixedArray<Element>(capacity: elements.count)
    for element in elements { list.append(element) }
    return list
}

func temporaryPath(_ name: String) -> String { "/tmp/warden-test-\(getpid())-\(name)" }
