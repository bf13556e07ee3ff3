import FixedMemory

/// A name of the board image: UTF-8, at most 32 bytes.
public typealias Name = FixedBytes<32>

/// What can have a name.
public enum NamedKind: UInt8, Sendable, BitwiseCopyable {
    case door
    case point
    case detector
    case line
    case reader
    case sensor
    case bus
    case port
    case effect
    case lift
    case consoleUser
    case group
}

/// Whoever knows the names of a board's things: the runtime from its image, a client from the board's tables.
public protocol BoardNames: ~Copyable {
    /// The name at a place of a table; `nil` if the table has no such place.
    func name(of kind: NamedKind, at index: Int) -> Name?
}

extension BoardNames where Self: ~Copyable {
    /// Writes a name, or the kind and the number where there is no name, so that an event is never without its place.
    public func append<Sink: ByteSink & ~Copyable>(_ kind: NamedKind, at index: Int, to sink: inout Sink) {
        append(kind, at: index, in: .english, to: &sink)
    }

    func append<Sink: ByteSink & ~Copyable>(
        _ kind: NamedKind, at index: Int, in vocabulary: Vocabulary, to sink: inout Sink
    ) {
        if let name = name(of: kind, at: index) {
            // By index: a span over bytes inside of a value goes wrong in optimised Embedded builds.
            for place in 0..<name.count { sink.append(name[place]) }
        } else {
            sink.append(vocabulary.namedKind(kind))
            sink.append("#")
            sink.appendDecimal(index)
        }
    }
}

extension NamedKind {
    var word: StaticString {
        switch self {
        case .door: "door"
        case .point: "point"
        case .detector: "detector"
        case .line: "line"
        case .reader: "reader"
        case .sensor: "sensor"
        case .bus: "bus"
        case .port: "port"
        case .effect: "effect"
        case .lift: "lift"
        case .consoleUser: "console-user"
        case .group: "group"
        }
    }
}
