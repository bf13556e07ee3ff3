import FixedMemory
import HardwareInterface
import LinuxHardware
import ProgramSupport
import Runtime

/// What the command line asks for.
struct Arguments: ~Copyable {
    enum Task {
        case run
        /// Says whether image and key are right, and touches no hardware.
        case check
        case help
        case version
    }

    /// Consoles that can be named at once.
    static var consoleLimit: Int { 8 }
    /// Addresses to listen on that can be named at once, besides those of the board file.
    static var listenLimit: Int { 4 }

    var task = Task.run
    var image: CText?
    var hashKey: CText?
    var socket: CText?
    /// The board's own key of Warden Link.
    var linkKey: CText?
    var listeners = FixedArray<ListenerDescription>(capacity: listenLimit)
    var watchdog: CText?
    var journal: CText?
    /// Bytes that a new journal is to have.
    var journalSize: Int64?
    /// The folder in which the board keeps what it is sent.
    var state: CText?
    /// Where the system below says how far an update of it is; it takes none without.
    var updateStatus: CText?
    /// How long an image that came over a link is on trial.
    var trialTime = ImageTrial.standardTime
    /// Bytes of memory that such an image may need.
    var memoryLimit: UInt64 = 48 << 20
    var consoles = FixedArray<CText>(capacity: consoleLimit)
    /// Whether everything is kept in memory.
    var locksMemory = false
    /// The loop's priority before everything that is not real-time; `nil` for an ordinary one.
    var realTimePriority: Int32?

    init() throws(ProgramFailure) {
        var arguments = ProgramArguments()
        while let argument = arguments.next() {
            if argument == "--help" || argument == "-h" {
                task = .help
                return
            }
            if argument == "--version" {
                task = .version
                return
            }
            if argument == "--check" {
                task = .check
            } else if argument == "--lock-memory" {
                locksMemory = true
            } else if let value = try Arguments.value("--real-time", argument, &arguments) {
                guard let priority = ByteCount.parse(value), (1...99).contains(priority) else {
                    throw ProgramFailure(.usage, "is no real-time priority: 1 to 99", about: value)
                }
                realTimePriority = Int32(priority)
            } else if let value = try Arguments.value("--image", argument, &arguments) {
                image = value
            } else if let value = try Arguments.value("--hash-key", argument, &arguments) {
                hashKey = value
            } else if let value = try Arguments.value("--socket", argument, &arguments) {
                socket = value
            } else if let value = try Arguments.value("--link-key", argument, &arguments) {
                linkKey = value
            } else if let value = try Arguments.value("--listen", argument, &arguments) {
                guard let listener = ListenerDescription(value) else {
                    throw ProgramFailure(
                        .usage, "is no address to listen on, such as 0.0.0.0, 192.0.2.7:7321 or [::]:7321", about: value
                    )
                }
                guard listeners.append(listener) else {
                    throw ProgramFailure(.usage, "is one address more than there can be", about: value)
                }
            } else if let value = try Arguments.value("--watchdog", argument, &arguments) {
                watchdog = value
            } else if let value = try Arguments.value("--journal-size", argument, &arguments) {
                journalSize = JournalFile.size(value)
                guard journalSize != nil else {
                    throw ProgramFailure(
                        .usage, "is no size of a journal: 4M or more, such as 64M, in K, M or G", about: value)
                }
            } else if let value = try Arguments.value("--journal", argument, &arguments) {
                journal = value
            } else if let value = try Arguments.value("--state", argument, &arguments) {
                guard value.count <= Arguments.folderLimit else {
                    throw ProgramFailure(.usage, "is longer than a folder's path may be", about: value)
                }
                state = value
            } else if let value = try Arguments.value("--update-status", argument, &arguments) {
                updateStatus = value
            } else if let value = try Arguments.value("--trial", argument, &arguments) {
                guard let seconds = ByteCount.parse(value), (10...86_400).contains(seconds) else {
                    throw ProgramFailure(.usage, "is no time for a trial: 10 to 86400 seconds", about: value)
                }
                trialTime = .seconds(seconds)
            } else if let value = try Arguments.value("--memory", argument, &arguments) {
                guard let bytes = ByteCount.parse(value), bytes >= 1 << 20 else {
                    throw ProgramFailure(.usage, "is no amount of memory: 1M or more, such as 48M", about: value)
                }
                memoryLimit = UInt64(bytes)
            } else if let value = try Arguments.value("--console", argument, &arguments) {
                guard consoles.append(value) else {
                    throw ProgramFailure(.usage, "is one console more than there can be", about: value)
                }
            } else {
                throw ProgramFailure(.usage, "is no option of wardend; 'wardend --help' lists them", about: argument)
            }
        }
        guard image != nil else {
            throw ProgramFailure(.usage, "--image FILE is needed; 'wardend --help' shows how to start it")
        }
        guard hashKey != nil else {
            throw ProgramFailure(.usage, "--hash-key FILE is needed: the image keeps cards as keyed hashes only")
        }
        guard updateStatus == nil || state != nil else {
            throw ProgramFailure(.usage, "--update-status needs --state DIR, where updates are kept")
        }
        guard listeners.isEmpty || linkKey != nil else {
            throw ProgramFailure(.usage, "--listen needs --link-key FILE; 'wardenctl keys make' makes one")
        }
    }

    /// Bytes of the state folder's path; names of files follow it.
    private static var folderLimit: Int { 100 }

    private static func value(
        _ option: StaticString, _ argument: CText, _ arguments: inout ProgramArguments
    ) throws(ProgramFailure) -> CText? {
        switch arguments.value(of: option, in: argument) {
        case .value(let value):
            guard value.count > 0, value.count < 128 else {
                throw ProgramFailure(.usage, "needs a value of 1 to 127 bytes", about: argument)
            }
            return value
        case .missing: throw ProgramFailure(.usage, "needs a value after it", about: argument)
        case .other: return nil
        }
    }

    static func writeHelp(to output: inout TextOutput) {
        output.append(
            """
            Runs a board: its doors, readers, sensors and alarms, on the hardware that its image describes.

            usage: wardend --image FILE --hash-key FILE [options]

              --image FILE       the board image, as 'wardenctl board build' wrote it
              --hash-key FILE    the board's secret for card identifiers: 64 hexadecimal digits
              --socket PATH      listens there for local connections, such as wardenctl's; members of the group of the
                                 process may connect, and what they may do depends on their user
              --link-key FILE    the board's own key of Warden Link, which nobody else may read: 64 hexadecimal digits, as
                                 'wardenctl keys make' writes them. Without it no network and no line is served
              --listen ADDRESS   offers Warden Link over TCP there too, besides where the board file says 'listen': an
                                 IPv4 or IPv6 address of this board, with a port if not 7321; up to four times
              --console TTY      a terminal for a technician, such as /dev/ttyS0; may be given up to eight times
              --journal FILE     keeps events and state there over restarts and power cuts: a file, made if it is not
                                 there, or a partition; without it they are in memory alone
              --journal-size N   the size of a new journal, such as 16M (64M)
              --state DIR        keeps what the board is sent there over restarts and power cuts, for wardend alone: board
                                 images that come over Warden Link. Without it none are taken
              --update-status F  takes updates of the board's system over Warden Link into the folder of --state, for that
                                 system to find (update.raucb), which says in the file F how far it is
              --trial SECONDS    how long such an image is on trial (600): the board goes back to the one before unless it
                                 is healthy within a fifth of that time, and confirmed in all of it. Healthy is, for a
                                 twentieth of it without a break: no more lines and ports missing than before, and every
                                 bus and the journal getting on
              --memory N         the memory that such an image may need (48M)
              --watchdog DEVICE  feeds the board's watchdog, such as /dev/watchdog; the board restarts if wardend hangs
              --lock-memory      keeps all of its memory in memory, so that no decision waits for a page
              --real-time N      the loop's real-time priority, 1 to 99: it goes before every ordinary program; its threads
                                 for buses and the journal do not. Where either is not allowed, that is said and it goes on
              --check            says whether image and key are right, and ends without touching any hardware
              --version          prints the version
              --help             prints this

            Outputs have their safe state from the moment they are claimed. On SIGTERM or SIGINT each is left as the board
            file's at_exit says. A missing device is reported as trouble, the rest runs, and it is used when it is there.
            Who may do what over a network or a line is decided by the key that they hold; the image lists the keys, their
            roles and their expiry ('clients'), so nobody but root and wardend's user may be able to change it.
            With a service manager that wants to know, wardend says when it is ready and that it is alive (sd_notify).

            examples:
              wardend --image lobby.board --hash-key site.hashkey --check
              wardend --image lobby.board --hash-key site.hashkey --socket /run/warden/socket --console /dev/ttyS0
              wardend --image lobby.board --hash-key site.hashkey --link-key lobby.key --listen 0.0.0.0 --listen '[::]'

            exit codes:

            """)
        for code in ExitCode.allCases where code != .negative && code != .stuck {
            output.append("  ")
            if code.rawValue < 10 { output.append(" ") }
            output.appendDecimal(code.rawValue)
            output.append("  ")
            output.append(code.meaning)
            output.append("\n")
        }
    }
}
