import BoardImage
import DeviceModels
import FixedMemory
import HardwareInterface
import WardenMessages

// A virtual board with the lines, buses, ports and sensors of a board image.
extension VirtualBoard {
    /// Builds the hardware that an image describes, with every device in good order.
    ///
    /// Lines, buses and ports have the image's places; the devices have the places of the image's sensors; the streams
    /// are the ports, then one for each console.
    public init(_ image: borrowing BoardImage) {
        var capacities = Capacities()
        capacities.lines = image.lines.count
        capacities.buses = image.buses.count
        capacities.devices = image.sensors.count
        capacities.streams = image.ports.count + Int(image.capacities.consoles) + Int(image.capacities.links)
        self.init(capacities)
        for index in image.lines.indices {
            let line = image.lines[index]
            addLine(isOutput: line.direction == .output, isActive: line.direction == .output && line.activeAtStart)
        }
        for index in image.buses.indices { addBus(timeout: .milliseconds(Int64(image.buses[index].timeoutMs))) }
        for index in image.sensors.indices {
            let sensor = image.sensors[index]
            addDevice(
                VirtualBoard.model(of: sensor), on: BusIndex(UInt8(truncatingIfNeeded: sensor.bus)),
                address: UInt8(truncatingIfNeeded: sensor.address))
        }
        for index in image.ports.indices {
            addStream(.serialPort(UInt16(index)), bitsPerSecond: Int(image.ports[index].baud))
        }
    }

    private static func model(of sensor: WardenMessages.Sensor) -> DeviceModel {
        let address = UInt8(truncatingIfNeeded: sensor.address)
        switch sensor.chip {
        case .ads1115?: return DeviceModel(address: address, .ads1115(ADS1115Model()))
        case .adxl345?: return DeviceModel(address: address, .adxl345(ADXL345Model()))
        case .bme280?, nil: return DeviceModel(address: address, .bme280(BME280Model()))
        }
    }
}
