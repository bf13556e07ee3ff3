import Authority
import FixedMemory
import HardwareInterface
import WardenMessages

/// All links of a board: a session for each connection, and what they share.
///
/// The runtime hands it the inputs of its streams, and lets it work once each turn.
public struct LinkServer: ~Copyable {
    private var sessions: FixedArray<LinkSession>
    /// The stream of each session; meaningless while it is closed.
    private var streams: FixedArray<StreamIndex>
    public var tables: LinkTables

    /// - Parameters:
    ///   - capacity: sessions at once.
    ///   - access: whom the board knows.
    public init(capacity: Int, access: consuming AccessTable) {
        sessions = FixedArray(capacity: capacity)
        streams = FixedArray(capacity: capacity)
        tables = LinkTables(access: access)
        for _ in 0..<capacity {
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

    public var capacity: Int { sessions.count }

    private func session(of stream: StreamIndex) -> Int? {
        for index in sessions.indices where sessions[index].isOpen && streams[index] == stream { return index }
        return nil
    }

    /// A connection is there. It is ended at once if every session is taken.
    public mutating func opened(
        _ stream: StreamIndex, by peer: LinkPeer, at now: Instant, hardware: inout some Hardware & ~Copyable
    ) {
        closed(stream)
        for index in sessions.indices where !sessions[index].isOpen {
            streams[index] = stream
            sessions[index].open(peer, at: now, tables: &tables)
            tables.counters.highWater = max(tables.counters.highWater, count)
            return
        }
        tables.counters.turnedAway &+= 1
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
        sessions[index].close()
    }

    /// Sends what the transports take, adds list entries and events, ends sessions whose peers have not kept to the
    /// times. A bounded amount of work for each session.
    ///
    /// - Returns: whether another turn has something to do at once.
    public mutating func work(
        at now: Instant, subject: borrowing some LinkSubject & ~Copyable, hardware: inout some Hardware & ~Copyable
    ) -> Bool {
        var hasMore = false
        for index in sessions.indices where sessions[index].isOpen {
            let stream = streams[index]
            let more = sessions[index].pump(subject: subject)
            let count = min(sessions[index].outgoing.count, hardware.sendRoom(of: stream))
            if count > 0, hardware.send(sessions[index].outgoing.extracting(0..<count), to: stream) {
                sessions[index].sent(count, at: now)
                if more { hasMore = true }
            }
            sessions[index].expire(at: now, tables: &tables)
            if sessions[index].closure != nil, sessions[index].outgoing.isEmpty {
                hardware.close(stream)
                sessions[index].close()
            }
        }
        return hasMore
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
