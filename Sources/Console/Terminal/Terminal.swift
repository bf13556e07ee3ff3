/// What is known of the terminal at the other end.
struct Terminal: Equatable, BitwiseCopyable {
    static var columnRange: ClosedRange<Int> { 20...250 }
    static var rowRange: ClosedRange<Int> { 5...200 }

    var columns = 80
    var rows = 24
    /// Knows control sequences (ECMA-48): colours, cursor movement, erasing.
    var isAnsi = false

    init() {}

    /// Of the nearest size that the console can serve.
    init(columns: Int, rows: Int, isAnsi: Bool) {
        self.columns = min(max(columns, Terminal.columnRange.lowerBound), Terminal.columnRange.upperBound)
        self.rows = min(max(rows, Terminal.rowRange.lowerBound), Terminal.rowRange.upperBound)
        self.isAnsi = isAnsi
    }
}
