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

    private static let pin = Field<LineDescription>.required(
        "pin", .pin, example: "GPIO17",
        "Where the line is: a pin of the known hardware, a chip with the number of the line, or the kernel's line name."
    ) { line, pin in
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
            pin,
            .required(
                "active", level, example: "low",
                "Which electrical level means active: contact open, button pressed, call point broken."
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
                "How long a level must last before it counts. Contacts bounce for some milliseconds."
            ) { $0.message.debounceUs = $1 },
        ])

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
            pin,
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
