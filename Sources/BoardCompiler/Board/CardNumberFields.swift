/// The numbers by which a card is named: of credentials in board files, and of cards that scenarios present.
enum CardNumberFields {
    /// - Parameters:
    ///   - unsaidFormat: the format of a number that names none.
    ///   - defaultFormat: what is read where it names none; `nil` to leave it unsaid.
    static func record(
        unsaidFormat: UInt32, defaultFormat: String?, _ formatExplanation: String
    ) -> Record<CredentialIdentity> {
        Record<CredentialIdentity>(
            make: { .number(format: unsaidFormat, facility: 0, card: 0) },
            fields: [
                .optional(
                    "format", ReaderFields.cardFormat, default: defaultFormat, example: "h10301", formatExplanation
                ) { identity, format in
                    guard case .number(_, let facility, let card) = identity else { return }
                    identity = .number(format: format, facility: facility, card: card)
                },
                .optional("facility", .integer(0...Int64.max), default: "0", example: "12", "The facility number.") {
                    identity, facility in
                    guard case .number(let format, _, let card) = identity else { return }
                    identity = .number(format: format, facility: UInt64(facility), card: card)
                },
                .required("card", .integer(0...Int64.max), example: "4711", "The card number.") { identity, card in
                    guard case .number(let format, let facility, _) = identity else { return }
                    identity = .number(format: format, facility: facility, card: UInt64(card))
                },
            ])
    }
}
