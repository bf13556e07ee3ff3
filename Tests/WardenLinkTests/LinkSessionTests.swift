import Authority
import FixedMemory
import HardwareInterface
import Testing
import WardenLink
import WardenMessages

@Suite struct LinkSessionTests {
    static let unlock = Command(kind: .doorUnlock, target: 1)

    @Test func anOperatorsCommandIsCarriedOutOnceAndAnsweredWithItsIdentifier() throws {
        var bench = LinkBench()
        bench.send(.command(Self.unlock), identifier: 77)
        let responses = try bench.responses()
        #expect(responses == [Response(identifier: 77, body: .command(CommandAnswer(result: .done, reason: 1)))])
        let executed = bench.board.executed
        #expect(executed.map(\.command) == [Self.unlock])
        #expect(executed.map(\.actor) == [Actor(kind: .link, index: UInt32.max, user: 1000)])
    }

    @Test func aRepeatedIdentifierGetsTheFirstAnswerAndNothingHappens() throws {
        var bench = LinkBench()
        for _ in 0..<3 { bench.send(.command(Self.unlock), identifier: 77) }
        let responses = try bench.responses()
        #expect(responses.count == 3)
        #expect(Set(responses.map { $0 == responses[0] }) == [true])
        #expect(bench.board.executed.count == 1)
        #expect(bench.tables.counters.repeatedCommands == 2)
    }

    @Test func aRepeatAfterTheConnectionWasLostGetsTheFirstAnswer() throws {
        var bench = LinkBench()
        bench.send(.command(Self.unlock), identifier: 77)
        bench.reconnect(LinkBench.operatorUser)
        bench.send(.command(Self.unlock), identifier: 77)
        #expect(try bench.responses().count == 1)
        #expect(bench.board.executed.count == 1)
    }

    @Test func theSameIdentifierOfAnotherClientIsAnotherCommand() throws {
        var bench = LinkBench()
        bench.send(.command(Self.unlock), identifier: 77)
        bench.reconnect(LinkBench.administratorUser)
        bench.send(.command(Self.unlock), identifier: 77)
        #expect(bench.board.executed.count == 2)
    }

    @Test func anIdentifierUsedForAnotherCommandIsRefused() throws {
        var bench = LinkBench()
        bench.send(.command(Self.unlock), identifier: 77)
        bench.send(.command(Command(kind: .doorUnlock, target: 0)), identifier: 77)
        #expect(try bench.responses().last?.body == .command(CommandAnswer(result: .refused)))
        #expect(bench.board.executed.count == 1)
    }

    @Test func aCommandAfterItsDeadlineDoesNothingAndSaysSo() throws {
        var bench = LinkBench()
        var late = Self.unlock
        late.deadlineNs = UInt64(bench.now.nanoseconds) - 1
        bench.send(.command(late))
        #expect(try bench.responses() == [Response(identifier: 1, body: .command(CommandAnswer(result: .tooLate)))])
        var inTime = Self.unlock
        inTime.deadlineNs = UInt64(bench.now.nanoseconds)
        bench.send(.command(inTime), identifier: 2)
        #expect(bench.board.executed.map(\.command) == [inTime])
        #expect(bench.board.refusals.map(\.result) == [.tooLate])
    }

    @Test(arguments: [
        (LinkBench.observerUser, unlock, CommandResult.notPermitted),
        (LinkBench.operatorUser, Command(kind: .unrecognised(999)), .unknownCommand),
        (LinkBench.operatorUser, Command(), .unknownCommand),
    ])
    func aCommandThatMayNotBeIsAnsweredAndRecordedButNotCarriedOut(
        peer: LinkPeer, command: Command, result: CommandResult
    ) throws {
        var bench = LinkBench(peer: peer)
        bench.send(.command(command))
        #expect(try bench.responses().map(\.body) == [.command(CommandAnswer(result: result))])
        #expect(bench.board.executed.isEmpty)
        #expect(bench.board.refusals.map(\.result) == [result])
    }

    @Test func aPeerThatHasNotAuthenticatedIsToldAndDropped() throws {
        var bench = LinkBench(peer: .unauthenticated)
        bench.send(.command(Self.unlock))
        #expect(try bench.responses().isEmpty)
        #expect(bench.notices == [LinkClosure.notEncrypted.rawValue])
        #expect(bench.session.closure == .notEncrypted)
        #expect(bench.board.executed.isEmpty)
    }

    @Test func tablesAreListedToTheirEnd() throws {
        var bench = LinkBench()
        bench.send(.table(TableQuery(kind: .doors)), identifier: 5)
        let bodies = try bench.responses().map(\.body)
        #expect(bodies.count == 3)
        #expect(bodies.last == .end(EndOfList(count: 2)))
    }

    @Test func aTableThatThisVersionDoesNotKnowIsEmpty() throws {
        var bench = LinkBench()
        bench.send(.table(TableQuery(kind: .unrecognised(99))))
        #expect(try bench.responses().map(\.body) == [.end(EndOfList(count: 0))])
    }

    @Test func aSecondListWhileOneRunsIsRefusedButACommandIsNot() throws {
        var bench = LinkBench()
        bench.send(.table(TableQuery(kind: .doors)), identifier: 1)
        bench.send(.table(TableQuery(kind: .doors)), identifier: 2)
        bench.send(.command(Self.unlock), identifier: 3)
        let responses = try bench.responses()
        #expect(responses[0] == Response(identifier: 2, body: .refusal(Refusal(reason: .busy))))
        #expect(responses[1].body == .command(CommandAnswer(result: .done, reason: 1)))
        #expect(responses.count == 5)
    }

    @Test func theNewestEventsCanBeAskedFor() throws {
        var bench = LinkBench()
        bench.board.lastEventSequence = 30
        bench.send(.events(EventQuery(limit: 3, newest: true)))
        let responses = try bench.responses()
        #expect(responses.sequences == [28, 29, 30])
        #expect(responses.last?.body == .end(EndOfList(count: 3)))
    }

    @Test func asSubscriberGetsEachEventOnceAsItComes() throws {
        var bench = LinkBench()
        bench.board.lastEventSequence = 4
        bench.send(.subscribe(Subscription()), identifier: 9)
        #expect(try bench.responses() == [Response(identifier: 9, body: .subscribed(Subscribed()))])
        bench.board.lastEventSequence = 6
        #expect(try bench.responses().sequences == [5, 6])
        #expect(try bench.responses().isEmpty)
    }

    @Test func eventsThatAreNoLongerKeptAreAnExplicitGap() throws {
        var bench = LinkBench()
        bench.board.firstEventSequence = 10
        bench.board.lastEventSequence = 11
        bench.send(.subscribe(Subscription(fromSequence: 3)))
        let bodies = try bench.responses().map { response -> Event? in
            if case .event(let event)? = response.body { event } else { nil }
        }
        #expect(bodies.count == 4)
        #expect(bodies[1]?.body == .gap(Gap(firstSequence: 3, lastSequence: 9)))
        #expect(bodies[2]?.sequence == 10)
    }

    @Test func eventsStopAtTheClientsCreditAndGoOnWithMore() throws {
        var bench = LinkBench()
        bench.board.lastEventSequence = 200
        bench.send(.subscribe(Subscription(fromSequence: 1)))
        #expect(try bench.responses().sequences == Array(1...64))
        bench.send(.credit(Credit(limit: 100)))
        #expect(try bench.responses().sequences == Array(65...100))
        // A limit that is smaller takes nothing back.
        bench.send(.credit(Credit(limit: 10)))
        #expect(try bench.responses().isEmpty)
        bench.send(.credit(Credit(limit: 1_000)))
        #expect(try bench.responses().count == 100)
    }

    @Test(
        arguments: [
            ("no message", [0x10, 0xFF], RefusalReason.malformed),
            ("a length that lies", [0x10, 0x52, 0x7F, 0x08], .malformed),
            ("a target out of bounds", [0x10, 0x52, 0x05, 0x08, 0x01, 0x10, 0x80, 0x28], .malformed),
            ("a request that this version does not know", [0x10, 0x08, 0x01, 0xFA, 0x07, 0x00], .unknownRequest),
        ] as [(String, [UInt8], RefusalReason)])
    func whatIsNoRequestIsRefusedAndTheSessionGoesOn(name: String, body: [UInt8], reason: RefusalReason) throws {
        var bench = LinkBench()
        var outbox = FrameOutbox(capacity: Frame.encodedLimit)
        outbox.begin(.plain)
        for byte in body.dropFirst() { outbox.append(byte) }
        let fitted = outbox.finish()
        #expect(fitted)
        bench.receive(array(outbox.span))
        #expect(try bench.responses().map(\.body) == [.refusal(Refusal(reason: reason))])
        bench.send(.status(StatusQuery()), identifier: 3)
        #expect(try bench.responses().map(\.body) == [.board(BoardStatus(name: "bench", doors: 2))])
    }

    @Test func aPeerThatAsksWithoutReadingIsDropped() throws {
        var bench = LinkBench()
        for identifier in 1...1_000 { bench.send(.status(StatusQuery()), identifier: UInt32(identifier)) }
        #expect(bench.session.closure == .notReading)
        #expect(bench.tables.counters.closedByBoard[Int(LinkClosure.notReading.rawValue)] == 1)
    }

    @Test func aPeerThatTakesNothingForTooLongIsDropped() throws {
        var bench = LinkBench()
        bench.send(.status(StatusQuery()))
        bench.now = bench.now + .milliseconds(9_999)
        bench.session.expire(at: bench.now, tables: &bench.tables)
        #expect(bench.session.closure == nil)
        #expect(bench.session.deadline == bench.now + .milliseconds(1))
        bench.now = bench.now + .milliseconds(1)
        bench.session.expire(at: bench.now, tables: &bench.tables)
        #expect(bench.session.closure == .notReading)
        let isEmpty = bench.session.outgoing.isEmpty
        #expect(isEmpty)
    }

    @Test func garbageChangesNothing() throws {
        var bench = LinkBench()
        var generator = SeededGenerator(seed: 4)
        for _ in 0..<1_000 { bench.receive(generator.bytes(256)) }
        bench.receive([0])
        bench.send(.status(StatusQuery()))
        #expect(try bench.responses().map(\.body) == [.board(BoardStatus(name: "bench", doors: 2))])
        #expect(bench.board.executed.isEmpty)
    }

    @Test func everyMessageFitsIntoAFrame() {
        #expect(Request.maximumEncodedSize <= LinkLimits.message)
        #expect(Response.maximumEncodedSize <= LinkLimits.message)
    }
}
