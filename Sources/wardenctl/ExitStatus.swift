import ArgumentParser

/// How `wardenctl` ends. The numbers are those of sysexits.h where that has one, and those of the board's programs.
enum ExitStatus: Int32, CaseIterable {
    case success = 0
    /// What was asked for was done, and the answer is no: a file has errors, a door stayed locked.
    case negative = 1
    case usage = 64
    case invalidData = 65
    case cannotRead = 66
    case unavailable = 69
    case cannotWrite = 73
    case notPermitted = 77
    case keyMissing = 78

    var explanation: String {
        switch self {
        case .success: "done"
        case .negative: "the answer is no: the file has errors, the command was refused"
        case .usage: "the command line is wrong"
        case .invalidData: "a file is not what it should be"
        case .cannotRead: "a file cannot be read"
        case .unavailable: "no board answers"
        case .cannotWrite: "a file cannot be written"
        case .notPermitted: "the board does not permit it"
        case .keyMissing: "a key is missing, or is another one"
        }
    }

    static var listing: String {
        "EXIT STATUS\n"
            + allCases.map { status in
                let number = "\(status.rawValue)"
                return "  " + String(repeating: " ", count: 2 - number.count) + number + "  " + status.explanation
            }.joined(separator: "\n")
    }
}

/// Ends the program with a message that says what happened and what to do.
struct Failure: Error {
    var status: ExitStatus
    var message: String
    var remedy: String = ""

    /// The board says that whoever asked may not.
    static func notPermitted(remedy: String) -> Failure {
        Failure(status: .notPermitted, message: ExitStatus.notPermitted.explanation, remedy: remedy)
    }
}
