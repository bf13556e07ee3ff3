import FixedMemory
import HardwareInterface

/// A simulated device on an I2C bus: a chip at an address, with the faults of its wiring.
public struct DeviceModel {
    /// Every chip that can be simulated: a closed set, so that a table of devices needs no dynamic dispatch.
    public enum Chip {
        case ads1115(ADS1115Model)
        case bme280(BME280Model)
        case adxl345(ADXL345Model)
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
        if faults.timeOuts > 0 {
            faults.timeOuts -= 1
            return .timedOut
        }
        if faults.isAbsent { return .notAcknowledged }
        if faults.refusals > 0 {
            faults.refusals -= 1
            return .notAcknowledged
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
        }
    }

    /// What the chip does out of order.
    public var defects: ChipDefects {
        get {
            switch chip {
            case .ads1115(let model): model.defects
            case .bme280(let model): model.defects
            case .adxl345(let model): model.defects
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
            }
        }
    }

    /// Changes the world around the device.
    ///
    /// - Returns: `false` if the chip does not sense this quantity.
    @discardableResult
    public mutating func set(_ quantity: Quantity, to value: Int32) -> Bool {
        let isKnown: Bool
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
            return true
        default: return false
        }
    }

    private mutating func transactWithChip(
        write: Span<UInt8>, read count: Int, into sink: inout FixedBytes<192>, at now: Instant
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
