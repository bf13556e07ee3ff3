import Authority
import Cryptography
import FixedMemory
@preconcurrency import Glibc
import HardwareInterface
import WardenLink
import WardenMessages

/// The board's side of Warden Link for clients in other languages to be tested against.
@main
struct LinkPeer {
    static let usage = """
        usage: link-peer echo [--through-both]
               link-peer serve [--unix PATH] [--tcp PORT] [--serial | --rs485] [--client KEY:ROLE[:EXPIRES]]...
                               [--seed BYTE] [--events COUNT]

        echo   decodes and encodes messages: lines of NAME HEX in, HEX out; through swift-protobuf too where asked
        serve  a board with two doors; a line of JSON says where it listens; ends when its input ends
        """

    static func main() {
        setvbuf(stdout, nil, _IOLBF, 0)
        signal(SIGPIPE, SIG_IGN)
        var arguments = Array(CommandLine.arguments.dropFirst())
        switch arguments.isEmpty ? "" : arguments.removeFirst() {
        case "echo": echoLines(throughBoth: arguments == ["--through-both"])
        case "serve":
            var server = PeerServer(arguments)
            server.run()
        default: fail()
        }
    }

    static func fail() -> Never {
        fputs(usage + "\n", stderr)
        exit(64)
    }
}

/// Listens, accepts and lets the links work.
struct PeerServer: ~Copyable {
    private var listeners: [(descriptor: Int32, isLocal: Bool)] = []
    private var hardware = StreamHardware()
    private var board: PeerBoard
    private var links: LinkServer
    private var description: [(String, String)] = []

    init(_ arguments: [String]) {
        var access = AccessTable(keys: 16, users: 0, ownUser: getuid())
        var unixPath: String? = nil
        var port: UInt16? = nil
        var line: LinkTransport? = nil
        var seed: UInt8 = 1
        var eventCount = 0
        var rest = arguments[...]
        while let option = rest.popFirst() {
            switch option {
            case "--serial": line = .line
            case "--rs485": line = .halfDuplexLine(turnaround: .milliseconds(2))
            case "--unix": unixPath = rest.popFirst()
            case "--tcp": port = rest.popFirst().flatMap { UInt16($0) }
            case "--seed": seed = rest.popFirst().flatMap { UInt8($0) } ?? 1
            case "--events": eventCount = rest.popFirst().flatMap { Int($0) } ?? 0
            case "--client":
                guard let client = rest.popFirst().flatMap(PeerServer.client), access.add(client) else {
                    LinkPeer.fail()
                }
            default: LinkPeer.fail()
            }
        }
        guard let key = PrivateKey([UInt8](repeating: seed, count: 32).span),
            let random = PeerServer.randomGenerator()
        else { LinkPeer.fail() }
        board = PeerBoard(events: eventCount)
        links = LinkServer(capacity: 8, lines: 1, access: access, identity: LinkIdentity(key: key, random: random))
        let publicKey = key.publicKey
        description.append(("board_key", hexadecimal(publicKey.span.indices.map { publicKey.span[$0] })))
        if let unixPath {
            guard let descriptor = PeerServer.listen(unix: unixPath) else { LinkPeer.fail() }
            listeners.append((descriptor, true))
            description.append(("unix", unixPath))
        }
        if let port {
            guard let (descriptor, bound) = PeerServer.listen(tcp: port) else { LinkPeer.fail() }
            listeners.append((descriptor, false))
            description.append(("tcp", "\(bound)"))
        }
        if let line {
            guard let (terminal, path) = PeerServer.pseudoTerminal() else { LinkPeer.fail() }
            // Keeps the line there while no client has it open.
            let other = open(path, O_RDWR | O_NOCTTY)
            var mode = termios()
            tcgetattr(other, &mode)
            cfmakeraw(&mode)
            tcsetattr(other, TCSANOW, &mode)
            description.append(("serial", path))
            links.opened(
                hardware.add(terminal), by: .unauthenticated, over: line, at: hardware.now, hardware: &hardware)
        }
    }

    private static func client(_ text: String) -> ClientKey? {
        let words = text.split(separator: ":")
        let roles: [Substring: AccessRole] = [
            "observer": .observer, "operator": .operator, "technician": .technician, "administrator": .administrator,
        ]
        guard words.count >= 2, let bytes = hexadecimal(String(words[0])), let role = roles[words[1]] else {
            return nil
        }
        let expires = words.count > 2 ? UInt32(words[2]) ?? 0 : 0
        return ClientKey(publicKey: FixedBytes(bytes.span), role: role, expires: expires)
    }

    private static func randomGenerator() -> RandomGenerator? {
        let seed = (0..<32).map { _ in UInt8.random(in: .min ... .max) }
        return RandomGenerator(seed: seed.span)
    }

    /// A new pseudo-terminal: its descriptor, and the path of the other end. Numbers are those of Linux's ioctl_tty(2).
    private static func pseudoTerminal() -> (Int32, String)? {
        let terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY)
        var isLocked: Int32 = 0
        var number: Int32 = 0
        let setLock: UInt = 0x4004_5431
        let getNumber: UInt = 0x8004_5430
        guard terminal >= 0, ioctl(terminal, setLock, &isLocked) == 0, ioctl(terminal, getNumber, &number) == 0 else {
            return nil
        }
        return (terminal, "/dev/pts/\(number)")
    }

    private static func listen(unix path: String) -> Int32? {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else { return nil }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        unlink(path)
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        return bound == 0 && Glibc.listen(descriptor, 64) == 0 ? descriptor : nil
    }

    /// Over IPv6 and IPv4 on this machine; port 0 for any.
    private static func listen(tcp port: UInt16) -> (Int32, UInt16)? {
        let descriptor = socket(AF_INET6, Int32(SOCK_STREAM.rawValue), 0)
        var no: Int32 = 0
        setsockopt(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &no, socklen_t(MemoryLayout<Int32>.size))
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        address.sin6_port = port.bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        let bound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && Glibc.listen(descriptor, 64) == 0
                    && getsockname(descriptor, $0, &length) == 0
            }
        }
        return bound ? (descriptor, UInt16(bigEndian: address.sin6_port)) : nil
    }

    mutating func run() {
        print("{" + description.map { "\"\($0.0)\": \"\($0.1)\"" }.joined(separator: ", ") + "}")
        var hasMore = false
        while true {
            var pollers = [pollfd(fd: 0, events: Int16(POLLIN), revents: 0)]
            for listener in listeners {
                pollers.append(pollfd(fd: listener.descriptor, events: Int16(POLLIN), revents: 0))
            }
            for descriptor in hardware.descriptors {
                pollers.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0))
            }
            let wait = (min(links.deadline, hardware.now + .milliseconds(10)) - hardware.now).milliseconds
            poll(&pollers, nfds_t(pollers.count), hasMore ? 0 : Int32(max(1, wait)))
            board.now = hardware.now
            if pollers[0].revents != 0 && readLine() == nil { return }
            for (index, listener) in listeners.enumerated() where pollers[1 + index].revents != 0 {
                accept(from: listener)
            }
            for index in hardware.descriptors.indices where 1 + listeners.count + index < pollers.count {
                if pollers[1 + listeners.count + index].revents != 0 { receive(StreamIndex(UInt16(index))) }
            }
            hasMore = links.work(at: board.now, subject: &board, hardware: &hardware)
        }
    }

    private mutating func accept(from listener: (descriptor: Int32, isLocal: Bool)) {
        let descriptor = Glibc.accept(listener.descriptor, nil, nil)
        guard descriptor >= 0 else { return }
        var peer = LinkPeerKind.unauthenticated
        if listener.isLocal { peer = .localUser(userIdentifier: getuid(), groupIdentifier: getgid()) }
        links.opened(hardware.add(descriptor), by: peer, at: hardware.now, hardware: &hardware)
    }

    private mutating func receive(_ stream: StreamIndex) {
        let descriptor = hardware.descriptors[Int(stream.value)]
        guard descriptor >= 0 else { return }
        var bytes = [UInt8](repeating: 0, count: 4_096)
        let count = read(descriptor, &bytes, bytes.count)
        if count > 0 {
            links.received(bytes.span.extracting(0..<count), on: stream, at: board.now, subject: &board)
        } else if count == 0 || (errno != EAGAIN && errno != EIO) {
            links.closed(stream)
            hardware.close(stream)
        }
    }
}

private typealias LinkPeerKind = HardwareInterface.LinkPeer
