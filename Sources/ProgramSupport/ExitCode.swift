/// How a program of the board ends, for whoever started it: a service manager, a script, a person.
///
/// The numbers are those of sysexits.h (BSD) where that has one.
public enum ExitCode: Int32, Sendable, CaseIterable {
    /// Done, or told to end.
    case success = 0
    /// What was asked for was done, and the answer is no: an expectation of a scenario was not met.
    case negative = 1
    /// The simulated runtime got stuck: turn after turn without time moving on.
    case stuck = 2
    /// The command line is wrong.
    case usage = 64
    /// An image, scenario or key file is not what it should be, or belongs to another version.
    case invalidInput = 65
    /// A file cannot be read.
    case cannotRead = 66
    /// Something that is needed is taken: another process listens on the socket.
    case unavailable = 69
    /// The operating system gave no thread or descriptor.
    case systemError = 71
    /// A file or socket cannot be made or written: the disk is full, the folder missing.
    case cannotWrite = 73
    /// Somebody asked for a restart: the service manager is to start the program anew (EX_TEMPFAIL).
    case restart = 75
    /// A file or device may not be used by this user.
    case notPermitted = 77
    /// The key does not fit the board.
    case wrongKey = 78

    /// What it means, for `--help`.
    public var meaning: StaticString {
        switch self {
        case .success: "done, or told to end"
        case .negative: "an expectation was not met"
        case .stuck: "the runtime got stuck"
        case .usage: "the command line is wrong"
        case .invalidInput: "an image, scenario or key file is not valid"
        case .cannotRead: "a file cannot be read"
        case .unavailable: "the socket is in use by another process"
        case .systemError: "the operating system gave no thread or descriptor"
        case .cannotWrite: "a file or socket cannot be made or written"
        case .restart: "somebody asked for a restart; to be started anew"
        case .notPermitted: "a file or socket may not be used by this user"
        case .wrongKey: "the hash key does not fit the board"
        }
    }
}
