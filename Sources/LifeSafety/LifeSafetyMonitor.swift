import FixedMemory
import HardwareInterface

/// All detectors of a board: hands them readings and time, runs their alarm life cycles, reports what changed.
///
/// Sized when it is made from the detectors it is given; after that nothing is allocated. Calls cost what the detectors
/// of that one point cost; `advance` costs nothing until `deadline` is reached.
public struct LifeSafetyMonitor: ~Copyable {
    struct Slot: BitwiseCopyable {
        var kind: KindTag
        /// Place in the array of its kind; for a long lie, the place of its fall detector.
        var place: UInt16
        var lifeCycle: AlarmLifeCycle
        /// What was last reported.
        var reported: DetectorStatus
        /// The detector's own deadline, and the earlier one of that and the life cycle's.
        var detectorDeadline: Instant
        var deadline: Instant
        /// The long-lie alarm of a fall detector; -1 for none.
        var companion: Int16
        var selfTestInterval: Interval
        var selfTestAt: Instant
        var selfTestFailed: Bool
    }

    enum KindTag: UInt8, BitwiseCopyable {
        case threshold, rate, tilt, state, counting
        case smoke, heat, carbonMonoxide, combustibleGas, multiCriteriaFire
        case leak, flow, valve
        case fall, radarFall, inactivity, powerUse, callPoint
        case longLie

        static var kinds: Int { 19 }

        /// What it finds may kill everybody in the building.
        var isOfFireOrGas: Bool {
            switch self {
            case .smoke, .heat, .carbonMonoxide, .combustibleGas, .multiCriteriaFire: true
            case .threshold, .rate, .tilt, .state, .counting, .leak, .flow, .valve, .fall, .radarFall, .inactivity,
                .powerUse, .callPoint, .longLie:
                false
            }
        }

        /// It calls for help for one person, whom a test of the whole building is no reason to leave alone.
        var isOfPerson: Bool {
            switch self {
            case .fall, .longLie, .radarFall, .inactivity, .powerUse, .callPoint: true
            case .threshold, .rate, .tilt, .state, .counting, .leak, .flow, .valve, .smoke, .heat, .carbonMonoxide,
                .combustibleGas, .multiCriteriaFire:
                false
            }
        }
    }

    /// A point's way to one channel of one detector.
    struct Route: BitwiseCopyable {
        var detector: UInt16
        var channel: UInt8
    }

    /// What a detector is fed with.
    private enum Stimulus {
        case reading(Reading, channel: Int)
        case time
        case command(DetectorCommand)
        case clock(LocalClock)
    }

    var slots: FixedArray<Slot>
    private var threshold: FixedArray<ThresholdDetector>
    private var rate: FixedArray<RateDetector>
    var tilt: FixedArray<TiltDetector>
    private var state: FixedArray<StateDetector>
    private var counting: FixedArray<CountDetector>
    var smoke: FixedArray<SmokeDetector>
    private var heat: FixedArray<HeatDetector>
    var carbonMonoxide: FixedArray<CarbonMonoxideDetector>
    private var combustibleGas: FixedArray<CombustibleGasDetector>
    var multiCriteriaFire: FixedArray<MultiCriteriaFireDetector>
    private var leak: FixedArray<LeakDetector>
    var flow: FixedArray<FlowDetector>
    private var valve: FixedArray<ValveSupervisor>
    private var fall: FixedArray<FallDetector>
    private var radarFall: FixedArray<RadarFallDetector>
    var inactivity: FixedArray<InactivityDetector>
    var powerUse: FixedArray<PowerUseDetector>
    private var callPoint: FixedArray<CallPointDetector>
    /// Routes in the order of their points; those of point p are `routeStart[p]..<routeStart[p + 1]`.
    private var routes: FixedArray<Route>
    private var routeStart: FixedArray<UInt16>
    /// Never later than the first deadline of any detector; may be earlier after one moved away.
    private var earliest: Instant = .start
    private var hasUnreported = false
    private var clock = LocalClock.unset

    /// Makes the detectors; all of them start in trouble (`starting`) until their sources speak.
    ///
    /// Traps on a `longLie` that does not name an earlier fall detector: the board image was checked before.
    public init(_ configurations: Span<DetectorConfiguration>) {
        var counts = InlineArray<19, Int>(repeating: 0)
        var routeCount = 0
        var pointCount = 0
        for index in configurations.indices {
            counts[Int(LifeSafetyMonitor.tag(of: configurations[index].kind).rawValue)] += 1
            let sources = configurations[index].sources
            for channel in 0..<sources.count {
                guard let point = sources[channel] else { continue }
                routeCount += 1
                pointCount = max(pointCount, Int(point.value) + 1)
            }
        }
        slots = FixedArray(capacity: configurations.count)
        threshold = FixedArray(capacity: counts[Int(KindTag.threshold.rawValue)])
        rate = FixedArray(capacity: counts[Int(KindTag.rate.rawValue)])
        tilt = FixedArray(capacity: counts[Int(KindTag.tilt.rawValue)])
        state = FixedArray(capacity: counts[Int(KindTag.state.rawValue)])
        counting = FixedArray(capacity: counts[Int(KindTag.counting.rawValue)])
        smoke = FixedArray(capacity: counts[Int(KindTag.smoke.rawValue)])
        heat = FixedArray(capacity: counts[Int(KindTag.heat.rawValue)])
        carbonMonoxide = FixedArray(capacity: counts[Int(KindTag.carbonMonoxide.rawValue)])
        combustibleGas = FixedArray(capacity: counts[Int(KindTag.combustibleGas.rawValue)])
        multiCriteriaFire = FixedArray(capacity: counts[Int(KindTag.multiCriteriaFire.rawValue)])
        leak = FixedArray(capacity: counts[Int(KindTag.leak.rawValue)])
        flow = FixedArray(capacity: counts[Int(KindTag.flow.rawValue)])
        valve = FixedArray(capacity: counts[Int(KindTag.valve.rawValue)])
        fall = FixedArray(capacity: counts[Int(KindTag.fall.rawValue)])
        radarFall = FixedArray(capacity: counts[Int(KindTag.radarFall.rawValue)])
        inactivity = FixedArray(capacity: counts[Int(KindTag.inactivity.rawValue)])
        powerUse = FixedArray(capacity: counts[Int(KindTag.powerUse.rawValue)])
        callPoint = FixedArray(capacity: counts[Int(KindTag.callPoint.rawValue)])
        routes = FixedArray(capacity: routeCount)
        routeStart = FixedArray(repeating: 0, count: pointCount + 1)
        for index in configurations.indices { add(configurations[index]) }
        addRoutes(configurations)
    }

    private static func tag(of kind: DetectorConfiguration.Kind) -> KindTag {
        switch kind {
        case .threshold: .threshold
        case .rate: .rate
        case .tilt: .tilt
        case .state: .state
        case .counting: .counting
        case .smoke: .smoke
        case .heat: .heat
        case .carbonMonoxide: .carbonMonoxide
        case .combustibleGas: .combustibleGas
        case .multiCriteriaFire: .multiCriteriaFire
        case .leak: .leak
        case .flow: .flow
        case .valve: .valve
        case .fall: .fall
        case .radarFall: .radarFall
        case .inactivity: .inactivity
        case .powerUse: .powerUse
        case .callPoint: .callPoint
        case .longLie: .longLie
        }
    }

    private mutating func add(_ configuration: DetectorConfiguration) {
        let place: Int
        switch configuration.kind {
        case .threshold(let its):
            place = threshold.count
            threshold.append(ThresholdDetector(its))
        case .rate(let its):
            place = rate.count
            rate.append(RateDetector(its))
        case .tilt(let its):
            place = tilt.count
            tilt.append(TiltDetector(its))
        case .state(let its):
            place = state.count
            state.append(StateDetector(its))
        case .counting(let its):
            place = counting.count
            counting.append(CountDetector(its))
        case .smoke(let its):
            place = smoke.count
            smoke.append(SmokeDetector(its))
        case .heat(let its):
            place = heat.count
            heat.append(HeatDetector(its))
        case .carbonMonoxide(let its):
            place = carbonMonoxide.count
            carbonMonoxide.append(CarbonMonoxideDetector(its))
        case .combustibleGas(let its):
            place = combustibleGas.count
            combustibleGas.append(CombustibleGasDetector(its))
        case .multiCriteriaFire(let its):
            place = multiCriteriaFire.count
            multiCriteriaFire.append(MultiCriteriaFireDetector(its))
        case .leak(let its):
            place = leak.count
            leak.append(LeakDetector(its))
        case .flow(let its):
            place = flow.count
            flow.append(FlowDetector(its))
        case .valve(let its):
            place = valve.count
            valve.append(ValveSupervisor(its))
        case .fall(let its):
            place = fall.count
            fall.append(FallDetector(its))
        case .radarFall(let its):
            place = radarFall.count
            radarFall.append(RadarFallDetector(its))
        case .inactivity(let its):
            place = inactivity.count
            inactivity.append(InactivityDetector(its))
        case .powerUse(let its):
            place = powerUse.count
            powerUse.append(PowerUseDetector(its))
        case .callPoint(let its):
            place = callPoint.count
            callPoint.append(CallPointDetector(its))
        case .longLie(let index):
            precondition(
                Int(index.value) < slots.count && slots[Int(index.value)].kind == .fall,
                "a long lie names an earlier fall detector")
            place = Int(slots[Int(index.value)].place)
            slots[Int(index.value)].companion = Int16(slots.count)
        }
        let lifeCycle = AlarmLifeCycle(latches: configuration.latches)
        // Staggered by a second each, so that one turn never tests two detectors.
        let selfTestAt = Instant.start + configuration.selfTestInterval + .seconds(Int64(slots.count))
        slots.append(
            Slot(
                kind: LifeSafetyMonitor.tag(of: configuration.kind), place: UInt16(place), lifeCycle: lifeCycle,
                reported: DetectorStatus(
                    state: lifeCycle.state, trouble: .starting, condition: .normal, cause: .none, value: 0,
                    since: .start),
                detectorDeadline: .start, deadline: .start, companion: -1,
                selfTestInterval: configuration.selfTestInterval, selfTestAt: selfTestAt,
                selfTestFailed: false))
    }

    /// Sorts the routes by their points, by counting.
    private mutating func addRoutes(_ configurations: Span<DetectorConfiguration>) {
        for index in configurations.indices {
            let sources = configurations[index].sources
            for channel in 0..<sources.count {
                if let point = sources[channel] { routeStart[Int(point.value) + 1] += 1 }
            }
        }
        for point in 1..<routeStart.count { routeStart[point] += routeStart[point - 1] }
        var next = FixedArray<UInt16>(capacity: routeStart.count)
        for point in routeStart.indices { next.append(routeStart[point]) }
        for _ in 0..<routes.capacity { routes.append(Route(detector: 0, channel: 0)) }
        for index in configurations.indices {
            let sources = configurations[index].sources
            for channel in 0..<sources.count {
                guard let point = sources[channel] else { continue }
                routes[Int(next[Int(point.value)])] = Route(detector: UInt16(index), channel: UInt8(channel))
                next[Int(point.value)] += 1
            }
        }
    }

    /// Detectors there are.
    public var count: Int { slots.count }

    /// What is shown about a detector now. Traps on an index that is not in the table.
    public func status(of detector: DetectorIndex) -> DetectorStatus { slots[Int(detector.value)].reported }

    /// When `advance` must be called at the latest. Never too late; may be too early.
    public var deadline: Instant { earliest }

    // MARK: Inputs

    /// A reading of a point, usable or not. Points that no detector listens to are ignored.
    public mutating func receive(
        _ reading: Reading, ofPoint point: PointIndex, at now: Instant, into output: inout AlarmOutput
    ) {
        guard Int(point.value) + 1 < routeStart.count else { return }
        for place in Int(routeStart[Int(point.value)])..<Int(routeStart[Int(point.value) + 1]) {
            let route = routes[place]
            feed(Int(route.detector), .reading(reading, channel: Int(route.channel)), at: now, into: &output)
        }
    }

    /// One burst of an accelerometer's FIFO, oldest sample first.
    ///
    /// - Parameters:
    ///   - last: when the newest sample was taken.
    ///   - interval: between samples; 5 ms to 50 ms (200 Hz to 20 Hz).
    public mutating func receive(
        samples: Span<AccelerationSample>, lastAt last: Instant, interval: Interval, ofPoint point: PointIndex,
        into output: inout AlarmOutput
    ) {
        guard Int(point.value) + 1 < routeStart.count else { return }
        for place in Int(routeStart[Int(point.value)])..<Int(routeStart[Int(point.value) + 1]) {
            let index = Int(routes[place].detector)
            switch slots[index].kind {
            case .fall: fall[Int(slots[index].place)].receive(samples, lastAt: last, interval: interval)
            case .tilt: tilt[Int(slots[index].place)].receive(samples, lastAt: last, interval: interval)
            default: continue
            }
            feed(index, .time, at: last, into: &output)
        }
    }

    /// The wall clock, its trust or the local offset changed.
    public mutating func setClock(_ clock: LocalClock, at now: Instant, into output: inout AlarmOutput) {
        self.clock = clock
        for index in slots.indices { feed(index, .clock(clock), at: now, into: &output) }
    }

    /// Time went on: staleness, delays, verification and cancel windows, ends of bypasses and tests, self-tests.
    public mutating func advance(to now: Instant, into output: inout AlarmOutput) {
        guard now >= earliest else { return }
        for index in slots.indices where slots[index].deadline <= now || hasUnreported {
            feed(index, .time, at: now, into: &output)
        }
        testDueDetector(at: now, into: &output)
        hasUnreported = false
        var next = Instant.never
        for index in slots.indices {
            next = min(next, min(slots[index].deadline, slots[index].selfTestAt))
            if isUnreported(index) { hasUnreported = true }
        }
        earliest = hasUnreported ? now : next
    }

    /// Runs the self-test of the first detector that is due; the next one waits for the next call.
    private mutating func testDueDetector(at now: Instant, into output: inout AlarmOutput) {
        for index in slots.indices where slots[index].selfTestAt <= now {
            slots[index].selfTestAt = now + slots[index].selfTestInterval
            _ = selfTest(DetectorIndex(UInt16(index)), at: now, into: &output)
            return
        }
    }

    // MARK: Commands of people

    /// Takes note of an alarm.
    public mutating func acknowledge(
        _ detector: DetectorIndex, at now: Instant, into output: inout AlarmOutput
    ) -> AlarmLifeCycle.Outcome {
        change(detector, at: now, into: &output) { $0.acknowledge() }
    }

    /// Stops the sounders of an alarm and takes note of it. A new alarm of any detector sounds again.
    public mutating func silence(
        _ detector: DetectorIndex, at now: Instant, into output: inout AlarmOutput
    ) -> AlarmLifeCycle.Outcome {
        change(detector, at: now, into: &output) { $0.silence() }
    }

    /// Ends a latched alarm whose cause has gone.
    public mutating func reset(
        _ detector: DetectorIndex, at now: Instant, into output: inout AlarmOutput
    ) -> AlarmLifeCycle.Outcome {
        let index = Int(detector.value)
        guard index < slots.count else { return .unsupported }
        switch slots[index].lifeCycle.state {
        case .acknowledged, .silenced, .restored: feed(index, .command(.reset), at: now, into: &output)
        case .normal, .preAlarm, .alarm, .trouble, .bypassed, .underTest: break
        }
        return change(detector, at: now, into: &output) { $0.reset() }
    }

    /// Takes a detector out of service until `end`.
    public mutating func bypass(
        _ detector: DetectorIndex, until end: Instant, at now: Instant, into output: inout AlarmOutput
    ) -> AlarmLifeCycle.Outcome {
        change(detector, at: now, into: &output) { $0.bypass(until: end) }
    }

    public mutating func endBypass(
        _ detector: DetectorIndex, at now: Instant, into output: inout AlarmOutput
    ) -> AlarmLifeCycle.Outcome {
        change(detector, at: now, into: &output) { $0.endBypass() }
    }

    /// Begins a test by a person: activations are reported with the state `underTest` and raise no alarm.
    ///
    /// An alarm of a detector of fire or gas that is not under test ends the tests of all detectors: in a fire nobody
    /// tests.
    public mutating func beginTest(
        _ detector: DetectorIndex, until end: Instant, at now: Instant, into output: inout AlarmOutput
    ) -> AlarmLifeCycle.Outcome {
        change(detector, at: now, into: &output) { $0.beginTest(until: end) }
    }

    /// Whether a detector calls for help for one person: falls, silence, call points. A test of all detectors leaves those
    /// out; they are tested by name.
    public func isOfPerson(_ detector: DetectorIndex) -> Bool {
        Int(detector.value) < slots.count && slots[Int(detector.value)].kind.isOfPerson
    }

    public mutating func endTest(
        _ detector: DetectorIndex, at now: Instant, into output: inout AlarmOutput
    ) -> AlarmLifeCycle.Outcome {
        change(detector, at: now, into: &output) { $0.endTest() }
    }

    /// Hush, cancel, cleaned, serviced, away, returned; `.unsupported` where the detector has no such function.
    public mutating func perform(
        _ command: DetectorCommand, on detector: DetectorIndex, at now: Instant, into output: inout AlarmOutput
    ) -> AlarmLifeCycle.Outcome {
        guard Int(detector.value) < slots.count, command != .reset else { return .unsupported }
        return feed(Int(detector.value), .command(command), at: now, into: &output)
    }

    /// Proves on a copy of the detector that it would fire at the strongest input its sensor can report.
    ///
    /// - Returns: `false` if it would not; the detector is then in trouble until a later self-test passes.
    public mutating func selfTest(
        _ detector: DetectorIndex, at now: Instant, into output: inout AlarmOutput
    ) -> Bool {
        let index = Int(detector.value)
        guard index < slots.count else { return false }
        let place = Int(slots[index].place)
        let couldFire =
            switch slots[index].kind {
            case .threshold: threshold[place].couldFire(at: now)
            case .rate: rate[place].couldFire(at: now)
            case .tilt: tilt[place].couldFire(at: now)
            case .state: state[place].couldFire(at: now)
            case .counting: counting[place].couldFire(at: now)
            case .smoke: smoke[place].couldFire(at: now)
            case .heat: heat[place].couldFire(at: now)
            case .carbonMonoxide: carbonMonoxide[place].couldFire(at: now)
            case .combustibleGas: combustibleGas[place].couldFire(at: now)
            case .multiCriteriaFire: multiCriteriaFire[place].couldFire(at: now)
            case .leak: leak[place].couldFire(at: now)
            case .flow: flow[place].couldFire(at: now)
            case .valve: valve[place].couldFire(at: now)
            case .radarFall: radarFall[place].couldFire(at: now)
            case .inactivity: inactivity[place].couldFire(at: now)
            case .powerUse: powerUse[place].couldFire(at: now)
            case .callPoint: callPoint[place].couldFire(at: now)
            case .fall, .longLie: fall[place].couldFire(at: now)
            }
        slots[index].selfTestFailed = !couldFire
        feed(index, .time, at: now, into: &output)
        return couldFire
    }

    // MARK: Restart

    /// Takes up an alarm that an earlier run of the board had not seen reset, and reports it anew. A state that is no
    /// alarm changes nothing, nor does one for a detector that has an alarm of its own.
    public mutating func restore(
        _ detector: DetectorIndex, _ state: AlarmState, cause: AlarmCause, value: Int32, at now: Instant,
        into output: inout AlarmOutput
    ) {
        _ = change(detector, at: now, into: &output) { $0.restore(state, cause: cause, value: value) }
    }

    // MARK: What only some detectors have

    /// Whether the line that shuts a supervised valve is to be driven now; `false` for any other detector.
    public func isValveDriven(_ detector: DetectorIndex) -> Bool {
        let index = Int(detector.value)
        guard index < slots.count, slots[index].kind == .valve else { return false }
        return valve[Int(slots[index].place)].isDriven
    }

    /// What a fire or gas detector works with; without signals for any other.
    package func innerSignals(of detector: DetectorIndex, at now: Instant) -> InnerSignals {
        let place = Int(slots[Int(detector.value)].place)
        switch slots[Int(detector.value)].kind {
        case .smoke: return smoke[place].innerSignals(at: now)
        case .heat: return heat[place].innerSignals
        case .carbonMonoxide: return carbonMonoxide[place].innerSignals
        case .combustibleGas: return combustibleGas[place].innerSignals
        case .multiCriteriaFire: return multiCriteriaFire[place].innerSignals
        default: return InnerSignals()
        }
    }

    private mutating func change(
        _ detector: DetectorIndex, at now: Instant, into output: inout AlarmOutput,
        _ body: (inout AlarmLifeCycle) -> AlarmLifeCycle.Outcome
    ) -> AlarmLifeCycle.Outcome {
        let index = Int(detector.value)
        guard index < slots.count else { return .unsupported }
        let outcome = body(&slots[index].lifeCycle)
        settle(index, at: now, into: &output)
        return outcome
    }

    // MARK: One detector

    /// What a detector made of a stimulus.
    private struct Result: BitwiseCopyable {
        var finding: Finding
        var deadline: Instant
        var outcome: AlarmLifeCycle.Outcome
    }

    private static func run<Logic: DetectorLogic>(
        _ detector: inout Logic, _ stimulus: Stimulus, at now: Instant
    ) -> Result {
        var outcome = AlarmLifeCycle.Outcome.done
        switch stimulus {
        case .reading(let reading, let channel): detector.receive(reading, channel: channel, at: now)
        case .time: detector.advance(to: now)
        case .command(let command): outcome = detector.perform(command, at: now)
        case .clock(let clock): detector.setClock(clock, at: now)
        }
        return Result(finding: detector.finding, deadline: detector.deadline, outcome: outcome)
    }

    @discardableResult
    private mutating func feed(
        _ index: Int, _ stimulus: Stimulus, at now: Instant, into output: inout AlarmOutput
    ) -> AlarmLifeCycle.Outcome {
        let place = Int(slots[index].place)
        let result: Result
        switch slots[index].kind {
        case .threshold: result = LifeSafetyMonitor.run(&threshold[place], stimulus, at: now)
        case .rate: result = LifeSafetyMonitor.run(&rate[place], stimulus, at: now)
        case .tilt: result = LifeSafetyMonitor.run(&tilt[place], stimulus, at: now)
        case .state: result = LifeSafetyMonitor.run(&state[place], stimulus, at: now)
        case .counting: result = LifeSafetyMonitor.run(&counting[place], stimulus, at: now)
        case .smoke: result = LifeSafetyMonitor.run(&smoke[place], stimulus, at: now)
        case .heat: result = LifeSafetyMonitor.run(&heat[place], stimulus, at: now)
        case .carbonMonoxide: result = LifeSafetyMonitor.run(&carbonMonoxide[place], stimulus, at: now)
        case .combustibleGas: result = LifeSafetyMonitor.run(&combustibleGas[place], stimulus, at: now)
        case .multiCriteriaFire: result = LifeSafetyMonitor.run(&multiCriteriaFire[place], stimulus, at: now)
        case .leak: result = LifeSafetyMonitor.run(&leak[place], stimulus, at: now)
        case .flow: result = LifeSafetyMonitor.run(&flow[place], stimulus, at: now)
        case .valve: result = LifeSafetyMonitor.run(&valve[place], stimulus, at: now)
        case .fall: result = LifeSafetyMonitor.run(&fall[place], stimulus, at: now)
        case .radarFall: result = LifeSafetyMonitor.run(&radarFall[place], stimulus, at: now)
        case .inactivity: result = LifeSafetyMonitor.run(&inactivity[place], stimulus, at: now)
        case .powerUse: result = LifeSafetyMonitor.run(&powerUse[place], stimulus, at: now)
        case .callPoint: result = LifeSafetyMonitor.run(&callPoint[place], stimulus, at: now)
        case .longLie: result = feedLongLie(place, stimulus, at: now)
        }
        observe(index, result, at: now, into: &output)
        let companion = Int(slots[index].companion)
        if companion >= 0 {
            observe(companion, feedLongLie(place, .time, at: now), at: now, into: &output)
        }
        return result.outcome
    }

    /// A long lie lives in its fall detector, which follows the posture of the wearer anyway.
    private mutating func feedLongLie(_ place: Int, _ stimulus: Stimulus, at now: Instant) -> Result {
        if case .command(let command) = stimulus {
            guard command == .reset else { return longLieResult(place, .unsupported) }
            fall[place].forgetLongLie(at: now)
        }
        return longLieResult(place, .done)
    }

    private func longLieResult(_ place: Int, _ outcome: AlarmLifeCycle.Outcome) -> Result {
        Result(finding: fall[place].longLieFinding, deadline: .never, outcome: outcome)
    }

    /// Brings a detector's finding into its life cycle and reports what changed.
    private mutating func observe(_ index: Int, _ result: Result, at now: Instant, into output: inout AlarmOutput) {
        var finding = result.finding
        if slots[index].selfTestFailed && finding.trouble == .none { finding.trouble = .selfTestFailed }
        slots[index].lifeCycle.observe(finding)
        slots[index].detectorDeadline = result.deadline
        settle(index, at: now, into: &output)
    }

    private mutating func settle(_ index: Int, at now: Instant, into output: inout AlarmOutput) {
        slots[index].lifeCycle.advance(to: now)
        slots[index].deadline = min(slots[index].detectorDeadline, slots[index].lifeCycle.deadline)
        earliest = min(earliest, slots[index].deadline)
        report(index, at: now, into: &output)
    }

    private func isUnreported(_ index: Int) -> Bool {
        let reported = slots[index].reported
        let lifeCycle = slots[index].lifeCycle
        return lifeCycle.state != reported.state || lifeCycle.finding.trouble != reported.trouble
            || lifeCycle.isUnderTest && lifeCycle.finding.condition != reported.condition
    }

    private mutating func report(_ index: Int, at now: Instant, into output: inout AlarmOutput) {
        let finding = slots[index].lifeCycle.finding
        if isUnreported(index) {
            guard !output.isFull else {
                hasUnreported = true
                earliest = min(earliest, now)
                return
            }
            let from = slots[index].reported.state
            let to = slots[index].lifeCycle.state
            output.append(
                AlarmTransition(
                    detector: DetectorIndex(UInt16(index)), from: from, to: to, trouble: finding.trouble,
                    condition: finding.condition, cause: finding.cause, value: finding.value, at: now))
            if from != to { slots[index].reported.since = now }
            slots[index].reported.state = to
            slots[index].reported.trouble = finding.trouble
            if to == .alarm && from != .alarm && slots[index].kind.isOfFireOrGas { endTests(at: now, into: &output) }
        }
        slots[index].reported.condition = finding.condition
        slots[index].reported.cause = finding.cause
        slots[index].reported.value = finding.value
        slots[index].reported.until = slots[index].lifeCycle.deadline
        slots[index].reported.testActivations = slots[index].lifeCycle.testActivations
    }

    /// Ends the test of every detector.
    private mutating func endTests(at now: Instant, into output: inout AlarmOutput) {
        for index in slots.indices where slots[index].lifeCycle.isUnderTest {
            _ = slots[index].lifeCycle.endTest()
            settle(index, at: now, into: &output)
        }
    }
}

extension LifeSafetyMonitor: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        // Left out: routes, routeStart: follow from the image.
        state.carry(&slots)
        state.carry(&threshold)
        state.carry(&rate)
        state.carry(&tilt)
        state.carry(&self.state)
        state.carry(&counting)
        state.carry(&smoke)
        state.carry(&heat)
        state.carry(&carbonMonoxide)
        state.carry(&combustibleGas)
        state.carry(&multiCriteriaFire)
        state.carry(&leak)
        state.carry(&flow)
        state.carry(&valve)
        state.carry(&fall)
        state.carry(&radarFall)
        state.carry(&inactivity)
        state.carry(&powerUse)
        state.carry(&callPoint)
        state.carry(&earliest)
        state.carry(&hasUnreported)
        state.carry(&clock)
    }
}

extension LifeSafetyMonitor.Slot: Carried {
    mutating func carry(_ state: inout StateCarrier) {
        // Left out: kind, place, companion, selfTestInterval: follow from the image.
        state.carry(&lifeCycle)
        state.carry(&reported)
        state.carry(&detectorDeadline)
        state.carry(&deadline)
        state.carry(&selfTestAt)
        state.carry(&selfTestFailed)
    }
}
