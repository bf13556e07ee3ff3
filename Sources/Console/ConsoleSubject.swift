import Authority
import FixedMemory
import HardwareInterface
import WardenMessages

/// The board as a console sees it. Implemented by the runtime.
public protocol ConsoleSubject: BoardNames, ~Copyable {
    /// The monotonic clock.
    var now: Instant { get }
    var boardStatus: BoardStatus { get }

    // Each gives the entry at a place, and `nil` after the last.
    func doorStatus(at index: Int) -> DoorStatus?
    func pointStatus(at index: Int) -> PointStatus?
    func detectorStatus(at index: Int) -> DetectorStatus?
    func lineStatus(at index: Int) -> LineStatus?
    func readerStatus(at index: Int) -> ReaderStatus?
    func counterStatus(at index: Int) -> CounterStatus?

    /// Sequence number of the newest event; 0 before the first.
    var lastEventSequence: UInt64 { get }
    /// The event with this number; `nil` if it is not kept.
    func event(at sequence: UInt64) -> Event?
    /// Oldest sequence number that is kept.
    var firstEventSequence: UInt64 { get }

    /// The place of a door or detector by its name.
    func index(of kind: NamedKind, named name: Span<UInt8>) -> Int?

    /// Carries out a command for the person at console `console`; asked, decided, journalled like any other.
    ///
    /// - Parameter user: place of the console user who has logged in; `nil` for somebody who has not.
    mutating func execute(_ command: Command, fromConsole console: Int, user: Int?) -> CommandAnswer

    /// Sets the wall clock for the person at console `console`; journalled.
    mutating func setClock(_ setting: ClockSetting, fromConsole console: Int, user: Int?) -> CommandResult

    /// Waits for a card at a reader, to enrol it; `ConsoleSession.cardPresented` brings the outcome. Journalled.
    ///
    /// - Returns: `.started`, or why not.
    mutating func beginEnrolment(
        _ request: EnrolmentRequest, fromConsole console: Int, user: Int?
    ) -> CommandResult
    /// Waits no more for the card that this console began to wait for; nothing where it waits for none.
    mutating func endEnrolment(atConsole console: Int)

    /// What was last said of a thing while the board is commissioned; `nil` if there is no such thing.
    func testAnswer(of item: TestItem) -> TestAnswer?

    /// What the board's program writes to its log, and sets it; journalled.
    var logLevel: LogLevel { get }
    mutating func setLogLevel(_ level: LogLevel, fromConsole console: Int, user: Int?) -> CommandResult
    /// The board's image, and what became of the one before.
    var imageState: ImageState { get }
    /// Goes back to the image before this one; journalled.
    mutating func rollBackImage(fromConsole console: Int, user: Int?) -> CommandResult
    var recorderStatus: RecorderStatus { get }
    /// The number of the language that was kept for consoles; `nil` where none was.
    var consoleLanguage: UInt8? { get }

    /// How a point is calibrated, and what a detector learns by hand; `nil` after the last.
    func calibration(ofPoint index: Int) -> PointCalibration?
    func calibration(ofDetector index: Int) -> DetectorCalibration?

    /// Asks that the network be looked at; the entries are new from the next step on.
    mutating func lookAtNetwork()
    // What was found, each by place, and `nil` after the last.
    func networkEntry(at index: Int) -> NetworkEntry?
    func networkPeer(at index: Int) -> NetworkPeer?
    var networkSum: NetworkSum { get }

    /// The role of a console user; `nil` after the last.
    func consoleRole(ofUser user: Int) -> Role?

    /// Begins to check a PIN; `ConsoleSession.pinChecked` brings the outcome.
    ///
    /// - Parameter user: whose it should be; for `nil` a check that takes as long and fails.
    /// - Returns: `false` if another check is under way.
    mutating func checkPin(_ pin: Span<UInt8>, ofUser user: Int?, atConsole console: Int) -> Bool

    /// Records that somebody logged in or out, or failed to.
    mutating func recordLogin(_ kind: CommandKind, user: Int?, _ result: CommandResult, atConsole console: Int)

    /// Minutes that local time is ahead of UTC.
    var utcOffsetMinutes: Int32 { get }

    /// Minutes that local time is ahead of UTC at another moment: with daylight saving not always those of now.
    func utcOffsetMinutes(atUnixMilliseconds moment: Int64) -> Int32
}
