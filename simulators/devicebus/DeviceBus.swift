import DeviceModels
import FixedMemory
import HardwareInterface

/// A simulated I2C bus that speaks a line protocol, so that programs in any language can talk to the device models.
///
/// Each command is a line, each answer is a line: what was asked for, or `error` with the reason. Time comes with the
/// commands; nothing here has a clock of its own.
struct DeviceBus {
    static let usage = """
        usage: devicebus

        Simulated I2C devices on standard input and output: one command a line, one answer a line.

          add ADDRESS CHIP                      puts a chip on the bus, just switched on at time 0
          power NANOSECONDS ADDRESS             cuts its supply for a moment
          set ADDRESS QUANTITY VALUE            changes the world around it
          defect ADDRESS NAME VALUE             frozen, identity, self-test (0 or 1), conversion (per cent, 0 = never)
          fault ADDRESS NAME VALUE              absent, held (0 or 1), refusals, time-outs (how many)
          transfer NANOSECONDS ADDRESS BYTES COUNT
                                                writes BYTES (hexadecimal, - for none), then reads COUNT bytes;
                                                answers done and the bytes, or notAcknowledged, timedOut
          pins ADDRESS                          levels and directions that an expander puts on its pins
          quit

        Addresses are hexadecimal, other numbers decimal. Chips: \(Chip.allCases.map(\.rawValue).joined(separator: ", ")).
        Quantities: \(quantities.map(\.name).joined(separator: ", ")).

        example:
          add 76 bme280
          set 76 temperature 23450
          transfer 5000000 76 D0 1
        """

    enum Chip: String, CaseIterable {
        case ads1115, adxl345, bh1750, bme280, bmp280, lis3dh, mcp23017, mpu6050, pmsa003i, scd4x, sgp40, sgp41, sht3x,
            sht4x

        var model: DeviceModel.Chip {
            switch self {
            case .ads1115: .ads1115(ADS1115Model())
            case .adxl345: .adxl345(ADXL345Model())
            case .bh1750: .bh1750(BH1750Model())
            case .bme280: .bme280(BME280Model())
            case .bmp280: .bme280(BME280Model(hasHumidity: false))
            case .lis3dh: .lis3dh(LIS3DHModel())
            case .mcp23017: .mcp23017(MCP23017Model())
            case .mpu6050: .mpu6050(MPU6050Model())
            case .pmsa003i: .pmsa003i(PMSA003IModel())
            case .scd4x: .scd4x(SCD4xModel())
            case .sgp40: .sgp4x(SGP4xModel(hasNitrogenPixel: false))
            case .sgp41: .sgp4x(SGP4xModel(hasNitrogenPixel: true))
            case .sht3x: .sht3x(SHT3xModel())
            case .sht4x: .sht4x(SHT4xModel())
            }
        }
    }

    static let quantities: [(name: String, quantity: Quantity)] = [
        ("input0", .input0), ("input1", .input1), ("input2", .input2), ("input3", .input3),
        ("temperature", .temperature), ("humidity", .humidity), ("pressure", .pressure),
        ("acceleration-x", .accelerationX), ("acceleration-y", .accelerationY), ("acceleration-z", .accelerationZ),
        ("carbon-dioxide", .carbonDioxide), ("light", .light), ("particles", .particles),
        ("organic-signal", .organicSignal), ("nitrogen-signal", .nitrogenSignal),
        ("rotation-x", .rotationX), ("rotation-y", .rotationY), ("rotation-z", .rotationZ), ("pins", .pins),
    ]

    /// What is wrong with a line.
    struct Refusal: Error {
        let reason: String
    }

    private var devices: [UInt8: DeviceModel] = [:]

    /// Carries out a line.
    ///
    /// - Returns: the answer; `nil` for `quit`.
    mutating func answer(_ line: String) -> String? {
        let words = line.split(separator: " ").map(String.init)
        guard let command = words.first else { return "error empty line" }
        if command == "quit" { return nil }
        do throws(Refusal) {
            return try perform(command, Array(words.dropFirst()))
        } catch {
            return "error \(error.reason)"
        }
    }

    private mutating func perform(_ command: String, _ words: [String]) throws(Refusal) -> String {
        switch command {
        case "add":
            try expect(words, 2)
            guard let chip = Chip(rawValue: words[1]) else { throw Refusal(reason: "no chip \(words[1])") }
            let address = try address(words[0])
            var device = DeviceModel(address: address, chip.model)
            device.powerOn(at: .start)
            devices[address] = device
        case "power":
            try expect(words, 2)
            let now = Instant(nanoseconds: try number(words[0]))
            try change(words[1]) { $0.powerOn(at: now) }
        case "set":
            try expect(words, 3)
            guard let quantity = DeviceBus.quantities.first(where: { $0.name == words[1] })?.quantity,
                let value = Int32(words[2])
            else { throw Refusal(reason: "no quantity \(words[1]) of \(words[2])") }
            let isSensed = try change(words[0]) { $0.set(quantity, to: value) }
            guard isSensed else { throw Refusal(reason: "the chip does not sense \(words[1])") }
        case "defect":
            try expect(words, 3)
            try setDefect(words[1], try number(words[2]), of: words[0])
        case "fault":
            try expect(words, 3)
            try setFault(words[1], try number(words[2]), of: words[0])
        case "transfer":
            try expect(words, 4)
            return try transfer(words)
        case "pins":
            try expect(words, 1)
            guard let pins = devices[try address(words[0])]?.drivenPins else {
                throw Refusal(reason: "no expander there")
            }
            return "ok \(pins.levels) \(pins.outputs)"
        default: throw Refusal(reason: "no command \(command)")
        }
        return "ok"
    }

    private func expect(_ words: [String], _ count: Int) throws(Refusal) {
        guard words.count == count else { throw Refusal(reason: "\(count) arguments wanted, \(words.count) given") }
    }

    private func address(_ word: String) throws(Refusal) -> UInt8 {
        guard let value = UInt8(word, radix: 16), value < 0x80 else { throw Refusal(reason: "\(word) is no address") }
        return value
    }

    private func number(_ word: String) throws(Refusal) -> Int64 {
        guard let value = Int64(word), value >= 0 else { throw Refusal(reason: "\(word) is no number") }
        return value
    }

    private mutating func change<Result>(
        _ word: String, _ body: (inout DeviceModel) -> Result
    ) throws(Refusal) -> Result {
        let address = try address(word)
        guard var device = devices[address] else { throw Refusal(reason: "no device at \(word)") }
        let result = body(&device)
        devices[address] = device
        return result
    }

    private mutating func setDefect(_ name: String, _ value: Int64, of device: String) throws(Refusal) {
        guard ["frozen", "identity", "self-test", "conversion"].contains(name) else {
            throw Refusal(reason: "no defect \(name)")
        }
        try change(device) {
            switch name {
            case "frozen": $0.defects.isFrozen = value != 0
            case "identity": $0.defects.hasWrongIdentity = value != 0
            case "self-test": $0.defects.failsSelfTest = value != 0
            default: $0.defects.conversionPercent = value
            }
        }
    }

    private mutating func setFault(_ name: String, _ value: Int64, of device: String) throws(Refusal) {
        guard ["absent", "held", "refusals", "time-outs"].contains(name) else {
            throw Refusal(reason: "no fault \(name)")
        }
        try change(device) {
            switch name {
            case "absent": $0.faults.isAbsent = value != 0
            case "held": $0.faults.isHeld = value != 0
            case "refusals": $0.faults.refusals = UInt16(clamping: value)
            default: $0.faults.timeOuts = UInt16(clamping: value)
            }
        }
    }

    private mutating func transfer(_ words: [String]) throws(Refusal) -> String {
        let now = Instant(nanoseconds: try number(words[0]))
        let count = try number(words[3])
        guard count <= 1_024 else { throw Refusal(reason: "at most 1024 bytes are read") }
        let bytes = try bytes(words[2])
        let address = try address(words[1])
        guard var device = devices[address] else { return "notAcknowledged" }
        var answer = ByteBuffer(capacity: 1_024)
        let outcome = device.transact(write: bytes.span, read: Int(count), into: &answer, at: now)
        devices[address] = device
        guard outcome == .done else { return "\(outcome)" }
        var text = "done "
        if answer.count == 0 { text += "-" }
        for index in 0..<answer.count {
            text += (answer[index] < 16 ? "0" : "") + String(answer[index], radix: 16)
        }
        return text
    }

    private func bytes(_ word: String) throws(Refusal) -> [UInt8] {
        guard word != "-" else { return [] }
        let digits = Array(word)
        guard digits.count % 2 == 0, digits.count <= 512 else { throw Refusal(reason: "\(word) is not in bytes") }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let byte = UInt8(String(digits[index...(index + 1)]), radix: 16) else {
                throw Refusal(reason: "\(word) is not hexadecimal")
            }
            bytes.append(byte)
        }
        return bytes
    }
}
