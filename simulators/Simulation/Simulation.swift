import BoardImage
import Console
import Cryptography
import FixedMemory
import HardwareInterface
import Runtime
import VirtualBoard
import WardenLink
import WardenMessages

/// A scenario on a virtual board: the same runtime as on hardware, moved from one moment at which something happens to
/// the next.
///
/// The trace of a run depends on the board image, the scenario and nothing else.
public struct Simulation<Sink: TraceSink & ~Copyable>: ~Copyable {
    /// Turns at one moment after which the runtime is held to be stuck in a loop of its own.
    static var turnsAtOneMoment: Int { 10_000 }

    /// How a run stands.
    public enum State: Equatable {
        case running
        /// The scenario has reached its end.
        case ended
        /// The runtime asks for turn after turn without time going on: a defect.
        case stuck
    }

    /// What a run came to.
    public struct Summary: Equatable {
        public var expectationsMet: Int
        public var expectationsFailed: Int
        public var events: UInt64
        public var turns: UInt64
        public var simulated: Interval
    }

    public private(set) var runtime: Runtime<VirtualBoard>
    public let scenario: ScenarioTables
    public var sink: Sink
    public private(set) var state = State.running
    /// The stream of the technician's console; `nil` if the board has none.
    public let console: StreamIndex?
    /// The serial line that carries Warden Link, the first one of the board; `nil` if there is none.
    public let linkLine: StreamIndex?
    /// The first of the streams for connections, and how many there are.
    private let firstLink: StreamIndex
    private let linkCount: Int

    private var world: World
    private var expectations: ExpectationTable
    private var nextStep = 0
    private var tracedSequence: UInt64 = 0
    private var line = TraceLine()
    private var end: Instant

    /// - Parameters:
    ///   - image: the board, decoded from `file`.
    ///   - hashKey: what its credentials were hashed with.
    ///   - ownUser: the user who may do everything at the local socket.
    ///   - linkIdentity: the board's key for peers that the transport does not vouch for; without one they are refused.
    ///   - sink: takes the trace.
    public init(
        image: consuming BoardImage, file: Span<UInt8>, hashKey: HashKey, scenario: consuming ScenarioTables,
        ownUser: UInt32 = 0, linkIdentity: LinkIdentity? = nil, sink: consuming Sink
    ) throws(StartError) {
        var board = VirtualBoard(image, hashKey: hashKey)
        let devices = image.sensors.count
        console = image.capacities.consoles > 0 ? board.addStream(.console) : nil
        var linkLine: StreamIndex?
        for index in image.ports.indices where image.ports[index].use != .devices && linkLine == nil {
            linkLine = StreamIndex(UInt16(index))
        }
        self.linkLine = linkLine
        linkCount = Int(image.capacities.links)
        firstLink = StreamIndex(UInt16(image.ports.count + (image.capacities.consoles > 0 ? 1 : 0)))
        for _ in 0..<linkCount { board.addStream(.link(.unauthenticated), isOpen: false) }
        board.setWallClock(
            WallClock(
                unixMilliseconds: scenario.header.startUnixMs,
                trust: ClockTrust(rawValue: UInt8(truncatingIfNeeded: scenario.header.clockTrust.rawValue)) ?? .unset))
        world = World(sensors: devices)
        expectations = ExpectationTable(capacity: scenario.steps.count)
        end = .start + .milliseconds(Int64(clamping: scenario.header.durationMs))
        runtime = try Runtime(
            hardware: board, image: image, file: file, hashKey: hashKey, ownUser: ownUser, linkIdentity: linkIdentity)
        self.scenario = scenario
        self.sink = sink
    }

    /// The present of the board.
    public var now: Instant { runtime.hardware.now }

    public var summary: Summary {
        Summary(
            expectationsMet: expectations.met, expectationsFailed: expectations.failed,
            events: runtime.lastEventSequence, turns: runtime.boardStatus.turns, simulated: now - .start)
    }

    /// The next moment at which anything happens; never in the past.
    public var nextMoment: Instant {
        var next = min(runtime.deadline, runtime.hardware.nextArrival, world.deadline)
        if nextStep < scenario.steps.count { next = min(next, moment(ofStep: nextStep)) }
        // A nanosecond past the end of an expectation, what happened at the end has been seen.
        next = min(next, expectations.deadline + Interval(nanoseconds: 1), end)
        return max(next, now)
    }

    private func moment(ofStep index: Int) -> Instant {
        .start + .milliseconds(Int64(clamping: scenario.steps[index].atMs))
    }

    /// Goes on to `nextMoment`, or to `limit` if that is earlier, and lets everything happen that is due.
    ///
    /// - Returns: the state afterwards; once it is not `.running` nothing more happens.
    @discardableResult
    public mutating func advance(limit: Instant = .never) -> State {
        guard state == .running else { return state }
        let next = nextMoment
        runtime.hardware.advance(to: max(now, min(next, limit)))
        guard next <= limit else { return .running }
        expectations.expire(before: now)
        world.advance(to: now, of: scenario, on: &runtime.hardware)
        while nextStep < scenario.steps.count, moment(ofStep: nextStep) <= now {
            perform(scenario.steps[nextStep])
            nextStep += 1
        }
        settle()
        if state == .running && now >= end {
            expectations.expire(before: .never)
            state = .ended
        }
        return state
    }

    /// Turns the runtime until nothing is left to do at this moment.
    private mutating func settle() {
        for _ in 0..<Simulation.turnsAtOneMoment {
            runtime.turn()
            drain()
            guard runtime.deadline <= now || runtime.hardware.nextArrival <= now else { return }
        }
        state = .stuck
    }

    /// Lets the runtime see, at this moment, what has been done to it from outside.
    public mutating func settleOutside() { if state == .running { settle() } }

    /// The scenario is over, and the board goes on without it.
    public mutating func stay() {
        guard state == .ended else { return }
        end = .never
        state = .running
    }

    /// Ends in order, as on SIGTERM: the journal and every peer hear of it.
    public mutating func stop() {
        runtime.stop()
        drain()
    }

    /// Types on the console of the board.
    public mutating func type(_ bytes: Span<UInt8>) {
        guard let console else { return }
        runtime.hardware.transmit(bytes, to: console)
    }

    /// Moves what the board's console printed into `sink`.
    public mutating func takeConsoleOutput<Output: ByteSink & ~Copyable>(into output: inout Output) {
        guard let console else { return }
        runtime.hardware.takeSent(from: console, into: &output)
    }

    // MARK: Connections

    /// A peer connects.
    ///
    /// - Returns: the stream of the connection; `nil` if the board has no room for another one.
    public mutating func connect(_ peer: LinkPeer) -> StreamIndex? {
        for offset in 0..<linkCount {
            let stream = StreamIndex(firstLink.value + UInt16(offset))
            guard !runtime.hardware.isOpen(stream), runtime.hardware.sentCount(of: stream) == 0 else { continue }
            runtime.hardware.connect(peer, to: stream)
            return stream
        }
        return nil
    }

    /// Bytes of a peer arrive.
    public mutating func receive(_ bytes: Span<UInt8>, on link: StreamIndex) {
        runtime.hardware.transmit(bytes, to: link)
    }

    /// Whether bytes of a peer are still on their way, as on a slow line.
    public func isReceiving(on link: StreamIndex) -> Bool { runtime.hardware.isReceiving(on: link) }

    /// Whether the board still holds a connection.
    public func isConnected(_ link: StreamIndex) -> Bool { runtime.hardware.isOpen(link) }

    /// The peer is gone.
    public mutating func disconnect(_ link: StreamIndex) { runtime.hardware.setStreamOpen(link, false) }

    /// Bytes for a peer that nobody has taken yet.
    public func unsentCount(of link: StreamIndex) -> Int { runtime.hardware.sentCount(of: link) }

    /// Moves the bytes for a peer into `output`.
    public mutating func takeOutput<Output: ByteSink & ~Copyable>(of link: StreamIndex, into output: inout Output) {
        runtime.hardware.takeSent(from: link, into: &output)
    }

    /// The oldest expectation that was decided and not yet looked at.
    public mutating func takeVerdict() -> (expectation: Expectation, isMet: Bool)? {
        expectations.takeVerdict().map { ($0.expectation, $0.isMet) }
    }

    // MARK: Trace

    /// Writes what has happened since the last time: lines driven, events recorded.
    private mutating func drain() {
        while let change = runtime.hardware.takeLineChange() {
            line.begin(at: change.at)
            line.append("line ")
            runtime.append(.line, at: Int(change.line.value), to: &line)
            line.append(change.isActive ? " on" : " off")
            writeLine()
        }
        let last = runtime.lastEventSequence
        while tracedSequence < last {
            tracedSequence = max(tracedSequence + 1, runtime.firstEventSequence)
            guard let event = runtime.event(at: tracedSequence) else { continue }
            line.begin(at: Instant(nanoseconds: Int64(clamping: event.monotonicNs)))
            EventText.append(event, names: runtime, to: &line)
            writeLine()
        }
    }

    private mutating func writeLine() { Simulation.write(line, to: &sink, &expectations) }

    // Static, so that the line and those who look at it are seen to be different things.
    private static func write(
        _ line: borrowing TraceLine, to sink: inout Sink, _ expectations: inout ExpectationTable
    ) {
        expectations.observe(line.words)
        sink.write(line.span)
    }

    // MARK: Steps

    private mutating func perform(_ step: Step) {
        switch step.action {
        case .console(let text)?:
            var typed = FixedBytes<129>()
            typed.append(text.text.span)
            typed.append(0x0D)
            type(typed.span)
        case .expect(let expectation)?: expectations.add(expectation, at: now)
        case .remark(let remark)?:
            line.begin(at: now)
            line.append("remark ")
            line.append(remark.text.span)
            writeLine()
        case .command(let command)?: _ = runtime.execute(command, fromConsole: 0)
        default: world.perform(step, of: scenario, on: &runtime.hardware)
        }
    }
}
