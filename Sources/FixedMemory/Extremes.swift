// The standard library's `min` and `max` of more than two values take them as an array, which is allocated on the heap.
// These are preferred wherever this module is imported.

/// The smallest of three values.
@inlinable public func min<Value: Comparable>(_ first: Value, _ second: Value, _ third: Value) -> Value {
    Swift.min(Swift.min(first, second), third)
}

/// The smallest of four values.
@inlinable public func min<Value: Comparable>(
    _ first: Value, _ second: Value, _ third: Value, _ fourth: Value
) -> Value {
    Swift.min(Swift.min(first, second), Swift.min(third, fourth))
}

/// The largest of three values.
@inlinable public func max<Value: Comparable>(_ first: Value, _ second: Value, _ third: Value) -> Value {
    Swift.max(Swift.max(first, second), third)
}

/// The largest of four values.
@inlinable public func max<Value: Comparable>(
    _ first: Value, _ second: Value, _ third: Value, _ fourth: Value
) -> Value {
    Swift.max(Swift.max(first, second), Swift.max(third, fourth))
}
