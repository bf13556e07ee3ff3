/// What a detector works with between its readings and its finding, so that a drawing can show why it fired.
package struct InnerSignals: Sendable {
    package struct Signal: Sendable {
        /// With its unit, after a slash.
        package var name: StaticString
        package var value: Int32
        /// What the value is held against now; `nil` if nothing is decided by it alone.
        package var limit: Int32?
    }

    /// More than any detector has.
    package static var limit: Int { 5 }
    private var signals = InlineArray<5, Signal>(repeating: Signal(name: "", value: 0, limit: nil))
    package private(set) var count = 0

    package subscript(_ index: Int) -> Signal {
        precondition(index < count, "a signal that the detector does not have")
        return signals[index]
    }

    mutating func append(_ name: StaticString, _ value: Int32, limit: Int32? = nil) {
        signals[count] = Signal(name: name, value: value, limit: limit)
        count += 1
    }
}
