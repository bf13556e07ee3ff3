import FixedMemory
import Foundation
import WardenLink
import WardenMessages

/// A connection to a running board over its UNIX socket: a request goes out, its answers come in.
final class BoardConnection {
    /// How long a board may take to answer. It answers within one turn, so this is a board that hangs.
    static let patienceMilliseconds: Int32 = 5_000

    private var client = LinkClient()
    private let descriptor: Int32
    private let path: String
    private var identifier: UInt32 = 0
    /// Bytes that arrived and were not yet read.
    private var received: [UInt8] = []
    private var position = 0

    init(path: String) throws {
        self.path = path
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
        let bytes = BoardConnection.outgoing(of: client)
        client.sent(bytes.count)
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw lost() }
            sent += count
        }
        return identifier
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
                switch error {
                case .closed(let closure):
                    throw Failure(
                        status: .unavailable, message: "\(path): the board ended the connection: \(reason(closure))")
                case .malformed, .notTheBoard, .cannotSend:
                    throw Failure(
                        status: .invalidData,
                        message: "\(path): what answers does not speak this version of Warden Link",
                        remedy: "Use the wardenctl that belongs to the board's program.")
                }
            }
            received.removeAll(keepingCapacity: true)
            position = 0
            guard try fill(patience: patience) else { return nil }
        }
    }

    private func reason(_ closure: LinkClosure?) -> String {
        switch closure {
        case .noRoom: "it has no room for another one; see 'links' under 'capacities' of its board file"
        case .notReading: "its answers were not taken"
        case .silent: "nothing was asked for too long"
        case .stopping: "it is stopping"
        case .notEncrypted: "it wants this peer to authenticate"
        default: "closed"
        }
    }

    /// - Returns: `false` if nothing came in time.
    private func fill(patience: Int32?) throws -> Bool {
        var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let ready = poll(&waiting, 1, patience ?? -1)
        if ready == 0 { return false }
        if ready < 0 { return errno == EINTR ? try fill(patience: patience) : false }
        var buffer = [UInt8](repeating: 0, count: 16_384)
        let count = read(descriptor, &buffer, buffer.count)
        guard count > 0 else { throw lost() }
        received = Array(buffer.prefix(count))
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
            case .command, .board, .time: return answers + [answer]
            default: answers.append(answer)
            }
        }
    }

    private func refused(_ refusal: Refusal) -> Failure {
        switch refusal.reason {
        case .notPermitted:
            Failure(
                status: .notPermitted, message: "the board does not permit it",
                remedy: "Who may do what is said under 'local_users' of the board file.")
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

    func status() throws -> BoardStatus {
        for case .board(let status) in try ask(.status(StatusQuery())) { return status }
        throw Failure(status: .invalidData, message: "\(path): the board told no status")
    }
}
