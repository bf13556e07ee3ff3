import Authority
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
}
