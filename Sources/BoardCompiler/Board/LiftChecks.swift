/// What lifts need of their outputs.
struct LiftChecks {
    let context: ReadingContext

    func run(_ board: BoardDescription) {
        for lift in board.lifts where lift.isWhole && lift.value.recallLine == nil && lift.value.stayLine == nil {
            context.report(
                at: lift.places.whole, "lift '\(lift.name)': nothing can be ordered of it",
                remedy: "write 'recall: OUTPUT', 'stay: OUTPUT' or both")
        }
    }
}
