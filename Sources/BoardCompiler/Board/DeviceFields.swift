import WardenMessages

/// Fields of `buses`, `ports`, `sensors` and `points`.
enum DeviceFields {
    static let bus = Record<Bus>(
        make: { Bus() },
        fields: [
            .required(
                "device", .text(maximumBytes: 64), example: "/dev/i2c-1", "Device file of the I2C adapter."
            ) { $0.device = fixedBytes($1) },
            .optional(
                "timeout", .milliseconds(1...10_000), default: "100 ms", example: "100 ms",
                "How long one transaction may take before the bus counts as held."
            ) { $0.timeoutMs = $1 },
            .optional(
                "supply", .reference(to: .lines, trait: "output"), example: "sensor_supply",
                "The output that feeds everything on the bus while active. When nothing there answers for half a minute it goes off for three seconds, then less and less often, down to once an hour."
            ) { $0.supplyLine = $1 },
        ])

    static let port = Record<Port>(
        make: { Port() },
        fields: [
            .required(
                "device", .text(maximumBytes: 64), example: "/dev/ttyAMA0", "Device file of the serial port."
            ) { $0.device = fixedBytes($1) },
            .optional(
                "baud", .unsigned(300...4_000_000), default: "9600", example: "9600",
                "Bits a second. 125 kHz readers send at 9600."
            ) { $0.baud = $1 },
            .optional(
                "parity",
                .choice([
                    Choice("none", Parity.none, "no parity bit"), Choice("even", .even, "even number of ones"),
                    Choice("odd", .odd, "odd number of ones"),
                ]), default: "none", example: "none", "The parity bit."
            ) { $0.parity = $1 },
            .optional(
                "data_bits", .unsigned(7...8), default: "8", example: "8", "Data bits of a character."
            ) { $0.dataBits = $1 },
            .optional(
                "stop_bits", .unsigned(1...2), default: "1", example: "1", "Stop bits of a character."
            ) { $0.stopBits = $1 },
            .optional(
                "rs485", .flag, default: "false", example: "true",
                "Half duplex, the kernel switches the transmitter (TIOCSRS485)."
            ) { $0.rs485 = $1 },
            .optional(
                "use",
                .choice([
                    Choice("devices", PortUse.devices, "a reader or a sensor"),
                    Choice("link", .link, "a client of Warden Link, both sides at once"),
                    Choice("link-in-turns", .linkInTurns, "a client of Warden Link, each side in its turn"),
                ]), default: "devices", example: "link",
                "Who speaks there. A link is always 8N1, encrypted, and let in by the keys in `clients`; `link-in-turns` is for RS-485 on two wires."
            ) { $0.use = $1 },
            .optional(
                "turnaround", .milliseconds(0...1_000), default: "2 ms", example: "5 ms",
                "With `use: link-in-turns`: how long the board waits after the client's last byte, for its driver to let go of the wires."
            ) { $0.turnaroundMs = $1 },
        ])

    static let sensor = Record<Sensor>(
        make: { Sensor() },
        fields: [
            .required(
                "bus", .reference(to: .buses), example: "sensors", "The bus that it sits on."
            ) { $0.bus = $1 },
            .required(
                "address", .unsigned(0x03...0x77, hexadecimal: true), example: "0x48",
                "Its 7-bit address, which a pin of the chip selects."
            ) { $0.address = $1 },
            .optional(
                "interval", .milliseconds(1...3_600_000), example: "250 ms",
                "Time from measurement to measurement; without it the chip's own default."
            ) { $0.intervalMs = $1 },
            .optional(
                "supply", .reference(to: .lines, trait: "output"), example: "wearer_supply",
                "The output that feeds this sensor alone while active; switched off and on as that of a bus."
            ) { $0.supplyLine = $1 },
        ], variantKey: "chip", variantExplanation: "What the sensor is; decides which further keys there are.",
        variants: [
            .init(
                "ads1115",
                "Four-channel 16-bit converter: smoke chambers, leak ropes, analogue gas cells. Channels `input0` to `input3` in V; those that a point measures are converted.",
                begin: { $0.chip = .ads1115(Ads1115Options()) },
                fields: [
                    ads1115(
                        .optional(
                            "full_scale",
                            .oneOf(.voltage, step: 1_000, [6_144, 4_096, 2_048, 1_024, 512, 256]), default: "4.096 V",
                            example: "4.096 V",
                            "Full scale of the amplifier. Inputs still may not exceed the chip's supply."
                        ) { $0.fullScaleMv = $1 })
                ]),
            .init(
                "bme280",
                "Temperature, humidity and air pressure: channels `temperature`, `humidity`, `pressure`.",
                begin: { $0.chip = .bme280(Bme280Options()) }),
            .init(
                "adxl345",
                "Accelerometer with a FIFO, worn at the waist for fall detection; channels `x`, `y`, `z`.",
                begin: { $0.chip = .adxl345(Adxl345Options()) },
                fields: [
                    adxl345(
                        .optional(
                            "rate", .oneOf(.frequency, [25, 50, 100, 200, 400]), default: "100 Hz", example: "200 Hz",
                            "Samples a second."
                        ) { $0.rateHz = $1 })
                ]),
            .init(
                "sht3x", "Temperature and humidity: channels `temperature`, `humidity`.",
                begin: { $0.chip = .sht3x(Sht3xOptions()) }),
            .init(
                "sht4x", "Temperature and humidity: channels `temperature`, `humidity`.",
                begin: { $0.chip = .sht4x(Sht4xOptions()) }),
            .init(
                "bmp280", "Temperature and air pressure: channels `temperature`, `pressure`.",
                begin: { $0.chip = .bmp280(Bmp280Options()) }),
            .init(
                "scd4x",
                "SCD40, SCD41, SCD43: channels `carbon_dioxide` (carbon dioxide is air quality; it is no carbon monoxide), `temperature`, `humidity`. Measures every 5 s.",
                begin: { $0.chip = .scd4x(Scd4xOptions()) },
                fields: [
                    scd4x(
                        .optional(
                            "altitude", .unsigned(0...3_000), default: "0", example: "120",
                            "Metres above sea level: thin air reads lower."
                        ) { $0.altitudeM = $1 }),
                    scd4x(
                        .optional(
                            "temperature_offset", .amount(.millidegreeCelsius, 0...20_000), default: "4 °C",
                            example: "4 °C", "How much warmer the chip is than the room."
                        ) { $0.temperatureOffsetMc = $1 }),
                    scd4x(
                        .optional(
                            "self_calibration", .flag, default: "true", example: "false",
                            "Takes the lowest value of each week for fresh air. `false` for rooms that never see any."
                        ) { $0.selfCalibration = $1 }),
                    scd4x(
                        .optional(
                            "pressure", .reference(to: .points), example: "pressure_hall",
                            "The point of the air pressure there, in Pa, of another sensor: takes the place of the altitude."
                        ) { $0.pressurePoint = $1 }),
                ]),
            .init(
                "sgp40",
                "Volatile organic compounds: channels `voc_index` (1 to 500, 100 is usual) and `voc_signal`. Measures every second.",
                begin: { $0.chip = .sgp40(Sgp40Options()) },
                fields: [
                    sgp40(ambientTemperature { $0.temperaturePoint = $1 }),
                    sgp40(ambientHumidity { $0.humidityPoint = $1 }),
                ]),
            .init(
                "sgp41",
                "Volatile organic compounds and nitrogen oxides: channels `voc_index`, `nox_index`, `voc_signal`, `nox_signal`. Measures every second.",
                begin: { $0.chip = .sgp41(Sgp41Options()) },
                fields: [
                    sgp41(ambientTemperature { $0.temperaturePoint = $1 }),
                    sgp41(ambientHumidity { $0.humidityPoint = $1 }),
                ]),
            .init(
                "bh1750", "Light: channel `light`.", begin: { $0.chip = .bh1750(Bh1750Options()) }),
            .init(
                "pmsa003i",
                "Particles: channels `pm1`, `pm2_5`, `pm10` in µg/m³ and `particle_count`, over 0.3 µm in 0.1 l. Warms up for 30 s.",
                begin: { $0.chip = .pmsa003i(Pmsa003iOptions()) }),
            .init(
                "lis3dh", "Accelerometer with a FIFO, for falls and tilts; channels `x`, `y`, `z`.",
                begin: { $0.chip = .lis3dh(Lis3dhOptions()) },
                fields: [
                    lis3dh(
                        .optional(
                            "rate", .oneOf(.frequency, [25, 50, 100, 200, 400]), default: "100 Hz", example: "100 Hz",
                            "Samples a second."
                        ) { $0.rateHz = $1 }),
                    lis3dh(
                        .optional(
                            "full_scale", .oneOf(gravity, step: 1_000, [2, 4, 8, 16]), default: "8 g", example: "8 g",
                            "Full scale. Falls need 4 g or more."
                        ) { $0.fullScaleG = $1 }),
                ]),
            .init(
                "mpu6050",
                "Accelerometer and gyroscope with a FIFO; channels `x`, `y`, `z`, `rotation_x`, `rotation_y`, `rotation_z`, and the chip's own `temperature`.",
                begin: { $0.chip = .mpu6050(Mpu6050Options()) },
                fields: [
                    mpu6050(
                        .optional(
                            "rate", .oneOf(.frequency, [25, 50, 100, 200]), default: "100 Hz", example: "100 Hz",
                            "Samples a second."
                        ) { $0.rateHz = $1 }),
                    mpu6050(
                        .optional(
                            "full_scale", .oneOf(gravity, step: 1_000, [2, 4, 8, 16]), default: "16 g",
                            example: "16 g", "Full scale. Falls need 4 g or more."
                        ) { $0.fullScaleG = $1 }),
                ]),
            .init(
                "mcp23017",
                "Expander for fourteen more inputs: channels `a0` to `a6` and `b0` to `b6`, 0 or 1. The pins 7 of both ports can only be outputs and are left low.",
                begin: { $0.chip = .mcp23017(Mcp23017Options()) },
                fields: [
                    mcp23017(
                        .optional(
                            "active",
                            .choice([
                                Choice("low", UInt32(0x7F7F), "a contact to ground makes 1"),
                                Choice("high", 0, "the supply's level makes 1"),
                            ]), default: "low", example: "low", "The electrical level that counts as 1, of all pins."
                        ) { $0.activeLow = $1 }),
                    mcp23017(
                        .optional(
                            "pull_ups", .flag, default: "true", example: "true",
                            "Resistors of 100 kΩ to the supply in the chip, at all inputs."
                        ) { $0.pullUps = $1 ? 0x7F7F : 0 }),
                ]),
        ])

    private static let gravity = Dimension(
        name: "acceleration", units: [.init("mg", size: 1), .init("g", size: 1_000)])

    /// What another sensor measures at a gas sensor; the chip compensates for it.
    private static func ambientTemperature<Options>(
        _ set: @escaping @Sendable (inout Options, UInt32) -> Void
    ) -> Field<Options> {
        .optional(
            "temperature", .reference(to: .points), example: "temperature_hall",
            "The point of the temperature at the chip, in °C, of another sensor. Goes with `humidity`.", set: set)
    }

    private static func ambientHumidity<Options>(
        _ set: @escaping @Sendable (inout Options, UInt32) -> Void
    ) -> Field<Options> {
        .optional(
            "humidity", .reference(to: .points), example: "humidity_hall",
            "The point of the relative humidity at the chip, of another sensor. Goes with `temperature`.", set: set)
    }

    private static func sgp40(_ field: Field<Sgp40Options>) -> Field<Sensor> {
        field.embedded(
            get: { if case .sgp40(let options) = $0.chip { options } else { Sgp40Options() } },
            set: { $0.chip = .sgp40($1) })
    }

    private static func sgp41(_ field: Field<Sgp41Options>) -> Field<Sensor> {
        field.embedded(
            get: { if case .sgp41(let options) = $0.chip { options } else { Sgp41Options() } },
            set: { $0.chip = .sgp41($1) })
    }

    private static func scd4x(_ field: Field<Scd4xOptions>) -> Field<Sensor> {
        field.embedded(
            get: { if case .scd4x(let options) = $0.chip { options } else { Scd4xOptions() } },
            set: { $0.chip = .scd4x($1) })
    }

    private static func lis3dh(_ field: Field<Lis3dhOptions>) -> Field<Sensor> {
        field.embedded(
            get: { if case .lis3dh(let options) = $0.chip { options } else { Lis3dhOptions() } },
            set: { $0.chip = .lis3dh($1) })
    }

    private static func mpu6050(_ field: Field<Mpu6050Options>) -> Field<Sensor> {
        field.embedded(
            get: { if case .mpu6050(let options) = $0.chip { options } else { Mpu6050Options() } },
            set: { $0.chip = .mpu6050($1) })
    }

    private static func mcp23017(_ field: Field<Mcp23017Options>) -> Field<Sensor> {
        field.embedded(
            get: { if case .mcp23017(let options) = $0.chip { options } else { Mcp23017Options() } },
            set: { $0.chip = .mcp23017($1) })
    }

    private static func ads1115(_ field: Field<Ads1115Options>) -> Field<Sensor> {
        field.embedded(
            get: { if case .ads1115(let options) = $0.chip { options } else { Ads1115Options() } },
            set: { $0.chip = .ads1115($1) })
    }

    private static func adxl345(_ field: Field<Adxl345Options>) -> Field<Sensor> {
        field.embedded(
            get: { if case .adxl345(let options) = $0.chip { options } else { Adxl345Options() } },
            set: { $0.chip = .adxl345($1) })
    }

    static let point = Record<PointDescription>(
        make: { PointDescription() },
        fields: [
            .required(
                "measures", channel, example: "probes.input0", "The sensor and its channel, with a full stop between."
            ) { point, parts in
                point.sensorName = parts.sensor
                point.channelName = parts.channel
            },
            .optional(
                "unit",
                .choice(PointUnitDescription.all.map { Choice($0.symbol, $0.unit, $0.explanation) }), example: "dB/m",
                "The unit of its values; without it the channel's own."
            ) { $0.unit = $1 },
            .optional(
                "scale", scale, example: "{0.4 V: 0 dB/m, 2.4 V: 0.5 dB/m}",
                "Two readings of the sensor with what each means; values in between and beyond lie on the straight line through both. Without it the sensor's value is taken as it is."
            ) { $0.scale = $1 },
            .optional(
                "stale_after", .milliseconds(10...86_400_000), default: "10 s", example: "2 s",
                "A value older than this is stale, which is trouble. More than the sensor's interval."
            ) { $0.message.staleAfterMs = $1 },
            .optional(
                "range", range, example: "0 dB/m to 0.6 dB/m",
                "Values outside are trouble: a broken wire or a defective sensor. Without it, what the channel can measure."
            ) { $0.range = $1 },
        ])

    private static let channel = ValueKind<(sensor: String, channel: String)>(
        summary: "`SENSOR.CHANNEL`",
        schema: .object([("type", .string("string")), ("pattern", .string("^[^.]+\\.[^.]+$"))])
    ) { node, context in
        guard let text = plainText(node, context, wanted: "a sensor and its channel") else {
            return nil
        }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
            context.report(
                node, "'\(text)' is not a sensor and its channel",
                remedy: "write both with a full stop between, such as probes.input0")
            return nil
        }
        guard context.place(of: parts[0], in: .sensors, at: node.range) != nil else { return nil }
        return (parts[0], parts[1])
    }

    private static let scale = ValueKind<[(raw: YamlNode, value: YamlNode)]>(
        summary: "two pairs `READING: VALUE`",
        schema: .object([
            ("type", .string("object")), ("minProperties", .integer(2)), ("maxProperties", .integer(2)),
            ("additionalProperties", .object([("type", .array([.string("string"), .string("number")]))])),
        ])
    ) { node, context in
        guard case .mapping(let entries) = node.content, entries.count == 2 else {
            context.report(
                node, "a scale is two readings with their values",
                remedy: "write them as {0.4 V: 0 dB/m, 2.4 V: 0.5 dB/m}")
            return nil
        }
        return entries.map { entry in
            (YamlNode(content: .scalar(entry.key, isQuoted: true), range: entry.keyRange), entry.value)
        }
    }

    private static let range = ValueKind<(text: String, node: YamlNode)>(
        summary: "`LOWEST to HIGHEST`", schema: .object([("type", .string("string"))])
    ) { node, context in
        plainText(node, context, wanted: "a range such as 0 V to 3.3 V").map { ($0, node) }
    }
}
