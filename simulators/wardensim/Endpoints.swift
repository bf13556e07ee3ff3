import CSimulator
import FixedMemory
import HardwareInterface
import Simulation

/// How the board is reached from outside while it is simulated: sockets, pseudo-terminals for its console and for its
/// serial line of Warden Link, and the keys and screen of the live view.
///
/// Nothing here waits for a peer: what it does not take stays in the stream of the board, whose runtime then sends less.
struct Endpoints: ~Copyable {
    enum Listener: BitwiseCopyable {
        case local(Int32)
        case network(Int32)

        var descriptor: Int32 {
            switch self {
            case .local(let descriptor), .network(let descriptor): descriptor
            }
        }
    }

    /// A peer, and what it has not taken yet.
    struct Connection: ~Copyable {
        var descriptor: Int32 = -1
        var link = StreamIndex(0)
        var waiting = ByteBuffer(capacity: Endpoints.waitingLimit)
        /// Its place in the list of descriptors that are waited for.
        var place: Int32 = -1

        var isOpen: Bool { descriptor >= 0 }
    }

    /// Bytes for one peer that wait outside of the board: all that a stream of it holds.
    private static var waitingLimit: Int { 8_192 }
    /// Bytes read from one peer in one go, so that the inputs that wait for the runtime stay few.
    private static var readLimit: Int { 2_048 }
    /// Connections at once; the board's own capacity is what counts.
    private static var connectionLimit: Int { 32 }

    private var listeners = FixedArray<Listener>(capacity: 2)
    private var connections = FixedArray<Connection>(capacity: connectionLimit)
    private var socket: UnsafePointer<CChar>?
    private var terminal: Int32 = -1
    private var forTerminal = ByteBuffer(capacity: waitingLimit)
    /// The serial line of Warden Link, the link in the file system that leads to it, and its stream of the board.
    private var line: Int32 = -1
    private var lineLink: UnsafePointer<CChar>?
    private var lineStream = StreamIndex(0)
    private var forLine = ByteBuffer(capacity: waitingLimit)
    private var readsKeys: Bool
    private var received = ByteBuffer(capacity: readLimit)
    private var printed = ByteBuffer(capacity: waitingLimit)

    /// - Parameter readsKeys: whether standard input is typed on the board's console.
    init(readsKeys: Bool) {
        self.readsKeys = readsKeys
        for _ in 0..<Endpoints.connectionLimit { connections.append(Connection()) }
    }

    /// Whether anything outside may reach the board.
    var isEmpty: Bool { listeners.isEmpty && terminal < 0 && line < 0 && !readsKeys }

    // MARK: Opening

    mutating func listen(local path: UnsafePointer<CChar>) throws(Failure) {
        let descriptor = simulator_listen_local(path)
        guard descriptor >= 0 else { throw Endpoints.failure(descriptor, path) }
        socket = path
        listeners.append(.local(descriptor))
    }

    /// - Returns: the port that was bound.
    mutating func listen(port: UInt16) throws(Failure) -> UInt16 {
        let descriptor = simulator_listen_network(port)
        guard descriptor >= 0 else { throw Endpoints.failure(descriptor, nil) }
        listeners.append(.network(descriptor))
        return UInt16(truncatingIfNeeded: simulator_network_port(descriptor))
    }

    /// Opens a terminal and writes the path of its other end.
    mutating func openTerminal(path: inout ByteBuffer) throws(Failure) {
        var descriptor: Int32 = -1
        path.appendFilling { free in
            free.withMemoryRebound(to: CChar.self) { text in
                descriptor = simulator_open_terminal(text.baseAddress!, text.count)
                var length = 0
                while descriptor >= 0, text[length] != 0 { length += 1 }
                return length
            }
        }
        guard descriptor >= 0 else {
            throw Failure(code: .cannotWrite, message: "there is no pseudo-terminal", systemError: descriptor)
        }
        terminal = descriptor
    }

    /// Opens a terminal for the board's serial line of Warden Link, which `path` then leads to.
    mutating func openLine(_ stream: StreamIndex, path: UnsafePointer<CChar>) throws(Failure) {
        var name = InlineArray<128, CChar>(repeating: 0)
        var span = name.mutableSpan
        let (descriptor, linked) = span.withUnsafeMutableBufferPointer { name in
            let descriptor = simulator_open_terminal(name.baseAddress!, name.count)
            return (descriptor, descriptor < 0 ? 0 : simulator_link(name.baseAddress!, path))
        }
        guard descriptor >= 0 else {
            throw Failure(code: .cannotWrite, message: "there is no pseudo-terminal", systemError: descriptor)
        }
        guard linked == 0 else {
            simulator_close(descriptor)
            throw Failure(
                code: .cannotWrite,
                message: linked == -17 ? "is there already and no link: give another path" : "cannot be made",
                subject: path, systemError: linked == -17 ? 0 : linked)
        }
        line = descriptor
        lineLink = path
        lineStream = stream
    }

    private static func failure(_ error: Int32, _ path: UnsafePointer<CChar>?) -> Failure {
        switch -error {
        // EADDRINUSE; include/uapi/asm-generic/errno.h.
        case 98:
            return Failure(
                code: .unavailable,
                message: path == nil
                    ? "the port is in use by another process: give another one, or 0 for any free one"
                    : "another process listens there: end it, or give another path", subject: path)
        // EPERM and EACCES; include/uapi/asm-generic/errno-base.h.
        case 1, 13:
            return Failure(code: .notPermitted, message: "cannot be listened on", subject: path, systemError: error)
        // EEXIST.
        case 17:
            return Failure(code: .cannotWrite, message: "is a file and no socket: give another path", subject: path)
        default: return Failure(code: .cannotWrite, message: "cannot be listened on", subject: path, systemError: error)
        }
    }

    // MARK: Work

    /// Moves what has come and what is to go, waiting for as long as nothing does.
    ///
    /// - Returns: `false` once the user has asked to end.
    mutating func exchange(
        with simulation: inout Simulation<TraceOutputs>, waiting timeout: Interval
    ) -> Bool {
        moveOut(&simulation)
        simulator_watch_none()
        let keys = readsKeys ? simulator_watch(0, false) : -1
        let console = terminal >= 0 ? simulator_watch(terminal, forTerminal.count > 0) : -1
        // What comes faster than the line is left to wait, as a line would have it.
        let readsLine = line >= 0 && !simulation.isReceiving(on: lineStream)
        let lineInput = readsLine ? simulator_watch(line, forLine.count > 0) : -1
        for index in connections.indices where connections[index].isOpen {
            connections[index].place = simulator_watch(
                connections[index].descriptor, connections[index].waiting.count > 0)
        }
        let firstListener = listeners.isEmpty ? -1 : simulator_watch(listeners[0].descriptor, false)
        let secondListener = listeners.count < 2 ? -1 : simulator_watch(listeners[1].descriptor, false)
        guard simulator_wait(timeout.nanoseconds) else { return false }

        if simulator_has_input(keys), !read(0) { readsKeys = false } else { simulation.type(received.span) }
        received.removeAll()
        if simulator_has_input(console), read(terminal) { simulation.type(received.span) }
        received.removeAll()
        if simulator_has_input(lineInput), read(line) { simulation.receive(received.span, on: lineStream) }
        received.removeAll()
        for index in connections.indices where connections[index].isOpen {
            if simulator_has_input(connections[index].place) { receive(on: index, &simulation) }
        }
        if simulator_has_input(firstListener) { accept(listeners[0], &simulation) }
        if simulator_has_input(secondListener) { accept(listeners[1], &simulation) }
        simulation.settleOutside()
        moveOut(&simulation)
        return true
    }

    /// Reads what has come, into `received`.
    ///
    /// - Returns: `false` at the end.
    private mutating func read(_ descriptor: Int32) -> Bool {
        var result = 0
        received.appendFilling { free in
            result = Int(simulator_read(descriptor, free.baseAddress!, free.count))
            return max(0, result)
        }
        // EAGAIN: nothing had come after all.
        return result > 0 || result == -11
    }

    private mutating func receive(on index: Int, _ simulation: inout Simulation<TraceOutputs>) {
        if read(connections[index].descriptor) {
            simulation.receive(received.span, on: connections[index].link)
        } else {
            simulation.disconnect(connections[index].link)
            close(index)
        }
        received.removeAll()
    }

    private mutating func accept(_ listener: Listener, _ simulation: inout Simulation<TraceOutputs>) {
        var user: UInt32 = 0
        var group: UInt32 = 0
        let descriptor = simulator_accept(listener.descriptor, &user, &group)
        guard descriptor >= 0 else { return }
        let peer: LinkPeer
        switch listener {
        case .local: peer = .localUser(userIdentifier: user, groupIdentifier: group)
        case .network: peer = .unauthenticated
        }
        for index in connections.indices where !connections[index].isOpen {
            guard let link = simulation.connect(peer) else { break }
            connections[index].descriptor = descriptor
            connections[index].link = link
            connections[index].waiting.removeAll()
            return
        }
        simulator_close(descriptor)
    }

    private mutating func close(_ index: Int) {
        simulator_close(connections[index].descriptor)
        connections[index].descriptor = -1
        connections[index].waiting.removeAll()
    }

    private mutating func moveOut(_ simulation: inout Simulation<TraceOutputs>) {
        moveConsole(&simulation)
        if line >= 0 {
            if forLine.count == 0 { simulation.takeOutput(of: lineStream, into: &forLine) }
            _ = Endpoints.send(&forLine, to: line)
        }
        for index in connections.indices where connections[index].isOpen {
            let link = connections[index].link
            if connections[index].waiting.count == 0 {
                simulation.takeOutput(of: link, into: &connections[index].waiting)
            }
            if !Endpoints.send(&connections[index].waiting, to: connections[index].descriptor) {
                simulation.disconnect(link)
                close(index)
            } else if connections[index].waiting.count == 0, !simulation.isConnected(link),
                simulation.unsentCount(of: link) == 0
            {
                close(index)
            }
        }
    }

    /// What the board's console prints goes to the live view and to the terminal, whichever there is.
    private mutating func moveConsole(_ simulation: inout Simulation<TraceOutputs>) {
        guard forTerminal.count == 0 || terminal < 0 else {
            _ = Endpoints.send(&forTerminal, to: terminal)
            return
        }
        simulation.takeConsoleOutput(into: &printed)
        simulation.sink.screen?.showConsole(printed.span)
        simulation.sink.screen?.flush()
        if terminal >= 0 {
            forTerminal.append(copying: printed, 0..<printed.count)
            _ = Endpoints.send(&forTerminal, to: terminal)
        }
        printed.removeAll()
    }

    /// Sends what the peer takes.
    ///
    /// - Returns: `false` if the peer is gone.
    private static func send(_ bytes: inout ByteBuffer, to descriptor: Int32) -> Bool {
        guard bytes.count > 0 else { return true }
        let sent = bytes.span.withUnsafeBufferPointer { simulator_send(descriptor, $0.baseAddress!, $0.count) }
        guard sent >= 0 else { return false }
        bytes.removeFirst(Int(sent))
        return true
    }

    /// Ends in order: every peer is told, and has a moment to take what is left for it.
    mutating func close(_ simulation: inout Simulation<TraceOutputs>) {
        guard !listeners.isEmpty || line >= 0 else { return }
        simulation.stop()
        for _ in 0..<20 {
            moveOut(&simulation)
            var isDone = true
            for index in connections.indices where connections[index].isOpen { isDone = false }
            if isDone { break }
            simulator_watch_none()
            _ = simulator_wait(10_000_000)
        }
        for index in listeners.indices { simulator_close(listeners[index].descriptor) }
        if let socket { simulator_remove(socket) }
        if let lineLink { simulator_remove(lineLink) }
    }
}
