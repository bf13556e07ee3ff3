import FixedMemory
import HardwareInterface
import WardenMessages

/// A point's value with unit, quality and age, as people write them.
public enum PointText {
    public static func append<Sink: ByteSink & ~Copyable>(_ point: PointStatus, to sink: inout Sink) {
        let quality = Quality(rawValue: UInt8(truncatingIfNeeded: point.quality)) ?? .faulty
        if quality.isUsable {
            appendValue(point.value, unit: Unit(rawValue: UInt8(truncatingIfNeeded: point.unit)) ?? .index, to: &sink)
        } else {
            sink.append("-")
        }
        sink.append(", ")
        sink.append(Words.quality(point.quality))
        sink.append(", ")
        sink.appendDecimal(point.ageNs / 1_000_000)
        sink.append(" ms old")
    }

    /// Digits behind the decimal point of a value as people write it.
    private static func decimals(of unit: Unit) -> Int {
        switch unit {
        case .microvolt, .millidegreeCelsius, .millipercentRelativeHumidity, .millidecibelPerMetre, .millilux,
            .milligravity, .milliwatt, .millidegreePerSecond:
            3
        case .centipercentLowerExplosiveLimit: 2
        case .state, .pascal, .partsPerMillion, .microgramPerCubicMetre, .index, .count, .ohm: 0
        }
    }

    /// Reads a value as `appendValue` writes it, without the unit: `21.5`, `-0.25`, `400`.
    ///
    /// - Returns: `nil` for what is no number, is more exact than the unit's values, or does not fit.
    static func value(_ text: Span<UInt8>, unit: Unit) -> Int32? {
        var value: Int64 = 0
        var left = decimals(of: unit)
        var hasPoint = false
        var hasDigit = false
        let isNegative = !text.isEmpty && text[0] == UInt8(ascii: "-")
        for index in (isNegative ? 1 : 0)..<text.count {
            if text[index] == UInt8(ascii: "."), !hasPoint, hasDigit {
                hasPoint = true
                continue
            }
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(text[index]), value < 1 << 40 else { return nil }
            if hasPoint {
                guard left > 0 else { return nil }
                left -= 1
            }
            hasDigit = true
            value = 10 * value + Int64(text[index] - UInt8(ascii: "0"))
        }
        guard hasDigit, text[text.count - 1] != UInt8(ascii: ".") else { return nil }
        for _ in 0..<left { value *= 10 }
        return Int32(exactly: isNegative ? -value : value)
    }

    /// Writes a value in the unit that people use: thousandths become a decimal point.
    public static func appendValue<Sink: ByteSink & ~Copyable>(_ value: Int32, unit: Unit, to sink: inout Sink) {
        switch unit {
        case .state: sink.append(value != 0 ? "active" : "inactive")
        case .microvolt: appendThousandths(value, " mV", &sink)
        case .millidegreeCelsius: appendThousandths(value, " °C", &sink)
        case .millipercentRelativeHumidity: appendThousandths(value, " %RH", &sink)
        case .pascal: appendDecimal(value, " Pa", &sink)
        case .partsPerMillion: appendDecimal(value, " ppm", &sink)
        case .millidecibelPerMetre: appendThousandths(value, " dB/m", &sink)
        case .centipercentLowerExplosiveLimit:
            if value < 0 { sink.append("-") }
            sink.appendDecimal(value.magnitude / 100)
            sink.append(".")
            sink.appendDecimal(value.magnitude % 100, minimumDigits: 2)
            sink.append(" %LEL")
        case .millilux: appendThousandths(value, " lx", &sink)
        case .microgramPerCubicMetre: appendDecimal(value, " µg/m³", &sink)
        case .index: appendDecimal(value, "", &sink)
        case .milligravity: appendThousandths(value, " g", &sink)
        case .count: appendDecimal(value, "", &sink)
        case .ohm: appendDecimal(value, " Ω", &sink)
        case .milliwatt: appendThousandths(value, " W", &sink)
        case .millidegreePerSecond: appendThousandths(value, " °/s", &sink)
        }
    }

    private static func appendDecimal<Sink: ByteSink & ~Copyable>(
        _ value: Int32, _ unit: StaticString, _ sink: inout Sink
    ) {
        sink.appendDecimal(value)
        sink.append(unit)
    }

    private static func appendThousandths<Sink: ByteSink & ~Copyable>(
        _ value: Int32, _ unit: StaticString, _ sink: inout Sink
    ) {
        if value < 0 { sink.append("-") }
        sink.appendDecimal(value.magnitude / 1_000)
        sink.append(".")
        sink.appendDecimal(value.magnitude % 1_000, minimumDigits: 3)
        sink.append(unit)
    }
}
