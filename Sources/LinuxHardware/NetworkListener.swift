import CLinuxHardware
import HardwareInterface

/// A place in a network where connections come in. One that cannot be had is tried again, as a device is.
struct NetworkListener: ~Copyable {
    let description: ListenerDescription
    private(set) var descriptor: Int32 = -1
    private var reopen: ReopenDelay

    init(_ description: ListenerDescription, at now: Instant) {
        self.description = description
        reopen = ReopenDelay(firstAttemptAt: now)
    }

    var openDueAt: Instant { reopen.dueAt }

    /// The port that is listened on; `nil` while none is.
    var port: UInt16? { descriptor < 0 ? nil : UInt16(exactly: warden_tcp_port(descriptor)) }

    /// - Returns: 0, or the reason as a negative error number.
    mutating func open(at now: Instant) -> Int32 {
        let port = description.port
        descriptor = description.address.withCString { warden_tcp_listen($0, port) }
        guard descriptor >= 0 else {
            reopen.failed(at: now)
            return descriptor
        }
        reopen.succeeded()
        return 0
    }

    /// No more connections come in.
    mutating func close() {
        guard descriptor >= 0 else { return }
        warden_close(descriptor)
        descriptor = -1
    }
}
