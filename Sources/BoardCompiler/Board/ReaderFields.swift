import Drivers
import FixedMemory
import WardenMessages

/// A card reader as the file describes it: its key is named, and sealed only when the image is written.
struct ReaderDescription {
    var message = WardenMessages.Reader()
    /// The reader key that it names, of an OSDP reader or of a card file.
    var keyName: String?
}

/// Fields of `readers` and `card_formats`.
enum ReaderFields {
    static let reader = Record<ReaderDescription>(
        make: { ReaderDescription() },
        fields: [
            .required(
                "door", .reference(to: .doors), example: "entrance", "The door that its cards ask for."
            ) { $0.message.door = $1 },
            .optional(
                "side",
                .choice([
                    Choice("entry", DoorSide.entry, "outside, for those who come in"),
                    Choice("exit", .exit, "inside, for those who leave"),
                ]), default: "entry", example: "exit", "On which side of the door it stands."
            ) { $0.message.side = $1 },
            .optional(
                "hold_off", .milliseconds(0...60_000), default: "2 s", example: "2 s",
                "The same card again within this time is the same presentation."
            ) { $0.message.holdOffMs = $1 },
            .optional(
                "tamper", .reference(to: .lines, trait: "input"), example: "reader_tamper",
                "The input of its tamper switch; active means opened. OSDP readers tell of it themselves."
            ) { $0.message.tamperLine = $1 },
            .optional(
                "granted_lamp", .reference(to: .lines, trait: "output"), example: "reader_green",
                "The output of its green lamp: on while the door is released for somebody."
            ) { $0.message.grantedLine = $1 },
            .optional(
                "denied_lamp", .reference(to: .lines, trait: "output"), example: "reader_red",
                "The output of its red lamp: on for a moment after a refusal."
            ) { $0.message.deniedLine = $1 },
            .optional(
                "buzzer", .reference(to: .lines, trait: "output"), example: "reader_buzzer",
                "The output of its buzzer: on for a moment after a refusal."
            ) { $0.message.sounderLine = $1 },
        ], variantKey: "protocol", variantExplanation: "What the reader speaks; decides which further keys there are.",
        variants: [serialTag, wiegand, textLine, osdp, pn532])

    // MARK: 125 kHz

    private static let serialTag = Record<ReaderDescription>.Variant(
        "serial-tag", "125 kHz readers that send ASCII frames: RDM6300, ID-12LA, ID-20LA.",
        begin: { $0.message.interface = .serialTag(SerialTagOptions()) },
        fields: [
            tag(.required("port", port, example: "reader_port", portText) { $0.port = $1 }),
            tag(
                .optional(
                    "checksum",
                    .choice([
                        Choice("automatic", TagChecksum.automatic, "characters or a raw byte, learned from the reader"),
                        Choice("characters", .characters, "exclusive or, as two characters"),
                        Choice("raw", .raw, "exclusive or, as one byte"),
                        Choice("additive", .additive, "sum, as two characters; never guessed"),
                    ]), default: "automatic", example: "characters",
                    "Which checksum counts."
                ) { $0.checksum = $1 }),
            tag(
                .optional(
                    "presence",
                    .choice([
                        Choice("repeated", TagPresence.repeatedFrames, "the frame comes again and again: RDM6300"),
                        Choice("single", .singleFrame, "one frame a presentation: ID-12LA"),
                        Choice("line", .rangeLine, "the reader's tag-in-range line tells"),
                    ]), default: "repeated", example: "single", "How the reader tells that a tag is still there."
                ) { $0.presence = $1 }),
            tag(
                .optional(
                    "range_input", .reference(to: .lines, trait: "input"), example: "tag_in_range",
                    "The input of the tag-in-range line, for `presence: line`."
                ) { $0.rangeLine = $1 }),
        ])

    private static let port = ValueKind<UInt32>.reference(to: .ports)
    private static let portText = "The serial port that it is wired to."

    private static func tag(_ field: Field<SerialTagOptions>) -> Field<ReaderDescription> {
        field.embedded(
            get: { if case .serialTag(let options) = $0.message.interface { options } else { SerialTagOptions() } },
            set: { $0.message.interface = .serialTag($1) })
    }

    // MARK: Wiegand

    private static let wiegand = Record<ReaderDescription>.Variant(
        "wiegand", "Readers on two data lines (SIA AC-01), with or without keypad.",
        begin: { $0.message.interface = .wiegand(WiegandOptions()) },
        fields: [
            wire(
                .required(
                    "data0", .reference(to: .lines, trait: "input"), example: "gate_data0",
                    "The input of the line for zeros; active means pulse, and it needs `debounce: 0 s`."
                ) { $0.data0Line = $1 }),
            wire(
                .required(
                    "data1", .reference(to: .lines, trait: "input"), example: "gate_data1",
                    "The input of the line for ones."
                ) { $0.data1Line = $1 }),
            wire(
                .optional(
                    "formats", .list(of: cardFormat, 1...8), default: "h10301", example: "[h10301, estate40]",
                    "The frames that are cards: `h10301` (26 bits), `wiegand-34`, `h10302` and `h10304` (37 bits), or one of `card_formats`. Of several of one length the first that fits counts."
                ) { options, places in
                    for place in places { options.formats.append(place) }
                }),
            wire(
                .optional(
                    "keypad",
                    .choice([
                        Choice("none", WiegandKeypad.none, "has none"),
                        Choice("4-bit", .fourBit, "a burst of four bits a key"),
                        Choice("8-bit", .eightBit, "a burst of eight bits, complement first"),
                        Choice("any", .any, "either"),
                    ]), default: "none", example: "4-bit", "How its keypad sends a key."
                ) { $0.keypad = $1 }),
            wire(
                .optional(
                    "timing",
                    .choice([
                        Choice("standard", WiegandTiming.standard, "pulses up to 210 µs, 150 µs apart"),
                        Choice("specification", .specification, "SIA AC-01 as it is: 20 to 100 µs, 200 µs apart"),
                    ]), default: "standard", example: "specification",
                    "The limits of its pulses; the standard ones leave room for late interrupts and for readers that send longer pulses than they should."
                ) { $0.timing = $1 }),
        ])

    private static func wire(_ field: Field<WiegandOptions>) -> Field<ReaderDescription> {
        field.embedded(
            get: { if case .wiegand(let options) = $0.message.interface { options } else { WiegandOptions() } },
            set: { $0.message.interface = .wiegand($1) })
    }

    /// The place of a card format, of the file or built in.
    static let cardFormat = ValueKind<UInt32>(
        summary: "name of a card format", schema: .object([("type", .string("string"))])
    ) { node, context in
        guard let name = plainText(node, context, wanted: "the name of a card format") else { return nil }
        return context.cardFormat(name, at: node.range)
    }

    // MARK: Lines of text

    private static let textLine = Record<ReaderDescription>.Variant(
        "text-line", "Scanners that send each code as a line of text: QR and barcode readers.",
        begin: { $0.message.interface = .textLine(TextLineOptions()) },
        fields: [
            line(.required("port", port, example: "scanner_port", portText) { $0.port = $1 }),
            line(
                .optional(
                    "pattern", pattern, example: "\"WRD-%d{8}-%h{4,16}\"",
                    "What a code must look like: `%d` a digit, `%h` a hexadecimal digit, `%a` a letter, `%w` a letter or digit, `%.` any character, `%%` a per cent sign, each with a count such as `{4}` or `{4,16}`; every other character stands for itself. Without it any printable text counts."
                ) { $0.pattern = fixedBytes($1) }),
            line(
                .optional(
                    "prefix", controlText(maximumBytes: 16), example: "\"\\\\x02\"",
                    "What every line begins with besides the code; taken off. Control characters are written `\\\\x02`."
                ) { $0.prefix = $1 }),
            line(
                .optional(
                    "suffix", controlText(maximumBytes: 16), example: "\"\\\\x03\"",
                    "What every line ends with besides the code, before the line's end; taken off."
                ) { $0.suffix = $1 }),
            line(
                .optional(
                    "line_end", lineEnd, default: "newline", example: "0x03",
                    "What ends a line."
                ) { options, end in
                    options.lineEnd = end.0
                    options.endByte = end.1
                }),
            line(
                .optional(
                    "minimum_length", .unsigned(1...64), default: "4", example: "8", "Characters of the shortest code."
                ) { $0.minimumLength = $1 }),
            line(
                .optional(
                    "maximum_length", .unsigned(1...64), default: "64", example: "32", "Characters of the longest code."
                ) { $0.maximumLength = $1 }),
            line(
                .optional(
                    "pause", .milliseconds(1...10_000), default: "200 ms", example: "100 ms",
                    "A longer pause within a line drops what has come of it, or ends it with `line_end: pause`."
                ) { $0.byteTimeoutMs = $1 }),
        ])

    private static func line(_ field: Field<TextLineOptions>) -> Field<ReaderDescription> {
        field.embedded(
            get: { if case .textLine(let options) = $0.message.interface { options } else { TextLineOptions() } },
            set: { $0.message.interface = .textLine($1) })
    }

    private static let lineEnd = ValueKind<(TextLineEnd, UInt32)>(
        summary: "`newline` (CR, LF or both), `pause`, or a byte such as `0x03`",
        schema: .object([("type", .array([.string("string"), .string("integer")]))])
    ) { node, context in
        guard let text = plainText(node, context, wanted: "newline, pause or a byte such as 0x03") else { return nil }
        switch text {
        case "newline": return (.carriageReturnOrLineFeed, 0)
        case "pause": return (.pause, 0)
        default:
            let lowered = text.lowercased()
            if let byte = lowered.hasPrefix("0x") ? UInt8(lowered.dropFirst(2), radix: 16) : UInt8(text) {
                return (.byte, UInt32(byte))
            }
            context.report(
                node, "'\(text)' is no end of a line", remedy: "write newline, pause, or a byte such as 0x03")
            return nil
        }
    }

    private static let pattern = ValueKind<String>.text(maximumBytes: 128).checked {
        (text, node, context) -> String? in
        let bytes = Array(text.utf8)
        do throws(LinePattern.PatternError) {
            _ = try LinePattern(bytes.span)
            return text
        } catch {
            let (message, remedy) =
                switch error {
                case .tooLong:
                    (
                        "the pattern has more than \(LinePattern.elementLimit) parts, or wants more than \(LinePattern.textLimit) characters",
                        "shorten it; a count such as %d{8} is one part"
                    )
                case .character(let place):
                    (
                        "character \(place + 1) of the pattern, '\(character(place, of: bytes))', means nothing there",
                        "write %d, %h, %a, %w, %. or %% and plain ASCII characters"
                    )
                case .count(let place):
                    (
                        "the count at character \(place + 1) of the pattern is not one",
                        "write {n} or {n,m} with n up to m, at most \(LinePattern.textLimit)"
                    )
                case .empty: ("the pattern is empty: nothing would ever fit", "write what a code looks like")
                }
            context.report(node, message, remedy: remedy)
            return nil
        }
    }

    private static func character(_ place: Int, of bytes: [UInt8]) -> String {
        place < bytes.count && bytes[place] >= 0x20 && bytes[place] < 0x7F
            ? String(UnicodeScalar(bytes[place])) : "?"
    }

    /// Text in which `\xNN` stands for a byte.
    private static func controlText<let capacity: Int>(maximumBytes: Int) -> ValueKind<FixedBytes<capacity>> {
        ValueKind<FixedBytes<capacity>>(
            summary: "text of up to \(maximumBytes) bytes, with `\\xNN` for control characters",
            schema: .object([("type", .string("string"))])
        ) { node, context in
            guard let text = plainText(node, context, wanted: "text such as \\x02") else { return nil }
            var bytes: [UInt8] = []
            var rest = Array(text.utf8)[...]
            while let byte = rest.first {
                if byte == UInt8(ascii: "\\"), rest.dropFirst().first == UInt8(ascii: "x") {
                    let digits = String(decoding: rest.dropFirst(2).prefix(2), as: UTF8.self)
                    guard digits.count == 2, let value = UInt8(digits, radix: 16) else {
                        context.report(
                            node, "'\\x\(digits)' is not a byte", remedy: "write two hexadecimal digits, such as \\x02")
                        return nil
                    }
                    bytes.append(value)
                    rest = rest.dropFirst(4)
                } else {
                    bytes.append(byte)
                    rest = rest.dropFirst()
                }
            }
            guard bytes.count <= maximumBytes else {
                context.report(
                    node, "the text has \(bytes.count) bytes; at most \(maximumBytes) fit", remedy: "shorten it")
                return nil
            }
            return FixedBytes(bytes.span)
        }
    }

    // MARK: OSDP

    private static let osdp = Record<ReaderDescription>.Variant(
        "osdp",
        "Readers on an RS-485 bus (SIA OSDP 2.2, IEC 60839-11-5). Up to eight readers share a port, each with its address.",
        begin: { $0.message.interface = .osdp(OsdpOptions()) },
        fields: [
            bus(.required("port", port, example: "reader_bus", portText) { $0.port = $1 }),
            bus(
                .required("address", .unsigned(0...126), example: "0", "Its address on the bus.") { $0.address = $1 }),
            bus(
                .required(
                    "security",
                    .choice([
                        Choice("clear", OsdpSecurity.clear, "none: anyone at the cable can read and send cards"),
                        Choice("key", .key, "secure channel with the reader's own key"),
                        Choice(
                            "master-key", .masterKey,
                            "secure channel with a key worked out from the estate's, which a technician may have the board install"
                        ),
                        Choice(
                            "install", .install,
                            "as `key`, and a technician may have the board install it: `reader NAME install`"),
                    ]), example: "key",
                    "How its packets are protected. What comes outside of the secure channel is never believed where there shall be one."
                ) { $0.security = $1 }),
            Field<ReaderDescription>.optional(
                "key", .name, example: "estate_readers",
                "The name of its key in the file given with `--reader-keys`: `NAME: 32 hexadecimal digits`. The image holds it sealed with the board's hash key."
            ) { $0.keyName = $1 },
            bus(
                .optional(
                    "check",
                    .choice([
                        Choice("automatic", OsdpCheck.automatic, "whichever it answers to"),
                        Choice("crc", .crc, "CRC-16"), Choice("checksum", .checksum, "eight-bit sum"),
                    ]), default: "automatic", example: "crc", "The check at the end of its packets."
                ) { $0.packetCheck = $1 }),
            bus(
                .optional(
                    "formats", .list(of: cardFormat, 1...4), example: "[h10301]",
                    "Raw card data of these formats is the same card as at a Wiegand reader with the format; other data counts as it is."
                ) { options, places in
                    for place in places { options.formats.append(place) }
                }),
            bus(
                .optional(
                    "texts", .record(texts, summary: "texts of its display"),
                    example: "{ready: Card please, denied: No access}",
                    "What its display says; without it nothing. What is left out leaves the display empty then."
                ) { $0.texts = $1 }),
            bus(
                .optional(
                    "exit_input", .unsigned(0...31), example: "0",
                    "The reader's own input, 0 the first, that is the request to exit of its door, for a reader with `side: exit`. A door has this or `exit_button`. While the reader does not answer, the button does nothing: never make it the only way out."
                ) { $0.exitInput = $1 }),
            bus(
                .optional(
                    "released_output", .unsigned(0...31), example: "0",
                    "The reader's own output, 0 the first, that is active while the door is released: a lamp, a second relay. The lock itself stays with the board's `lock`."
                ) { $0.releasedOutput = $1 }),
        ])

    private static func display(
        _ key: String, example: String, _ explanation: String,
        set: @escaping @Sendable (inout OsdpTexts, FixedBytes<32>) -> Void
    ) -> Field<OsdpTexts> {
        .optional(key, shown, example: example, explanation) { set(&$0, fixedBytes($1)) }
    }

    /// A display shows printable ASCII (SIA OSDP 2.2, section 6.12).
    private static let shown = ValueKind<String>.text(maximumBytes: 32).checked { text, node, context -> String? in
        if text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) { return text }
        context.report(
            node, "a reader's display cannot show '\(text)'", remedy: "write letters, digits and signs of ASCII alone")
        return nil
    }

    private static let texts = Record<OsdpTexts>(
        make: { OsdpTexts() },
        fields: [
            display("ready", example: "Card please", "While it waits for a card.") { $0.ready = $1 },
            display("closed", example: "Closed", "While the door is closed to everybody.") { $0.closed = $1 },
            display("open", example: "Open", "While the door is released for everybody, in a fire too.") {
                $0.open = $1
            },
            display("granted", example: "Welcome", "After a grant.") { $0.granted = $1 },
            display("denied", example: "No access", "After a refusal, whatever its reason.") { $0.denied = $1 },
            display("pin", example: "PIN and #", "While a PIN must follow.") { $0.pin = $1 },
            display("second", example: "Second card", "While a second person or an escort must follow.") {
                $0.second = $1
            },
        ])

    private static func bus(_ field: Field<OsdpOptions>) -> Field<ReaderDescription> {
        field.embedded(
            get: { if case .osdp(let options) = $0.message.interface { options } else { OsdpOptions() } },
            set: { $0.message.interface = .osdp($1) })
    }

    // MARK: PN532

    private static let pn532 = Record<ReaderDescription>.Variant(
        "pn532",
        "A PN532 on a serial port at 115200 baud: contactless cards of ISO/IEC 14443 type A by their identifier, which anyone can copy, or by a protected file of a DESFire card, which nobody can.",
        begin: { $0.message.interface = .pn532(Pn532Options()) },
        fields: [
            chip(.required("port", port, example: "reader_port", portText) { $0.port = $1 }),
            Field<ReaderDescription>.optional(
                "file", .record(file, summary: "protected file"),
                example: "{application: 0xF51CD0, key: estate_cards, key_number: 1, number: 1, length: 16}",
                "The file of a DESFire EV1 card that is read after card and board have proved to each other that they know its key; without it the identifier counts."
            ) { reader, file in
                guard case .pn532(var options) = reader.message.interface else { return }
                options.file = file.message
                reader.message.interface = .pn532(options)
                reader.keyName = file.keyName
            },
        ])

    private static func chip(_ field: Field<Pn532Options>) -> Field<ReaderDescription> {
        field.embedded(
            get: { if case .pn532(let options) = $0.message.interface { options } else { Pn532Options() } },
            set: { $0.message.interface = .pn532($1) })
    }

    struct FileDescription {
        var message = CardFile()
        var keyName = ""
    }

    private static let file = Record<FileDescription>(
        make: { FileDescription() },
        fields: [
            .required(
                "application", .unsigned(0...0xFF_FFFF, hexadecimal: true), example: "0xF51CD0",
                "The card's application that holds it."
            ) { $0.message.application = $1 },
            .required(
                "key", .name, example: "estate_cards",
                "The name of its AES key in the file given with `--reader-keys`."
            ) { $0.keyName = $1 },
            .required(
                "key_number", .unsigned(0...13), example: "1", "Which key of the application it is."
            ) { $0.message.keyNumber = $1 },
            .optional(
                "system_identifier", controlText(maximumBytes: 16), example: "\"Estate 7\"",
                "Each card has a key of its own, worked out from this one with the card's identifier, the application and this text (NXP AN10922). Without it all cards have the same key."
            ) {
                $0.message.diversified = true
                $0.message.systemIdentifier = $1
            },
            .required("number", .unsigned(0...31), example: "1", "The number of the file.") { $0.message.number = $1 },
            .optional(
                "offset", .unsigned(0...0xFF_FFFF), default: "0", example: "0", "The first byte that is read."
            ) { $0.message.offset = $1 },
            .required("length", .unsigned(1...64), example: "16", "Bytes that are read.") { $0.message.length = $1 },
            .optional(
                "protection",
                .choice([
                    Choice("plain", FileProtection.plain, "in the clear"),
                    Choice("authenticated", .authenticated, "in the clear with a code"),
                    Choice("enciphered", .enciphered, "enciphered"),
                ]), default: "enciphered", example: "enciphered", "How the card sends it."
            ) { $0.message.protection = $1 },
        ])

    // MARK: Card formats

    static let format = Record<CardFormat>(
        make: { CardFormat() },
        fields: [
            .required(
                "layout", .text(maximumBytes: 128), example: "PFFFFFFFFCCCCCCCCCCCCCCCCP",
                "One character a bit, the first that arrives first: `P` parity, `F` facility, `C` card number, `0` and `1` bits of that value, `.` bits that mean nothing. 9 to 128 bits."
            ) { $0.layout = fixedBytes($1) },
            .optional(
                "parity", .list(of: .text(maximumBytes: 128), 1...4),
                example: "[EXXXXXXXXXXXX............., .............XXXXXXXXXXXXO]",
                "One line for each parity bit, as long as the layout: `X` the bits that it covers, `E` the bit itself where the number of ones is even, `O` where it is odd, `.` the others."
            ) { format, lines in
                for line in lines { format.parities.append(ParityLine(line: fixedBytes(line))) }
            },
        ],
        finish: { format, places, context in
            do throws(FormatFailure) {
                _ = try driverFormat(format)
                return true
            } catch {
                let key = error.line == nil ? "layout" : "parity"
                let what = error.line.map { "parity line \($0 + 1)" } ?? "the layout"
                let (message, remedy) =
                    switch error.reason {
                    case .length(let count):
                        ("\(what) has \(count) bits", "write 9 to 128; shorter bursts are keys of a keypad")
                    case .character(let place):
                        (
                            "character \(place + 1) of \(what) means nothing",
                            error.line == nil ? "write P, F, C, 0, 1 or ." : "write X, E, O or ."
                        )
                    case .noIdentifier:
                        (
                            "\(what) has neither F nor C: nothing would tell two cards apart",
                            "mark the card number with C"
                        )
                    case .parityLength(let count):
                        (
                            "\(what) has \(count) characters, the layout \(format.layout.count)",
                            "write one character for each bit of the layout"
                        )
                    case .parityBit:
                        ("\(what) needs exactly one E or O", "mark the parity bit itself with E (even) or O (odd)")
                    case .tooManyParities: ("there are more than four parity lines", "join them, or leave one out")
                    }
                context.report(at: places[key], message, remedy: remedy)
                return false
            }
        })

    struct FormatFailure: Error {
        /// The parity line, counted from 0; `nil` for the layout.
        var line: Int?
        var reason: WiegandFormat.DescriptionError
    }

    /// The format as the drivers use it.
    static func driverFormat(_ format: CardFormat) throws(FormatFailure) -> WiegandFormat {
        let layout = bytes(format.layout)
        var result: WiegandFormat
        do throws(WiegandFormat.DescriptionError) {
            result = try WiegandFormat(layout: layout.span)
        } catch {
            throw FormatFailure(line: nil, reason: error)
        }
        for place in format.parities.indices {
            let line = bytes(format.parities[place].line)
            do throws(WiegandFormat.DescriptionError) {
                try result.addParity(line.span)
            } catch {
                throw FormatFailure(line: place, reason: error)
            }
        }
        return result
    }

    private static func bytes<let capacity: Int>(_ fixed: FixedBytes<capacity>) -> [UInt8] {
        (0..<fixed.count).map { fixed[$0] }
    }

    /// Formats that every board knows (HID, "Understanding card data formats"; the 34-bit format as common readers send it).
    static let builtInFormats: [CardFormat] = [
        builtIn("h10301", "PFFFFFFFFCCCCCCCCCCCCCCCCP", "EXXXXXXXXXXXX.............", ".............XXXXXXXXXXXXO"),
        builtIn(
            "wiegand-34", "PFFFFFFFFFFFFFFFFCCCCCCCCCCCCCCCCP", "EXXXXXXXXXXXXXXXX.................",
            ".................XXXXXXXXXXXXXXXXO"),
        builtIn(
            "h10302", "PCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCP", "EXXXXXXXXXXXXXXXXXX..................",
            "..................XXXXXXXXXXXXXXXXXXO"),
        builtIn(
            "h10304", "PFFFFFFFFFFFFFFFFCCCCCCCCCCCCCCCCCCCP", "EXXXXXXXXXXXXXXXXXX..................",
            "..................XXXXXXXXXXXXXXXXXXO"),
    ]

    private static func builtIn(_ name: String, _ layout: String, _ parities: String...) -> CardFormat {
        var format = CardFormat(name: fixedBytes(name), layout: fixedBytes(layout))
        for parity in parities { format.parities.append(ParityLine(line: fixedBytes(parity))) }
        return format
    }
}
