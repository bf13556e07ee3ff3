/// Something about the physical world that a device model can be told.
public enum Quantity: UInt8, CaseIterable, Sendable, BitwiseCopyable {
    /// Voltage at converter input n, in microvolts.
    case input0 = 0
    case input1 = 1
    case input2 = 2
    case input3 = 3
    /// Thousandths of a degree Celsius.
    case temperature = 4
    /// Thousandths of a per cent of relative humidity.
    case humidity = 5
    /// Pascals.
    case pressure = 6
    /// Thousandths of standard gravity along an axis.
    case accelerationX = 7
    case accelerationY = 8
    case accelerationZ = 9
    /// Parts per million by volume.
    case carbonDioxide = 10
    /// Thousandths of a lux.
    case light = 11
    /// Micrograms of particles up to 2.5 µm in a cubic metre.
    case particles = 12
    /// Raw signal of a volatile-compound sensor, in its ticks.
    case organicSignal = 13
    /// Raw signal of a nitrogen-oxide sensor, in its ticks.
    case nitrogenSignal = 14
    /// Thousandths of a degree a second around an axis.
    case rotationX = 15
    case rotationY = 16
    case rotationZ = 17
    /// Levels that the world puts on an expander's pins, bit n for pin n.
    case pins = 18
}
