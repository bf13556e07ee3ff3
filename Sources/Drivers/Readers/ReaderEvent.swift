/// What a card reader reports. Closed and of fixed size, so that it may lie in a ring.
public enum ReaderEvent: Equatable, Sendable, BitwiseCopyable {
    /// A card was presented; once for each presentation, however long the card stays.
    case card(CardIdentifier)
    /// A card was presented that the reader or the driver will not vouch for: it opens nothing.
    case cardRefused(CardRefusal)
    /// No card is in the field any more. Only from readers that can tell.
    case cardRemoved
    /// A key was pressed.
    case key(KeypadKey)
    /// An input of the reader (0 is the first) is active, or no longer.
    case input(UInt8, isActive: Bool)
    /// An output of the reader (0 is the first) is active, or no longer.
    case output(UInt8, isActive: Bool)
    /// The reader's case was opened or closed.
    case tamper(Bool)
    /// The reader's supply failed or came back.
    case powerFailure(Bool)
    /// The reader answers, or its port is open where a reader cannot be asked.
    case online
    /// The reader cannot be relied on. Nothing that it sends opens a door until it is `online` again.
    case offline(OfflineReason)
    /// Who the reader says it is; after each start of its link.
    case identified(ReaderIdentity)
    /// The reader has taken this board's key (`ReaderCommand.installKey`, `.beginInstallation`); it is to be stored.
    case keyInstalled
    /// A command was carried out; the number is the caller's.
    case commandDone(UInt16)
    /// A command was not carried out.
    case commandRefused(UInt16, CommandRefusal)
    /// The reader waits for this part of the file that is being sent to it.
    case fileDataWanted(offset: UInt32, length: UInt16)
    /// A file transfer is over.
    case fileTransferEnded(FileTransferOutcome)
    /// Something arrived that is no valid frame. At most one of these a second; the driver's counters have them all.
    case malformed(MalformedReason)
}

/// Why a card that was there is not a credential.
public enum CardRefusal: UInt8, Equatable, Sendable, BitwiseCopyable {
    /// The card does not know the key: a copied identifier, or a card of another estate.
    case authenticationFailed = 1
    /// The card has not the application or file that the board asks for.
    case applicationMissing = 2
    /// The card left the field, or answered wrongly, before the read was over.
    case interrupted = 3
    /// More than one card lay in the field.
    case severalCards = 4
    /// A frame of a length that no configured format describes.
    case unknownFormat = 5
    /// A card that draws another identifier each time, where identifiers are what counts.
    case randomIdentifier = 6
}

/// Why a reader cannot be relied on.
public enum OfflineReason: UInt8, Equatable, Sendable, BitwiseCopyable {
    /// The serial port is gone or cannot be opened.
    case portClosed = 1
    /// The reader does not answer in time.
    case noAnswer = 2
    /// The reader sends without end and nothing of it is valid.
    case babbling = 3
    /// Data line 0 is held active: a short, or a reader without supply.
    case dataLine0Stuck = 4
    /// Data line 1 is held active.
    case dataLine1Stuck = 5
    /// Both data lines are held active: a cable cut and shorted, or a reader without supply.
    case bothDataLinesStuck = 6
    /// The reader refuses the secure channel, or does not know the key.
    case secureChannelFailed = 7
    /// The reader answers, but as another kind of device than configured.
    case wrongDevice = 8
}

/// Why bytes or edges were not taken for a frame.
public enum MalformedReason: UInt8, Equatable, Sendable, BitwiseCopyable {
    /// Bytes outside any frame.
    case noise = 1
    /// A frame that stopped before its end.
    case truncated = 2
    /// A frame of a length that is not possible.
    case length = 3
    /// A character where it cannot be.
    case character = 4
    /// A checksum or message authentication code that does not fit.
    case checksum = 5
    /// A parity bit that does not fit.
    case parity = 6
    /// A frame in another form than this reader has used so far.
    case framing = 7
    /// A pulse shorter or longer than the specification allows.
    case pulseWidth = 8
    /// Pulses closer together than the specification allows.
    case pulseInterval = 11
    /// Both data lines active at once.
    case linesTogether = 9
    /// A frame that is valid in itself, but not what was asked for.
    case unexpected = 10
    /// A secured packet that does not prove where it comes from.
    case authentication = 12
}

/// One event and the reader that it came from.
public struct ReaderReport: Equatable, Sendable, BitwiseCopyable {
    /// The reader's place on its port: 0 where a port carries one reader, else its place in the bus's table.
    public var reader: UInt8
    public var event: ReaderEvent

    public init(_ event: ReaderEvent, reader: UInt8 = 0) {
        self.event = event
        self.reader = reader
    }
}
