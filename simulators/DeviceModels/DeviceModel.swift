import FixedMemory
import HardwareInterface

/// A simulated device on an I2C bus: a chip at an address, with the faults of its wiring.
public struct DeviceModel {
    /// Every chip that can be simulated: a closed set, so that a table of devices needs no dynamic dispatch.
    public enum Chip {
        case ads1115(ADS1115Model)
        /// BME280 or BMP280.
        case bme280(BME280Model)
        case adxl345(ADXL345Model)
        case lis3dh(LIS3DHModel)
        case mpu6050(MPU6050Model)
        case sht3x(SHT3xModel)
        case sht4x(SHT4xModel)
        case scd4x(SCD4xModel)
        case sgp4x(SGP4xModel)
        case bh1750(BH1750Model)
        case pmsa003i(PMSA003IModel)
        case mcp23017(MCP23017Model)
    }

    /// 7-bit address.
    public let address: UInt8
    public private(set) var chip: Chip
    public var faults: DeviceFaults
    private var noise: Noise

    public init(address: UInt8, _ chip: Chip) {
        self.address = address
        self.chip = chip
        faults = DeviceFaults()
        noise = Noise(seed: UInt64(address) + 1)
    }

    /// One transaction addressed to this device.
    ///
    /// - Parameter sink: gets exactly `count` bytes if the outcome is `.done`, else none.
    public mutating func transact<Sink: ByteSink & ~Copyable>(
        write: Span<UInt8>, read count: Int, into sink: inout Sink, at now: Instant
    ) -> BusOutcome {
        if faults.isHeld { return .timedOut }
        if faults.isUnpowered { return .notAcknowledged }
        if faults.timeOuts > 0 {
            faults.timeOuts -= 1
            return .timedOut
        }
        if faults.isAbsent { return .notAcknowledged }
        if faults.refusals > 0 {
            faults.refusals -= 1
            return .notAcknowledged
        }
        guard faults.distortion != .none else {
            return transactWithChip(write: write, read: count, into: &sink, at: now)
        }
        var answer = FixedBytes<192>()
        let outcome = transactWithChip(write: write, read: count, into: &answer, at: now)
        guard outcome == .done else { return outcome }
        for index in 0..<answer.count { sink.append(distorted(answer[index], at: index)) }
        return .done
    }

    private mutating func distorted(_ byte: UInt8, at index: Int) -> UInt8 {
        switch faults.distortion {
        case .none: return byte
        case .allOnes: return 0xFF
        case .allZeros: return 0
        case .nonsense: return UInt8(truncatingIfNeeded: noise.next() >> 24)
        case .flippedBits:
            // One bit in every third byte: wherever a chip has a checksum, a word and its checksum are three bytes.
            return index % 3 == 0 ? byte ^ (1 << UInt8(truncatingIfNeeded: (noise.next() >> 24) & 7)) : byte
        }
    }

    /// Cuts the chip's supply for a moment.
    public mutating func powerOn(at now: Instant) {
        switch chip {
        case .ads1115(var model):
            model.powerOn(at: now)
            chip = .ads1115(model)
        case .bme280(var model):
            model.powerOn(at: now)
            chip = .bme280(model)
        case .adxl345(var model):
            model.powerOn(at: now)
            chip = .adxl345(model)
        case .lis3dh(var model):
            model.powerOn(at: now)
            chip = .lis3dh(model)
        case .mpu6050(var model):
            model.powerOn(at: now)
            chip = .mpu6050(model)
        case .sht3x(var model):
            model.powerOn(at: now)
            chip = .sht3x(model)
        case .sht4x(var model):
            model.powerOn(at: now)
            chip = .sht4x(model)
        case .scd4x(var model):
            model.powerOn(at: now)
            chip = .scd4x(model)
        case .sgp4x(var model):
            model.powerOn(at: now)
            chip = .sgp4x(model)
        case .bh1750(var model):
            model.powerOn(at: now)
            chip = .bh1750(model)
        case .pmsa003i(var model):
            model.powerOn(at: now)
            chip = .pmsa003i(model)
        case .mcp23017(var model):
            model.powerOn(at: now)
            chip = .mcp23017(model)
        }
    }

    /// What the chip does out of order.
    public var defects: ChipDefects {
        get {
            switch chip {
            case .ads1115(let model): model.defects
            case .bme280(let model): model.defects
            case .adxl345(let model): model.defects
            case .lis3dh(let model): model.defects
            case .mpu6050(let model): model.defects
            case .sht3x(let model): model.defects
            case .sht4x(let model): model.defects
            case .scd4x(let model): model.defects
            case .sgp4x(let model): model.defects
            case .bh1750(let model): model.defects
            case .pmsa003i(let model): model.defects
            case .mcp23017(let model): model.defects
            }
        }
        set {
            switch chip {
            case .ads1115(var model):
                model.defects = newValue
                chip = .ads1115(model)
            case .bme280(var model):
                model.defects = newValue
                chip = .bme280(model)
            case .adxl345(var model):
                model.defects = newValue
                chip = .adxl345(model)
            case .lis3dh(var model):
                model.defects = newValue
                chip = .lis3dh(model)
            case .mpu6050(var model):
                model.defects = newValue
                chip = .mpu6050(model)
            case .sht3x(var model):
                model.defects = newValue
                chip = .sht3x(model)
            case .sht4x(var model):
                model.defects = newValue
                chip = .sht4x(model)
            case .scd4x(var model):
                model.defects = newValue
                chip = .scd4x(model)
            case .sgp4x(var model):
                model.defects = newValue
                chip = .sgp4x(model)
            case .bh1750(var model):
                model.defects = newValue
                chip = .bh1750(model)
            case .pmsa003i(var model):
                model.defects = newValue
                chip = .pmsa003i(model)
            case .mcp23017(var model):
                model.defects = newValue
                chip = .mcp23017(model)
            }
        }
    }

    /// Changes the world around the device.
    ///
    /// - Returns: `false` if the chip does not sense this quantity.
    @discardableResult
    public mutating func set(_ quantity: Quantity, to value: Int32) -> Bool {
        let isKnown: Bool
        // Leaves the models room for noise and offsets.
        let value = min(max(value, -2_000_000_000), 2_000_000_000)
        switch chip {
        case .ads1115(var model):
            isKnown = model.set(quantity, to: value)
            chip = .ads1115(model)
        case .bme280(var model):
            isKnown = model.set(quantity, to: value)
            chip = .bme280(model)
        case .adxl345(var model):
            isKnown = model.set(quantity, to: value)
            chip = .adxl345(model)
        case .lis3dh(var model):
            isKnown = model.set(quantity, to: value)
            chip = .lis3dh(model)
        case .mpu6050(var model):
            isKnown = model.set(quantity, to: value)
            chip = .mpu6050(model)
        case .sht3x(var model):
            isKnown = model.set(quantity, to: value)
            chip = .sht3x(model)
        case .sht4x(var model):
            isKnown = model.set(quantity, to: value)
            chip = .sht4x(model)
        case .scd4x(var model):
            isKnown = model.set(quantity, to: value)
            chip = .scd4x(model)
        case .sgp4x(var model):
            isKnown = model.set(quantity, to: value)
            chip = .sgp4x(model)
        case .bh1750(var model):
            isKnown = model.set(quantity, to: value)
            chip = .bh1750(model)
        case .pmsa003i(var model):
            isKnown = model.set(quantity, to: value)
            chip = .pmsa003i(model)
        case .mcp23017(var model):
            isKnown = model.set(quantity, to: value)
            chip = .mcp23017(model)
        }
        return isKnown
    }

    /// Plays a recording into an accelerometer.
    ///
    /// - Parameters:
    ///   - start: when the recording's first sample is.
    ///   - repeats: from the beginning again at its end; otherwise the last sample stays.
    /// - Returns: `false` if the chip is no accelerometer.
    @discardableResult
    public mutating func play(_ track: AccelerationTrack, from start: Instant, repeats: Bool = false) -> Bool {
        switch chip {
        case .adxl345(var model):
            model.motion.play(track, from: start, repeats: repeats)
            chip = .adxl345(model)
        case .lis3dh(var model):
            model.motion.play(track, from: start, repeats: repeats)
            chip = .lis3dh(model)
        case .mpu6050(var model):
            model.motion.play(track, from: start, repeats: repeats)
            chip = .mpu6050(model)
        default: return false
        }
        return true
    }

    /// Levels that an expander puts on its output pins, bit n for pin n, and which pins are outputs; `nil` for other chips.
    public var drivenPins: (levels: UInt16, outputs: UInt16)? {
        guard case .mcp23017(let model) = chip else { return nil }
        return (model.drivenLevels, model.drivenPins)
    }

    /// Makes pins of an expander follow the world even where they are outputs (a short circuit), bit n for pin n.
    ///
    /// - Returns: `false` if the chip is no expander.
    @discardableResult
    public mutating func short(pins: UInt16) -> Bool {
        guard case .mcp23017(var model) = chip else { return false }
        model.shortedPins = pins
        chip = .mcp23017(model)
        return true
    }

    private mutating func transactWithChip<Sink: ByteSink & ~Copyable>(
        write: Span<UInt8>, read count: Int, into sink: inout Sink, at now: Instant
    ) -> BusOutcome {
        let outcome: BusOutcome
        switch chip {
        case .ads1115(var model):
            outcome = model.transact(write: write, read: count, into: &sink, at: now)
            chip = .ads1115(model)
        case .bme280(var model):
            outcome = model.transact(write: write, read: count, into: &sink, at: now)
            chip = .bme280(model)
        case .adxl345(var model):
            outcome = model.transact(write: write, read: count, into: &sink, at: now)
            chip = .adxl345(model)
        case .lis3dh(var model):
            outcome = model.transact(write: write, read: count, into: &sink, at: now)
            chip = .lis3dh(model)
        case .mpu6050(var model):
            outcome = model.transact(write: write, read: count, into: &sink, at: now)
            chip = .mpu6050(model)
        case .sht3x(var model):
            outcome = model.transact(write: write, read: count, into: &sink, at: now)
            chip = .sht3x(model)
        case .sht4x(var model):
            outcome = model.transact(write: write, read: count, into: &sink, at: now)
            chip = .sht4x(model)
        case .scd4x(var model):
            outcome = model.transact(write: write, read: count, into: &sink, at: now)
            chip = .scd4x(model)
        case .sgp4x(var model):
            outcome = model.transact(write: write, read: count, into: &sink, at: now)
            chip = .sgp4x(model)
        case .bh1750(var model):
            outcome = model.transact(write: write, read: count, into: &sink, at: now)
            chip = .bh1750(model)
        case .pmsa003i(var model):
            outcome = model.transact(write: write, read: count, into: &sink, at: now)
            chip = .pmsa003i(model)
        case .mcp23017(var model):
            outcome = model.transact(write: write, read: count, into: &sink, at: now)
            chip = .mcp23017(model)
        }
        return outcome
    }
}

/// Faults between a chip and the bus.
public struct DeviceFaults: Equatable, Sendable, BitwiseCopyable {
    /// Nothing answers at the address.
    public var isAbsent = false
    /// A line is held: every transaction times out.
    public var isHeld = false
    /// It pulls the data line low in the middle of a byte and stays so until its supply was off: nobody on its bus gets
    /// through.
    public var isJammed = false
    /// Its supply is off.
    public var isUnpowered = false
    /// Transactions that are refused before it answers again.
    public var refusals: UInt16 = 0
    /// Transactions that time out before it answers again.
    public var timeOuts: UInt16 = 0
    /// What becomes of the bytes that are read.
    public var distortion = Distortion.none

    public enum Distortion: UInt8, CaseIterable, Sendable, BitwiseCopyable {
        case none
        /// The data line stays high.
        case allOnes
        /// The data line stays low.
        case allZeros
        /// Random bytes.
        case nonsense
        /// One bit in every third byte.
        case flippedBits
    }

    public init() {}
}
