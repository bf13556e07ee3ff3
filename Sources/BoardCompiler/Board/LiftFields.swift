import WardenMessages

/// Fields of `lifts`.
enum LiftFields {
    static let lift = Record<Lift>(
        make: { Lift() },
        fields: [
            .optional(
                "recall", .reference(to: .lines, trait: "output"), example: "recall_contact",
                "The output that sends the lift to its exit floor, where it stays (EN 81-73). A lift has this, `stay` or both."
            ) { $0.recallLine = $1 },
            .optional(
                "stay", .reference(to: .lines, trait: "output"), example: "hold_doors",
                "The output that keeps the lift where it stands, its doors open. It is off while the lift is recalled."
            ) { $0.stayLine = $1 },
        ])
}
