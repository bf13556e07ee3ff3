import Authority
import BoardImage
import CauseAndEffect
import Drivers
import FixedMemory
import HardwareInterface
import LifeSafety
import WardenLink
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

    // MARK: Links

    /// What a port's link is to the protocol; `nil` for a port of devices.
    static func linkTransport(_ port: Port) -> LinkTransport? {
        switch port.use {
        case .devices, .unrecognised: nil
        case .link: .line
        case .linkInTurns: .halfDuplexLine(turnaround: .milliseconds(Int64(port.turnaroundMs)))
        }
    }

    static func linkPortCount(_ image: borrowing BoardImage) -> Int {
        var count = 0
        for index in image.ports.indices where linkTransport(image.ports[index]) != nil { count += 1 }
        return count
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
            let pace = pace(interval, .seconds(1), stuckAfter: BME280.Configuration().stuckAfter)
            return Drivers.Sensor(
                BME280.Configuration(address: address, interval: pace.interval, stuckAfter: pace.stuckAfter))
        case .adxl345(let options)?:
            return Drivers.Sensor(
                ADXL345.Configuration(address: address, rate: rate(hertz: options.rateHz), interval: interval))
        case .sht3x?:
            let pace = pace(interval, .seconds(1), stuckAfter: .minutes(5))
            return Drivers.Sensor(
                SHT3x.Configuration(address: address, interval: pace.interval, stuckAfter: pace.stuckAfter))
        case .sht4x?:
            let pace = pace(interval, .seconds(1), stuckAfter: .minutes(5))
            return Drivers.Sensor(
                SHT4x.Configuration(address: address, interval: pace.interval, stuckAfter: pace.stuckAfter))
        case .bmp280?:
            let pace = pace(interval, .seconds(1), stuckAfter: .minutes(5))
            return Drivers.Sensor(
                BMP280.Configuration(address: address, interval: pace.interval, stuckAfter: pace.stuckAfter))
        case .scd4x(let options)?:
            let pace = pace(interval, .seconds(5), stuckAfter: .minutes(10))
            return Drivers.Sensor(
                SCD4x.Configuration(
                    address: address, interval: pace.interval,
                    temperatureOffsetMillidegrees: Int32(clamping: options.temperatureOffsetMc),
                    altitudeMetres: UInt16(clamping: options.altitudeM), calibratesItself: options.selfCalibration,
                    stuckAfter: pace.stuckAfter))
        case .sgp40?: return Drivers.Sensor(SGP4x.Configuration(kind: .sgp40, address: address))
        case .sgp41?: return Drivers.Sensor(SGP4x.Configuration(kind: .sgp41, address: address))
        case .bh1750?:
            return Drivers.Sensor(BH1750.Configuration(address: address, interval: interval ?? .seconds(1)))
        case .pmsa003i?:
            let pace = pace(interval, .seconds(2), stuckAfter: .minutes(10))
            return Drivers.Sensor(
                PMSA003I.Configuration(address: address, interval: pace.interval, stuckAfter: pace.stuckAfter))
        case .lis3dh(let options)?:
            return Drivers.Sensor(
                LIS3DH.Configuration(
                    address: address, rate: lis3dhRate(hertz: options.rateHz),
                    range: lis3dhRange(gravities: options.fullScaleG), interval: interval))
        case .mpu6050(let options)?:
            let rate = mpu6050Rate(hertz: options.rateHz)
            return Drivers.Sensor(
                MPU6050.Configuration(
                    address: address, rate: rate, range: mpu6050Range(gravities: options.fullScaleG),
                    interval: interval ?? min(.milliseconds(80), rate.sampleInterval * 16)))
        case .mcp23017(let options)?:
            return Drivers.Sensor(
                MCP23017.Configuration(
                    address: address, interval: interval ?? .milliseconds(100),
                    pullUps: UInt16(truncatingIfNeeded: options.pullUps),
                    invertedInputs: UInt16(truncatingIfNeeded: options.activeLow)))
        case nil:
            return nil
        }
    }

    /// The points from which a sensor is told what others measure around it.
    static func ambient(_ entry: WardenMessages.Sensor) -> AmbientPoints {
        func place(_ point: UInt32?) -> Int { point.map { Int($0) } ?? -1 }
        var ambient = AmbientPoints()
        switch entry.chip {
        case .scd4x(let options)?: ambient.pressure = place(options.pressurePoint)
        case .sgp40(let options)?:
            ambient.temperature = place(options.temperaturePoint)
            ambient.humidity = place(options.humidityPoint)
        case .sgp41(let options)?:
            ambient.temperature = place(options.temperaturePoint)
            ambient.humidity = place(options.humidityPoint)
        default: break
        }
        return ambient
    }

    /// A chip's interval, and how long its values may stand still: at least the twenty measurements that drivers ask for.
    private static func pace(
        _ interval: Interval?, _ usual: Interval, stuckAfter: Interval
    ) -> (interval: Interval, stuckAfter: Interval) {
        let interval = interval ?? usual
        return (interval, max(stuckAfter, interval * 20))
    }

    private static func lis3dhRate(hertz: UInt32) -> LIS3DH.Rate {
        for rate in LIS3DH.Rate.allCases where rate.hertz == Int64(hertz) { return rate }
        return .hertz100
    }

    private static func lis3dhRange(gravities: UInt32) -> LIS3DH.Range {
        switch gravities {
        case 2: .gravities2
        case 4: .gravities4
        case 16: .gravities16
        default: .gravities8
        }
    }

    private static func mpu6050Rate(hertz: UInt32) -> MPU6050.Rate {
        for rate in MPU6050.Rate.allCases where UInt32(rate.rawValue) == hertz { return rate }
        return .hertz100
    }

    private static func mpu6050Range(gravities: UInt32) -> MPU6050.Range {
        switch gravities {
        case 2: .gravities2
        case 4: .gravities4
        case 8: .gravities8
        default: .gravities16
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
}
