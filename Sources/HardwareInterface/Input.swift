import FixedMemory

/// One thing that the outside world did, with the moment it happened.
///
/// Everything that the runtime learns arrives as one of these, so that a recording of inputs replays the board exactly.
/// The value is reused from turn to turn: `bytes` is filled in place and never allocated.
public struct Input: Sendable, BitwiseCopyable {
    /// Bytes that one input carries at the most; longer data comes as several inputs.
    public static var byteLimit: Int { 256 }

    public var event: Event
    /// When it happened on the monotonic clock; for line edges the kernel's time stamp.
    public var at: Instant
    /// What was read or received; empty for events without data.
    public var bytes: FixedBytes<256>

    public enum Event: Equatable, Sendable, BitwiseCopyable {
        /// An input line has this level now (logical: active low is already undone). Reported at the start, when a
        /// line comes back, and at each change.
        case lineChanged(LineIndex, isActive: Bool)
        /// A line can no longer be read or driven, or can again.
        case lineAvailability(LineIndex, isAvailable: Bool)
        /// A bus request ended; `bytes` holds what was read, `readCount` bytes for each repetition.
        case busCompleted(BusIndex, tag: UInt16, BusOutcome)
        /// A request to the journal's medium ended.
        case mediumCompleted(MediumCompletion)
        /// A request to the store ended; `bytes` says more about a fault.
        case storeCompleted(StoreCompletion)
        /// `bytes` arrived on a stream.
        case bytesReceived(StreamIndex)
        /// A serial port, console or connection is there.
        case streamOpened(StreamIndex, StreamKind)
        /// A serial port, console or connection is gone; the index may be used again for another one.
        case streamClosed(StreamIndex)
        /// A slow check of a secret ended; `isRight` is also false where it could not be made.
        case secretChecked(tag: UInt16, isRight: Bool)
        /// The wall clock was set, lost or disciplined.
        case wallClockChanged(WallClock)
    }

    public init(_ event: Event = .wallClockChanged(.unset), at instant: Instant = .start) {
        self.event = event
        self.at = instant
        self.bytes = FixedBytes()
    }
}

/// What a stream is for.
public enum StreamKind: Equatable, Sendable, BitwiseCopyable {
    /// A serial port of the board image, by its place in the port table.
    case serialPort(UInt16)
    /// A terminal at which a technician may sit.
    case console
    /// A connection that speaks Warden Link, with what its transport proves about the peer.
    case link(LinkPeer)
}

/// What the transport itself proves about the peer of a link.
public enum LinkPeer: Equatable, Sendable, BitwiseCopyable {
    /// Nothing: a network or serial peer must authenticate by key.
    case unauthenticated
    /// A process of this board with the kernel's word for its user and group.
    case localUser(userIdentifier: UInt32, groupIdentifier: UInt32)
}
