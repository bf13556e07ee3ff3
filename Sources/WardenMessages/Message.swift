import FixedMemory

/// A message of the schema in `firmware-proto`, as a value of fixed size.
///
/// The wire format is proto3. Encoding is canonical: fields in the order of their numbers, default values left out, so
/// equal values give equal bytes. Decoding accepts every proto3 encoding of a message: fields in any order, repeated
/// occurrences (the last number wins, nested messages are merged), packed and unpacked numbers. Fields that the schema
/// does not know are skipped, enum values that it does not know are kept as `unrecognised`; whatever else it does not
/// allow is a `MessageError`, never a guess.
///
/// Nothing allocates. Messages do not contain themselves, so nesting ends where the schema ends.
public protocol Message: BitwiseCopyable, DefaultInitializable, Equatable, Sendable {
    /// Bytes that an encoding takes at the most, whatever the value.
    static var maximumEncodedSize: Int { get }

    /// Bytes that `encode` will write.
    var encodedSize: Int { get }

    /// Writes the canonical encoding. Whether it fitted is for the sink to say.
    ///
    /// Bounds are not looked at here: a value from elsewhere is held against them with `check` first.
    func encode(into sink: inout some ByteSink & ~Copyable)

    /// Reads fields until the reader's end over those that are already there.
    mutating func merge(from reader: inout MessageReader) throws(MessageError)

    /// Holds every field against its bounds, nested messages included.
    func check() throws(MessageError)
}

extension Message {
    /// Decodes a whole message.
    ///
    /// - Throws: `MessageError` for bytes that are no such message, or one beyond its bounds.
    public init(decoding bytes: Span<UInt8>) throws(MessageError) {
        self.init()
        var reader = MessageReader(bytes)
        try merge(from: &reader)
        try check()
    }
}

extension ByteSink where Self: ~Copyable {
    /// Writes a message's canonical encoding. Whether it fitted is for the sink to say.
    public mutating func append(_ message: some Message) { message.encode(into: &self) }
}

/// An enum of the schema. Open, as proto3 has it: a number that this version does not know is kept and sent on.
public protocol MessageEnum: BitwiseCopyable, DefaultInitializable, Equatable, Sendable {
    init(rawValue: Int32)
    var rawValue: Int32 { get }
}
