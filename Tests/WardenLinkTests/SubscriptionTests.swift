import FixedMemory
import HardwareInterface
import Testing
import WardenLink
import WardenMessages

@Suite struct SubscriptionTests {
    static let place = Subscription(reader: "platform", fromOldest: true)

    @Test func whatWasNotAcknowledgedComesAgainAfterAnyInterruption() throws {
        var bench = LinkBench()
        bench.board.lastEventSequence = 10
        bench.send(.subscribe(Self.place), identifier: 9)
        let first = try bench.responses()
        #expect(first.first?.body == .subscribed(Subscribed(acknowledgedSequence: 0, waiting: 10)))
        #expect(first.sequences == Array(1...10))
        bench.send(.acknowledge(Acknowledge(subscription: 9, sequence: 7)))
        bench.reconnect()
        bench.board.lastEventSequence = 12
        bench.send(.subscribe(Self.place), identifier: 4)
        let again = try bench.responses()
        #expect(again.first?.body == .subscribed(Subscribed(acknowledgedSequence: 7, waiting: 5)))
        #expect(again.sequences == Array(8...12))
    }

    @Test func eachClientHasNamesOfItsOwn() throws {
        var bench = LinkBench()
        bench.board.lastEventSequence = 3
        bench.send(.subscribe(Self.place), identifier: 1)
        bench.send(.acknowledge(Acknowledge(subscription: 1, sequence: 3)))
        #expect(try bench.responses().sequences == [1, 2, 3])
        bench.reconnect(LinkBench.administratorUser)
        bench.send(.subscribe(Self.place), identifier: 1)
        #expect(try bench.responses().sequences == [1, 2, 3])
    }

    @Test func anAcknowledgementOfWhatWasNotHandedOutLosesNothing() throws {
        var bench = LinkBench()
        bench.board.lastEventSequence = 3
        bench.send(.subscribe(Self.place), identifier: 1)
        _ = try bench.responses()
        bench.send(.acknowledge(Acknowledge(subscription: 1, sequence: 1_000)))
        bench.board.lastEventSequence = 5
        bench.reconnect()
        bench.send(.subscribe(Self.place), identifier: 1)
        #expect(try bench.responses().sequences == [4, 5])
    }

    @Test func whatRetentionGaveUpIsAGapOnce() throws {
        var bench = LinkBench()
        bench.board.lastEventSequence = 3
        bench.send(.subscribe(Self.place), identifier: 1)
        _ = try bench.responses()
        bench.board.firstEventSequence = 8
        bench.board.lastEventSequence = 9
        let events = try bench.responses()
        #expect(events.map(\.body).first == .event(Event(body: .gap(Gap(lastSequence: 7, count: 4)))))
        #expect(events.sequences == [0, 8, 9])
    }

    @Test func aPlaceThatIsOpenElsewhereIsBusy() throws {
        var bench = LinkBench()
        bench.send(.subscribe(Self.place), identifier: 1)
        bench.send(.subscribe(Self.place), identifier: 2)
        #expect(try bench.responses().last?.body == .refusal(Refusal(reason: .busy)))
    }

    @Test func aSubscriptionThatEndsBringsNoMore() throws {
        var bench = LinkBench()
        bench.send(.subscribe(Self.place), identifier: 1)
        bench.send(.unsubscribe(Unsubscribe(subscription: 1)), identifier: 2)
        bench.board.lastEventSequence = 3
        #expect(try bench.responses().sequences.isEmpty)
        bench.send(.subscribe(Self.place), identifier: 3)
        #expect(try bench.responses().sequences == [1, 2, 3])
    }

    @Test func theFirstSubscriptionGoesBeforeTheSecond() throws {
        var bench = LinkBench()
        bench.board.lastEventSequence = 3
        bench.send(.subscribe(Subscription(reader: "alarms", fromOldest: true)), identifier: 1)
        bench.send(.subscribe(Subscription(reader: "rest", fromOldest: true)), identifier: 2)
        let order = try bench.responses().filter { if case .event? = $0.body { true } else { false } }
        #expect(order.map(\.identifier) == [1, 1, 1, 2, 2, 2])
    }

    @Test func aSessionHasFourSubscriptions() throws {
        var bench = LinkBench()
        for identifier in 1...5 { bench.send(.subscribe(Subscription()), identifier: UInt32(identifier)) }
        let bodies = try bench.responses().map(\.body)
        #expect(bodies.count == 5)
        #expect(bodies.last == .refusal(Refusal(reason: .busy)))
    }

    @Test func eventsOfOtherClassesAreLeftOutAndGapsAreNot() throws {
        var bench = LinkBench()
        bench.board.firstEventSequence = 5
        bench.board.lastEventSequence = 6
        // The bench's events are all of class 0.
        bench.send(.subscribe(Subscription(fromSequence: 1, classes: 0b10)), identifier: 1)
        #expect(try bench.responses().sequences == [0])
        bench.send(.subscribe(Subscription(fromSequence: 1, classes: 0b01)), identifier: 2)
        #expect(try bench.responses().sequences == [0, 5, 6])
    }
}
