import FixedMemory
import WardenMessages

/// One terminal: collects lines, carries out what they ask, and answers a piece at a time so that no answer ever holds
/// up the loop or floods the line.
public struct ConsoleSession: ~Copyable {
    /// Bytes that one row of output may take; a step writes at most one row.
    public static var rowLimit: Int { 240 }

    /// Typed bytes that may wait while an answer is being written.
    static var typeAhead: Int { 512 }

    private var editor = LineEditor()
    private var typed: Ring<UInt8>
    private var answer = Answer.greeting(0)
    private let number: Int
    private var rowsWritten = 0

    /// What is being written, with how far it has got.
    private enum Answer: BitwiseCopyable {
        case none
        case greeting(Int)
        case prompt
        case help(Int)
        case status(Int)
        case doors(Int)
        case sensors(Int)
        case alarms(Int)
        case readers(Int)
        case events(next: UInt64)
    }

    /// - Parameter number: of this console, from 0; names it in the audit.
    public init(number: Int) {
        self.number = number
        typed = Ring(capacity: ConsoleSession.typeAhead)
    }

    /// Starts anew, as after a cable was plugged in again.
    public mutating func restart() {
        editor.reset()
        typed.removeAll()
        answer = .greeting(0)
    }

    /// Takes typed bytes; what is beyond the type-ahead is dropped, as a terminal would.
    public mutating func receive(_ bytes: Span<UInt8>) {
        for index in bytes.indices { typed.push(bytes[index]) }
    }

    /// Whether `step` has something to do.
    public var isBusy: Bool {
        if case .none = answer { return !typed.isEmpty }
        return true
    }

    /// Does one small piece of work: writes one row, or reads typed bytes up to the end of a line and acts on it.
    ///
    /// - Parameter sink: has room for at least `rowLimit` bytes.
    public mutating func step<Subject: ConsoleSubject & ~Copyable, Sink: ByteSink & ~Copyable>(
        _ subject: inout Subject, into sink: inout Sink
    ) {
        switch answer {
        case .none: readLine(&subject, &sink)
        case .greeting(let row): writeGreeting(row, subject, &sink)
        case .prompt:
            sink.append("> ")
            answer = .none
        case .help(let row): writeHelp(row, &sink)
        case .status(let row): writeStatus(row, subject, &sink)
        case .doors(let index): writeDoor(index, subject, &sink)
        case .sensors(let index): writeSensor(index, subject, &sink)
        case .alarms(let index): writeAlarm(index, subject, &sink)
        case .readers(let index): writeReader(index, subject, &sink)
        case .events(let next): writeEvent(next, subject, &sink)
        }
    }

    private mutating func readLine<Subject: ConsoleSubject & ~Copyable, Sink: ByteSink & ~Copyable>(
        _ subject: inout Subject, _ sink: inout Sink
    ) {
        // An echo is at most 6 bytes a typed byte, so this many always fit in a row.
        for _ in 0..<32 {
            guard let byte = typed.pop() else { return }
            if case .lineIsComplete = editor.take(byte, echo: &sink) {
                act(&subject, &sink)
                editor.clear()
                return
            }
        }
    }

    private mutating func act<Subject: ConsoleSubject & ~Copyable, Sink: ByteSink & ~Copyable>(
        _ subject: inout Subject, _ sink: inout Sink
    ) {
        answer = .prompt
        switch ConsoleRequest.parse(editor.line.span) {
        case .nothing: break
        case .help: answer = .help(0)
        case .status: answer = .status(0)
        case .doors: answer = .doors(0)
        case .sensors: answer = .sensors(0)
        case .alarms: answer = .alarms(0)
        case .readers: answer = .readers(0)
        case .events(let count):
            let last = subject.lastEventSequence
            let first = last >= UInt64(count) ? last - UInt64(count) + 1 : 1
            answer = .events(next: max(first, subject.firstEventSequence))
        case .globalCommand(let kind):
            report(subject.execute(Command(kind: kind), fromConsole: number), &sink)
        case .command(let kind, let from, let to):
            guard let target = Words.target(of: kind),
                let index = subject.index(of: target, named: editor.line.span.extracting(from..<to))
            else {
                sink.append("error: nothing is called so: ")
                sink.append(editor.line.span.extracting(from..<to))
                sink.append("\r\n")
                return
            }
            report(subject.execute(Command(kind: kind, target: UInt32(index)), fromConsole: number), &sink)
        case .wrongArguments(let topic):
            sink.append("usage: ")
            sink.append(topic.usage)
            sink.append("\r\n")
        case .unknown:
            sink.append("error: unknown command; 'help' lists them\r\n")
        }
    }

    private func report<Sink: ByteSink & ~Copyable>(_ answer: CommandAnswer, _ sink: inout Sink) {
        if case .done = answer.result {
            sink.append("ok")
        } else {
            sink.append("error: ")
            sink.append(Words.commandResult(answer.result))
        }
        if answer.reason != 0 {
            sink.append(" (")
            sink.append(Words.decisionReason(answer.reason))
            sink.append(")")
        }
        sink.append("\r\n")
    }
}

// MARK: Answers, a row at a time

extension ConsoleSession {
    private mutating func writeGreeting<Subject: ConsoleSubject & ~Copyable, Sink: ByteSink & ~Copyable>(
        _ row: Int, _ subject: borrowing Subject, _ sink: inout Sink
    ) {
        let status = subject.boardStatus
        sink.append("\r\nWarden ")
        sink.append(status.version.span)
        sink.append(" on ")
        sink.append(status.name.span)
        sink.append(" - 'help' lists the commands\r\n")
        answer = .prompt
    }

    private mutating func writeHelp<Sink: ByteSink & ~Copyable>(_ row: Int, _ sink: inout Sink) {
        guard let topic = ConsoleTopic(rawValue: UInt8(row)) else {
            answer = .prompt
            return
        }
        sink.append("  ")
        sink.append(topic.usage)
        sink.append("\r\n")
        answer = .help(row + 1)
    }

    private mutating func writeStatus<Subject: ConsoleSubject & ~Copyable, Sink: ByteSink & ~Copyable>(
        _ row: Int, _ subject: borrowing Subject, _ sink: inout Sink
    ) {
        let status = subject.boardStatus
        switch row {
        case 0:
            sink.append("board       ")
            sink.append(status.name.span)
            sink.append(", generation ")
            sink.appendDecimal(status.generation)
            sink.append(", up ")
            TimeText.appendClock(secondOfDay: Int64(status.uptimeNs / 1_000_000_000), to: &sink)
        case 1:
            sink.append("clock       ")
            if case .unset = status.clockTrust {
                sink.append("unset")
            } else {
                let local = status.unixMs + Int64(subject.utcOffsetMinutes) * 60_000
                TimeText.appendCivil(unixMilliseconds: local, to: &sink)
                sink.append(status.clockTrust == .synchronised ? ", synchronised" : ", free-running")
            }
        case 2:
            sink.append("doors       ")
            sink.appendDecimal(status.doors)
        case 3:
            sink.append("alarms      ")
            sink.appendDecimal(status.alarms)
        case 4:
            sink.append("troubles    ")
            sink.appendDecimal(status.troubles)
        case 5:
            sink.append("events      ")
            sink.appendDecimal(status.eventsKept)
            sink.append(" of ")
            sink.appendDecimal(status.eventCapacity)
            sink.append(" kept, last #")
            sink.appendDecimal(status.lastSequence)
        case 6:
            sink.append("credentials ")
            sink.appendDecimal(status.credentials)
            sink.append(" of ")
            sink.appendDecimal(status.credentialCapacity)
        default:
            answer = .prompt
            return
        }
        sink.append("\r\n")
        answer = .status(row + 1)
    }

    private mutating func writeDoor<Subject: ConsoleSubject & ~Copyable, Sink: ByteSink & ~Copyable>(
        _ index: Int, _ subject: borrowing Subject, _ sink: inout Sink
    ) {
        guard let door = subject.doorStatus(at: index) else {
            answer = .prompt
            return
        }
        appendColumn(door.name.span, width: 24, &sink)
        sink.append(Words.doorState(door.state))
        sink.append(door.released ? ", lock released" : ", lock secured")
        if let isOpen = door.open { sink.append(isOpen ? ", open" : ", closed") }
        if door.fire { sink.append(", FIRE") }
        sink.append("\r\n")
        answer = .doors(index + 1)
    }

    private mutating func writeSensor<Subject: ConsoleSubject & ~Copyable, Sink: ByteSink & ~Copyable>(
        _ index: Int, _ subject: borrowing Subject, _ sink: inout Sink
    ) {
        guard let point = subject.pointStatus(at: index) else {
            answer = .prompt
            return
        }
        appendColumn(point.name.span, width: 24, &sink)
        PointText.append(point, to: &sink)
        sink.append("\r\n")
        answer = .sensors(index + 1)
    }

    private mutating func writeAlarm<Subject: ConsoleSubject & ~Copyable, Sink: ByteSink & ~Copyable>(
        _ index: Int, _ subject: borrowing Subject, _ sink: inout Sink
    ) {
        guard let detector = subject.detectorStatus(at: index) else {
            answer = .prompt
            return
        }
        appendColumn(detector.name.span, width: 24, &sink)
        sink.append(Words.alarmState(detector.state))
        if detector.trouble != 0 {
            sink.append(", trouble: ")
            sink.append(Words.detectorTrouble(detector.trouble))
        }
        sink.append("\r\n")
        answer = .alarms(index + 1)
    }

    private mutating func writeReader<Subject: ConsoleSubject & ~Copyable, Sink: ByteSink & ~Copyable>(
        _ index: Int, _ subject: borrowing Subject, _ sink: inout Sink
    ) {
        guard let reader = subject.readerStatus(at: index) else {
            answer = .prompt
            return
        }
        appendColumn(reader.name.span, width: 24, &sink)
        sink.append(reader.online ? "online, " : "offline, ")
        sink.appendDecimal(reader.frames)
        sink.append(" cards, ")
        sink.appendDecimal(reader.rejected)
        sink.append(" frames turned away\r\n")
        answer = .readers(index + 1)
    }

    private mutating func writeEvent<Subject: ConsoleSubject & ~Copyable, Sink: ByteSink & ~Copyable>(
        _ sequence: UInt64, _ subject: borrowing Subject, _ sink: inout Sink
    ) {
        // Retention may have overtaken a slow terminal.
        let sequence = max(sequence, subject.firstEventSequence)
        guard sequence <= subject.lastEventSequence else {
            answer = .prompt
            return
        }
        answer = .events(next: sequence + 1)
        guard let event = subject.event(at: sequence) else { return }
        sink.append("#")
        sink.appendDecimal(event.sequence)
        sink.append(" ")
        EventText.appendTime(of: event, utcOffsetMinutes: subject.utcOffsetMinutes, to: &sink)
        sink.append(" ")
        EventText.append(event, names: subject, to: &sink)
        sink.append("\r\n")
    }

    private func appendColumn<Sink: ByteSink & ~Copyable>(_ text: Span<UInt8>, width: Int, _ sink: inout Sink) {
        sink.append(text)
        for _ in min(text.count, width - 1)..<width { sink.append(" ") }
    }
}
