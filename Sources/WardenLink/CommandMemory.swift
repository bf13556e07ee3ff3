import FixedMemory
import WardenMessages

/// The answers to the last commands of all clients, so that a command that is repeated, because its answer was lost, is
/// answered again and not carried out again.
struct CommandMemory: ~Copyable {
    struct Entry: BitwiseCopyable {
        var client: Actor
        var identifier: UInt32
        var command: Command
        var answer: CommandAnswer
    }

    private var entries: Ring<Entry>

    init(capacity: Int) { entries = Ring(capacity: capacity) }

    /// The first answer to this client's command of this identifier; `nil` for a new one.
    ///
    /// The same identifier with another command is a client's mistake, and gets `refused`.
    func answer(to command: Command, _ identifier: UInt32, of client: Actor) -> CommandAnswer? {
        for index in 0..<entries.count {
            let entry = entries[index]
            guard entry.identifier == identifier, entry.client == client else { continue }
            return entry.command == command ? entry.answer : CommandAnswer(result: .refused)
        }
        return nil
    }

    mutating func remember(_ answer: CommandAnswer, to command: Command, _ identifier: UInt32, of client: Actor) {
        // An identifier of 0 is no identifier.
        guard identifier != 0 else { return }
        entries.pushOverwriting(Entry(client: client, identifier: identifier, command: command, answer: answer))
    }
}
