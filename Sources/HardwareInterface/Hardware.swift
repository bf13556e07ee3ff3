import FixedMemory

/// Everything that the runtime can do to the world. Implemented by Linux, by the virtual board and by test benches.
///
/// No call blocks and none allocates. Calls that hand over work say whether there was room.
public protocol Hardware: ~Copyable {
    /// The monotonic clock. Never goes back.
    var now: Instant { get }

    /// Takes the next waiting input, the urgent ones (lines, buses, serial ports) before the rest (consoles, links).
    ///
    /// - Parameter urgentOnly: leaves consoles and links waiting.
    /// - Returns: `false` if nothing waits; `input` is then unchanged.
    mutating func takeInput(_ input: inout Input, urgentOnly: Bool) -> Bool

    /// Drives an output line. `isActive` is logical: active low is undone below.
    ///
    /// - Returns: `false` if the line cannot be driven now; a `lineAvailability` input says when that changes.
    @discardableResult
    mutating func setLine(_ line: LineIndex, isActive: Bool) -> Bool

    /// Hands a request to a bus. Requests of one bus are carried out in order.
    ///
    /// - Returns: `false` if the bus has no room; nothing was handed over.
    mutating func submit(_ request: BusRequest, to bus: BusIndex) -> Bool

    /// Sends bytes on a stream, all or none.
    ///
    /// - Returns: `false` if the stream is closed or has no room for all of them; nothing was sent.
    mutating func send(_ bytes: Span<UInt8>, to stream: StreamIndex) -> Bool

    /// Bytes that `send` would take now on this stream; 0 if it is closed.
    func sendRoom(of stream: StreamIndex) -> Int

    /// Hands over a slow check of a secret; a `secretChecked` input brings its outcome.
    ///
    /// - Returns: `false` if one is under way already, or this hardware makes none.
    mutating func submit(_ check: SecretCheck) -> Bool

    /// Ends a stream: a connection is closed once what was sent has left, a serial port is reset.
    mutating func close(_ stream: StreamIndex)

    /// Takes the pages that requests to the journal's medium name. Called at most once, before the first request; without
    /// it the medium is left alone.
    mutating func attachMedium(_ pages: MediumPages)

    /// Hands a request to the journal's medium. Requests are carried out in order; each is answered by a
    /// `mediumCompleted` input.
    ///
    /// - Returns: `false` if there is no room for it; nothing was handed over.
    mutating func submit(_ request: MediumRequest) -> Bool

    /// Hands a request to the board's store. Requests are carried out in order; each is answered by a `storeCompleted`
    /// input.
    ///
    /// - Returns: `false` if there is no room for it, or no store; nothing was handed over.
    mutating func submit(_ request: StoreRequest) -> Bool

    /// Connections that were turned away before anybody was asked, because all places were taken.
    var refusedConnections: UInt64 { get }

    /// How often a peer sent more than its share, and was left waiting.
    var heldReads: UInt64 { get }

    /// Looks at the network and puts what there is behind what `entries` has, as far as there is room. A few calls of the
    /// kernel, for a person who asks.
    func readNetwork(into entries: inout FixedArray<NetworkEntry>)

    /// Whether every thread that does the board's work has got on with it of late.
    var isGettingOn: Bool { get }
}

// Most test benches, and boards that keep their events in memory alone, have no medium.
extension Hardware where Self: ~Copyable {
    public mutating func attachMedium(_ pages: MediumPages) {}
    public mutating func submit(_ request: MediumRequest) -> Bool { false }
    public mutating func submit(_ request: StoreRequest) -> Bool { false }
    public var refusedConnections: UInt64 { 0 }
    public var heldReads: UInt64 { 0 }
    public var isGettingOn: Bool { true }
    public func readNetwork(into entries: inout FixedArray<NetworkEntry>) {}
}

extension Hardware where Self: ~Copyable {
    public mutating func submit(_ check: SecretCheck) -> Bool { false }
}
