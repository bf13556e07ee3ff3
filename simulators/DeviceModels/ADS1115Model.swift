import FixedMemory
import HardwareInterface

/// TI ADS1115 from the bus: four registers behind a pointer, single-shot and continuous conversions.
///
/// Source: TI SBAS444E, sections 7.3 to 7.5 and 8.1. The comparator's ALERT pin is not wired to anything.
public struct ADS1115Model: ChipModel {
    public var defects = ChipDefects()

    private var inputs = InlineArray<4, Int32>(repeating: 0)
    private var pointer: UInt8 = 0
    private var configuration: UInt16 = 0x8583
    private var low: UInt16 = 0x8000
    private var high: UInt16 = 0x7FFF
    private var conversion: UInt16 = 0
    /// End of the conversion under way; `.never` if there is none.
    private var endsAt = Instant.never
    /// The configuration with which it began.
    private var converting: UInt16 = 0

    public init() {}

    public mutating func powerOn(at now: Instant) {
        pointer = 0
        configuration = 0x8583
        low = 0x8000
        high = 0x7FFF
        conversion = 0
        endsAt = .never
    }

    public mutating func set(_ quantity: Quantity, to value: Int32) -> Bool {
        guard quantity.rawValue <= Quantity.input3.rawValue else { return false }
        inputs[Int(quantity.rawValue)] = value
        return true
    }

    private var isContinuous: Bool { configuration & 0x0100 == 0 }

    /// One period of the data rate; waking from power-down takes 25 µs more.
    private static func conversionTime(_ configuration: UInt16) -> Interval {
        let rates: InlineArray<8, Int64> = [8, 16, 32, 64, 128, 250, 475, 860]
        let wakeUp: Int64 = configuration & 0x0100 != 0 ? 25_000 : 0
        return Interval(nanoseconds: 1_000_000_000 / rates[Int(configuration >> 5 & 0x7)] + wakeUp)
    }

    private static func fullScaleMicrovolts(_ configuration: UInt16) -> Int64 {
        let ranges: InlineArray<8, Int64> = [
            6_144_000, 4_096_000, 2_048_000, 1_024_000, 512_000, 256_000, 256_000, 256_000,
        ]
        return ranges[Int(configuration >> 9 & 0x7)]
    }

    private func microvolts(_ configuration: UInt16) -> Int64 {
        switch configuration >> 12 & 0x7 {
        case 0: Int64(inputs[0]) - Int64(inputs[1])
        case 1: Int64(inputs[0]) - Int64(inputs[3])
        case 2: Int64(inputs[1]) - Int64(inputs[3])
        case 3: Int64(inputs[2]) - Int64(inputs[3])
        case let input: Int64(inputs[Int(input) - 4])
        }
    }

    private mutating func begin(at now: Instant) {
        converting = configuration
        endsAt = now + defects.stretched(ADS1115Model.conversionTime(configuration))
    }

    private mutating func advance(to now: Instant) {
        while endsAt <= now {
            let endedAt = endsAt
            convert()
            endsAt = .never
            guard isContinuous else { return }
            // The next one begins at once, with the settings of the present; of many the last two count.
            begin(at: endedAt)
            let time = endsAt - endedAt
            let behind = (now - endedAt).nanoseconds / time.nanoseconds
            if behind > 2 { endsAt = endedAt + time * behind }
        }
    }

    private mutating func convert() {
        guard !defects.isFrozen else { return }
        let code = dividedRounding(microvolts(converting) * 32_768, by: ADS1115Model.fullScaleMicrovolts(converting))
        conversion = UInt16(bitPattern: Int16(clamping: code))
    }

    public mutating func transact<Sink: ByteSink & ~Copyable>(
        write: Span<UInt8>, read count: Int, into sink: inout Sink, at now: Instant
    ) -> BusOutcome {
        advance(to: now)
        if write.count >= 1 { pointer = write[0] & 0x03 }
        if write.count >= 3 { store(UInt16(write[1]) << 8 | UInt16(write[2]), at: now) }
        let word = value
        for index in 0..<count { sink.append(UInt8(truncatingIfNeeded: index % 2 == 0 ? word >> 8 : word)) }
        return .done
    }

    private mutating func store(_ word: UInt16, at now: Instant) {
        switch pointer {
        case 1:
            configuration = word & 0x7FFF
            // Starting again has no effect while a conversion is under way.
            if word & 0x8000 != 0 || isContinuous, endsAt == .never { begin(at: now) }
        case 2: low = word
        case 3: high = word
        default: break
        }
    }

    private var value: UInt16 {
        switch pointer {
        case 0: conversion
        case 1: (configuration & 0x7FFF) | (endsAt == .never ? 0x8000 : 0)
        // A chip of the 12-bit family does not keep the low four bits.
        case 2: defects.hasWrongIdentity ? low & 0xFFF0 : low
        default: defects.hasWrongIdentity ? high | 0x000F : high
        }
    }
}
