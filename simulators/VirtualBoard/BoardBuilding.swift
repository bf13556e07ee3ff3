import BoardImage
import Cryptography
import DeviceModels
import FixedMemory
import HardwareInterface
import WardenMessages

// A virtual board with the lines, buses, ports and sensors of a board image.
extension VirtualBoard {
    /// Builds the hardware that an image describes, with every device in good order.
    ///
    /// Lines, buses and ports have the image's places; the devices have the places of the image's sensors; the streams
    /// are the ports, then one for each console; the readers have the places of the image's readers.
    ///
    /// - Parameter hashKey: what the readers' keys in the image are sealed with; readers whose keys it does not open are
    ///   there, but know none.
    public init(_ image: borrowing BoardImage, hashKey: HashKey) {
        var capacities = Capacities()
        capacities.lines = image.lines.count
        capacities.buses = image.buses.count
        capacities.devices = image.sensors.count
        capacities.readers = image.readers.count
        capacities.streams = image.ports.count + Int(image.capacities.consoles) + Int(image.capacities.links)
        self.init(capacities)
        for index in image.lines.indices {
            let line = image.lines[index]
            if let source = line.readerInput {
                addLine(
                    of: ReaderInput(
                        reader: Int(source.reader), input: UInt8(truncatingIfNeeded: source.input),
                        isInverted: line.activeLow))
                continue
            }
            addLine(isOutput: line.direction == .output, isActive: line.direction == .output && line.activeAtStart)
        }
        for index in image.buses.indices { addBus(timeout: .milliseconds(Int64(image.buses[index].timeoutMs))) }
        for index in image.sensors.indices {
            let sensor = image.sensors[index]
            addDevice(
                VirtualBoard.model(of: sensor), on: BusIndex(UInt8(truncatingIfNeeded: sensor.bus)),
                address: UInt8(truncatingIfNeeded: sensor.address),
                supply: (sensor.supplyLine ?? image.buses[Int(sensor.bus)].supplyLine).map { LineIndex(UInt16($0)) })
        }
        for index in image.ports.indices {
            addStream(.serialPort(UInt16(index)), bitsPerSecond: Int(image.ports[index].baud))
        }
        for index in image.readers.indices {
            let baud = image.port(ofReader: index).map { Int64(image.ports[Int($0)].baud) } ?? 9_600
            add(image.readers[index], baud: baud, hashKey: hashKey)
        }
    }

    private mutating func add(_ reader: WardenMessages.Reader, baud: Int64, hashKey: HashKey) {
        switch reader.interface {
        case .serialTag(let options)?:
            let framing: SerialTagReaderModel.Framing =
                switch options.checksum {
                case .raw: .rawChecksum
                case .additive: .additiveChecksum
                default: .plain
                }
            let repeats = options.presence == .repeatedFrames
            addReader(
                .serialTag(SerialTagReaderModel(framing: framing, repetition: repeats ? .milliseconds(65) : nil)),
                on: StreamIndex(UInt16(options.port)))
        case .wiegand(let options)?:
            addReader(
                .wiegand(WiegandReaderModel()), zero: LineIndex(UInt16(options.data0Line)),
                one: LineIndex(UInt16(options.data1Line)))
        case .textLine(let options)?:
            var lineEnd = FixedBytes<2>()
            switch options.lineEnd {
            case .carriageReturnOrLineFeed, .unrecognised:
                lineEnd.append(0x0D)
                lineEnd.append(0x0A)
            case .byte: lineEnd.append(UInt8(truncatingIfNeeded: options.endByte))
            case .pause: break
            }
            addReader(
                .textLine(TextLineReaderModel(prefix: options.prefix, suffix: options.suffix, lineEnd: lineEnd)),
                on: StreamIndex(UInt16(options.port)))
        case .osdp(let options)?: addOSDP(options, baud: baud, hashKey: hashKey)
        case .pn532(let options)?:
            let file = options.file.flatMap { file in
                SealedKey.open(file.sealedKey, with: hashKey).map { VirtualBoard.fileModel(file, key: $0) }
            }
            addReader(.pn532(PN532Model()), on: StreamIndex(UInt16(options.port)), file: file)
        case nil: break
        }
    }

    private static func fileModel(_ file: CardFile, key: AES128) -> CardFileModel {
        CardFileModel(
            application: file.application, keyNumber: UInt8(truncatingIfNeeded: file.keyNumber), key: key,
            systemIdentifier: file.diversified ? file.systemIdentifier : nil,
            number: UInt8(truncatingIfNeeded: file.number),
            protection: ContactlessCardModel.Protection(
                rawValue: UInt8(truncatingIfNeeded: file.protection.rawValue)) ?? .enciphered,
            offset: min(Int(file.offset), 64))
    }

    private mutating func addOSDP(_ options: OsdpOptions, baud: Int64, hashKey: HashKey) {
        var key: AES128?
        switch options.security {
        case .key, .install: key = SealedKey.open(options.sealedKey, with: hashKey)
        case .masterKey:
            // A reader's own key is worked out from its identity, which the model knows.
            key = SealedKey.open(options.sealedKey, with: hashKey).map {
                OSDPReaderModel.key(fromMaster: $0, address: UInt8(truncatingIfNeeded: options.address))
            }
        case .clear, .unrecognised: break
        }
        addReader(
            .osdp(
                OSDPReaderModel(
                    address: UInt8(truncatingIfNeeded: options.address), key: key, baudRate: baud,
                    seed: UInt8(truncatingIfNeeded: options.address &+ 1))),
            on: StreamIndex(UInt16(options.port)), key: key)
    }

    private static func model(of sensor: WardenMessages.Sensor) -> DeviceModel {
        let address = UInt8(truncatingIfNeeded: sensor.address)
        let chip: DeviceModel.Chip =
            switch sensor.chip {
            case .ads1115?: .ads1115(ADS1115Model())
            case .adxl345?: .adxl345(ADXL345Model())
            case .bme280?, nil: .bme280(BME280Model())
            case .bmp280?: .bme280(BME280Model(hasHumidity: false))
            case .sht3x?: .sht3x(SHT3xModel())
            case .sht4x?: .sht4x(SHT4xModel())
            case .scd4x?: .scd4x(SCD4xModel())
            case .sgp40?: .sgp4x(SGP4xModel(hasNitrogenPixel: false))
            case .sgp41?: .sgp4x(SGP4xModel(hasNitrogenPixel: true))
            case .bh1750?: .bh1750(BH1750Model())
            case .pmsa003i?: .pmsa003i(PMSA003IModel())
            case .lis3dh?: .lis3dh(LIS3DHModel())
            case .mpu6050?: .mpu6050(MPU6050Model())
            case .mcp23017?: .mcp23017(MCP23017Model())
            }
        return DeviceModel(address: address, chip)
    }
}
