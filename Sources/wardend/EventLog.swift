import CLinuxHardware
import Console
import FixedMemory
import LinuxHardware
import Runtime
import WardenMessages

/// The board's events as lines of the service's log, as far as the log level wants them. Nothing here waits, and nothing is
/// allocated after `init`: a line that the log has no room for is left out and counted, and the journal keeps the event.
struct EventLog: ~Copyable {
    /// Events that one turn of the loop looks at.
    private static var eventsAtOnce: Int { 8 }
    private static var lineLimit: Int { 480 }
    private static var standardError: Int32 { 2 }

    private var next: UInt64
    private var line = ByteBuffer(capacity: lineLimit)
    private var omitted: UInt64 = 0
    /// Whether a journal reads standard error and takes the urgency from the line (sd-daemon(3)).
    private let hasPrefixes: Bool

    /// - Parameter first: number of the first event that is written.
    init(from first: UInt64) {
        next = first
        hasPrefixes = warden_environment("JOURNAL_STREAM") != nil
    }

    /// Writes what is new.
    ///
    /// - Returns: whether there is more.
    mutating func write(_ runtime: borrowing Runtime<LinuxHardware>) -> Bool {
        next = max(next, runtime.firstEventSequence)
        for _ in 0..<EventLog.eventsAtOnce {
            guard next <= runtime.lastEventSequence else { return false }
            if let event = runtime.event(at: next), EventLog.level(of: event).rawValue <= runtime.logLevel.rawValue {
                write(event, runtime)
            }
            next += 1
        }
        return next <= runtime.lastEventSequence
    }

    /// The level from which on an event is written.
    private static func level(of event: Event) -> LogLevel {
        switch event.class {
        case .alarm: .error
        case .trouble: .warning
        case .access, .audit, .system: .notice
        default: .debug
        }
    }

    private mutating func write(_ event: Event, _ runtime: borrowing Runtime<LinuxHardware>) {
        line.removeAll()
        // Urgencies of syslog (RFC 5424, table 2): critical, warning, notice, debug.
        if hasPrefixes {
            switch EventLog.level(of: event) {
            case .error: line.append("<2>")
            case .warning: line.append("<4>")
            case .notice: line.append("<5>")
            case .debug, .unrecognised: line.append("<7>")
            }
        }
        line.append("wardend: ")
        if omitted > 0 {
            line.append("(")
            line.appendDecimal(omitted)
            line.append(" lines left out) ")
        }
        EventText.append(event, names: runtime, to: &line)
        line.append("\n")
        guard !line.overflowed, EventLog.put(line) else {
            omitted += 1
            return
        }
        omitted = 0
    }

    private static func put(_ line: borrowing ByteBuffer) -> Bool {
        let count = line.count
        return line.span.withUnsafeBufferPointer {
            warden_log_write(standardError, $0.baseAddress!, count) == count
        }
    }
}
