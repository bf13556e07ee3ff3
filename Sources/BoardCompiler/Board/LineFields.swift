import WardenMessages

/// Fields of `chips`, `inputs` and `outputs`.
enum LineFields {
    static let chip = Record<ChipDescription>(
        make: { ChipDescription(match: "", lineCount: 0) },
        fields: [
            .required(
                "match", .text(maximumBytes: 48), example: "pinctrl-bcm2711",
                "The chip's label, name or device file, as 'gpiodetect' shows it. Labels outlive kernel updates, numbers do not."
            ) { $0.match = $1 },
            .required(
                "lines", .integer(1...1_024), example: "58",
                "How many lines the chip has, so that a line beyond it is found on the desk and not in the riser."
            ) { $0.lineCount = Int($1) },
        ])

    private static let pinText =
        "Where the line is: a pin of the known hardware, a chip with the number of the line, or the kernel's line name."

    private static func setPin(_ line: inout LineDescription, _ pin: PinOrKernelName) {
        switch pin {
        case .pin(let place, let kernelName):
            line.pin = place
            if let kernelName, !kernelName.isEmpty {
                line.message.kernelName = fixedBytes(kernelName)
            } else {
                line.message.chip = fixedBytes(place.chip)
                line.message.offset = UInt32(place.offset)
            }
        case .kernelName(let name): line.message.kernelName = fixedBytes(name)
        }
    }

    private static let level: ValueKind<Bool> = .choice([
        Choice("high", false, "the high level is the active one"),
        Choice("low", true, "the low level is the active one: the circuit closes to ground"),
    ])

    static let input = Record<LineDescription>(
        make: { LineDescription() },
        fields: [
            .optional("pin", .pin, example: "GPIO17", pinText + " Either this or `reader`.", set: setPin),
            .optional(
                "reader", .reference(to: .readers), example: "gate_reader",
                "Instead of `pin`: the OSDP reader that the contact or button is wired to. While the reader does not answer nothing is known of the input, which is trouble."
            ) { line, reader in
                line.message.readerInput = ReaderInput(reader: reader, input: line.message.readerInput?.input ?? 0)
            },
            .optional(
                "reader_input", .unsigned(0...31), example: "1", "Which of the reader's inputs it is, 0 the first."
            ) { line, input in
                line.message.readerInput = ReaderInput(reader: line.message.readerInput?.reader ?? 0, input: input)
            },
            .required(
                "active", level, example: "low",
                "Which electrical level means active: contact open, button pressed, call point broken. At a reader `high` is what it calls active."
            ) { $0.message.activeLow = $1 },
            .optional(
                "bias",
                .choice([
                    Choice("as-is", LineBias.asIs, "left as the boot loader set it"),
                    Choice("none", .disabled, "no pull; there is a resistor outside"),
                    Choice("pull-up", .pullUp, "the chip pulls up"),
                    Choice("pull-down", .pullDown, "the chip pulls down"),
                ]), default: "as-is", example: "pull-up",
                "The chip's own resistor. A loop in the field wants an external one of some kΩ besides."
            ) { $0.message.bias = $1 },
            .optional(
                "debounce", .microseconds(0...1_000_000), default: "20 ms", example: "20 ms",
                "How long a level must last before it counts. Contacts bounce for some milliseconds; a reader debounces its inputs itself."
            ) { $0.message.debounceUs = $1 },
        ],
        finish: { line, places, context in
            let isAtReader = places.keys["reader"] != nil
            guard isAtReader != (places.keys["pin"] != nil) else {
                context.report(
                    at: isAtReader ? places["reader"] : places.whole,
                    isAtReader ? "it is wired to a pin and to a reader" : "it does not say where the line is",
                    remedy: isAtReader
                        ? "write one of 'pin:' and 'reader:'" : "add 'pin: GPIO17', or 'reader:' and 'reader_input:'")
                return false
            }
            guard isAtReader == (places.keys["reader_input"] != nil) else {
                context.report(
                    at: isAtReader ? places["reader"] : places["reader_input"],
                    isAtReader ? "it does not say which of the reader's inputs it is" : "it names no reader",
                    remedy: isAtReader ? "add 'reader_input: 0' for the first" : "add 'reader:' with the reader's name")
                return false
            }
            guard isAtReader else { return true }
            line.message.debounceUs = 0
            for key in ["bias", "debounce"] where places.keys[key] != nil {
                context.report(
                    at: places[key], "the reader sees to its inputs itself", remedy: "remove '\(key)'")
                return false
            }
            return true
        })

    private static let rest: ValueKind<LineExit> = .choice([
        Choice("inactive", LineExit.inactive, "off"), Choice("active", .active, "on"),
        Choice("keep", .keep, "stays as it is"),
    ])

    static let output = Record<LineDescription>(
        make: {
            var line = LineDescription()
            line.message.direction = .output
            return line
        },
        fields: [
            .required("pin", .pin, example: "GPIO17", pinText, set: setPin),
            .optional(
                "active", level, default: "high", example: "high",
                "Which electrical level drives the load. Many relay boards switch on at the low level."
            ) { $0.message.activeLow = $1 },
            .optional(
                "start",
                .choice([
                    Choice("inactive", false, "off"),
                    Choice("active", true, "on"),
                ]), example: "active",
                "The level in the very request that claims the line, before anything is decided; inactive where left out. A lock must say it: `active` locks a maglock and opens a fail-secure strike."
            ) { line, active in
                line.message.activeAtStart = active
                line.saysStart = true
            },
            .optional(
                "exit",
                .choice([
                    Choice("inactive", LineExit.inactive, "off"),
                    Choice("active", .active, "on"),
                    Choice("keep", .keep, "stays as it is, as far as the chip keeps it"),
                ]), example: "inactive",
                "What the line does when the program ends in order; inactive where left out. A lock must say it: `inactive` releases a maglock."
            ) { line, exit in
                line.message.atExit = exit
                line.saysExit = true
            },
            .optional(
                "power_on", rest, example: "inactive",
                "What the line does between power-on and the start of the program; without it as the pull of the known pin says, or inactive. Counts in the proof of doors."
            ) { line, rest in
                line.message.atPowerOn = rest
                line.saysPowerOn = true
            },
            .optional(
                "crash", rest, default: "keep", example: "inactive",
                "What the line does when the program has died and nobody drives it. Linux gives the line back; most chips keep its level."
            ) { $0.message.afterCrash = $1 },
        ])
}
