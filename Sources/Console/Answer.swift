import FixedMemory
import HardwareInterface
import WardenMessages

/// What is being written, with how far it has got.
enum Answer: BitwiseCopyable {
    case none
    case greeting(Int)
    case help(Int)
    case helpOn(ConsoleCommand, Int)
    case status(Int)
    case doors(Int)
    case sensors(Int)
    case points(Int)
    case detectors(Int)
    /// Detectors that are not normal, by how urgent that is; whether there was any.
    case alarms(AlarmPlace, found: Bool)
    /// Detectors that are under test or were; whether there was any.
    case walkTests(Int, found: Bool)
    case readers(Int)
    case counters(Int)
    /// Looks backwards for the first event to show.
    case eventsSearch(EventFilter, at: UInt64, left: Int)
    case events(EventFilter, next: UInt64)
    case clock
    case version
    case whoAmI
    /// An attempt to log in must wait so many seconds.
    case wait(Int64)
    case terminal
    case noMeasurement
    case candidates(Completion, Int)
    case executing(ConsoleSession.Pending)
    case notConfirmed
    case enrolled(EnrolmentOutcome)
    case testItem(TestItem, Int)
    /// The next thing, and 0 before the head.
    case testReport(TestItem?, Int)
    case config(Int)
    case recorder(Int)
    case calibrations(NamedKind, Int)
    case network(NetworkPart, Int)
    case lost(UInt64)
    case message(Phrase)
    case clearScreen
    /// The last thing: the exit line, where one is wanted.
    case ending
}

/// What came of making a row.
enum RowResult: BitwiseCopyable {
    case row
    /// More work is needed to find the next one.
    case searching
    /// There are no more.
    case end
}

// MARK: Writing an answer, a row at a time

extension ConsoleSession {
    /// Events looked at in one step.
    static var eventScan: Int { 16 }

    mutating func writeAnswer<Subject: ConsoleSubject & ~Copyable, Sink: ByteSink & ~Copyable>(
        _ subject: inout Subject, _ sink: inout Sink
    ) {
        guard clearRow(&sink) else { return }
        if case .clearScreen = answer {
            if terminal.isAnsi { sink.append("\u{1B}[2J\u{1B}[H") } else { sink.append("\r\n") }
            answer = .none
            repaint()
            return
        }
        if row.count == 0 {
            switch makeRow(&subject) {
            case .row: break
            case .searching: return
            case .end:
                endAnswer(&sink)
                return
            }
        }
        let rows = 1 + max(0, TextWidth.columns(of: row.span) - 1) / terminal.columns
        if !isPlain && rowsOnPage + rows >= terminal.rows {
            mode = .more
            return
        }
        sink.append(row.span)
        sink.append("\r\n")
        row.removeAll()
        rowsOnPage += rows
    }

    private mutating func endAnswer<Sink: ByteSink & ~Copyable>(_ sink: inout Sink) {
        if isPlain {
            sink.append("exit ")
            sink.appendDecimal(outcome.rawValue)
            sink.append(" ")
            sink.append(outcome.word)
            sink.append("\r\n")
        }
        isPlain = false
        isYes = false
        answer = .none
        repaint()
    }

    private mutating func makeRow<Subject: ConsoleSubject & ~Copyable>(_ subject: inout Subject) -> RowResult {
        switch answer {
        case .none, .ending, .clearScreen: return .end
        case .greeting(let number): return makeGreeting(number, subject)
        case .help(let number): return makeHelp(number)
        case .helpOn(let command, let number): return makeHelp(on: command, number, subject)
        case .status(let number): return makeStatus(number, subject)
        case .doors(let index): return next(makeDoor(index, subject), .doors(index + 1))
        case .sensors(let index): return next(makeSensor(index, subject, hasAge: true), .sensors(index + 1))
        case .points(let index): return next(makePoint(index, subject), .points(index + 1))
        case .detectors(let index): return next(makeDetector(index, subject, hasTime: true), .detectors(index + 1))
        case .alarms(let place, let found): return makeAlarm(place, found, subject)
        case .walkTests(let index, let found): return makeWalkTest(index, found, subject)
        case .readers(let index): return next(makeReader(index, subject), .readers(index + 1))
        case .counters(let index): return next(makeCounter(index, subject), .counters(index + 1))
        case .eventsSearch(let filter, let at, let left): return searchEvents(filter, at, left, subject)
        case .events(let filter, let number): return makeEvent(filter, number, subject)
        case .clock: return last(makeClock(subject))
        case .version: return last(makeVersion(subject))
        case .whoAmI: return last(makeIdentity(subject))
        case .wait(let seconds): return last(makeWait(seconds))
        case .terminal: return last(makeTerminal())
        case .noMeasurement: return last(say(.terminalSilent))
        case .candidates(let completion, let index): return makeCandidates(completion, index, subject)
        case .executing(let pending): return last(execute(pending, &subject))
        case .notConfirmed:
            outcome = .notConfirmed
            return last(say(.cancelled))
        case .enrolled(let outcome): return last(makeEnrolled(outcome))
        case .testItem(let item, let number): return makeTestItem(item, number, subject)
        case .testReport(let item, let number): return makeTestReport(item, number, subject)
        case .config(let number): return makeConfig(number, subject)
        case .recorder(let number): return makeRecorder(number, subject)
        case .calibrations(let kind, let index): return makeCalibration(kind, index, subject)
        case .network(let part, let index): return makeNetwork(part, index, subject)
        case .lost(let count): return last(makeLost(count))
        case .message(let phrase): return last(say(phrase))
        }
    }

    /// Goes on to `following` if there was a row.
    private mutating func next(_ hasRow: Bool, _ following: Answer) -> RowResult {
        answer = hasRow ? following : .ending
        return hasRow ? .row : .end
    }

    private mutating func last(_ hasRow: Bool) -> RowResult { next(hasRow, .ending) }

    mutating func say(_ phrase: Phrase) -> Bool {
        style.text(phrase, &row)
        return true
    }

    // MARK: Greeting and help

    private mutating func makeGreeting<Subject: ConsoleSubject & ~Copyable>(
        _ number: Int, _ subject: borrowing Subject
    ) -> RowResult {
        let style = style
        let status = subject.boardStatus
        switch number {
        case 0:
            // Whatever the terminal shows at this moment, the greeting begins a row of its own.
            row.append("\r\nWarden ")
            style.append(status.version, &row)
            row.append(" - ")
            style.append(status.name, &row)
            row.append(" - ")
            style.text(.greetingHint, &row)
            if subject.consoleRole(ofUser: 0) != nil { style.text(.greetingLogin, &row) }
            answer = .greeting(1)
            return .row
        default:
            answer = .none
            repaint()
            return .searching
        }
    }

    private mutating func makeHelp(_ number: Int) -> RowResult {
        let style = style
        answer = .help(number + 1)
        if let command = ConsoleCommand(rawValue: UInt8(clamping: number)) {
            row.append("  ")
            style.cell(command.word, 12, &row)
            style.text(command.summary, &row)
            return .row
        }
        switch number - ConsoleCommand.count {
        case 0: style.text(.helpMore, &row)
        case 1: style.text(.helpKeys, &row)
        default:
            answer = .ending
            return .end
        }
        return .row
    }

    private mutating func makeHelp<Subject: ConsoleSubject & ~Copyable>(
        on command: ConsoleCommand, _ number: Int, _ subject: borrowing Subject
    ) -> RowResult {
        let style = style
        answer = .helpOn(command, number + 1)
        switch number {
        case 0:
            row.append(command.usage)
        case 1:
            row.append("  ")
            style.text(command.summary, &row)
        default:
            guard let example = command.example(at: number - 2) else {
                answer = .ending
                return .end
            }
            row.append("    ")
            let start = row.count
            appendExample(example, command, subject)
            style.endCell(start, 36, &row)
            style.text(example.meaning, &row)
        }
        return .row
    }

    /// The line of an example, with the name of something that this board has.
    private mutating func appendExample<Subject: ConsoleSubject & ~Copyable>(
        _ example: ConsoleCommand.Example, _ command: ConsoleCommand, _ subject: borrowing Subject
    ) {
        let line = example.line
        let usual: NamedKind =
            switch command {
            case .door, .test: .door
            case .reader, .credential: .reader
            case .point: .line
            case .calibrate: .point
            default: .detector
            }
        let kind = example.named ?? usual
        for index in 0..<line.utf8CodeUnitCount {
            let byte = unsafe line.utf8Start[index]
            if byte != UInt8(ascii: "@") {
                row.append(byte)
            } else if let name = subject.name(of: kind, at: 0) {
                style.append(name, &row)
            } else {
                row.append("NAME")
            }
        }
    }

    // MARK: Events

    private mutating func searchEvents<Subject: ConsoleSubject & ~Copyable>(
        _ filter: EventFilter, _ at: UInt64, _ left: Int, _ subject: borrowing Subject
    ) -> RowResult {
        var at = at
        var left = left
        let first = max(subject.firstEventSequence, filter.fromSequence)
        for _ in 0..<ConsoleSession.eventScan {
            guard at >= first, at > 0 else {
                answer = .events(filter, next: at + 1)
                return .searching
            }
            if let event = subject.event(at: at), filter.admits(event) { left -= 1 }
            guard left > 0 else {
                answer = .events(filter, next: at)
                return .searching
            }
            at -= 1
        }
        answer = .eventsSearch(filter, at: at, left: left)
        return .searching
    }

    private mutating func makeEvent<Subject: ConsoleSubject & ~Copyable>(
        _ filter: EventFilter, _ number: UInt64, _ subject: borrowing Subject
    ) -> RowResult {
        // Retention may have overtaken a slow terminal.
        var number = max(number, subject.firstEventSequence)
        for _ in 0..<ConsoleSession.eventScan {
            guard number <= subject.lastEventSequence else {
                answer = .ending
                return .end
            }
            number += 1
            answer = .events(filter, next: number)
            guard let event = subject.event(at: number - 1), filter.admits(event) else { continue }
            let style = style
            row.append("#")
            row.appendDecimal(event.sequence)
            row.append(isPlain ? "\t" : " ")
            EventText.appendTime(
                of: event, utcOffsetMinutes: subject.utcOffsetMinutes(atUnixMilliseconds: event.unixMs), to: &row)
            row.append(isPlain ? "\t" : " ")
            EventText.append(event, names: subject, in: style.vocabulary, to: &row)
            return .row
        }
        return .searching
    }

    // MARK: Short answers

    private mutating func makeClock<Subject: ConsoleSubject & ~Copyable>(_ subject: borrowing Subject) -> Bool {
        appendClock(subject.boardStatus, subject.utcOffsetMinutes)
        return true
    }

    mutating func appendClock(_ status: BoardStatus, _ offsetMinutes: Int32) {
        let style = style
        switch status.clockTrust {
        case .unset, .unrecognised:
            style.text(.clockUnset, &row)
            return
        case .freeRunning, .synchronised: break
        }
        TimeText.appendCivil(unixMilliseconds: status.unixMs + Int64(offsetMinutes) * 60_000, to: &row)
        row.append(isPlain ? "\t" : " UTC")
        row.append(offsetMinutes < 0 ? "-" : "+")
        row.appendDecimal(offsetMinutes.magnitude / 60, minimumDigits: 2)
        row.append(":")
        row.appendDecimal(offsetMinutes.magnitude % 60, minimumDigits: 2)
        row.append(isPlain ? "\t" : ", ")
        style.text(status.clockTrust == .synchronised ? .clockSynchronised : .clockFreeRunning, &row)
    }

    private mutating func makeVersion<Subject: ConsoleSubject & ~Copyable>(_ subject: borrowing Subject) -> Bool {
        let status = subject.boardStatus
        row.append("Warden ")
        style.append(status.version, &row)
        row.append(isPlain ? "\t" : ", ")
        style.append(status.name, &row)
        row.append(isPlain ? "\t" : ", ")
        appendGeneration(status.generation)
        return true
    }

    private mutating func makeIdentity<Subject: ConsoleSubject & ~Copyable>(_ subject: borrowing Subject) -> Bool {
        let style = style
        guard let user = login.user, let role = subject.consoleRole(ofUser: user) else {
            style.text(.nobody, &row)
            return true
        }
        style.append(login.name, &row)
        row.append(isPlain ? "\t" : ", ")
        style.text(ConsoleSession.phrase(role), &row)
        return true
    }

    private mutating func makeWait(_ seconds: Int64) -> Bool {
        style.text(.waitSeconds, &row)
        row.append(" ")
        row.appendDecimal(seconds)
        return true
    }

    mutating func makeTerminal() -> Bool {
        row.append(terminal.isAnsi ? "ansi " : "plain ")
        row.appendDecimal(terminal.columns)
        row.append("x")
        row.appendDecimal(terminal.rows)
        return true
    }

    private mutating func makeCandidates<Subject: ConsoleSubject & ~Copyable>(
        _ completion: Completion, _ index: Int, _ subject: borrowing Subject
    ) -> RowResult {
        var index = index
        while row.count + 40 < row.capacity,
            TextWidth.columns(of: row.span) + 20 <= terminal.columns || row.count == 0,
            let word = completion.context.word(at: index, names: subject)
        {
            index += 1
            guard Completion.begins(word, with: editor.line, completion.start..<editor.cursor) else { continue }
            style.cell(word, 18, &row)
        }
        answer = .candidates(completion, index)
        if row.count > 0 { return .row }
        answer = .none
        repaint()
        return .searching
    }

    private mutating func makeLost(_ count: UInt64) -> Bool {
        style.text(.pasteLost, &row)
        row.append(" ")
        row.appendDecimal(count)
        return true
    }
}
