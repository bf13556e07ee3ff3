/// What is known of the terminal at the other end.
struct Terminal: Equatable, BitwiseCopyable {
    static var columnRange: ClosedRange<Int> { 20...250 }
    static var rowRange: ClosedRange<Int> { 5...200 }

    var columns = 80
    var rows = 24
    /// Knows control sequences (ECMA-48): colours, cursor movement, erasing.
    var isAnsi = false
}
