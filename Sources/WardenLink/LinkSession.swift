import Authority
import Cryptography
import FixedMemory
import HardwareInterface
import WardenMessages

/// One peer of Warden Link: its bytes in, its answers and events out. Knows no socket and no clock.
///
/// All memory is taken when the session is made; it is opened and closed for one peer after another.
/// Answers to requests go out first. List entries and events follow as far as the peer's credit and the outbox reach,
/// a few each turn, so that a peer that asks for much delays nobody.
public struct LinkSession: ~Copyable {
    private let inPlace = InPlace()
    private enum State: BitwiseCopyable {
        case closed
        /// Nobody is recognised yet.
        case waiting
        /// The peer is recognised.
        case open(Principal)
        /// The board ends the session as soon as what waits has left.
        case closing(LinkClosure)
    }

    /// What the peer is being told entry by entry.
    private enum Listing: BitwiseCopyable {
        case none
        case table(TableKind, next: Int, identifier: UInt32)
        case events(next: UInt64, rest: UInt32, sent: UInt32, identifier: UInt32)
        case recorder(next: UInt64, end: UInt64, sent: UInt32, identifier: UInt32)
    }

    /// Events that the peer is told of as they happen.
    struct Subscribing: BitwiseCopyable, DefaultInitializable {
        /// Of the request that it answers.
        var identifier: UInt32 = 0
        /// The place that the board keeps, or the number of the next event where it keeps none.
        var reader: LinkReader? = nil
        var next: UInt64 = 0
        var classes: UInt32 = 0
    }

    private var state = State.closed
    private var console: LinkConsole? = nil
    private var transport = LinkTransport.connection
    /// Whether the transport proves who the peer is, so that messages go as they are.
    private var isLocal = false
    private var reader = FrameReader()
    private var outbox = FrameOutbox(capacity: LinkLimits.outbox)

    /// What seals and opens the session's messages, once there has been a handshake.
    private var sealing: SealingKey? = nil
    private var opening: OpeningKey? = nil
    private var handshake = LinkHandshake()
    /// A session that was agreed on and takes the place of the one before with its first sealed message: until then the
    /// handshake may be one that somebody recorded.
    private var candidate: Principal? = nil
    private var candidateSealing: SealingKey? = nil
    private var candidateOpening: OpeningKey? = nil

    private var listing = Listing.none
    private var subscriptions = FixedList<Subscribing, 4>()
    private var telemetry = FixedArray<TelemetryStream>(capacity: 16)
    private var telemetryIdentifier: UInt32 = 0
    /// List entries and events that the peer takes in all, and that were sent.
    private var credit: UInt64 = 0
    private var credited: UInt64 = 0
    /// When the peer came, when it was last heard of, and when it last took bytes or none waited.
    private(set) var openedAt = Instant.start
    private var lastHeard = Instant.start
    private var lastTaken = Instant.start
    /// Since when the board wants the connection ended.
    private var closingSince: Instant? = nil
    /// On a half-duplex line, when the peer handed it over; `nil` while it is the peer's.
    private var turnSince: Instant? = nil

    public init() {}

    // MARK: Life

    public var isOpen: Bool { if case .closed = state { false } else { true } }

    /// Whether the peer has been recognised.
    public var isRecognised: Bool { if case .open = state { true } else { false } }

    /// Who the peer is; `nil` while it has not been recognised.
    var principal: Principal? {
        if case .open(let principal) = state { principal } else { nil }
    }

    /// Whether the session may be ended for another one: a connection whose peer is not recognised yet.
    var mayMakeRoom: Bool {
        switch state {
        case .waiting, .closing: transport.isConnection
        case .closed, .open: false
        }
    }

    /// Why the board wants the connection ended; `nil` while it does not. The transport ends it once `outgoing` is empty.
    public var closure: LinkClosure? { if case .closing(let reason) = state { reason } else { nil } }

    /// Whether bytes wait for the peer.
    public var hasOutgoing: Bool { !outbox.isEmpty }

    /// What was received, sound and otherwise, over all peers of this session.
    public var frameCounters: FrameReader.Counters { reader.counters }

    /// Bytes that waited at the most.
    public var outboxHighWater: Int { outbox.highWater }

    /// Begins a session with a peer, as far as the transport proves who it is.
    public mutating func open(
        _ peer: LinkPeer, over transport: LinkTransport = .connection, at now: Instant, tables: inout LinkTables
    ) {
        self.transport = transport
        reader.reset()
        outbox.removeAll()
        forgetPeer(&tables)
        openedAt = now
        lastHeard = now
        lastTaken = now
        closingSince = nil
        turnSince = nil
        tables.counters.opened &+= 1
        switch peer {
        case .localUser(let user, let group):
            isLocal = true
            recognise(tables.access.principal(forUser: user, group: group), &tables)
        case .unauthenticated:
            isLocal = false
            state = .waiting
            if tables.identity == nil { end(.notEncrypted, tables: &tables) }
        }
    }

    /// Forgets the peer: the connection is gone.
    public mutating func close(tables: inout LinkTables) {
        outbox.removeAll()
        forgetPeer(&tables)
        state = .closed
    }

    /// Ends the session from the board's side, with a notice to the peer. On a line, the next handshake begins another.
    public mutating func end(_ reason: LinkClosure, tables: inout LinkTables) {
        switch state {
        case .closing, .closed: return
        case .open, .waiting: break
        }
        tables.counters.closedByBoard[Int(reason.rawValue)] &+= 1
        forgetPeer(&tables)
        outbox.begin(.notice)
        outbox.append(reason.rawValue)
        _ = outbox.finish()
        state = transport.isConnection ? .closing(reason) : .waiting
    }

    private mutating func forgetPeer(_ tables: inout LinkTables) {
        handshake.stop()
        sealing = nil
        opening = nil
        candidate = nil
        candidateSealing = nil
        candidateOpening = nil
        forgetRequests(&tables)
    }

    private mutating func forgetRequests(_ tables: inout LinkTables) {
        listing = .none
        telemetry.removeAll()
        for index in subscriptions.indices {
            if let reader = subscriptions[index].reader { tables.abandonedReaders.append(reader) }
        }
        subscriptions.removeAll()
        if console != nil { tables.isConsoleAbandoned = true }
        console = nil
    }

    private mutating func recognise(_ principal: Principal, _ tables: inout LinkTables) {
        state = .open(principal)
        forgetRequests(&tables)
        credit = LinkLimits.initialCredit
        credited = 0
    }

    /// When `expire` has something to do; `.never` if at no time.
    public var deadline: Instant {
        var deadline = Instant.never
        switch state {
        case .closed: return .never
        case .waiting: if transport.isConnection { deadline = openedAt + LinkLimits.handshake }
        case .open: if !isLocal { deadline = lastHeard + LinkLimits.silent }
        case .closing: if let closingSince { deadline = closingSince + LinkLimits.notReading }
        }
        if case .halfDuplexLine(let turnaround) = transport, let turnSince {
            deadline = min(deadline, turnSince + turnaround)
        }
        // What is due and finds no room waits for the room, not for the time.
        if credited < credit, outbox.capacity - outbox.waiting >= LinkLimits.answerReserve {
            for index in telemetry.indices { deadline = min(deadline, telemetry[index].deadline) }
        }
        return outbox.isEmpty ? deadline : min(deadline, lastTaken + LinkLimits.notReading)
    }

    /// Ends the session if the peer has not kept to the times. A session that is ending already is cut short.
    public mutating func expire(at now: Instant, tables: inout LinkTables) {
        if outbox.isEmpty { lastTaken = now }
        if now >= lastTaken + LinkLimits.notReading {
            end(.notReading, tables: &tables)
            outbox.removeAll()
            // A line goes on, perhaps in the middle of a frame.
            if !transport.isConnection { outbox.delimit() }
        }
        switch state {
        case .waiting where transport.isConnection && now >= openedAt + LinkLimits.handshake:
            end(.handshakeTimeout, tables: &tables)
        case .open where !isLocal && now >= lastHeard + LinkLimits.silent:
            end(.silent, tables: &tables)
        case .closing:
            // Whoever takes the rest byte by byte does not hold the place for longer than that.
            let since = closingSince ?? now
            closingSince = since
            if now >= since + LinkLimits.notReading { outbox.removeAll() }
        case .closed, .waiting, .open: break
        }
    }

    // MARK: Bytes

    /// Bytes for the peer, oldest first.
    public var outgoing: Span<UInt8> {
        @_lifetime(borrow self)
        get { outbox.span }
    }

    /// How many bytes of `outgoing` may go now.
    ///
    /// - Parameters:
    ///   - room: bytes that the transport takes.
    /// - Returns: on a half-duplex line, whole frames alone, and only in the board's turn.
    public func sendable(at now: Instant, room: Int) -> Int {
        guard case .halfDuplexLine = transport else { return min(outbox.waiting, room) }
        guard isTurn(at: now), room > LinkSession.turnFrame.count else { return 0 }
        return outbox.wholeFrames(within: min(room - LinkSession.turnFrame.count, LinkLimits.turn))
    }

    /// Whether the board has the half-duplex line, and hands it over with `turnFrame` after what it sends.
    public func isTurn(at now: Instant) -> Bool {
        guard case .halfDuplexLine(let turnaround) = transport, let turnSince else { return false }
        return now >= turnSince + turnaround
    }

    /// The frame that hands a half-duplex line over.
    public static var turnFrame: InlineArray<7, UInt8> { [0x06, 0x14, 0x21, 0x03, 0xB9, 0x85, 0x00] }

    /// Hands what may go to the transport.
    ///
    /// - Returns: whether the transport took anything.
    public mutating func send(
        to stream: StreamIndex, at now: Instant, hardware: inout some Hardware & ~Copyable
    ) -> Bool {
        let count = sendable(at: now, room: hardware.sendRoom(of: stream))
        let took = count > 0 && hardware.send(outbox.span.extracting(0..<count), to: stream)
        if took { sent(count, at: now) }
        if isTurn(at: now) {
            let frame = LinkSession.turnFrame
            if hardware.send(frame.span, to: stream) { handedOver(at: now) }
        }
        return took
    }

    /// The transport took the first `count` bytes of `outgoing`.
    public mutating func sent(_ count: Int, at now: Instant) {
        if count > 0 { lastTaken = now }
        outbox.removeFirst(count)
    }

    /// The transport took `turnFrame`: the line is the peer's.
    public mutating func handedOver(at now: Instant) {
        turnSince = nil
        lastTaken = now
    }

    /// Takes what the peer sent; commands are carried out and answered before this returns.
    public mutating func receive(
        _ bytes: Span<UInt8>, at now: Instant, tables: inout LinkTables, subject: inout some LinkSubject & ~Copyable
    ) {
        let before = reader.counters
        defer { tables.counters.frames.add(reader.counters, since: before) }
        var position = 0
        while let kind = reader.next(in: bytes, from: &position) {
            switch state {
            case .closed, .closing: return
            case .waiting, .open: break
            }
            switch kind {
            case .plain:
                guard isLocal, case .open(let principal) = state else {
                    // A line may have noise from before; a connection has a peer that means it.
                    if transport.isConnection { end(.notEncrypted, tables: &tables) }
                    continue
                }
                lastHeard = now
                let request = LinkSession.request(in: reader.payload)
                take(request, from: principal, at: now, tables: &tables, subject: &subject)
            case .handshake:
                if !isLocal { handshake.start(with: reader) }
            case .sealed:
                guard let principal = openSealed(at: now, tables: &tables) else { continue }
                let request = LinkSession.request(in: tables.payload.span)
                take(request, from: principal, at: now, tables: &tables, subject: &subject)
            case .notice: continue
            case .turn: turnSince = now
            }
        }
    }

    /// Opens the sealed frame that was read, into the tables' payload.
    ///
    /// - Returns: who sent it; `nil` if it is nobody's.
    private mutating func openSealed(at now: Instant, tables: inout LinkTables) -> Principal? {
        if let candidate {
            do {
                try LinkSession.open(reader, with: &candidateOpening, into: &tables.payload)
                opening = candidateOpening.take()
                sealing = candidateSealing.take()
                self.candidate = nil
                lastHeard = now
                recognise(candidate, &tables)
                return candidate
            } catch {}
        }
        guard case .open(let principal) = state, opening != nil else {
            tables.counters.unsealable &+= 1
            return nil
        }
        do {
            try LinkSession.open(reader, with: &opening, into: &tables.payload)
            lastHeard = now
            return principal
        } catch {
            switch error {
            case .replayed: tables.counters.replayed &+= 1
            case .notAuthentic: tables.counters.unsealable &+= 1
            }
            return nil
        }
    }

    private static func open(
        _ reader: borrowing FrameReader, with key: inout OpeningKey?, into message: inout ByteBuffer
    ) throws(OpeningKey.Failure) {
        try key?.open(reader.payload, header: Frame.header(.sealed), into: &message)
    }

    // MARK: Handshakes

    /// Whether a handshake waits for its next step.
    public var hasHandshakeWork: Bool { handshake.hasWork }

    /// Does one step of a handshake.
    public mutating func advanceHandshake(
        at now: Instant, tables: inout LinkTables, subject: borrowing some LinkSubject & ~Copyable
    ) {
        switch handshake.advance(at: now, tables: &tables, subject: subject) {
        case .underway: return
        case .failed: if case .waiting = state { end(.handshakeFailed, tables: &tables) }
        case .done(let principal, let sealing, let opening):
            candidate = principal
            candidateSealing = consume sealing
            candidateOpening = consume opening
            if !handshake.putAnswer(into: &outbox) { end(.notReading, tables: &tables) }
        }
    }

    // MARK: Requests

    /// - Returns: `nil` if the bytes are no request.
    private static func request(in bytes: Span<UInt8>) -> Request? {
        do { return try Request(decoding: bytes) } catch { return nil }
    }

    private mutating func take(
        _ request: Request?, from principal: Principal, at now: Instant, tables: inout LinkTables,
        subject: inout some LinkSubject & ~Copyable
    ) {
        guard let request else {
            tables.counters.malformed &+= 1
            answer(.refusal(Refusal(reason: .malformed)), to: 0, tables: &tables)
            return
        }
        handle(request, of: principal, at: now, tables: &tables, subject: &subject)
    }

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
            answer(.time(BoardTime(now, subject.wallClock)), to: identifier, tables: &tables)
        case .credit(let credit)?:
            self.credit = max(self.credit, credit.limit)
        case .subscribe(let subscription)?:
            subscribe(subscription, identifier, of: principal, tables: &tables, subject: &subject)
        case .acknowledge(let acknowledgement)?:
            for index in subscriptions.indices where subscriptions[index].identifier == acknowledgement.subscription {
                guard let reader = subscriptions[index].reader else { continue }
                subject.acknowledge(reader, through: acknowledgement.sequence)
            }
        case .unsubscribe(let end)?:
            unsubscribe(end, subject: &subject)
            answer(.service(ServiceAnswer()), to: identifier, tables: &tables)
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
        case .telemetry(let request)?:
            telemetry.removeAll()
            telemetryIdentifier = identifier
            var result = CommandResult.done
            for index in request.points.indices {
                let point = request.points[index]
                if subject.pointStatus(at: Int(point.point)) == nil { result = .unknownTarget }
                telemetry.append(
                    TelemetryStream(point, batch: request.batch, latencyMs: request.latencyMs, at: now))
            }
            if result != .done { telemetry.removeAll() }
            answer(.service(ServiceAnswer(result: result)), to: identifier, tables: &tables)
        case .clock(let setting)?:
            let authorised = principal.authorise(setting, at: subject.wallClock)
            let result =
                authorised.map { subject.setClock($0) } ?? notPermitted(.clockSet, principal, &tables, &subject)
            answer(.service(ServiceAnswer(result: result)), to: identifier, tables: &tables)
        case .credentials(let transfer)?:
            let authorised = principal.authorise(transfer, at: subject.wallClock)
            let state =
                authorised.map { subject.transferCredentials($0) }
                ?? CredentialState(result: notPermitted(.credentialsChange, principal, &tables, &subject))
            answer(.credentials(state), to: identifier, tables: &tables)
        case .image(let transfer)?:
            let authorised = principal.authorise(transfer, at: subject.wallClock)
            let state =
                authorised.map { subject.transferImage($0) }
                ?? ImageState(result: notPermitted(.imageChange, principal, &tables, &subject))
            answer(.image(state), to: identifier, tables: &tables)
        case .update(let transfer)?:
            let authorised = principal.authorise(transfer, at: subject.wallClock)
            let state =
                authorised.map { subject.transferUpdate($0) }
                ?? UpdateState(result: notPermitted(.systemUpdate, principal, &tables, &subject))
            answer(.update(state), to: identifier, tables: &tables)
        case .readerFile(let transfer)?:
            let authorised = principal.authorise(transfer, at: subject.wallClock)
            let state =
                authorised.map { subject.transferReaderFile($0) }
                ?? ReaderFileState(result: notPermitted(.readerFileSend, principal, &tables, &subject))
            answer(.readerFile(state), to: identifier, tables: &tables)
        case .logLevel(let setting)?:
            let authorised = principal.authorise(setting, at: subject.wallClock)
            let result =
                authorised.map { subject.setLogLevel($0) } ?? notPermitted(.logLevelSet, principal, &tables, &subject)
            answer(.service(ServiceAnswer(result: result)), to: identifier, tables: &tables)
        case .recorder(let query)?:
            guard let authorised = principal.authorise(query, at: subject.wallClock) else {
                let result = notPermitted(.recorderRead, principal, &tables, &subject)
                answer(.service(ServiceAnswer(result: result)), to: identifier, tables: &tables)
                return
            }
            subject.recorderOpened(by: authorised)
            let (end, overflow) = query.offset.addingReportingOverflow(UInt64(query.limit))
            let all = query.limit == 0 || overflow
            list(
                .recorder(next: query.offset, end: all ? .max : end, sent: 0, identifier: identifier), for: identifier,
                tables: &tables)
        case .console(let step)?:
            takeConsole(step, identifier, of: principal, tables: &tables, subject: &subject)
        case nil:
            refuse(.unknownRequest, identifier, tables: &tables)
        }
    }

    // MARK: The console

    private mutating func takeConsole(
        _ step: ConsoleStep, _ identifier: UInt32, of principal: Principal, tables: inout LinkTables,
        subject: inout some LinkSubject & ~Copyable
    ) {
        var output = ConsoleOutput()
        // Asked at every step: a role may have expired since the console was opened.
        var open = ConsoleOpen()
        if case .open(let asked)? = step.step { open = asked }
        guard let authorised = principal.authorise(open, at: subject.wallClock) else {
            output.result = notPermitted(.consoleOpen, principal, &tables, &subject)
            output.closed = true
            closeConsole(&subject)
            answer(.console(output), to: identifier, tables: &tables)
            return
        }
        switch step.step {
        case .open?:
            output.result = console == nil ? subject.openConsole(authorised) : .busy
            if output.result == .done { console = LinkConsole(identifier: identifier) }
        case .input(let bytes)?:
            output.result = console == nil ? .refused : subject.typeAtConsole(bytes.span)
            // What is typed is answered by what it shows.
            if output.result == .done { return }
        case .taken(let taken)?:
            console?.take(taken)
            if console != nil { return }
            output.result = .refused
        case .close?:
            output.closed = true
            closeConsole(&subject)
        case nil:
            refuse(.unknownRequest, identifier, tables: &tables)
            return
        }
        answer(.console(output), to: identifier, tables: &tables)
    }

    private mutating func closeConsole(_ subject: inout some LinkSubject & ~Copyable) {
        if console != nil { subject.closeConsole() }
        console = nil
    }

    /// Whether the peer has the board's console.
    var hasConsole: Bool { console != nil }

    /// Bytes of the console's output that may be sent now.
    var consoleRoom: Int {
        guard let console, outbox.capacity - outbox.waiting >= LinkLimits.answerReserve else { return 0 }
        return console.room
    }

    /// Sends what the console shows, at most `consoleRoom` bytes.
    mutating func showConsole(_ bytes: Span<UInt8>, tables: inout LinkTables) {
        guard let identifier = console?.identifier else { return }
        var output = ConsoleOutput()
        output.data.append(bytes)
        console?.sent += UInt64(bytes.count)
        answer(.console(output), to: identifier, tables: &tables)
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

    /// Counts and records that somebody asked for a service without the role for it.
    private func notPermitted(
        _ kind: CommandKind, _ principal: Principal, _ tables: inout LinkTables,
        _ subject: inout some LinkSubject & ~Copyable
    ) -> CommandResult {
        tables.counters.refused &+= 1
        subject.refused(Command(kind: kind), by: principal.actor, with: .notPermitted)
        return .notPermitted
    }

    private mutating func subscribe(
        _ request: Subscription, _ identifier: UInt32, of principal: Principal, tables: inout LinkTables,
        subject: inout some LinkSubject & ~Copyable
    ) {
        guard !subscriptions.isFull else {
            refuse(.busy, identifier, tables: &tables)
            return
        }
        var subscription = Subscribing()
        subscription.identifier = identifier
        subscription.classes = request.classes
        var place = Subscribed()
        if request.reader.isEmpty {
            let next = request.fromSequence
            subscription.next = next == 0 ? subject.lastEventSequence + 1 : next
        } else {
            tables.closeAbandonedReaders(&subject)
            var name = FixedBytes<16>()
            name.appendLittleEndian(principal.scope)
            name.append(request.reader.span)
            guard
                let reader = subject.openReader(name, classes: request.classes, fromOldest: request.fromOldest)
            else {
                refuse(.busy, identifier, tables: &tables)
                return
            }
            subscription.reader = reader
            place = subject.place(of: reader)
        }
        subscriptions.append(subscription)
        answer(.subscribed(place), to: identifier, tables: &tables)
    }

    private mutating func unsubscribe(_ request: Unsubscribe, subject: inout some LinkSubject & ~Copyable) {
        var kept = FixedList<Subscribing, 4>()
        for index in subscriptions.indices {
            let subscription = subscriptions[index]
            if subscription.identifier != request.subscription {
                kept.append(subscription)
            } else if let reader = subscription.reader {
                subject.closeReader(reader, forget: request.forget)
            }
        }
        subscriptions = kept
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
        if write(Response(identifier: identifier, body: body), &tables.scratch) { return }
        let isExhausted = sealing?.isExhausted ?? false
        end(isExhausted ? .exhausted : .notReading, tables: &tables)
    }

    private mutating func write(_ response: Response, _ scratch: inout ByteBuffer) -> Bool {
        if isLocal {
            outbox.begin(.plain)
            response.encode(into: &outbox)
            return outbox.finish()
        }
        guard case .open = state, outbox.hasRoomForFrame else { return false }
        return sealing?.append(response, to: &outbox, scratch: &scratch) ?? false
    }

    // MARK: Lists and events

    /// Adds events, list entries and samples, as far as credit, outbox and the bound of one turn reach.
    ///
    /// - Returns: whether there is more to add that only needs another turn.
    public mutating func pump(
        at now: Instant, tables: inout LinkTables, subject: inout some LinkSubject & ~Copyable
    ) -> Bool {
        guard case .open = state else { return false }
        takeSamples(at: now, tables: &tables, subject: subject)
        for _ in 0..<LinkLimits.framesPerTurn {
            guard credited < credit, outbox.capacity - outbox.waiting >= LinkLimits.answerReserve else { return false }
            guard
                addEvent(&subject, &tables.scratch) || addEntry(&subject, &tables)
                    || addBatch(at: now, &tables.scratch)
            else { return false }
        }
        return true
    }

    /// Adds the next event of the first subscription that has one.
    private mutating func addEvent(
        _ subject: inout some LinkSubject & ~Copyable, _ scratch: inout ByteBuffer
    ) -> Bool {
        for index in subscriptions.indices {
            let subscription = subscriptions[index]
            if let reader = subscription.reader {
                guard let event = subject.readEvent(reader) else { continue }
                return writeEntry(.event(event), to: subscription.identifier, &scratch)
            }
            var next = subscription.next
            // A few events of other classes may be passed over in one go, not a whole journal.
            for _ in 0..<LinkLimits.framesPerTurn {
                guard let (event, following) = event(from: next, subject) else { break }
                next = following
                subscriptions[index].next = next
                guard subscription.wants(event) else { continue }
                return writeEntry(.event(event), to: subscription.identifier, &scratch)
            }
        }
        return false
    }

    /// The event with this number, or the gap before the next one; and the number to go on with.
    private func event(
        from sequence: UInt64, _ subject: borrowing some LinkSubject & ~Copyable
    ) -> (event: Event, following: UInt64)? {
        var sequence = sequence
        // A journal has entries of its own now and then, which are no events.
        for _ in 0..<LinkLimits.framesPerTurn {
            guard let kept = subject.nextEventSequence(from: sequence) else { return nil }
            if kept > sequence && sequence < subject.firstEventSequence {
                return (Event(body: .gap(Gap(firstSequence: sequence, lastSequence: kept - 1))), kept)
            }
            if let event = subject.event(at: kept) { return (event, kept + 1) }
            sequence = kept + 1
        }
        return nil
    }

    private mutating func writeEntry(
        _ body: Response.Body, to identifier: UInt32, _ scratch: inout ByteBuffer
    ) -> Bool {
        guard write(Response(identifier: identifier, body: body), &scratch) else { return false }
        credited &+= 1
        return true
    }

    // MARK: Telemetry

    private mutating func takeSamples(
        at now: Instant, tables: inout LinkTables, subject: borrowing some LinkSubject & ~Copyable
    ) {
        for index in telemetry.indices where now >= telemetry[index].due {
            guard let status = subject.pointStatus(at: Int(telemetry[index].point)) else { continue }
            let quality = Quality(rawValue: UInt8(truncatingIfNeeded: status.quality)) ?? .faulty
            if !telemetry[index].sample(status.value, quality, at: now) { tables.counters.samplesLost &+= 1 }
        }
    }

    private mutating func addBatch(at now: Instant, _ scratch: inout ByteBuffer) -> Bool {
        for index in telemetry.indices where telemetry[index].isReady(at: now) {
            let batch = telemetry[index].take()
            return writeEntry(.telemetry(batch), to: telemetryIdentifier, &scratch)
        }
        return false
    }

    /// Adds the listing's next entry, or its end.
    private mutating func addEntry(
        _ subject: inout some LinkSubject & ~Copyable, _ tables: inout LinkTables
    ) -> Bool {
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
                case .counters:
                    if next < LinkCounters.count {
                        .counter(tables.counters.status(at: next))
                    } else {
                        subject.counterStatus(at: next - LinkCounters.count).map { .counter($0.at(next)) }
                    }
                case .unrecognised: nil
                }
            guard let entry else { return endList(count: UInt32(next), identifier, &tables.scratch) }
            guard writeEntry(entry, to: identifier, &tables.scratch) else { return false }
            listing = .table(kind, next: next + 1, identifier: identifier)
        case .events(let next, let rest, let sent, let identifier):
            guard rest > 0, let (event, following) = event(from: next, subject) else {
                return endList(count: sent, identifier, &tables.scratch)
            }
            guard writeEntry(.event(event), to: identifier, &tables.scratch) else { return false }
            listing = .events(next: following, rest: rest - 1, sent: sent + 1, identifier: identifier)
        case .recorder(let next, let end, let sent, let identifier):
            guard next < end, var chunk = subject.recorderChunk(from: next), chunk.offset < end
            else { return endList(count: sent, identifier, &tables.scratch) }
            guard !chunk.data.isEmpty else { return false }
            let wanted = end - chunk.offset
            if wanted < UInt64(chunk.data.count) {
                chunk.data = FixedBytes(chunk.data.span.extracting(0..<Int(wanted)))
            }
            guard writeEntry(.recorder(chunk), to: identifier, &tables.scratch) else { return false }
            listing = .recorder(
                next: chunk.offset + UInt64(chunk.data.count), end: end, sent: sent + 1, identifier: identifier)
        }
        return true
    }

    private mutating func endList(count: UInt32, _ identifier: UInt32, _ scratch: inout ByteBuffer) -> Bool {
        guard write(Response(identifier: identifier, body: .end(EndOfList(count: count))), &scratch) else {
            return false
        }
        listing = .none
        return true
    }
}

extension LinkSession.Subscribing {
    func wants(_ event: Event) -> Bool {
        if case .gap? = event.body { return true }
        return classes == 0 || classes & (1 << UInt32(bitPattern: event.class.rawValue)) != 0
    }
}

extension BoardTime {
    init(_ now: Instant, _ clock: WallClock) {
        self.init(
            monotonicNs: UInt64(max(0, now.nanoseconds)), unixMs: clock.unixMilliseconds,
            clockTrust: WardenMessages.ClockTrust(rawValue: Int32(clock.trust.rawValue)))
    }
}
