import Authority
import BoardImage
import CauseAndEffect
import Drivers
import FixedMemory
import HardwareInterface
import LifeSafety
import WardenMessages

/// The board image's entries in the words of the rooms that use them. Nothing is decided here.
enum BoardTranslation {
    // MARK: People

    static func accessTable(_ image: borrowing BoardImage, ownUser: UInt32) -> AccessTable {
        var table = AccessTable(keys: image.clientKeys.count, users: image.localUsers.count, ownUser: ownUser)
        // What the table refuses has no role that this version knows; such a client stays unknown.
        for index in image.clientKeys.indices { _ = table.add(image.clientKeys[index]) }
        for index in image.localUsers.indices { _ = table.add(image.localUsers[index]) }
        return table
    }

    /// Who may do what at a console.
    static func consoleAccess(_ image: borrowing BoardImage) -> AccessTable {
        var table = AccessTable(
            keys: 0, users: 0, ownUser: 0, consoleUsers: image.consoleUsers.count,
            consoleRole: Role(image.header.consoleRole) ?? .observer)
        // A checked image lists only what the table takes.
        for index in image.consoleUsers.indices { _ = table.add(image.consoleUsers[index]) }
        return table
    }

    // MARK: Sensors and readers

    /// - Returns: `nil` for a chip that this program does not know: a newer image.
    static func sensor(_ entry: WardenMessages.Sensor) -> Drivers.Sensor? {
        let address = UInt8(truncatingIfNeeded: entry.address)
        let interval = entry.intervalMs == 0 ? nil : Interval.milliseconds(Int64(entry.intervalMs))
        switch entry.chip {
        case .ads1115(let options)?:
            var configuration = ADS1115.Configuration(
                address: address, singleEnded: UInt8(truncatingIfNeeded: options.inputs),
                fullScale: fullScale(millivolts: options.fullScaleMv))
            if let interval { configuration.interval = interval }
            return Drivers.Sensor(configuration)
        case .bme280?:
            var configuration = BME280.Configuration(address: address)
            if let interval { configuration.interval = interval }
            return Drivers.Sensor(configuration)
        case .adxl345(let options)?:
            return Drivers.Sensor(
                ADXL345.Configuration(address: address, rate: rate(hertz: options.rateHz), interval: interval))
        case nil:
            return nil
        }
    }

    private static func fullScale(millivolts: UInt32) -> ADS1115.FullScale {
        switch millivolts {
        case 6_144: .millivolts6144
        case 2_048: .millivolts2048
        case 1_024: .millivolts1024
        case 512: .millivolts512
        case 256: .millivolts256
        default: .millivolts4096
        }
    }

    private static func rate(hertz: UInt32) -> ADXL345.Rate {
        for rate in ADXL345.Rate.allCases where rate.hertz == Int64(hertz) { return rate }
        return .hertz100
    }

    static func point(_ entry: WardenMessages.Point) -> PointTable.Description {
        PointTable.Description(
            sensor: Int(entry.sensor), channel: UInt8(truncatingIfNeeded: entry.channel), zero: entry.zero,
            numerator: entry.numerator, denominator: entry.denominator,
            staleAfter: .milliseconds(Int64(entry.staleAfterMs)), minimum: entry.minimum, maximum: entry.maximum)
    }

    /// The serial port of a reader, which is also its stream; `nil` for one on data lines.
    static func port(of entry: WardenMessages.Reader) -> UInt16? {
        switch entry.interface {
        case .serialTag(let options)?: UInt16(truncatingIfNeeded: options.port)
        case .textLine(let options)?: UInt16(truncatingIfNeeded: options.port)
        case .osdp(let options)?: UInt16(truncatingIfNeeded: options.port)
        case .pn532(let options)?: UInt16(truncatingIfNeeded: options.port)
        case .wiegand?, nil: nil
        }
    }

    // MARK: Detectors

    /// - Parameter map: where the detector's sources are among the monitor's points.
    /// - Returns: `nil` for a kind that this program does not know: a newer image.
    static func detector(_ entry: WardenMessages.Detector, _ map: PointMap) -> DetectorConfiguration? {
        let source = map.source(of: entry)
        switch entry.kind {
        case .smoke(let options)?:
            return DetectorConfiguration(
                .smoke(
                    SmokeDetector.Configuration(
                        source: source, alarmThreshold: Int32(clamping: options.alarmMdbPerM),
                        preAlarmThreshold: Int32(clamping: options.preAlarmMdbPerM),
                        verification: .milliseconds(Int64(options.verificationMs)))))
        case .leak(let options)?:
            return DetectorConfiguration(
                .leak(
                    LeakDetector.Configuration(
                        source: source, wetLimit: options.wetBelow, openLimit: options.openAbove,
                        onDelay: .milliseconds(Int64(options.delayMs)))))
        case .fall(let options)?:
            return DetectorConfiguration(
                .fall(
                    FallDetector.Configuration(
                        source: source, cancelButton: options.cancelLine.map { map.line(Int($0)) },
                        cancelWindow: .milliseconds(Int64(options.cancelWindowMs)),
                        longLieAfter: .milliseconds(Int64(options.longLieMs)))))
        case .longLie(let options)?:
            return DetectorConfiguration(.longLie(of: DetectorIndex(UInt16(truncatingIfNeeded: options.fallDetector))))
        case .state(let options)?:
            return DetectorConfiguration(
                .state(
                    StateDetector.Configuration(
                        source: source, alarmValue: options.alarmActive ? 1 : 0,
                        onDelay: .milliseconds(Int64(options.onDelayMs)),
                        offDelay: .milliseconds(Int64(options.offDelayMs)), holds: options.holds,
                        maximumAge: .endless)))
        case .threshold(let options)?:
            return DetectorConfiguration(
                .threshold(
                    ThresholdDetector.Configuration(
                        source: source, side: options.below ? .below : .above, alarmLimit: options.alarmLimit,
                        preAlarmLimit: options.preAlarmLimit == 0 ? nil : options.preAlarmLimit,
                        hysteresis: Int32(clamping: options.hysteresis),
                        onDelay: .milliseconds(Int64(options.onDelayMs)),
                        offDelay: .milliseconds(Int64(options.offDelayMs)))))
        case nil:
            return nil
        }
    }
}

/// How the monitor numbers what it listens to: the image's points, then its lines, then its accelerometers by sensor.
struct PointMap: BitwiseCopyable {
    let points: Int
    let lines: Int

    func point(_ index: Int) -> PointIndex { PointIndex(UInt16(index)) }
    func line(_ index: Int) -> PointIndex { PointIndex(UInt16(points + index)) }
    func sensor(_ index: Int) -> PointIndex { PointIndex(UInt16(points + lines + index)) }

    /// The one source of a detector; the image was checked to name one where the kind needs it.
    func source(of entry: WardenMessages.Detector) -> PointIndex {
        if let point = entry.point { return self.point(Int(point)) }
        if let line = entry.line { return self.line(Int(line)) }
        if let sensor = entry.sensor { return self.sensor(Int(sensor)) }
        return PointIndex(.max)
    }
}
