import WardenMessages

/// A unit of points, with how its amounts are written in files and shown to people.
struct PointUnitDescription: Sendable {
    var unit: PointUnit
    /// What stands behind `unit:` and behind amounts.
    var symbol: String
    var explanation: String
    var dimension: Dimension

    static let all: [PointUnitDescription] = [
        entry(.state, "state", "0 or 1", [.init("", size: 1)]),
        entry(.microvolt, "V", "voltage, counted in µV", Dimension.voltage.units),
        entry(
            .millidegreeCelsius, "°C", "temperature, counted in 0.001 °C", [.init("°C", "degC", "C", size: 1_000)]),
        entry(
            .millipercentRelativeHumidity, "%RH", "relative humidity, counted in 0.001 %",
            [.init("%RH", "%", size: 1_000)]),
        entry(
            .pascal, "Pa", "pressure",
            [.init("Pa", size: 1), .init("hPa", "mbar", size: 100), .init("kPa", size: 1_000)]),
        entry(.partsPerMillion, "ppm", "parts per million by volume", [.init("ppm", size: 1)]),
        entry(
            .millidecibelPerMetre, "dB/m", "light obscuration, counted in 0.001 dB/m",
            [.init("mdB/m", size: 1), .init("dB/m", size: 1_000)]),
        entry(
            .centipercentLowerExplosiveLimit, "%LEL", "lower explosive limit, counted in 0.01 %",
            [.init("%LEL", size: 100)]),
        entry(.millilux, "lx", "illuminance, counted in 0.001 lx", [.init("mlx", size: 1), .init("lx", size: 1_000)]),
        entry(.microgramPerCubicMetre, "µg/m³", "particles", [.init("µg/m³", "ug/m3", "μg/m³", size: 1)]),
        entry(.index, "index", "the maker's own index", [.init("", "index", size: 1)]),
        entry(.milligravity, "g", "acceleration, counted in 0.001 g", [.init("mg", size: 1), .init("g", size: 1_000)]),
        entry(.count, "count", "pulses", [.init("", "count", size: 1)]),
        entry(
            .ohm, "Ω", "resistance",
            [
                .init("Ω", "Ohm", "ohm", size: 1), .init("kΩ", "kOhm", "kohm", size: 1_000),
                .init("MΩ", "MOhm", "Mohm", size: 1_000_000),
            ]),
        entry(.milliwatt, "W", "power, counted in mW", [.init("mW", size: 1), .init("W", size: 1_000)]),
        entry(
            .millidegreePerSecond, "°/s", "turning rate, counted in 0.001 °/s",
            [.init("°/s", "deg/s", size: 1_000)]),
    ]

    private static func entry(
        _ unit: PointUnit, _ symbol: String, _ explanation: String, _ units: [Dimension.UnitSize]
    ) -> PointUnitDescription {
        PointUnitDescription(
            unit: unit, symbol: symbol, explanation: explanation,
            dimension: Dimension(name: "amount in \(symbol)", units: units))
    }

    static func of(_ unit: PointUnit) -> PointUnitDescription {
        all.first { $0.unit == unit } ?? all[0]
    }

    /// The unit whose `symbol`, or any other spelling of it, this is.
    static func named(_ text: String) -> PointUnitDescription? {
        all.first { $0.symbol == text }
            ?? all.first { entry in entry.dimension.units.contains { !text.isEmpty && $0.symbols.contains(text) } }
    }

    /// An amount as people write it: in the unit's own symbol where three decimals are enough.
    func format(_ value: Int) -> String {
        if unit == .state || unit == .index || unit == .count { return "\(value)" }
        guard let size = dimension.units.first(where: { $0.symbols.contains(symbol) })?.size,
            value % Int(max(1, size / 1_000)) == 0
        else { return dimension.format(Int64(value)) }
        return Dimension(name: "", units: [.init(symbol, size: size)]).format(Int64(value))
    }
}
