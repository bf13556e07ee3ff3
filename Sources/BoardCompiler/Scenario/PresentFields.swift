import Drivers
import FixedMemory
import WardenMessages

/// What somebody holds at a reader in a scenario.
struct PresentDraft {
    var message = PresentCard()
    var number: CredentialIdentity?
    var contactless: [UInt8]?
    var file: [UInt8]?
    var isForeign = false
}

/// Fields of the steps `present` and `keys`.
enum PresentFields {
    static let card = Record<PresentDraft>(
        make: { PresentDraft() },
        fields: [
            .required("reader", .reference(to: .readers), example: "entrance_reader", "The reader.") {
                $0.message.reader = $1
            },
            .optional(
                "for", .milliseconds(1...86_400_000), default: "400 ms", example: "1 h",
                "How long the card stays there."
            ) { $0.message.forMs = $1 },
            .optional(
                "tag", .hexadecimal(byteCount: 5, of: "the identifier of a 125 kHz tag"), example: "\"0500207B32\"",
                "A 125 kHz tag."
            ) { $0.message.card = .tag(FixedBytes($1.span)) },
            .optional(
                "number", .record(number, summary: "number of a card format"),
                example: "{facility: 12, card: 4711}", "A card of a Wiegand or OSDP reader."
            ) { $0.number = $1 },
            .optional(
                "bits", bits, example: "\"11010010101010101010101010\"",
                "The bits that a Wiegand or OSDP reader sends, right or wrong."
            ) { $0.message.card = .bits($1) },
            .optional(
                "contactless", .identifierBytes(4...10), example: "\"04A1B2C3D4E5F6\"", "A contactless card."
            ) { $0.contactless = $1 },
            .optional(
                "file", .identifierBytes(1...64), example: "\"00112233\"",
                "What is read of its protected file; the card knows the key that the reader uses."
            ) { $0.file = $1 },
            .optional(
                "foreign_key", .flag, default: "false", example: "true", "The card does not know the key: a copy."
            ) { $0.isForeign = $1 },
            .optional(
                "text", .text(maximumBytes: 96), example: "WRD-20261104-9C01", "A QR code or barcode."
            ) { $0.message.card = .text(fixedBytes($1)) },
        ],
        finish: { draft, places, context in
            guard let board = context.scenarioBoard, Int(draft.message.reader) < board.readers.count else {
                return false
            }
            let interface = board.readers[Int(draft.message.reader)].interface
            let written = ["tag", "number", "bits", "contactless", "text"].filter { places.keys[$0] != nil }
            guard written.count == 1 else {
                context.report(
                    at: places.whole, written.isEmpty ? "which card it is, is not said" : "it is more than one card",
                    remedy: "write one of " + words(of: interface).map { "'\($0):'" }.joined(separator: ", "))
                return false
            }
            guard words(of: interface).contains(written[0]) else {
                context.report(
                    at: places[written[0]],
                    "reader '\(board.readers[Int(draft.message.reader)].name)' cannot read this",
                    remedy: "write one of " + words(of: interface).map { "'\($0):'" }.joined(separator: ", "))
                return false
            }
            if let identity = draft.number {
                guard let bits = frame(identity, interface, board, at: places["number"], context) else { return false }
                draft.message.card = .bits(bits)
            }
            if let identifier = draft.contactless {
                let file = draft.file ?? []
                draft.message.card = .contactless(
                    ContactlessCard(
                        identifier: FixedBytes(identifier.span), file: FixedBytes(file.span),
                        foreignKey: draft.isForeign))
            }
            return true
        })

    private static func words(of interface: WardenMessages.Reader.Interface?) -> [String] {
        switch interface {
        case .serialTag: ["tag"]
        case .wiegand, .osdp: ["number", "bits"]
        case .textLine: ["text"]
        case .pn532: ["contactless"]
        case nil: []
        }
    }

    private static let number = CardNumberFields.record(
        unsaidFormat: .max, defaultFormat: nil, "The card format; without it the first of the reader's.")

    /// The frame of a card, parities included.
    private static func frame(
        _ identity: CredentialIdentity, _ interface: WardenMessages.Reader.Interface?, _ board: ScenarioBoard,
        at range: SourceRange,
        _ context: ReadingContext
    ) -> CardBits? {
        guard case .number(var format, let facility, let card) = identity else { return nil }
        if format == .max {
            switch interface {
            case .wiegand(let options) where !options.formats.isEmpty: format = options.formats[0]
            case .osdp(let options) where !options.formats.isEmpty: format = options.formats[0]
            default: break
            }
        }
        let known = board.cardFormats + context.usedBuiltInFormats
        let description =
            Int(exactly: format).flatMap { $0 < known.count ? known[$0] : nil }
            ?? ReaderFields.builtInFormats[0]
        guard let driver = try? ReaderFields.driverFormat(description),
            let frame = driver.frame(facility: facility, card: card)
        else {
            context.report(
                at: range, "a number does not fit into the card format '\(string(description.name))'",
                remedy: "write numbers of that format, or name another with 'format:'")
            return nil
        }
        return cardBits((0..<frame.count).map { frame[$0] })
    }

    private static func cardBits(_ bits: [Bool]) -> CardBits {
        var bytes = [UInt8](repeating: 0, count: (bits.count + 7) / 8)
        for (place, bit) in bits.enumerated() where bit { bytes[place / 8] |= 0x80 >> UInt8(place % 8) }
        return CardBits(bytes: FixedBytes(bytes.span), count: UInt32(bits.count))
    }

    private static let bits = ValueKind<CardBits>(
        summary: "1 to 128 bits, `0` and `1`, in quotes",
        schema: .object([("type", .string("string")), ("pattern", .string("^[01]{1,128}$"))])
    ) { node, context in
        guard let text = plainText(node, context, wanted: "bits such as 1101") else { return nil }
        guard (1...128).contains(text.count), text.allSatisfy({ $0 == "0" || $0 == "1" }) else {
            context.report(node, "these are not bits", remedy: "write 1 to 128 characters 0 and 1 in quotes")
            return nil
        }
        return cardBits(text.map { $0 == "1" })
    }

    // MARK: Keys

    static let keys = Record<PressKeys>(
        make: { PressKeys() },
        fields: [
            .required("reader", .reference(to: .readers), example: "entrance_reader", "The reader.") { $0.reader = $1 },
            .required("press", pressed, example: "\"3141#\"", "The keys: digits, `*` to clear, `#` to end.") {
                $0.keys = fixedBytes($1)
            },
        ],
        finish: { keys, places, context in
            guard let board = context.scenarioBoard, Int(keys.reader) < board.readers.count else { return false }
            switch board.readers[Int(keys.reader)].interface {
            case .wiegand, .osdp: return true
            default:
                context.report(
                    at: places["reader"], "reader '\(board.readers[Int(keys.reader)].name)' has no keypad",
                    remedy: "name a Wiegand or OSDP reader")
                return false
            }
        })

    private static let pressed = ValueKind<String>(
        summary: "1 to 16 keys in quotes",
        schema: .object([("type", .string("string")), ("pattern", .string("^[0-9*#]{1,16}$"))])
    ) { node, context in
        guard let text = plainText(node, context, wanted: "keys such as 3141#") else { return nil }
        guard (1...16).contains(text.count), text.allSatisfy({ "0123456789*#".contains($0) }) else {
            context.report(node, "these are not keys of a keypad", remedy: "write 1 to 16 digits, * and # in quotes")
            return nil
        }
        return text
    }

    // MARK: Faults

    /// What can be wrong with the reader of a fault.
    static func faults(of fault: Fault, _ board: ScenarioBoard?) -> [FaultKind] {
        guard case .reader(let place) = fault.target, let board, Int(place) < board.readers.count else { return [] }
        switch board.readers[Int(place)].interface {
        case .serialTag: return [.absent, .nonsense, .checksum]
        case .wiegand: return [.held]
        case .textLine, nil: return []
        case .osdp: return [.absent, .held, .nonsense, .checksum, .reset, .tamper, .supply, .factoryNew]
        case .pn532: return [.absent, .held, .nonsense, .checksum, .reset]
        }
    }
}
