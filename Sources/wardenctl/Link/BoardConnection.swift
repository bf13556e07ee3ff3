import Cryptography
import Dispatch
import FixedMemory
import Foundation
import HardwareInterface
import WardenLink
import WardenMessages

/// A connection to a running board, over its UNIX socket or over TCP: a request goes out, its answers come in.
final class BoardConnection {
    /// How long a board may take to answer. It answers within one turn, so this is a board that hangs.
    static let patienceMilliseconds: Int32 = 5_000

    private var client: LinkClient
    private let descriptor: Int32
    /// What messages call the board: the path of its socket, or its address.
    private let path: String
    /// Begins anywhere: the board takes a command with the identifier of one before, in whatever session, for its repeat.
    private var identifier = UInt32.random(in: 1...0x7FFF_FFFF)
    /// On a half-duplex line, whose turn it is.
    private var turns: TurnTaking?
    private let isSocket: Bool
    /// Bytes that arrived and were not yet read.
    private var received: [UInt8] = []
    private var position = 0

    /// Connects to the socket of a board on this machine; what it permits depends on the user.
    init(path: String) throws {
        self.path = path
        isSocket = true
        client = LinkClient()
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else {
            throw Failure(status: .unavailable, message: "no socket: \(String(cString: strerror(errno)))")
        }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw Failure(
                status: .usage, message: "\(path): a socket's path has at most 107 bytes",
                remedy: "Give a shorter path.")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
        }
        guard result == 0 else {
            let error = errno
            close(descriptor)
            throw BoardConnection.failure(error, path)
        }
    }

    /// Connects over TCP, and has itself recognised by its key.
    ///
    /// - Parameters:
    ///   - address: `HOST`, `HOST:PORT` or `[IPv6]:PORT`; the port is 7321 without one.
    ///   - key: the client's private key.
    ///   - board: the board's public key; another board is not talked to.
    init(address: String, key: PrivateKey, board: PublicKey) throws {
        path = address
        isSocket = true
        let identity = LinkClient.Identity(client: key, board: board, ephemeral: try KeyFile.randomKey())
        do {
            client = try LinkClient(identity, program: FixedBytes(Array("wardenctl".utf8).span))
        } catch {
            throw Failure(status: .invalidData, message: "\(address): no handshake can be made with these keys")
        }
        descriptor = try BoardConnection.connected(to: address)
        try flush()
        while !client.isReady {
            var none = 0
            if try fill(patience: BoardConnection.patienceMilliseconds) == false {
                throw Failure(
                    status: .unavailable, message: "\(path): it does not answer the handshake",
                    remedy: "Check that a board listens at this address, and that --board-key is its key.")
            }
            do throws(LinkClient.Failure) {
                _ = try client.receive(received.span, from: &none)
            } catch {
                throw failed(error)
            }
            // Whatever follows the answer in the same bytes is read with the first request.
            received.removeFirst(none)
            position = 0
        }
        if let keys = client.sessionKeys {
            try KeyLog.append(ephemeral: identity.ephemeral.publicKey, client: keys.client, board: keys.board)
        }
    }

    /// How long a line is silent before the handshake begins anew, and how long it is tried.
    private static let handshakeSeconds = 1.5
    private static let handshakeAttempts = 6

    /// Connects over a serial line, and has itself recognised by its key.
    ///
    /// - Parameters:
    ///   - isHalfDuplex: both sides share a pair of wires and speak in turns (RS-485).
    init(serial port: String, baud: Int, isHalfDuplex: Bool, key: PrivateKey, board: PublicKey) throws {
        path = port
        isSocket = false
        client = LinkClient()
        descriptor = try SerialPort.open(port, baud: baud, isHalfDuplex: isHalfDuplex)
        turns = isHalfDuplex ? TurnTaking() : nil
        for _ in 0..<BoardConnection.handshakeAttempts {
            let identity = LinkClient.Identity(client: key, board: board, ephemeral: try KeyFile.randomKey())
            do {
                client = try LinkClient(identity, program: FixedBytes(Array("wardenctl".utf8).span))
            } catch {
                throw Failure(status: .invalidData, message: "\(port): no handshake can be made with these keys")
            }
            try flush()
            let end = Date().addingTimeInterval(BoardConnection.handshakeSeconds)
            while !client.isReady, Date() < end {
                guard try fill(patience: 100) else { continue }
                var position = 0
                do throws(LinkClient.Failure) { _ = try client.receive(received.span, from: &position) } catch {
                    throw failed(error)
                }
                received.removeFirst(position)
            }
            guard client.isReady else { continue }
            if let keys = client.sessionKeys {
                try KeyLog.append(ephemeral: identity.ephemeral.publicKey, client: keys.client, board: keys.board)
            }
            return
        }
        throw Failure(
            status: .unavailable, message: "\(port): no board answers the handshake at \(baud) bit/s",
            remedy: "Check the cable, --baud, --rs485 where the board file says 'use: link-in-turns', and --board-key.")
    }

    private static func connected(to address: String) throws -> Int32 {
        let (host, port) = try split(address)
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, port, &hints, &found)
        guard status == 0 else {
            throw Failure(
                status: .unavailable, message: "\(address): \(String(cString: gai_strerror(status)))",
                remedy: "Check the name and the port.")
        }
        defer { freeaddrinfo(found) }
        var error = ECONNREFUSED
        var next = found
        while let candidate = next?.pointee {
            let descriptor = socket(candidate.ai_family, candidate.ai_socktype, candidate.ai_protocol)
            if descriptor >= 0 {
                if connect(descriptor, candidate.ai_addr, candidate.ai_addrlen) == 0 { return descriptor }
                error = errno
                close(descriptor)
            }
            next = candidate.ai_next
        }
        throw Failure(
            status: .unavailable, message: "\(address): no board answers: \(String(cString: strerror(error)))",
            remedy: "Check the address, and that the board listens there.")
    }

    private static func split(_ address: String) throws -> (host: String, port: String) {
        let wrong = Failure(
            status: .usage, message: "\(address): this is no address",
            remedy: "Write HOST, HOST:PORT, or [IPv6 address]:PORT.")
        let standardPort = String(NetworkPlace.standardPort)
        if address.hasPrefix("[") {
            guard let end = address.firstIndex(of: "]") else { throw wrong }
            let host = String(address[address.index(after: address.startIndex)..<end])
            let rest = address[address.index(after: end)...]
            if rest.isEmpty { return (host, standardPort) }
            guard rest.hasPrefix(":"), UInt16(rest.dropFirst()) != nil else { throw wrong }
            return (host, String(rest.dropFirst()))
        }
        let parts = address.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2, let host = parts.first, !host.isEmpty else { throw wrong }
        guard parts.count == 2 else { return (String(host), standardPort) }
        guard UInt16(parts[1]) != nil else { throw wrong }
        return (String(host), String(parts[1]))
    }

    deinit { close(descriptor) }

    private static func failure(_ error: Int32, _ path: String) -> Failure {
        let text = String(cString: strerror(error))
        switch error {
        case ENOENT, ECONNREFUSED:
            return Failure(
                status: .unavailable, message: "\(path): no board answers: \(text)",
                remedy: "Start wardend with --socket \(path), or give the socket of a running one with --socket PATH.")
        case EACCES, EPERM:
            return Failure(
                status: .notPermitted, message: "\(path): \(text)",
                remedy: "Ask for membership in the group that owns the socket: 'ls -l \(path)' shows which.")
        default: return Failure(status: .unavailable, message: "\(path): \(text)")
        }
    }

    /// Sends a request.
    ///
    /// - Returns: its identifier, which the answers carry.
    @discardableResult
    func send(_ body: Request.Body) throws -> UInt32 {
        identifier += 1
        do {
            try client.send(Request(identifier: identifier, body: body))
        } catch {
            throw Failure(status: .unavailable, message: "\(path): the request cannot be sent")
        }
        try flush()
        return identifier
    }

    /// Sends what the client has for the board; on a half-duplex line in this side's turn, which that ends.
    private func flush() throws {
        let bytes = BoardConnection.outgoing(of: client)
        client.sent(bytes.count)
        while let turns, !turns.hasLine { _ = try fillOnce(patience: TurnTaking.pollMilliseconds) }
        try put(bytes + (turns == nil ? [] : TurnTaking.frame))
        turns?.handOver()
    }

    private func put(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                isSocket
                    ? Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                    : Foundation.write(descriptor, $0.baseAddress, $0.count)
            }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN {
                var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&waiting, 1, 100)
                continue
            }
            guard count > 0 else { throw lost() }
            sent += count
        }
    }

    private static func outgoing(of client: borrowing LinkClient) -> [UInt8] {
        client.outgoing.withUnsafeBytes { Array($0) }
    }

    /// The next message of the board.
    ///
    /// - Parameter patience: milliseconds to wait; `nil` for as long as it takes.
    /// - Returns: `nil` if none came in time.
    func next(patience: Int32?) throws -> Response? {
        while true {
            do throws(LinkClient.Failure) {
                if let response = try client.receive(received.span, from: &position) { return response }
            } catch {
                throw failed(error)
            }
            received.removeAll(keepingCapacity: true)
            position = 0
            guard try fill(patience: patience) else { return nil }
        }
    }

    private func failed(_ failure: LinkClient.Failure) -> Failure {
        switch failure {
        case .closed(.handshakeFailed):
            Failure(
                status: .notPermitted, message: "\(path): the board does not let this client in",
                remedy: "Check that its key is under 'clients' of the board file and has not expired, and that "
                    + "--board-key is the key of this board.")
        case .closed(.expired):
            Failure(
                status: .notPermitted, message: "\(path): the key of this client has expired",
                remedy: "Let it in anew with: wardenctl keys authorise")
        case .closed(let closure):
            Failure(status: .unavailable, message: "\(path): the board ended the connection: \(reason(closure))")
        case .notTheBoard:
            Failure(
                status: .notPermitted, message: "\(path): what answers is not the board that --board-key names",
                remedy: "Check the address and the key: 'wardenctl keys show' tells a board's public key.")
        case .malformed, .cannotSend:
            Failure(
                status: .invalidData, message: "\(path): what answers does not speak this version of Warden Link",
                remedy: "Use the wardenctl that belongs to the board's program.")
        }
    }

    private func reason(_ closure: LinkClosure?) -> String {
        switch closure {
        case .noRoom: "it has no room for another one; see 'links' under 'capacities' of its board file"
        case .notReading: "its answers were not taken"
        case .silent: "nothing was asked for too long; a board simulated at full speed leaves little time"
        case .stopping: "it is stopping"
        case .notEncrypted: "it wants this peer to authenticate"
        case .handshakeTimeout: "the handshake took too long; a board simulated at full speed leaves little time"
        default: "closed"
        }
    }

    /// - Returns: `false` if nothing came in time.
    private func fill(patience: Int32?) throws -> Bool {
        guard turns != nil else { return try fillOnce(patience: patience) }
        let end = patience.map { Date().addingTimeInterval(Double($0) / 1_000) }
        while true {
            if let turns, turns.isToHandOver {
                try put(TurnTaking.frame)
                self.turns?.handOver()
            }
            if try fillOnce(patience: TurnTaking.pollMilliseconds) { return true }
            if let end, Date() >= end { return false }
        }
    }

    private func fillOnce(patience: Int32?) throws -> Bool {
        var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let ready = poll(&waiting, 1, patience ?? -1)
        if ready == 0 {
            turns?.noteTime()
            return false
        }
        if ready < 0 { return errno == EINTR ? try fillOnce(patience: patience) : false }
        var buffer = [UInt8](repeating: 0, count: 16_384)
        let count = read(descriptor, &buffer, buffer.count)
        guard count > 0 else {
            if count < 0, errno == EAGAIN { return false }
            throw lost()
        }
        turns?.note(buffer[..<count])
        received += buffer.prefix(count)
        return true
    }

    private func lost() -> Failure {
        Failure(
            status: .unavailable, message: "\(path): the board closed the connection",
            remedy: "Look at its log; it says why a connection ends.")
    }

    // MARK: Questions and answers

    /// All answers to a request, up to the one that ends them.
    func ask(_ body: Request.Body) throws -> [Response.Body] {
        let asked = try send(body)
        var answers: [Response.Body] = []
        while true {
            guard let response = try next(patience: BoardConnection.patienceMilliseconds) else {
                throw Failure(
                    status: .unavailable, message: "\(path): the board does not answer",
                    remedy: "It may hang: look at its log.")
            }
            guard response.identifier == asked, let answer = response.body else { continue }
            switch answer {
            case .refusal(let refusal): throw refused(refusal)
            case .end: return answers
            case .command, .board, .time, .service, .credentials, .image, .update, .subscribed, .readerFile, .console:
                return answers + [answer]
            default: answers.append(answer)
            }
        }
    }

    private func refused(_ refusal: Refusal) -> Failure {
        switch refusal.reason {
        case .notPermitted:
            Failure.notPermitted(remedy: "Who may do what is said under 'local_users' of the board file.")
        case .busy: Failure(status: .unavailable, message: "the board is busy", remedy: "Try again.")
        case .malformed, .unknownRequest, .unrecognised:
            Failure(
                status: .invalidData, message: "the board does not understand the request",
                remedy: "Use the wardenctl that belongs to the board's program.")
        }
    }

    /// Lets the board send as many entries as it has.
    func takeEverything() throws { try send(.credit(Credit(limit: .max))) }

    func table(_ kind: TableKind) throws -> [Response.Body] { try ask(.table(TableQuery(kind: kind))) }

    func doors() throws -> [DoorStatus] {
        try table(.doors).compactMap { if case .door(let entry) = $0 { entry } else { nil } }
    }

    func points() throws -> [PointStatus] {
        try table(.points).compactMap { if case .point(let entry) = $0 { entry } else { nil } }
    }

    func detectors() throws -> [DetectorStatus] {
        try table(.detectors).compactMap { if case .detector(let entry) = $0 { entry } else { nil } }
    }

    func lines() throws -> [LineStatus] {
        try table(.lines).compactMap { if case .line(let entry) = $0 { entry } else { nil } }
    }

    func readers() throws -> [ReaderStatus] {
        try table(.readers).compactMap { if case .reader(let entry) = $0 { entry } else { nil } }
    }

    func counters() throws -> [CounterStatus] {
        try table(.counters).compactMap { if case .counter(let entry) = $0 { entry } else { nil } }
    }

    /// The board's clocks, and how long the answer took by this machine's, in nanoseconds.
    func boardTime() throws -> (time: BoardTime, before: UInt64, after: UInt64) {
        let before = DispatchTime.now().uptimeNanoseconds
        for case .time(let time) in try ask(.keepAlive(KeepAlive())) {
            return (time, before, DispatchTime.now().uptimeNanoseconds)
        }
        throw Failure(status: .invalidData, message: "\(path): the board told no time")
    }

    func status() throws -> BoardStatus {
        for case .board(let status) in try ask(.status(StatusQuery())) { return status }
        throw Failure(status: .invalidData, message: "\(path): the board told no status")
    }
}
