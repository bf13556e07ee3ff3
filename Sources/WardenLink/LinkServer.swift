import Authority
import FixedMemory
import HardwareInterface
import WardenMessages

/// All links of a board: a session for each connection, and what they share.
///
/// The runtime hands it the inputs of its streams, and lets it work once each turn.
public struct LinkServer: ~Copyable {
    private let inPlace = InPlace()
    /// Those of connections, then those of lines, which no connection takes.
    private var sessions: FixedArray<LinkSession>
    /// The stream of each session; meaningless while it is closed.
    private var streams: FixedArray<StreamIndex>
    public var tables: LinkTables
    /// The session whose handshake was last advanced.
    private var lastHandshake = 0
    /// Connections at once.
    public let capacity: Int

    /// - Parameters:
    ///   - capacity: connections at once.
    ///   - lines: serial lines; each has a session of its own.
    ///   - access: whom the board knows.
    ///   - identity: what the board has itself recognised with; without one, only local peers are let in.
    public init(capacity: Int, lines: Int = 0, access: consuming AccessTable, identity: LinkIdentity? = nil) {
        self.capacity = capacity
        sessions = FixedArray(capacity: capacity + lines)
        streams = FixedArray(capacity: capacity + lines)
        tables = LinkTables(access: access, identity: identity)
        for _ in 0..<(capacity + lines) {
            sessions.append(LinkSession())
            streams.append(StreamIndex(0))
        }
    }

    /// Sessions in use.
    public var count: Int {
        var count = 0
        for index in sessions.indices where sessions[index].isOpen { count += 1 }
        return count
    }

    /// Sessions that there can be, and who is at each; `nil` where nobody is.
    public var places: Int { sessions.count }

    public func peer(at index: Int) -> (principal: Principal?, isConnection: Bool)? {
        guard sessions[index].isOpen else { return nil }
        return (sessions[index].principal, index < capacity)
    }

    private func session(of stream: StreamIndex) -> Int? {
        for index in sessions.indices where sessions[index].isOpen && streams[index] == stream { return index }
        return nil
    }

    /// A connection or line is there. Where every session is taken, one whose peer is not recognised yet makes room; where
    /// there is none either, the new one is ended at once.
    public mutating func opened(
        _ stream: StreamIndex, by peer: LinkPeer, over transport: LinkTransport = .connection, at now: Instant,
        hardware: inout some Hardware & ~Copyable
    ) {
        closed(stream)
        guard let index = freeSession(for: transport, hardware: &hardware) else {
            LinkServer.turnAway(stream, &tables, &hardware)
            return
        }
        streams[index] = stream
        sessions[index].open(peer, over: transport, at: now, tables: &tables)
        tables.counters.highWater = max(tables.counters.highWater, count)
    }

    private mutating func freeSession(
        for transport: LinkTransport, hardware: inout some Hardware & ~Copyable
    ) -> Int? {
        let places = transport.isConnection ? 0..<capacity : capacity..<sessions.count
        for index in places where !sessions[index].isOpen { return index }
        var oldest: Int? = nil
        for index in places where sessions[index].mayMakeRoom {
            if oldest.map({ sessions[index].openedAt < sessions[$0].openedAt }) ?? true { oldest = index }
        }
        guard let oldest else { return nil }
        sessions[oldest].close(tables: &tables)
        LinkServer.turnAway(streams[oldest], &tables, &hardware)
        return oldest
    }

    /// The frame that says that every session is taken.
    public static var noRoomFrame: InlineArray<8, UInt8> { [0x07, 0x13, 0x02, 0x3D, 0x5E, 0x78, 0x1B, 0x00] }

    private static func turnAway(
        _ stream: StreamIndex, _ tables: inout LinkTables, _ hardware: inout some Hardware & ~Copyable
    ) {
        tables.counters.turnedAway &+= 1
        let frame = noRoomFrame
        _ = hardware.send(frame.span, to: stream)
        hardware.close(stream)
    }

    /// Bytes arrived on a stream; those of streams that are no link are left alone.
    public mutating func received(
        _ bytes: Span<UInt8>, on stream: StreamIndex, at now: Instant, subject: inout some LinkSubject & ~Copyable
    ) {
        guard let index = session(of: stream) else { return }
        sessions[index].receive(bytes, at: now, tables: &tables, subject: &subject)
    }

    /// A connection is gone.
    public mutating func closed(_ stream: StreamIndex) {
        guard let index = session(of: stream) else { return }
        sessions[index].close(tables: &tables)
    }

    /// Sends what the transports take, adds list entries and events, does one step of one handshake, ends sessions whose
    /// peers have not kept to the times. A bounded amount of work for each session.
    ///
    /// - Returns: whether another turn has something to do at once.
    public mutating func work(
        at now: Instant, subject: inout some LinkSubject & ~Copyable, hardware: inout some Hardware & ~Copyable
    ) -> Bool {
        var hasMore = false
        tables.counters.refusedConnections = hardware.refusedConnections
        tables.counters.heldReads = hardware.heldReads
        if let index = nextHandshake() {
            sessions[index].advanceHandshake(at: now, tables: &tables, subject: subject)
            lastHandshake = index
            hasMore = true
        }
        for index in sessions.indices where sessions[index].isOpen {
            let stream = streams[index]
            let more = sessions[index].pump(at: now, tables: &tables, subject: &subject)
            if sessions[index].send(to: stream, at: now, hardware: &hardware), more { hasMore = true }
            sessions[index].expire(at: now, tables: &tables)
            if sessions[index].closure != nil, !sessions[index].hasOutgoing {
                hardware.close(stream)
                sessions[index].close(tables: &tables)
            }
        }
        tables.closeAbandonedReaders(&subject)
        tables.closeAbandonedConsole(&subject)
        return hasMore
    }

    /// The session whose handshake goes on; they take turns, so that one that keeps asking does not keep others waiting.
    private func nextHandshake() -> Int? {
        for offset in 1...max(1, sessions.count) {
            let index = (lastHandshake + offset) % max(1, sessions.count)
            if index < sessions.count, sessions[index].hasHandshakeWork { return index }
        }
        return nil
    }

    // MARK: The console

    /// Bytes that the peer who has the board's console takes now.
    public var consoleRoom: Int {
        for index in sessions.indices where sessions[index].hasConsole { return sessions[index].consoleRoom }
        return 0
    }

    /// Sends what the console shows, at most `consoleRoom` bytes.
    public mutating func showConsole(_ bytes: Span<UInt8>) {
        for index in sessions.indices where sessions[index].hasConsole {
            sessions[index].showConsole(bytes, tables: &tables)
        }
    }

    /// Tells every peer that the board is stopping.
    public mutating func stop() {
        for index in sessions.indices where sessions[index].isOpen {
            sessions[index].end(.stopping, tables: &tables)
        }
    }

    /// When `work` has something to do though nothing happened.
    public var deadline: Instant {
        var deadline = Instant.never
        for index in sessions.indices { deadline = min(deadline, sessions[index].deadline) }
        return deadline
    }
}
