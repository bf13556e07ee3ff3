/// Why bytes are no message of the schema, or a value must not become one.
public struct MessageError: Error, Equatable, Sendable, BitwiseCopyable {
    public enum Reason: UInt8, Sendable, BitwiseCopyable {
        /// The bytes end inside a field, or a length runs past the end.
        case truncated = 1
        /// A variable-length integer has more than ten bytes or more than 64 bits.
        case oversizedInteger = 2
        /// A field number of 0, or above 2^29 - 1, or a wire type that proto3 does not have (3, 4, 6, 7).
        case invalidTag = 3
        /// A field that the schema knows arrived with another wire type than the schema's.
        case wrongWireType = 4
        /// A string or bytes field is longer than its `max_bytes`.
        case tooLong = 5
        /// A repeated field has more elements than its `max_count`.
        case tooMany = 6
        /// A number is below its `minimum`, above its `maximum`, or does not fit its type. A field with a minimum above
        /// 0 that is left out has the value 0, and so is out of range too.
        case outOfRange = 7
        /// A string field is not UTF-8.
        case invalidText = 8
    }

    public var reason: Reason
    /// Number of the field, in the innermost message that was being read; 0 before the first field.
    public var field: UInt32

    public init(_ reason: Reason, field: UInt32) {
        self.reason = reason
        self.field = field
    }
}
