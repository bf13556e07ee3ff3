import FixedMemory
import HardwareInterface

/// Bosch BME280 and, without humidity, BMP280 from the bus: registers with auto-increment, forced and normal mode,
/// oversampling, filter, and raw values that compensate back to what the world was told to be.
///
/// Source: Bosch BST-BME280-DS002, sections 3 (modes, filter), 5 (registers), 9.1 (measuring time, typical);
/// BST-BMP280-DS001.
public struct BME280Model: ChipModel {
    public var defects = ChipDefects()
    /// BMP280: another identity, no humidity.
    public let hasHumidity: Bool

    private let reference: BoschReference
    private var noise = Noise(seed: 0xB0)
    private var millidegrees: Int32 = 21_000
    private var millipercent: Int32 = 45_000
    private var pascals: Int32 = 101_325

    private var pointer: UInt8 = 0
    private var humidityControl: UInt8 = 0
    /// The humidity setting takes effect when the measurement control is written.
    private var effectiveHumidity: UInt8 = 0
    private var control: UInt8 = 0
    private var configuration: UInt8 = 0
    private var rawPressure: Int32 = 0x80000
    private var rawTemperature: Int32 = 0x80000
    private var rawHumidity: Int32 = 0x8000
    private var isFilterPrimed = false
    /// Until then the calibration is being copied.
    private var startedUpAt = Instant.start
    /// End of the measurement under way; `.never` if there is none.
    private var endsAt = Instant.never
    /// In normal mode the beginning of the next measurement.
    private var beginsAt = Instant.never

    public init(hasHumidity: Bool = true, reference: BoschReference = .typical) {
        self.hasHumidity = hasHumidity
        self.reference = reference
    }

    public mutating func powerOn(at now: Instant) {
        pointer = 0
        humidityControl = 0
        effectiveHumidity = 0
        control = 0
        configuration = 0
        rawPressure = 0x80000
        rawTemperature = 0x80000
        rawHumidity = 0x8000
        isFilterPrimed = false
        // Start-up time 2 ms (DS002, table 1).
        startedUpAt = now + .milliseconds(2)
        endsAt = .never
        beginsAt = .never
    }

    public mutating func set(_ quantity: Quantity, to value: Int32) -> Bool {
        switch quantity {
        case .temperature: millidegrees = value
        case .humidity where hasHumidity: millipercent = value
        case .pressure: pascals = value
        default: return false
        }
        return true
    }

    // MARK: Measuring

    private static func samples(_ code: UInt8) -> Int64 {
        switch code & 0x7 {
        case 0: 0
        case 1: 1
        case 2: 2
        case 3: 4
        case 4: 8
        default: 16
        }
    }

    private var temperatureCode: UInt8 { control >> 5 }
    private var pressureCode: UInt8 { control >> 2 & 0x7 }
    private var humidityCode: UInt8 { hasHumidity ? effectiveHumidity & 0x7 : 0 }

    /// Typical time: 1 ms, 2 ms a sample, 0.5 ms more each for pressure and humidity.
    private var measuringTime: Interval {
        let temperature = 2_000 * BME280Model.samples(temperatureCode)
        let pressure = pressureCode == 0 ? 0 : 2_000 * BME280Model.samples(pressureCode) + 500
        let humidity = humidityCode == 0 ? 0 : 2_000 * BME280Model.samples(humidityCode) + 500
        return .microseconds(1_000 + temperature + pressure + humidity)
    }

    private var standby: Interval {
        let bme280: InlineArray<8, Int64> = [500, 62_500, 125_000, 250_000, 500_000, 1_000_000, 10_000, 20_000]
        let bmp280: InlineArray<8, Int64> = [500, 62_500, 125_000, 250_000, 500_000, 1_000_000, 2_000_000, 4_000_000]
        let index = Int(configuration >> 5)
        return .microseconds(hasHumidity ? bme280[index] : bmp280[index])
    }

    private var isNormalMode: Bool { control & 0b11 == 0b11 }

    private mutating func begin(at now: Instant) {
        let time = defects.stretched(measuringTime)
        endsAt = now + time
        beginsAt = isNormalMode ? endsAt + standby : .never
    }

    private mutating func advance(to now: Instant) {
        // The filter settles within a few of its constants; older measurements leave no trace.
        var rounds = 0
        while endsAt <= now {
            if rounds < 128 { measure() }
            rounds += 1
            if isNormalMode {
                let period = (measuringTime + standby).nanoseconds
                let behind = (now - endsAt).nanoseconds / max(period, 1)
                // Skips what nobody will see, in whole periods.
                if behind > 128 { beginsAt = beginsAt + Interval(nanoseconds: (behind - 128) * period) }
                let next = beginsAt
                if next <= now {
                    begin(at: next)
                } else {
                    endsAt = .never
                }
            } else {
                endsAt = .never
                control &= 0b1111_1100
            }
        }
        if endsAt == .never, isNormalMode, beginsAt <= now {
            begin(at: beginsAt)
            advance(to: now)
        }
    }

    private mutating func measure() {
        guard !defects.isFrozen else { return }
        let temperature = reference.raw(millidegrees: millidegrees)
        rawTemperature = result(temperature, code: temperatureCode, before: rawTemperature)
        let pressure = reference.raw(pascals: pascals, rawTemperature: temperature)
        rawPressure = result(pressure, code: pressureCode, before: rawPressure)
        if humidityCode == 0 {
            rawHumidity = 0x8000
        } else {
            let humidity = reference.raw(millipercent: millipercent, rawTemperature: temperature)
            rawHumidity = min(max(humidity + noise.step(), 0), 0xFFFF)
        }
        isFilterPrimed = true
    }

    /// A 20-bit result: noise in the last bit that the oversampling resolves, then the filter.
    private mutating func result(_ raw: Int32, code: UInt8, before: Int32) -> Int32 {
        guard code != 0 else { return 0x80000 }
        let coefficient: Int32 = configuration >> 2 & 0x7 == 0 ? 1 : min(1 << Int32(configuration >> 2 & 0x7), 16)
        // 16 bits at oversampling 1, one more for each doubling; with the filter all 20 (DS002, sections 3.4.3, 3.4.4).
        let unresolved = coefficient > 1 ? 0 : max(4 - Int32(min(code, 5) - 1), 0)
        let step = Int32(1) << unresolved
        var value = (raw + noise.step() * step) & ~(step - 1)
        value = min(max(value, 0), 0xFFFFF)
        guard coefficient > 1, isFilterPrimed, before != 0x80000 else { return value }
        return (before * (coefficient - 1) + value) / coefficient
    }

    // MARK: Bus

    public mutating func transact<Sink: ByteSink & ~Copyable>(
        write: Span<UInt8>, read count: Int, into sink: inout Sink, at now: Instant
    ) -> BusOutcome {
        advance(to: now)
        if write.count >= 1 { pointer = write[0] }
        // Writing takes pairs of register and value; the address does not count up.
        var index = 0
        while index + 1 < write.count {
            store(write[index + 1], in: write[index], at: now)
            index += 2
        }
        for offset in 0..<count { sink.append(register(pointer &+ UInt8(truncatingIfNeeded: offset), at: now)) }
        return .done
    }

    private mutating func store(_ value: UInt8, in register: UInt8, at now: Instant) {
        switch register {
        case 0xE0 where value == 0xB6: powerOn(at: now)
        case 0xF2 where hasHumidity: humidityControl = value & 0x07
        case 0xF4:
            control = value
            effectiveHumidity = humidityControl
            endsAt = .never
            beginsAt = .never
            if control & 0b11 != 0 { begin(at: now) }
        case 0xF5: configuration = value & 0b1111_1101
        default: break
        }
    }

    private func register(_ address: UInt8, at now: Instant) -> UInt8 {
        switch address {
        case 0x88...0xA1, 0xE1...0xE8:
            if !hasHumidity, address > 0x9F { return 0 }
            return reference.register(address)
        case 0xD0: return defects.hasWrongIdentity ? 0x61 : hasHumidity ? 0x60 : 0x58
        case 0xF2: return humidityControl
        case 0xF3: return (endsAt == .never ? 0 : 0x08) | (now < startedUpAt ? 0x01 : 0)
        case 0xF4: return control
        case 0xF5: return configuration
        case 0xF7: return UInt8(truncatingIfNeeded: rawPressure >> 12)
        case 0xF8: return UInt8(truncatingIfNeeded: rawPressure >> 4)
        case 0xF9: return UInt8(truncatingIfNeeded: rawPressure << 4)
        case 0xFA: return UInt8(truncatingIfNeeded: rawTemperature >> 12)
        case 0xFB: return UInt8(truncatingIfNeeded: rawTemperature >> 4)
        case 0xFC: return UInt8(truncatingIfNeeded: rawTemperature << 4)
        case 0xFD where hasHumidity: return UInt8(truncatingIfNeeded: rawHumidity >> 8)
        case 0xFE where hasHumidity: return UInt8(truncatingIfNeeded: rawHumidity)
        default: return 0
        }
    }
}
