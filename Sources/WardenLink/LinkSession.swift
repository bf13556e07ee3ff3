import Authority
import FixedMemory
import HardwareInterface
import WardenMessages

/// One peer of Warden Link: its bytes in, its answers and events out. Knows no socket and no clock.
///
/// All memory is taken when the session is made; it is opened and closed for one peer after another.
/// Answers to requests go out first. List entries and events follow as far as the peer's credit and the outbox reach,
/// a few each turn, so that a peer that asks for much delays nobody.
public struct LinkSession: ~Copyable {
    private enum State: BitwiseCopyable {
        case closed
        case open(Principal)
        /// The board ends the session as soon as what waits has left.
        case closing(LinkClosure)
    }

    /// What the peer is being told entry by entry.
    private enum Listing: BitwiseCopyable {
        case none
        case table(TableKind, next: Int, identifier: UInt32)
        case events(next: UInt64, rest: UInt32, sent: UInt32, identifier: UInt32)
    }

    private var state = State.closed
    private var reader = FrameReader()
    private var outbox = FrameOutbox(capacity: LinkLimits.outbox)
    private var listing = Listing.none
    /// Sequence number of the next event for a subscription, and the request that it answers.
    private var subscription: (next: UInt64, identifier: UInt32)? = nil
    /// List entries and events that the peer takes in all, and that were sent.
    private var credit: UInt64 = 0
    private var credited: UInt64 = 0
    /// When the peer last took bytes, or none waited.
    private var lastTaken = Instant.start

    public init() {}

    // MARK: Life

    public var isOpen: Bool { if case .closed = state { false } else { true } }

    /// Why the board wants the connection ended; `nil` while it does not. The transport ends it once `outgoing` is empty.
    public var closure: LinkClosure? { if case .closing(let reason) = state { reason } else { nil } }

    /// What was received, sound and otherwise, over all peers of this session.
    public var frameCounters: FrameReader.Counters { reader.counters }

    /// Bytes that waited at the most.
    public var outboxHighWater: Int { outbox.highWater }

    /// Begins a session with a peer, as far as the transport proves who it is.
    public mutating func open(_ peer: LinkPeer, at now: Instant, tables: inout LinkTables) {
        reader.reset()
        outbox.removeAll()
        listing = .none
        subscription = nil
        credit = LinkLimits.initialCredit
        credited = 0
        lastTaken = now
        tables.counters.opened &+= 1
        switch peer {
        case .localUser(let user, let group): state = .open(tables.access.principal(forUser: user, group: group))
        case .unauthenticated: end(.notEncrypted, tables: &tables)
        }
    }

    /// Forgets the peer: the connection is gone.
    public mutating func close() {
        state = .closed
        outbox.removeAll()
        listing = .none
        subscription = nil
    }

    /// Ends the session from the board's side, with a notice to the peer.
    public mutating func end(_ reason: LinkClosure, tables: inout LinkTables) {
        switch state {
        case .closing: return
        case .open, .closed: break
        }
        tables.counters.closedByBoard[Int(reason.rawValue)] &+= 1
        listing = .none
        subscription = nil
        outbox.begin(.notice)
        outbox.append(reason.rawValue)
        _ = outbox.finish()
        state = .closing(reason)
    }

    /// When `expire` has something to do; `.never` if at no time.
    public var deadline: Instant {
        guard isOpen, !outbox.isEmpty else { return .never }
        return lastTaken + LinkLimits.notReading
    }

    /// Ends the session if the peer has not kept to the times. A session that is ending already is cut short.
    public mutating func expire(at now: Instant, tables: inout LinkTables) {
        guard isOpen, now >= deadline else { return }
        end(.notReading, tables: &tables)
        outbox.removeAll()
    }

    // MARK: Bytes

    /// Bytes for the peer, oldest first.
    public var outgoing: Span<UInt8> {
        @_lifetime(borrow self)
        get { outbox.span }
    }

    /// The transport took the first `count` bytes of `outgoing`.
    public mutating func sent(_ count: Int, at now: Instant) {
        if count > 0 { lastTaken = now }
        outbox.removeFirst(count)
    }

    /// Takes what the peer sent; commands are carried out and answered before this returns.
    public mutating func receive(
        _ bytes: Span<UInt8>, at now: Instant, tables: inout LinkTables, subject: inout some LinkSubject & ~Copyable
    ) {
        var position = 0
        while case .open(let principal) = state, let kind = reader.next(in: bytes, from: &position) {
            switch kind {
            case .plain:
                do {
                    let request = try Request(decoding: reader.payload)
                    handle(request, of: principal, at: now, tables: &tables, subject: &subject)
                } catch {
                    tables.counters.malformed &+= 1
                    answer(.refusal(Refusal(reason: .malformed)), to: 0, tables: &tables)
                }
            case .handshake, .sealed, .notice: continue
            }
        }
    }

    // MARK: Requests

    private mutating func handle(
        _ request: Request, of principal: Principal, at now: Instant, tables: inout LinkTables,
        subject: inout some LinkSubject & ~Copyable
    ) {
        guard principal.role(at: subject.wallClock) != nil else {
            end(.expired, tables: &tables)
            return
        }
        let identifier = request.identifier
        switch request.body {
        case .command(let command)?:
            let result = execute(command, identifier, of: principal, at: now, tables: &tables, subject: &subject)
            answer(.command(result), to: identifier, tables: &tables)
        case .status?:
            answer(.board(subject.boardStatus), to: identifier, tables: &tables)
        case .keepAlive?:
            let clock = subject.wallClock
            let time = BoardTime(
                monotonicNs: UInt64(now.nanoseconds), unixMs: clock.unixMilliseconds,
                clockTrust: WardenMessages.ClockTrust(rawValue: Int32(clock.trust.rawValue)))
            answer(.time(time), to: identifier, tables: &tables)
        case .credit(let credit)?:
            self.credit = max(self.credit, credit.limit)
        case .subscribe(let subscription)?:
            let next = subscription.fromSequence
            self.subscription = (next == 0 ? subject.lastEventSequence + 1 : next, identifier)
        case .table(let query)?:
            list(.table(query.kind, next: 0, identifier: identifier), for: identifier, tables: &tables)
        case .events(let query)?:
            var next = max(query.fromSequence, 1)
            if query.fromSequence == 0 { next = subject.firstEventSequence }
            if query.newest {
                let last = subject.lastEventSequence
                next = max(last >= UInt64(query.limit) ? last - UInt64(query.limit) + 1 : 1, subject.firstEventSequence)
            }
            let rest = query.limit == 0 ? UInt32.max : query.limit
            list(.events(next: next, rest: rest, sent: 0, identifier: identifier), for: identifier, tables: &tables)
        case nil:
            refuse(.unknownRequest, identifier, tables: &tables)
        }
    }

    private mutating func execute(
        _ command: Command, _ identifier: UInt32, of principal: Principal, at now: Instant, tables: inout LinkTables,
        subject: inout some LinkSubject & ~Copyable
    ) -> CommandAnswer {
        tables.counters.commands &+= 1
        if let first = tables.commands.answer(to: command, identifier, of: principal.actor) {
            tables.counters.repeatedCommands &+= 1
            return first
        }
        let answer: CommandAnswer
        if command.deadlineNs != 0 && UInt64(now.nanoseconds) > command.deadlineNs {
            tables.counters.lateCommands &+= 1
            answer = CommandAnswer(result: .tooLate)
            subject.refused(command, by: principal.actor, with: .tooLate)
        } else if let authorised = principal.authorise(command, at: subject.wallClock) {
            answer = subject.execute(authorised)
        } else {
            tables.counters.refused &+= 1
            answer = CommandAnswer(result: command.requiredRole == nil ? .unknownCommand : .notPermitted)
            subject.refused(command, by: principal.actor, with: answer.result)
        }
        tables.commands.remember(answer, to: command, identifier, of: principal.actor)
        return answer
    }

    private mutating func list(_ listing: Listing, for identifier: UInt32, tables: inout LinkTables) {
        guard case .none = self.listing else {
            refuse(.busy, identifier, tables: &tables)
            return
        }
        self.listing = listing
    }

    private mutating func refuse(_ reason: RefusalReason, _ identifier: UInt32, tables: inout LinkTables) {
        tables.counters.refused &+= 1
        answer(.refusal(Refusal(reason: reason)), to: identifier, tables: &tables)
    }

    /// Queues an answer. A peer that asks without reading the answers is dropped when no more of them fit.
    private mutating func answer(_ body: Response.Body, to identifier: UInt32, tables: inout LinkTables) {
        if !write(Response(identifier: identifier, body: body)) { end(.notReading, tables: &tables) }
    }

    private mutating func write(_ response: Response) -> Bool {
        outbox.begin(.plain)
        response.encode(into: &outbox)
        return outbox.finish()
    }

    // MARK: Lists and events

    /// Adds list entries and events, as far as credit, outbox and the bound of one turn reach.
    ///
    /// - Returns: whether there is more to add that only needs another turn.
    public mutating func pump(subject: borrowing some LinkSubject & ~Copyable) -> Bool {
        guard case .open = state else { return false }
        for _ in 0..<LinkLimits.framesPerTurn {
            guard credited < credit, outbox.capacity - outbox.waiting >= LinkLimits.answerReserve else { return false }
            guard addEvent(subject) || addEntry(subject) else { return false }
        }
        return true
    }

    /// Adds the subscription's next event.
    private mutating func addEvent(_ subject: borrowing some LinkSubject & ~Copyable) -> Bool {
        guard let (next, identifier) = subscription, next <= subject.lastEventSequence else { return false }
        let event = self.event(next, subject)
        guard write(Response(identifier: identifier, body: .event(event.event))) else { return false }
        credited &+= 1
        subscription = (event.following, identifier)
        return true
    }

    /// The event of a number, or the gap that starts with it where it is no longer kept; and the number after that.
    private func event(
        _ sequence: UInt64, _ subject: borrowing some LinkSubject & ~Copyable
    ) -> (event: Event, following: UInt64) {
        if let event = subject.event(at: sequence) { return (event, sequence + 1) }
        let following = max(subject.firstEventSequence, sequence + 1)
        return (Event(body: .gap(Gap(firstSequence: sequence, lastSequence: following - 1))), following)
    }

    /// Adds the listing's next entry, or its end.
    private mutating func addEntry(_ subject: borrowing some LinkSubject & ~Copyable) -> Bool {
        switch listing {
        case .none: return false
        case .table(let kind, let next, let identifier):
            let entry: Response.Body? =
                switch kind {
                case .doors: subject.doorStatus(at: next).map { .door($0) }
                case .points: subject.pointStatus(at: next).map { .point($0) }
                case .detectors: subject.detectorStatus(at: next).map { .detector($0) }
                case .lines: subject.lineStatus(at: next).map { .line($0) }
                case .readers: subject.readerStatus(at: next).map { .reader($0) }
                case .unrecognised: nil
                }
            guard let entry else { return endList(count: UInt32(next), identifier) }
            guard write(Response(identifier: identifier, body: entry)) else { return false }
            credited &+= 1
            listing = .table(kind, next: next + 1, identifier: identifier)
        case .events(let next, let rest, let sent, let identifier):
            guard rest > 0, next <= subject.lastEventSequence else { return endList(count: sent, identifier) }
            let event = self.event(next, subject)
            guard write(Response(identifier: identifier, body: .event(event.event))) else { return false }
            credited &+= 1
            listing = .events(next: event.following, rest: rest - 1, sent: sent + 1, identifier: identifier)
        }
        return true
    }

    private mutating func endList(count: UInt32, _ identifier: UInt32) -> Bool {
        guard write(Response(identifier: identifier, body: .end(EndOfList(count: count)))) else { return false }
        listing = .none
        return true
    }
}
