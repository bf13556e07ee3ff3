import FixedMemory
import HardwareInterface

/// Every kind of sensor that the board can have: a closed set, so that a table of them needs no dynamic dispatch.
public enum Sensor: SensorDriver, Sendable {
    case ads1115(SupervisedSensor<ADS1115>)
    case bme280(SupervisedSensor<BME280>)
    case bmp280(SupervisedSensor<BMP280>)
    case adxl345(SupervisedSensor<ADXL345>)
    case lis3dh(SupervisedSensor<LIS3DH>)
    case mpu6050(SupervisedSensor<MPU6050>)
    case sht3x(SupervisedSensor<SHT3x>)
    case sht4x(SupervisedSensor<SHT4x>)
    case scd4x(SupervisedSensor<SCD4x>)
    case sgp4x(SupervisedSensor<SGP4x>)
    case bh1750(SupervisedSensor<BH1750>)
    case pmsa003i(SupervisedSensor<PMSA003I>)
    case mcp23017(SupervisedSensor<MCP23017>)

    public init(_ configuration: ADS1115.Configuration) { self = .ads1115(SupervisedSensor(configuration)) }
    public init(_ configuration: BME280.Configuration) { self = .bme280(SupervisedSensor(configuration)) }
    public init(_ configuration: BMP280.Configuration) { self = .bmp280(SupervisedSensor(configuration)) }
    public init(_ configuration: ADXL345.Configuration) { self = .adxl345(SupervisedSensor(configuration)) }
    public init(_ configuration: LIS3DH.Configuration) { self = .lis3dh(SupervisedSensor(configuration)) }
    public init(_ configuration: MPU6050.Configuration) { self = .mpu6050(SupervisedSensor(configuration)) }
    public init(_ configuration: SHT3x.Configuration) { self = .sht3x(SupervisedSensor(configuration)) }
    public init(_ configuration: SHT4x.Configuration) { self = .sht4x(SupervisedSensor(configuration)) }
    public init(_ configuration: SCD4x.Configuration) { self = .scd4x(SupervisedSensor(configuration)) }
    public init(_ configuration: SGP4x.Configuration) { self = .sgp4x(SupervisedSensor(configuration)) }
    public init(_ configuration: BH1750.Configuration) { self = .bh1750(SupervisedSensor(configuration)) }
    public init(_ configuration: PMSA003I.Configuration) { self = .pmsa003i(SupervisedSensor(configuration)) }
    public init(_ configuration: MCP23017.Configuration) { self = .mcp23017(SupervisedSensor(configuration)) }

    public var deadline: Instant {
        switch self {
        case .ads1115(let sensor): sensor.deadline
        case .bme280(let sensor): sensor.deadline
        case .bmp280(let sensor): sensor.deadline
        case .adxl345(let sensor): sensor.deadline
        case .lis3dh(let sensor): sensor.deadline
        case .mpu6050(let sensor): sensor.deadline
        case .sht3x(let sensor): sensor.deadline
        case .sht4x(let sensor): sensor.deadline
        case .scd4x(let sensor): sensor.deadline
        case .sgp4x(let sensor): sensor.deadline
        case .bh1750(let sensor): sensor.deadline
        case .pmsa003i(let sensor): sensor.deadline
        case .mcp23017(let sensor): sensor.deadline
        }
    }

    public var health: SensorHealth {
        switch self {
        case .ads1115(let sensor): sensor.health
        case .bme280(let sensor): sensor.health
        case .bmp280(let sensor): sensor.health
        case .adxl345(let sensor): sensor.health
        case .lis3dh(let sensor): sensor.health
        case .mpu6050(let sensor): sensor.health
        case .sht3x(let sensor): sensor.health
        case .sht4x(let sensor): sensor.health
        case .scd4x(let sensor): sensor.health
        case .sgp4x(let sensor): sensor.health
        case .bh1750(let sensor): sensor.health
        case .pmsa003i(let sensor): sensor.health
        case .mcp23017(let sensor): sensor.health
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
        case .bmp280(var sensor):
            request = sensor.poll(at: now, into: &output)
            self = .bmp280(sensor)
        case .adxl345(var sensor):
            request = sensor.poll(at: now, into: &output)
            self = .adxl345(sensor)
        case .lis3dh(var sensor):
            request = sensor.poll(at: now, into: &output)
            self = .lis3dh(sensor)
        case .mpu6050(var sensor):
            request = sensor.poll(at: now, into: &output)
            self = .mpu6050(sensor)
        case .sht3x(var sensor):
            request = sensor.poll(at: now, into: &output)
            self = .sht3x(sensor)
        case .sht4x(var sensor):
            request = sensor.poll(at: now, into: &output)
            self = .sht4x(sensor)
        case .scd4x(var sensor):
            request = sensor.poll(at: now, into: &output)
            self = .scd4x(sensor)
        case .sgp4x(var sensor):
            request = sensor.poll(at: now, into: &output)
            self = .sgp4x(sensor)
        case .bh1750(var sensor):
            request = sensor.poll(at: now, into: &output)
            self = .bh1750(sensor)
        case .pmsa003i(var sensor):
            request = sensor.poll(at: now, into: &output)
            self = .pmsa003i(sensor)
        case .mcp23017(var sensor):
            request = sensor.poll(at: now, into: &output)
            self = .mcp23017(sensor)
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
        case .bmp280(var sensor):
            sensor.complete(outcome, tag: tag, bytes: bytes, at: now, into: &output)
            self = .bmp280(sensor)
        case .adxl345(var sensor):
            sensor.complete(outcome, tag: tag, bytes: bytes, at: now, into: &output)
            self = .adxl345(sensor)
        case .lis3dh(var sensor):
            sensor.complete(outcome, tag: tag, bytes: bytes, at: now, into: &output)
            self = .lis3dh(sensor)
        case .mpu6050(var sensor):
            sensor.complete(outcome, tag: tag, bytes: bytes, at: now, into: &output)
            self = .mpu6050(sensor)
        case .sht3x(var sensor):
            sensor.complete(outcome, tag: tag, bytes: bytes, at: now, into: &output)
            self = .sht3x(sensor)
        case .sht4x(var sensor):
            sensor.complete(outcome, tag: tag, bytes: bytes, at: now, into: &output)
            self = .sht4x(sensor)
        case .scd4x(var sensor):
            sensor.complete(outcome, tag: tag, bytes: bytes, at: now, into: &output)
            self = .scd4x(sensor)
        case .sgp4x(var sensor):
            sensor.complete(outcome, tag: tag, bytes: bytes, at: now, into: &output)
            self = .sgp4x(sensor)
        case .bh1750(var sensor):
            sensor.complete(outcome, tag: tag, bytes: bytes, at: now, into: &output)
            self = .bh1750(sensor)
        case .pmsa003i(var sensor):
            sensor.complete(outcome, tag: tag, bytes: bytes, at: now, into: &output)
            self = .pmsa003i(sensor)
        case .mcp23017(var sensor):
            sensor.complete(outcome, tag: tag, bytes: bytes, at: now, into: &output)
            self = .mcp23017(sensor)
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
        case .bmp280(var sensor):
            sensor.restart()
            self = .bmp280(sensor)
        case .adxl345(var sensor):
            sensor.restart()
            self = .adxl345(sensor)
        case .lis3dh(var sensor):
            sensor.restart()
            self = .lis3dh(sensor)
        case .mpu6050(var sensor):
            sensor.restart()
            self = .mpu6050(sensor)
        case .sht3x(var sensor):
            sensor.restart()
            self = .sht3x(sensor)
        case .sht4x(var sensor):
            sensor.restart()
            self = .sht4x(sensor)
        case .scd4x(var sensor):
            sensor.restart()
            self = .scd4x(sensor)
        case .sgp4x(var sensor):
            sensor.restart()
            self = .sgp4x(sensor)
        case .bh1750(var sensor):
            sensor.restart()
            self = .bh1750(sensor)
        case .pmsa003i(var sensor):
            sensor.restart()
            self = .pmsa003i(sensor)
        case .mcp23017(var sensor):
            sensor.restart()
            self = .mcp23017(sensor)
        }
    }

    /// The channels of this kind of sensor, numbered from 0; `nil` beyond the last.
    public func channel(_ index: UInt8) -> SensorChannel? {
        switch self {
        case .ads1115: ADS1115.channel(index)
        case .bme280: BME280.channel(index)
        case .bmp280: BMP280.channel(index)
        case .adxl345: ADXL345.channel(index)
        case .lis3dh: LIS3DH.channel(index)
        case .mpu6050: MPU6050.channel(index)
        case .sht3x: SHT3x.channel(index)
        case .sht4x: SHT4x.channel(index)
        case .scd4x: SCD4x.channel(index)
        case .sgp4x: SGP4x.channel(index)
        case .bh1750: BH1750.channel(index)
        case .pmsa003i: PMSA003I.channel(index)
        case .mcp23017: MCP23017.channel(index)
        }
    }

    /// The channels that this sensor is configured to report, bit n for channel n.
    public var reportedChannels: UInt16 {
        switch self {
        case .ads1115(let sensor): sensor.chip.reportedChannels
        case .bme280(let sensor): sensor.chip.reportedChannels
        case .bmp280(let sensor): sensor.chip.reportedChannels
        case .adxl345(let sensor): sensor.chip.reportedChannels
        case .lis3dh(let sensor): sensor.chip.reportedChannels
        case .mpu6050(let sensor): sensor.chip.reportedChannels
        case .sht3x(let sensor): sensor.chip.reportedChannels
        case .sht4x(let sensor): sensor.chip.reportedChannels
        case .scd4x(let sensor): sensor.chip.reportedChannels
        case .sgp4x(let sensor): sensor.chip.reportedChannels
        case .bh1750(let sensor): sensor.chip.reportedChannels
        case .pmsa003i(let sensor): sensor.chip.reportedChannels
        case .mcp23017(let sensor): sensor.chip.reportedChannels
        }
    }

    /// Time from measurement to measurement.
    public var interval: Interval {
        switch self {
        case .ads1115(let sensor): sensor.chip.interval
        case .bme280(let sensor): sensor.chip.interval
        case .bmp280(let sensor): sensor.chip.interval
        case .adxl345(let sensor): sensor.chip.interval
        case .lis3dh(let sensor): sensor.chip.interval
        case .mpu6050(let sensor): sensor.chip.interval
        case .sht3x(let sensor): sensor.chip.interval
        case .sht4x(let sensor): sensor.chip.interval
        case .scd4x(let sensor): sensor.chip.interval
        case .sgp4x(let sensor): sensor.chip.interval
        case .bh1750(let sensor): sensor.chip.interval
        case .pmsa003i(let sensor): sensor.chip.interval
        case .mcp23017(let sensor): sensor.chip.interval
        }
    }

    /// Bus requests handed out since start.
    public var requests: UInt32 {
        switch self {
        case .ads1115(let sensor): sensor.requests
        case .bme280(let sensor): sensor.requests
        case .bmp280(let sensor): sensor.requests
        case .adxl345(let sensor): sensor.requests
        case .lis3dh(let sensor): sensor.requests
        case .mpu6050(let sensor): sensor.requests
        case .sht3x(let sensor): sensor.requests
        case .sht4x(let sensor): sensor.requests
        case .scd4x(let sensor): sensor.requests
        case .sgp4x(let sensor): sensor.requests
        case .bh1750(let sensor): sensor.requests
        case .pmsa003i(let sensor): sensor.requests
        case .mcp23017(let sensor): sensor.requests
        }
    }

    /// Failures of any kind since start, retries included.
    public var failures: UInt32 {
        switch self {
        case .ads1115(let sensor): sensor.failures
        case .bme280(let sensor): sensor.failures
        case .bmp280(let sensor): sensor.failures
        case .adxl345(let sensor): sensor.failures
        case .lis3dh(let sensor): sensor.failures
        case .mpu6050(let sensor): sensor.failures
        case .sht3x(let sensor): sensor.failures
        case .sht4x(let sensor): sensor.failures
        case .scd4x(let sensor): sensor.failures
        case .sgp4x(let sensor): sensor.failures
        case .bh1750(let sensor): sensor.failures
        case .pmsa003i(let sensor): sensor.failures
        case .mcp23017(let sensor): sensor.failures
        }
    }

    /// Tells the sensor what others measure around it, where that makes it better: gas sensors take temperature and
    /// humidity, carbon dioxide sensors the air pressure. Other sensors take no notice.
    ///
    /// - Parameters:
    ///   - millidegrees: thousandths of a degree Celsius; `nil` if not known.
    ///   - millipercent: thousandths of a per cent of relative humidity; `nil` if not known.
    ///   - pascals: air pressure; `nil` if not known.
    public mutating func setAmbient(millidegrees: Int32?, millipercent: Int32?, pascals: Int32?, at now: Instant) {
        switch self {
        case .sgp4x(var sensor):
            guard let millidegrees, let millipercent else { return }
            sensor.update(at: now) { $0.setAmbient(millidegrees: millidegrees, millipercent: millipercent) }
            self = .sgp4x(sensor)
        case .scd4x(var sensor):
            guard let pascals else { return }
            sensor.update(at: now) { $0.setAmbientPressure(pascals: pascals) }
            self = .scd4x(sensor)
        default: return
        }
    }

    /// Whether the chip holds the calibration of a channel itself.
    public func calibratesItself(_ channel: UInt8) -> Bool {
        if case .scd4x = self { channel == 0 } else { false }
    }

    /// Has the chip take what it measures now for a true value. The sensor has been in that for some minutes.
    ///
    /// - Parameter value: of the channel, in its unit.
    public mutating func calibrate(_ channel: UInt8, to value: Int32, at now: Instant) -> CalibrationStart {
        guard case .scd4x(var sensor) = self, channel == 0 else { return .unsupported }
        guard sensor.health == .working else { return .notSettled }
        let start = sensor.update(at: now) { $0.calibrate(toPartsPerMillion: value, at: now) }
        // A chip that does something else is not hurried.
        if start == .begun { sensor.update(at: now, isUrgent: true) { _ in } }
        self = .scd4x(sensor)
        return start
    }

    /// How a calibration ended, said once; `nil` while none has.
    public mutating func takeCalibration() -> Bool? {
        guard case .scd4x(var sensor) = self else { return nil }
        let outcome = sensor.update(at: .start) { $0.takeCalibration() }
        self = .scd4x(sensor)
        return outcome
    }

    /// Drives an output of an expander; its level goes to the chip at the next poll.
    ///
    /// - Returns: `false` if the sensor is no expander or the pin is no output; nothing is changed then.
    public mutating func setOutput(_ pin: UInt8, isHigh: Bool, at now: Instant) -> Bool {
        guard case .mcp23017(var sensor) = self else { return false }
        let isOutput = sensor.update(at: now, isUrgent: true) { $0.setOutput(pin, isHigh: isHigh) }
        self = .mcp23017(sensor)
        return isOutput
    }
}

extension Sensor: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        // The case follows from the image.
        switch self {
        case .ads1115(var sensor):
            state.carry(&sensor)
            self = .ads1115(sensor)
        case .bme280(var sensor):
            state.carry(&sensor)
            self = .bme280(sensor)
        case .bmp280(var sensor):
            state.carry(&sensor)
            self = .bmp280(sensor)
        case .adxl345(var sensor):
            state.carry(&sensor)
            self = .adxl345(sensor)
        case .lis3dh(var sensor):
            state.carry(&sensor)
            self = .lis3dh(sensor)
        case .mpu6050(var sensor):
            state.carry(&sensor)
            self = .mpu6050(sensor)
        case .sht3x(var sensor):
            state.carry(&sensor)
            self = .sht3x(sensor)
        case .sht4x(var sensor):
            state.carry(&sensor)
            self = .sht4x(sensor)
        case .scd4x(var sensor):
            state.carry(&sensor)
            self = .scd4x(sensor)
        case .sgp4x(var sensor):
            state.carry(&sensor)
            self = .sgp4x(sensor)
        case .bh1750(var sensor):
            state.carry(&sensor)
            self = .bh1750(sensor)
        case .pmsa003i(var sensor):
            state.carry(&sensor)
            self = .pmsa003i(sensor)
        case .mcp23017(var sensor):
            state.carry(&sensor)
            self = .mcp23017(sensor)
        }
    }
}
