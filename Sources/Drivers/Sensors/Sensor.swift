import FixedMemory
import HardwareInterface

/// Every kind of sensor that the board can have: a closed set, so that a table of them needs no dynamic dispatch.
public enum Sensor: SensorDriver, Sendable {
    case ads1115(SupervisedSensor<ADS1115>)
    case bme280(SupervisedSensor<BME280>)
    case adxl345(SupervisedSensor<ADXL345>)

    public init(_ configuration: ADS1115.Configuration) { self = .ads1115(SupervisedSensor(configuration)) }
    public init(_ configuration: BME280.Configuration) { self = .bme280(SupervisedSensor(configuration)) }
    public init(_ configuration: ADXL345.Configuration) { self = .adxl345(SupervisedSensor(configuration)) }

    public var deadline: Instant {
        switch self {
        case .ads1115(let sensor): sensor.deadline
        case .bme280(let sensor): sensor.deadline
        case .adxl345(let sensor): sensor.deadline
        }
    }

    public var health: SensorHealth {
        switch self {
        case .ads1115(let sensor): sensor.health
        case .bme280(let sensor): sensor.health
        case .adxl345(let sensor): sensor.health
        }
    }

    public mutating func poll(at now: Instant, into output: inout SensorOutput) -> BusRequest? {
        let request: BusRequest?
        switch self {
        case .ads1115(var sensor):
            request = sensor.poll(at: now, into: &output)
            self = .ads1115(sensor)
        case .bme280(var sensor):
            request = sensor.poll(at: now, into: &output)
            self = .bme280(sensor)
        case .adxl345(var sensor):
            request = sensor.poll(at: now, into: &output)
            self = .adxl345(sensor)
        }
        return request
    }

    public mutating func complete(
        _ outcome: BusOutcome, tag: UInt16, bytes: Span<UInt8>, at now: Instant, into output: inout SensorOutput
    ) {
        switch self {
        case .ads1115(var sensor):
            sensor.complete(outcome, tag: tag, bytes: bytes, at: now, into: &output)
            self = .ads1115(sensor)
        case .bme280(var sensor):
            sensor.complete(outcome, tag: tag, bytes: bytes, at: now, into: &output)
            self = .bme280(sensor)
        case .adxl345(var sensor):
            sensor.complete(outcome, tag: tag, bytes: bytes, at: now, into: &output)
            self = .adxl345(sensor)
        }
    }

    public mutating func restart() {
        switch self {
        case .ads1115(var sensor):
            sensor.restart()
            self = .ads1115(sensor)
        case .bme280(var sensor):
            sensor.restart()
            self = .bme280(sensor)
        case .adxl345(var sensor):
            sensor.restart()
            self = .adxl345(sensor)
        }
    }

    /// The channels of this kind of sensor, numbered from 0; `nil` beyond the last.
    public func channel(_ index: UInt8) -> SensorChannel? {
        switch self {
        case .ads1115: ADS1115.channel(index)
        case .bme280: BME280.channel(index)
        case .adxl345: ADXL345.channel(index)
        }
    }

    /// The channels that this sensor is configured to report, bit n for channel n.
    public var reportedChannels: UInt16 {
        switch self {
        case .ads1115(let sensor): sensor.chip.reportedChannels
        case .bme280(let sensor): sensor.chip.reportedChannels
        case .adxl345(let sensor): sensor.chip.reportedChannels
        }
    }

    /// Time from measurement to measurement.
    public var interval: Interval {
        switch self {
        case .ads1115(let sensor): sensor.chip.interval
        case .bme280(let sensor): sensor.chip.interval
        case .adxl345(let sensor): sensor.chip.interval
        }
    }
}
