import FixedMemory
import WardenMessages

/// What makes a credential, before it is hashed.
enum CredentialIdentity: Hashable {
    /// Version byte and identifier of a 125 kHz tag.
    case tag([UInt8])
    /// A card of a format: its place, facility and card number.
    case number(format: UInt32, facility: UInt64, card: UInt64)
    /// The identifier of a contactless card.
    case contactless([UInt8])
    /// What is read of a protected file.
    case file([UInt8])
    case text(String)
    /// Digits that are typed without a card.
    case code(String)
    /// The keyed hash itself.
    case hash([UInt8])
}

struct CredentialDescription {
    var message = Credential()
    /// Everything that was written to say which card it is; must be one.
    var identities: [(key: String, identity: CredentialIdentity)] = []
    /// Digits of its PIN.
    var pin: String?
    var note = ""
    var validFrom: CivilMoment?
    var validUntil: CivilMoment?

    var identity: CredentialIdentity? { identities.first?.identity }
}

/// Bits of `Credential.traits`, as the schema numbers them.
enum CredentialTrait: UInt32, CaseIterable {
    case extendedTime = 0
    case needsEscort, mayEscort, needsSecondPerson, passbackExempt, firstCard, lockdownPass, duress, code

    var word: String {
        switch self {
        case .extendedTime: "extended-time"
        case .needsEscort: "needs-escort"
        case .mayEscort: "may-escort"
        case .needsSecondPerson: "needs-second-person"
        case .passbackExempt: "passback-exempt"
        case .firstCard: "first-card"
        case .lockdownPass: "lockdown-pass"
        case .duress: "duress"
        case .code: "code"
        }
    }

    var explanation: String {
        switch self {
        case .extendedTime: "its holder needs longer: the door's extended times"
        case .needsEscort: "passes with an escort only"
        case .mayEscort: "may escort others"
        case .needsSecondPerson: "passes with a second person only"
        case .passbackExempt: "anti-passback and limits do not hold it back"
        case .firstCard: "opens a first-card door for the day"
        case .lockdownPass: "passes in lockdown"
        case .duress: "using it at all calls for help"
        case .code: "a code and no card"
        }
    }
}

/// Fields of `credentials`.
enum CredentialFields {
    static let credential = Record<CredentialDescription>(
        make: { CredentialDescription() },
        fields: [
            .optional(
                "tag", .hexadecimal(byteCount: 5, of: "the identifier of a 125 kHz tag"), example: "\"01020F7A5C\"",
                "Identifier of a 125 kHz tag: version byte and four identifier bytes. Only its keyed hash is stored; the key is given with `--hash-key`. One of the following says which card it is."
            ) { $0.identities.append(("tag", .tag($1))) },
            .optional(
                "number", .record(number, summary: "number of a card format"),
                example: "{format: h10301, facility: 12, card: 4711}",
                "A card of a Wiegand or OSDP reader, by the numbers printed on it or in its format."
            ) { $0.identities.append(("number", $1)) },
            .optional(
                "contactless", .identifierBytes(4...10), example: "\"04A1B2C3D4E5F6\"",
                "Identifier of a contactless card: 4, 7 or 10 bytes. Anyone can copy it; a protected file is better."
            ) { $0.identities.append(("contactless", .contactless($1))) },
            .optional(
                "file", .identifierBytes(1...64), example: "\"00112233445566778899AABBCCDDEEFF\"",
                "What is read of the card's protected file."
            ) { $0.identities.append(("file", .file($1))) },
            .optional(
                "text", .text(maximumBytes: 64), example: "WRD-20261104-9C01",
                "The text of a QR code or barcode, without what the reader takes off."
            ) { $0.identities.append(("text", .text($1))) },
            .optional(
                "code", .digits(4...12), example: "\"271828\"",
                "Digits that are typed without a card, at doors with the mode `card-or-pin`. One person in a thousand must not guess one: 10 codes need four digits, 100 five, 1000 six."
            ) { $0.identities.append(("code", .code($1))) },
            .optional(
                "hash", .hexadecimal(byteCount: 16, of: "a keyed hash"),
                example: "\"9f1c2b3a4d5e6f708192a3b4c5d6e7f8\"",
                "The keyed hash itself, where the identifier shall not stand in a file."
            ) { $0.identities.append(("hash", .hash($1))) },
            .optional(
                "pin", .digits(4...12), example: "\"3141\"",
                "Its PIN, for doors with the mode `card-and-pin`. Only its keyed hash is stored."
            ) { $0.pin = $1 },
            .optional(
                "note", .text(maximumBytes: 64), example: "Flat 12, spare key",
                "For whoever reads the file; not stored on the board."
            ) { $0.note = $1 },
            .optional(
                "groups", .list(of: AccessFields.group, 1...64), example: "[residents]",
                "The groups that it belongs to; without one it passes no door."
            ) { $0.message.groups = $1.reduce(0, |) },
            .optional(
                "traits",
                .list(
                    of: .choice(CredentialTrait.allCases.dropLast().map { Choice($0.word, $0, $0.explanation) }), 1...8),
                example: "[extended-time, passback-exempt]", "What else it may do, and what it needs to do so."
            ) { $0.message.traits = $1.reduce(0) { $0 | 1 << $1.rawValue } },
            .optional(
                "status",
                .choice([
                    Choice("active", CredentialStatus.active, "it counts"),
                    Choice("suspended", .suspended, "denied for a while"),
                    Choice("lost", .lost, "always denied, and reported as such"),
                    Choice("stolen", .stolen, "always denied, and reported as such"),
                ]), default: "active", example: "lost", "Whether it counts."
            ) { $0.message.status = $1 },
            .optional(
                "holder", .unsigned(1...16_777_215), example: "4711",
                "The platform's number of the holder, the same for all cards of one person: what anti-passback and the roll call go by."
            ) { $0.message.holder = $1 },
            .optional(
                "valid_from", .moment, example: "2026-05-01", "Not before the beginning of this day, or this minute."
            ) { $0.validFrom = $1 },
            .optional(
                "valid_until", .moment, example: "2026-12-31 12:00",
                "Not after the end of this day, or from this minute on."
            ) { $0.validUntil = $1 },
            .optional(
                "uses", .unsigned(1...254), example: "2", "Passages that it is good for; without it any number."
            ) { $0.message.usesLeft = $1 },
        ])

    private static let number = CardNumberFields.record(
        unsaidFormat: 0, defaultFormat: "h10301", "The card format.")
}

extension ValueKind<[UInt8]> {
    /// An identifier in hexadecimal digits. What was written is never shown.
    static func identifierBytes(_ count: ClosedRange<Int>) -> ValueKind {
        let summary = "\(2 * count.lowerBound) to \(2 * count.upperBound) hexadecimal digits"
        let schema = JSONValue.object([
            ("type", .string("string")),
            ("pattern", .string("^([0-9A-Fa-f]{2}[ :-]?){\(count.lowerBound),\(count.upperBound)}$")),
        ])
        return ValueKind(summary: summary, schema: schema) { node, context in
            guard let text = plainText(node, context, wanted: summary) else { return nil }
            let digits = Array(text.filter { $0 != " " && $0 != ":" && $0 != "-" })
            guard digits.allSatisfy(\.isHexDigit), digits.count.isMultiple(of: 2), count.contains(digits.count / 2)
            else {
                context.report(
                    node, "these are not hexadecimal digits of an identifier",
                    remedy: "write \(summary) in quotes; there are \(digits.count) characters here")
                return nil
            }
            return stride(from: 0, to: digits.count, by: 2).map { UInt8(String(digits[$0...$0 + 1]), radix: 16)! }
        }
    }
}

extension ValueKind<String> {
    /// Digits of a code or PIN. What was written is never shown.
    static func digits(_ count: ClosedRange<Int>) -> ValueKind {
        let summary = "\(count.lowerBound) to \(count.upperBound) digits in quotes"
        let schema = JSONValue.object([
            ("type", .string("string")),
            ("pattern", .string("^[0-9]{\(count.lowerBound),\(count.upperBound)}$")),
        ])
        return ValueKind(summary: summary, schema: schema) { node, context in
            guard let text = plainText(node, context, wanted: summary) else { return nil }
            guard text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), count.contains(text.utf8.count) else {
                context.report(
                    node, "these are not the digits of a code or PIN",
                    remedy: "write \(summary); there are \(text.utf8.count) characters here")
                return nil
            }
            return text
        }
    }
}

extension ValueKind<UInt32> {
    /// A voltage in whole millivolts.
    static func millivolts(_ range: ClosedRange<Int64>) -> ValueKind {
        ValueKind<Int64>.quantity(.voltage, step: 1_000, range).map { UInt32($0) }
    }
}
