import BoardImage
import FixedMemory
import HardwareInterface
import LifeSafety
import WardenMessages

// The image's detectors in the words of life safety. Nothing is decided here.
extension BoardTranslation {
    /// - Parameters:
    ///   - place: of the detector in its table.
    ///   - map: where the detector's sources are among the monitor's points.
    ///   - points: of the image; a detector believes a value for as long as its point says.
    /// - Returns: `nil` for a kind that this program does not know: a newer image.
    static func detector(
        _ entry: WardenMessages.Detector, _ place: Int, _ map: PointMap,
        _ points: borrowing FixedArray<WardenMessages.Point>
    ) -> DetectorConfiguration? {
        guard var configuration = kind(entry, place, map, points) else { return nil }
        configuration.latches = !entry.endsWithCause
        if let seconds = entry.selfTestS {
            configuration.selfTestInterval = seconds == 0 ? .endless : .seconds(Int64(seconds))
        }
        return configuration
    }

    private static func kind(
        _ entry: WardenMessages.Detector, _ place: Int, _ map: PointMap,
        _ points: borrowing FixedArray<WardenMessages.Point>
    ) -> DetectorConfiguration? {
        let source = map.source(of: entry)
        let age = age(entry.point, points)
        switch entry.kind {
        case .smoke(let options)?:
            return DetectorConfiguration(
                .smoke(
                    SmokeDetector.Configuration(
                        source: source, alarmThreshold: Int32(clamping: options.alarmMdbPerM),
                        preAlarmThreshold: Int32(clamping: options.preAlarmMdbPerM),
                        hysteresis: Int32(clamping: options.hysteresisMdbPerM),
                        verification: milliseconds(options.verificationMs),
                        hushLimit: milliseconds(options.hushLimitMs), maximumAge: age)))
        case .leak(let options)?:
            return DetectorConfiguration(
                .leak(
                    LeakDetector.Configuration(
                        source: source, wetLimit: options.wetBelow, openLimit: options.openAbove,
                        shortLimit: options.shortBelow, onDelay: milliseconds(options.delayMs),
                        offDelay: milliseconds(options.offDelayMs), maximumAge: age)))
        case .fall(let options)?:
            return DetectorConfiguration(
                .fall(
                    FallDetector.Configuration(
                        source: source, cancelButton: options.cancelLine.map { map.line(Int($0)) },
                        cancelWindow: milliseconds(options.cancelWindowMs), walkingCancels: options.walkingCancels,
                        longLieAfter: orEndless(options.longLieMs),
                        decisionThreshold: options.decisionThreshold.map { Int32(clamping: $0) }
                            ?? FallDetector.Configuration(source: source).decisionThreshold,
                        notWornAfter: orEndless(options.notWornAfterMs))))
        case .longLie(let options)?:
            return DetectorConfiguration(.longLie(of: DetectorIndex(UInt16(truncatingIfNeeded: options.fallDetector))))
        case .state(let options)?:
            return DetectorConfiguration(
                .state(
                    StateDetector.Configuration(
                        source: source, alarmValue: options.alarmActive ? 1 : 0,
                        onDelay: milliseconds(options.onDelayMs), offDelay: milliseconds(options.offDelayMs),
                        holds: options.holds, maximumAge: age,
                        cause: options.alarmActive ? .activeState : .inactiveState)))
        case .threshold(let options)?:
            return DetectorConfiguration(
                .threshold(
                    ThresholdDetector.Configuration(
                        source: source, side: options.below ? .below : .above, alarmLimit: options.alarmLimit,
                        preAlarmLimit: options.preAlarmLimit == 0 ? nil : options.preAlarmLimit,
                        hysteresis: Int32(clamping: options.hysteresis), onDelay: milliseconds(options.onDelayMs),
                        offDelay: milliseconds(options.offDelayMs), maximumAge: age)))
        case .heat, .carbonMonoxide, .combustibleGas, .multiCriteriaFire:
            return fireOrGas(entry, source, age, map, points)
        case .flow, .valve: return water(entry, source, map, age)
        case .inactivity, .callPoint, .powerUse, .radarFall: return person(entry, source, place, map, age)
        case .rate, .tilt, .count: return estate(entry, source, map, age)
        case nil: return nil
        }
    }

    private static func milliseconds(_ value: UInt32) -> Interval { .milliseconds(Int64(value)) }

    /// A time for which 0 stands for "never".
    private static func orEndless(_ value: UInt32) -> Interval { value == 0 ? .endless : milliseconds(value) }

    /// How long a value of a point is believed; without a point, for ever: lines report their changes alone.
    private static func age(_ point: UInt32?, _ points: borrowing FixedArray<WardenMessages.Point>) -> Interval {
        guard let point else { return .endless }
        return milliseconds(points[Int(point)].staleAfterMs)
    }

    private static func period(from: UInt32, to: UInt32) -> DailyPeriod {
        DailyPeriod(fromSecond: Int32(clamping: from) * 60, toSecond: Int32(clamping: to) * 60)
    }

    private static func fireOrGas(
        _ entry: WardenMessages.Detector, _ source: PointIndex, _ age: Interval, _ map: PointMap,
        _ points: borrowing FixedArray<WardenMessages.Point>
    ) -> DetectorConfiguration? {
        switch entry.kind {
        case .heat(let options)?:
            return DetectorConfiguration(
                .heat(
                    HeatDetector.Configuration(
                        source: source, responseClass: responseClass(options.responseClass),
                        respondsToRise: options.rateOfRise, hasPreAlarm: options.preAlarm, maximumAge: age)))
        case .carbonMonoxide(let options)?:
            return DetectorConfiguration(
                .carbonMonoxide(
                    CarbonMonoxideDetector.Configuration(
                        source: source, maximumAge: age, replaceFromDay: Int32(clamping: options.replaceFromDay))))
        case .combustibleGas(let options)?:
            return DetectorConfiguration(
                .combustibleGas(
                    CombustibleGasDetector.Configuration(
                        source: source, alarmLimit: Int32(clamping: options.alarmClel),
                        preAlarmLimit: Int32(clamping: options.preAlarmClel),
                        hysteresis: Int32(clamping: options.hysteresisClel),
                        verification: milliseconds(options.verificationMs), warmUp: milliseconds(options.warmUpMs),
                        lowestZero: options.lowestZeroClel, frozenAfter: orEndless(options.frozenAfterMs),
                        testFromDay: Int32(clamping: options.testFromDay), maximumAge: age)))
        case .multiCriteriaFire(let options)?:
            var age = age
            if let point = options.temperaturePoint { age = max(age, BoardTranslation.age(point, points)) }
            if let point = options.carbonMonoxidePoint { age = max(age, BoardTranslation.age(point, points)) }
            return DetectorConfiguration(
                .multiCriteriaFire(
                    MultiCriteriaFireDetector.Configuration(
                        smoke: source, temperature: options.temperaturePoint.map { map.point(Int($0)) },
                        carbonMonoxide: options.carbonMonoxidePoint.map { map.point(Int($0)) },
                        aloneThreshold: Int32(clamping: options.aloneMdbPerM),
                        confirmedThreshold: Int32(clamping: options.confirmedMdbPerM),
                        verification: milliseconds(options.verificationMs), maximumAge: age)))
        default: return nil
        }
    }

    private static func responseClass(_ its: HeatClass) -> HeatDetector.ResponseClass {
        switch its {
        case .a1: .a1
        case .a2, .unrecognised: .a2
        case .b: .b
        case .c: .c
        case .d: .d
        case .e: .e
        case .f: .f
        case .g: .g
        }
    }

    private static func water(
        _ entry: WardenMessages.Detector, _ source: PointIndex, _ map: PointMap, _ age: Interval
    ) -> DetectorConfiguration? {
        switch entry.kind {
        case .flow(let options)?:
            return DetectorConfiguration(
                .flow(
                    FlowDetector.Configuration(
                        source: entry.line.map { map.pulses(Int($0)) } ?? source,
                        pulsesPerLitre: max(1, Int32(clamping: options.pulsesPerLitre)),
                        burstLitres: Int32(clamping: options.burstLitres),
                        burstWindow: milliseconds(options.burstWindowMs), quietGap: milliseconds(options.quietGapMs),
                        continuousAfter: orEndless(options.continuousAfterMs),
                        nightLitres: Int32(clamping: options.nightLitres),
                        night: period(from: options.nightFromMinute, to: options.nightToMinute),
                        awayLitres: Int32(clamping: options.awayLitres), maximumAge: age)))
        case .valve(let options)?:
            return DetectorConfiguration(
                .valve(
                    ValveSupervisor.Configuration(
                        feedback: source, travelTime: milliseconds(options.travelMs),
                        attempts: UInt8(clamping: options.attempts), pause: milliseconds(options.pauseMs))))
        default: return nil
        }
    }

    private static func person(
        _ entry: WardenMessages.Detector, _ source: PointIndex, _ place: Int, _ map: PointMap, _ age: Interval
    ) -> DetectorConfiguration? {
        switch entry.kind {
        case .inactivity(let options)?:
            return DetectorConfiguration(.inactivity(inactivity(options, map)))
        case .callPoint(let options)?:
            return DetectorConfiguration(
                .callPoint(
                    CallPointDetector.Configuration(
                        button: source, battery: options.batteryPoint.map { map.point(Int($0)) },
                        lowBattery: Int32(clamping: options.lowBatteryUv),
                        shortestPress: milliseconds(options.shortestPressMs),
                        testInterval: options.testIntervalH == 0
                            ? .endless : .hours(Int64(options.testIntervalH)))))
        case .powerUse(let options)?:
            return DetectorConfiguration(
                .powerUse(
                    PowerUseDetector.Configuration(
                        source: source, useAbove: Int32(clamping: options.useAboveMw),
                        assumedBase: Int32(clamping: options.assumedBaseMw),
                        active: period(from: options.activeFromMinute, to: options.activeToMinute),
                        night: period(from: options.nightFromMinute, to: options.nightToMinute),
                        silence: milliseconds(options.silenceMs), maximumAge: age)))
        case .radarFall(let options)?:
            return DetectorConfiguration(
                .radarFall(
                    RadarFallDetector.Configuration(
                        fall: map.radarFall(place), presence: map.radarPresence(place),
                        confirmation: milliseconds(options.confirmationMs), gap: milliseconds(options.gapMs))))
        default: return nil
        }
    }

    private static func inactivity(
        _ options: InactivityOptions, _ map: PointMap
    ) -> InactivityDetector.Configuration {
        func sign(_ index: Int) -> PointIndex? {
            guard index < options.signs.count else { return nil }
            switch options.signs[index].source {
            case .point(let point)?: return map.point(Int(point))
            case .line(let line)?: return map.line(Int(line))
            case .radar(let detector)?: return map.radarPresence(Int(detector))
            case nil: return nil
            }
        }
        return InactivityDetector.Configuration(
            first: sign(0) ?? PointIndex(.max), second: sign(1), third: sign(2), fourth: sign(3), fifth: sign(4),
            sixth: sign(5), exitDoor: options.exitLine.map { map.line(Int($0)) },
            deadband: Int32(clamping: options.deadband),
            surpriseLimit: options.surpriseLimit.map { Int32(clamping: $0) }
                ?? InactivityDetector.Configuration(first: PointIndex(0)).surpriseLimit,
            margin: Int32(clamping: options.marginPercent),
            shortestSilence: milliseconds(options.shortestSilenceMs),
            longestSilence: milliseconds(options.longestSilenceMs), exitGrace: milliseconds(options.exitGraceMs),
            noExitAfter: orEndless(options.noExitAfterMs))
    }

    private static func estate(
        _ entry: WardenMessages.Detector, _ source: PointIndex, _ map: PointMap, _ age: Interval
    ) -> DetectorConfiguration? {
        switch entry.kind {
        case .rate(let options)?:
            return DetectorConfiguration(
                .rate(
                    RateDetector.Configuration(
                        source: source, direction: options.falling ? .falling : .rising,
                        alarmChange: Int32(clamping: options.alarmChange),
                        preAlarmChange: options.preAlarmChange == 0 ? nil : Int32(clamping: options.preAlarmChange),
                        window: milliseconds(options.windowMs), offDelay: milliseconds(options.offDelayMs),
                        maximumAge: age)))
        case .tilt(let options)?:
            return DetectorConfiguration(
                .tilt(
                    TiltDetector.Configuration(
                        source: source, limitDegrees: UInt8(clamping: min(max(options.limitDegrees, 1), 90)),
                        onDelay: milliseconds(options.onDelayMs), offDelay: milliseconds(options.offDelayMs),
                        vibrationLimit: Int32(clamping: options.vibrationMg), reference: gravity(options.upright))))
        case .count(let options)?:
            return DetectorConfiguration(
                .counting(
                    CountDetector.Configuration(
                        source: entry.line.map { map.pulses(Int($0)) } ?? source,
                        side: options.tooFew ? .tooFew : .tooMany,
                        count: UInt8(clamping: min(max(options.count, 1), 16)), window: milliseconds(options.windowMs),
                        maximumAge: age)))
        default: return nil
        }
    }

    /// What an accelerometer at rest shows with this axis up; `nil` where the first second decides.
    private static func gravity(_ axis: UprightAxis) -> AccelerationSample? {
        switch axis {
        case .asFound, .unrecognised: nil
        case .xUp: AccelerationSample(x: 1_000, y: 0, z: 0)
        case .xDown: AccelerationSample(x: -1_000, y: 0, z: 0)
        case .yUp: AccelerationSample(x: 0, y: 1_000, z: 0)
        case .yDown: AccelerationSample(x: 0, y: -1_000, z: 0)
        case .zUp: AccelerationSample(x: 0, y: 0, z: 1_000)
        case .zDown: AccelerationSample(x: 0, y: 0, z: -1_000)
        }
    }
}

/// How the monitor numbers what it listens to: the image's points, its lines, its accelerometers by sensor, the pulses of
/// its lines, and the radars' two levels by detector.
struct PointMap: BitwiseCopyable {
    let points: Int
    let lines: Int
    let sensors: Int

    func point(_ index: Int) -> PointIndex { PointIndex(UInt16(index)) }
    func line(_ index: Int) -> PointIndex { PointIndex(UInt16(points + index)) }
    func sensor(_ index: Int) -> PointIndex { PointIndex(UInt16(points + lines + index)) }
    /// How often an input became active.
    func pulses(_ line: Int) -> PointIndex { PointIndex(UInt16(points + lines + sensors + line)) }
    func radarFall(_ detector: Int) -> PointIndex { PointIndex(UInt16(points + 2 * lines + sensors + 2 * detector)) }
    func radarPresence(_ detector: Int) -> PointIndex {
        PointIndex(UInt16(points + 2 * lines + sensors + 2 * detector + 1))
    }

    /// The one source of a detector; the image was checked to name one where the kind needs it.
    func source(of entry: WardenMessages.Detector) -> PointIndex {
        if let point = entry.point { return self.point(Int(point)) }
        if let line = entry.line { return self.line(Int(line)) }
        if let sensor = entry.sensor { return self.sensor(Int(sensor)) }
        return PointIndex(.max)
    }
}
