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
