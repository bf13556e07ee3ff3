import HardwareInterface

/// One quantity that a kind of sensor measures.
public struct SensorChannel: Sendable {
    /// Short name in the field's words, ASCII.
    public var name: StaticString
    /// Unit of the channel's values.
    public var unit: Unit
    /// What the sensor can measure; a value outside is reported with quality `outOfRange`.
    public var range: ClosedRange<Int32>

    public init(_ name: StaticString, _ unit: Unit, _ range: ClosedRange<Int32>) {
        self.name = name
        self.unit = unit
        self.range = range
    }
}
