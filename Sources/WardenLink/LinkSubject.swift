import Authority
import FixedMemory
import HardwareInterface
import WardenMessages

/// The board as its links see it. Implemented by the runtime.
public protocol LinkSubject: ~Copyable {
    var wallClock: WallClock { get }
    var boardStatus: BoardStatus { get }

    // Each gives the entry at a place, and `nil` after the last.
    func doorStatus(at index: Int) -> DoorStatus?
    func pointStatus(at index: Int) -> PointStatus?
    func detectorStatus(at index: Int) -> DetectorStatus?
    func lineStatus(at index: Int) -> LineStatus?
    func readerStatus(at index: Int) -> ReaderStatus?

    /// Oldest sequence number that is kept.
    var firstEventSequence: UInt64 { get }
    /// Sequence number of the newest event; 0 before the first.
    var lastEventSequence: UInt64 { get }
    /// The event with this number; `nil` if it is not kept.
    func event(at sequence: UInt64) -> Event?

    /// Carries out a command, and records who asked and what came of it.
    mutating func execute(_ command: Authorised<Command>) -> CommandAnswer

    /// Records a command that was refused before it came to `execute`.
    mutating func refused(_ command: Command, by actor: Actor, with result: CommandResult)

    // MARK: Places in the journal

    /// The number of the first event from this number on that is kept; `nil` if there is none.
    func nextEventSequence(from sequence: UInt64) -> UInt64?

    /// Opens a reader whose place the board keeps.
    ///
    /// - Parameters:
    ///   - classes: bit n for events of class n; 0 for all.
    ///   - fromOldest: where a reader begins that the board does not know yet.
    /// - Returns: `nil` if it is open already, or there is no room for another.
    mutating func openReader(_ name: FixedBytes<16>, classes: UInt32, fromOldest: Bool) -> LinkReader?
    mutating func closeReader(_ reader: LinkReader, forget: Bool)
    /// Everything up to this number has been acknowledged by the reader, and how many events wait for it.
    func place(of reader: LinkReader) -> Subscribed
    /// The reader's next event, or the gap before it.
    mutating func readEvent(_ reader: LinkReader) -> Event?
    mutating func acknowledge(_ reader: LinkReader, through sequence: UInt64)

    // MARK: Services; each records who asked and what came of it

    /// The counter at a place, and `nil` after the last.
    func counterStatus(at index: Int) -> CounterStatus?
    mutating func setClock(_ setting: Authorised<ClockSetting>) -> CommandResult
    mutating func transferCredentials(_ transfer: Authorised<CredentialTransfer>) -> CredentialState
    mutating func transferImage(_ transfer: Authorised<ImageTransfer>) -> ImageState
    mutating func transferUpdate(_ transfer: Authorised<UpdateTransfer>) -> UpdateState
    mutating func transferReaderFile(_ transfer: Authorised<ReaderFileTransfer>) -> ReaderFileState
    mutating func setLogLevel(_ setting: Authorised<LogLevelSetting>) -> CommandResult
    /// Somebody begins to read the flight recorder.
    mutating func recorderOpened(by query: Authorised<RecorderQuery>)
    /// Bytes of the flight recorder from an offset on; `nil` where there are none. A chunk without data where they are on
    /// their way from the disk: ask again.
    mutating func recorderChunk(from offset: UInt64) -> RecorderChunk?

    // MARK: The console

    /// Gives the board's console to a client; `.busy` while another has it. What it shows goes to `LinkServer.showConsole`.
    mutating func openConsole(_ open: Authorised<ConsoleOpen>) -> CommandResult
    /// Takes what was typed; `.busy` where it finds no room, and then none of it is taken.
    mutating func typeAtConsole(_ bytes: Span<UInt8>) -> CommandResult
    mutating func closeConsole()
}

/// A reader's place in the board's journal, as the board numbers them.
public struct LinkReader: Equatable, Sendable, BitwiseCopyable {
    public var value: UInt8
    public init(_ value: UInt8) { self.value = value }
}

/// What a board answers that keeps no readers and offers no services.
extension LinkSubject where Self: ~Copyable {
    public func nextEventSequence(from sequence: UInt64) -> UInt64? {
        let next = max(sequence, firstEventSequence)
        return next <= lastEventSequence ? next : nil
    }

    public mutating func openReader(_ name: FixedBytes<16>, classes: UInt32, fromOldest: Bool) -> LinkReader? { nil }
    public mutating func closeReader(_ reader: LinkReader, forget: Bool) {}
    public func place(of reader: LinkReader) -> Subscribed { Subscribed() }
    public mutating func readEvent(_ reader: LinkReader) -> Event? { nil }
    public mutating func acknowledge(_ reader: LinkReader, through sequence: UInt64) {}
    public func counterStatus(at index: Int) -> CounterStatus? { nil }
    public mutating func setClock(_ setting: Authorised<ClockSetting>) -> CommandResult { .unknownCommand }
    public mutating func transferCredentials(_ transfer: Authorised<CredentialTransfer>) -> CredentialState {
        CredentialState(result: .unknownCommand)
    }
    public mutating func transferImage(_ transfer: Authorised<ImageTransfer>) -> ImageState {
        ImageState(result: .unknownCommand)
    }
    public mutating func transferUpdate(_ transfer: Authorised<UpdateTransfer>) -> UpdateState {
        UpdateState(result: .unknownCommand)
    }
    public mutating func transferReaderFile(_ transfer: Authorised<ReaderFileTransfer>) -> ReaderFileState {
        ReaderFileState(result: .unknownCommand)
    }
    public mutating func setLogLevel(_ setting: Authorised<LogLevelSetting>) -> CommandResult { .unknownCommand }
    public mutating func recorderOpened(by query: Authorised<RecorderQuery>) {}
    public mutating func recorderChunk(from offset: UInt64) -> RecorderChunk? { nil }
    public mutating func openConsole(_ open: Authorised<ConsoleOpen>) -> CommandResult { .unknownCommand }
    public mutating func typeAtConsole(_ bytes: Span<UInt8>) -> CommandResult { .unknownCommand }
    public mutating func closeConsole() {}
}
