/// How a command ended; what the exit line of `--plain` says.
enum ConsoleOutcome: UInt8, BitwiseCopyable {
    case done = 0
    /// The board refused or could not.
    case refused = 1
    /// The line was not understood.
    case usage = 2
    /// Nothing has this name.
    case unknownName = 3
    /// The role does not allow it.
    case notPermitted = 4
    /// It asks first, and neither an answer nor `--yes` came.
    case notConfirmed = 5

    var word: StaticString {
        switch self {
        case .done: "done"
        case .refused: "refused"
        case .usage: "usage"
        case .unknownName: "unknown-name"
        case .notPermitted: "not-permitted"
        case .notConfirmed: "not-confirmed"
        }
    }
}
