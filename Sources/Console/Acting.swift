import FixedMemory
import HardwareInterface
import WardenMessages

// What a complete line brings about.
extension ConsoleSession {
    /// Acts on the line in `editor`; what there is to say follows as `answer`, a first row may be in `row`.
    mutating func act<Subject: ConsoleSubject & ~Copyable, Sink: ByteSink & ~Copyable>(
        _ subject: inout Subject, _ sink: inout Sink
    ) {
        row.removeAll()
        rowsOnPage = 0
        outcome = .done
        guard !editor.isOverlong else {
            outcome = .usage
            answer = .message(.lineTooLong)
            return
        }
        let words = WordList(editor.line.span)
        isPlain = words.isPlain
        isYes = words.isYes
        if ConsoleSession.isWorthKeeping(editor.line.span, words) { history.add(editor.line) } else { history.leave() }
        perform(ConsoleRequest.parse(editor.line.span, words), &subject, &sink)
    }

    /// A line of digits alone may be a PIN that was typed at the wrong moment, and so may what stands behind a name
    /// after `login`; neither is called back.
    static func isWorthKeeping(_ line: Span<UInt8>, _ words: WordList) -> Bool {
        if words.count > 2 && equal(line.extracting(words[0]), "login") { return false }
        for index in line.indices {
            switch line[index] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: " "): break
            default: return true
            }
        }
        return false
    }

    private mutating func perform<Subject: ConsoleSubject & ~Copyable, Sink: ByteSink & ~Copyable>(
        _ request: ConsoleRequest, _ subject: inout Subject, _ sink: inout Sink
    ) {
        switch request {
        case .nothing: answer = .ending
        case .show(let command): answer = ConsoleSession.answer(to: command)
        case .help: answer = .help(0)
        case .helpOn(let command): answer = .helpOn(command, 0)
        case .events(let events): startEvents(events, subject)
        case .watch(let kind, let seconds): startWatch(kind, seconds: seconds, at: subject.now, &sink)
        case .globalCommand(let kind): ask(.command(Command(kind: kind)))
        case .command(let kind, let name):
            guard let target = Words.target(of: kind) else { return }
            guard let index = place(of: target, name, subject) else { return }
            ask(.command(Command(kind: kind, target: UInt32(index))))
        case .lastingCommand(let kind, let seconds, let name):
            guard let target = Words.target(of: kind), let index = place(of: target, name, subject) else { return }
            ask(.command(Command(kind: kind, target: UInt32(index), seconds: seconds)))
        case .force(let isActive, let seconds, let name):
            guard let line = place(of: .line, name, subject) else { return }
            ask(
                .command(
                    Command(
                        kind: .pointForce, target: UInt32(line), value: isActive ? 1 : 0, seconds: seconds)))
        case .walkTest(let name, let minutes):
            askForTest(.walkTestBegin, .walkTestBeginAll, name, minutes: minutes ?? 0, subject)
        case .endWalkTest(let name): askForTest(.walkTestEnd, .walkTestEndAll, name, minutes: 0, subject)
        case .enrol(let line): startEnrolment(line, &subject)
        case .test(let request): startTest(request, &subject)
        case .calibrate(let request): startCalibration(request, &subject, &sink)
        case .network:
            subject.lookAtNetwork()
            answer = .network(.waiting, 0)
        case .config(let request): startConfig(request, &subject, &sink)
        case .mark(let number): ask(.command(Command(kind: .recorderMark, value: Int32(number))))
        case .setClock(let seconds): ask(.clock(seconds))
        case .login(let name): startLogin(name, &subject)
        case .logout:
            logOut(&subject)
            answer = .message(.loggedOut)
        case .language(let language):
            choose(language)
            answer = .message(.languageSet)
        case .terminal(let request): setTerminal(request, at: subject.now, &sink)
        case .wrongArguments(let command):
            outcome = .usage
            style.text(.usage, &row)
            row.append(command.usage)
            answer = .ending
        case .unknown(let word):
            outcome = .usage
            style.text(.unknownCommand, &row)
            appendTyped(word)
            suggest(.commands, word, subject)
            answer = .ending
        }
    }

    private static func answer(to command: ConsoleCommand) -> Answer {
        switch command {
        case .status: .status(0)
        case .doors: .doors(0)
        case .alarms: .alarms(.first, found: false)
        case .walktest: .walkTests(0, found: false)
        case .detectors: .detectors(0)
        case .sensors: .sensors(0)
        case .points: .points(0)
        case .readers: .readers(0)
        case .counters: .counters(0)
        case .clock: .clock
        case .terminal: .terminal
        case .version: .version
        case .whoami: .whoAmI
        case .recorder: .recorder(0)
        case .help, .door, .alarm, .reader, .point, .credential, .test, .calibrate, .network, .config, .reboot, .fire,
            .events, .watch, .login, .logout, .language:
            .help(0)
        }
    }

    mutating func setTerminal<Sink: ByteSink & ~Copyable>(
        _ request: TerminalRequest, at now: Instant, _ sink: inout Sink
    ) {
        answer = .terminal
        switch request {
        case .plain: terminal.isAnsi = false
        case .ansi: terminal.isAnsi = true
        case .size(let columns, let rows):
            terminal.columns = columns
            terminal.rows = rows
        case .auto:
            // To the far corner, ask where that is, and back (CUP, DSR, ECMA-48; DECSC and DECRC of the VT100).
            sink.append("\u{1B}7\u{1B}[999;999H\u{1B}[6n\u{1B}8")
            answer = .none
            mode = .measuring(until: now + ConsoleSession.measuringTime)
        }
    }

    private mutating func startEvents<Subject: ConsoleSubject & ~Copyable>(
        _ request: EventRequest, _ subject: borrowing Subject
    ) {
        var filter = EventFilter()
        filter.kind = request.kind
        if let name = request.door {
            guard let door = place(of: .door, name, subject) else { return }
            filter.door = door
        }
        if let name = request.detector {
            guard let detector = place(of: .detector, name, subject) else { return }
            filter.detector = detector
        }
        if let sequence = request.sequence { filter.fromSequence = sequence }
        if let seconds = request.seconds { filter.setSince(seconds, subject.boardStatus) }
        answer = .eventsSearch(filter, at: subject.lastEventSequence, left: request.count)
    }

    // MARK: Commands

    /// Asks for a test of one detector or of all. A detector that is called `all` is one.
    private mutating func askForTest<Subject: ConsoleSubject & ~Copyable>(
        _ one: CommandKind, _ all: CommandKind, _ name: Range<Int>, minutes: Int, _ subject: borrowing Subject
    ) {
        let duration = UInt32(minutes * 60)
        let isAll =
            equal(editor.line.span.extracting(name), "all")
            && subject.index(of: .detector, named: editor.line.span.extracting(name)) == nil
        if isAll {
            ask(.command(Command(kind: all, seconds: duration)))
            return
        }
        guard let index = place(of: .detector, name, subject) else { return }
        ask(.command(Command(kind: one, target: UInt32(index), seconds: duration)))
    }

    /// Carries a command out, or asks first if it changes what a door or detector does from now on.
    mutating func ask(_ pending: Pending) {
        answer = .executing(pending)
        guard !isYes, ConsoleSession.asksFirst(pending) else { return }
        if isPlain {
            outcome = .notConfirmed
            answer = .message(.needsYes)
        } else {
            answer = .none
            mode = .confirming(pending)
        }
    }

    static func asksFirst(_ pending: Pending) -> Bool {
        switch pending {
        case .clock, .rollBack: true
        case .command(let command):
            switch command.kind {
            case .doorFree, .doorLockdown, .fireReset, .alarmBypass, .walkTestBegin, .walkTestBeginAll, .readerInstall,
                .pointForce, .residentAway, .detectorCleaned, .pointCalibrate, .pointUncalibrate, .testReset,
                .boardRestart:
                true
            default: false
            }
        }
    }

    mutating func execute<Subject: ConsoleSubject & ~Copyable>(_ pending: Pending, _ subject: inout Subject) -> Bool {
        switch pending {
        case .command(let command):
            let answer = subject.execute(command, fromConsole: number, user: login.user)
            if let problem = ConsoleSession.calibrationProblem(command.kind, answer.result) {
                outcome = .refused
                style.text(problem, &row)
            } else {
                report(answer)
            }
        case .rollBack:
            report(CommandAnswer(result: subject.rollBackImage(fromConsole: number, user: login.user)))
        case .clock(let localSeconds):
            let seconds = localSeconds - Int64(subject.utcOffsetMinutes) * 60
            let setting = ClockSetting(
                atMonotonicNs: UInt64(clamping: subject.now.nanoseconds), unixMs: seconds * 1_000,
                uncertaintyMs: ConsoleSession.typedClockUncertainty)
            report(
                CommandAnswer(result: subject.setClock(setting, fromConsole: number, user: login.user)))
        }
        return true
    }

    /// A person who reads a watch and types is a few seconds off.
    private static var typedClockUncertainty: UInt32 { 5_000 }

    mutating func report(_ answer: CommandAnswer) {
        let style = style
        switch answer.result {
        case .done:
            outcome = .done
            style.text(.ok, &row)
        case .started:
            outcome = .done
            style.text(.ok, &row)
            row.append(": ")
            style.text(.started, &row)
        case .notPermitted:
            outcome = .notPermitted
            style.text(.error, &row)
            style.text(login.user == nil ? .loginFirst : .notPermitted, &row)
        case .safetyRelease:
            outcome = .refused
            style.text(.error, &row)
            style.text(.safetyRelease, &row)
        default:
            outcome = .refused
            style.text(.error, &row)
            row.append(style.vocabulary.commandResult(answer.result))
        }
        if answer.reason != 0 {
            row.append(" (")
            row.append(style.vocabulary.decisionReason(answer.reason))
            row.append(")")
        }
    }

    // MARK: Names

    /// The place of the thing that the line names; says so if there is none.
    mutating func place<Subject: ConsoleSubject & ~Copyable>(
        of kind: NamedKind, _ name: Range<Int>, _ subject: borrowing Subject
    ) -> Int? {
        if let index = subject.index(of: kind, named: editor.line.span.extracting(name)) { return index }
        outcome = .unknownName
        style.text(ConsoleSession.unknown(kind), &row)
        appendTyped(name)
        suggest(.names(kind), name, subject)
        answer = .ending
        return nil
    }

    private static func unknown(_ kind: NamedKind) -> Phrase {
        switch kind {
        case .door: .unknownDoor
        case .reader: .unknownReader
        case .line, .point: .unknownPoint
        case .group: .unknownGroup
        default: .unknownDetector
        }
    }

    /// Repeats a word of the line, in quotes, cut where it is long.
    private mutating func appendTyped(_ word: Range<Int>) {
        row.append("'")
        var end = word.lowerBound
        while end < word.upperBound && end - word.lowerBound < 32 { end = TextWidth.end(in: editor.line.span, of: end) }
        for index in word.lowerBound..<min(end, word.upperBound) { row.append(editor.line[index]) }
        if end < word.upperBound { row.append("...") }
        row.append("'")
    }

    private mutating func suggest<Subject: ConsoleSubject & ~Copyable>(
        _ context: CompletionContext, _ word: Range<Int>, _ subject: borrowing Subject
    ) {
        if let near = nearest(context, word, subject) {
            style.text(.didYouMean, &row)
            row.append("'")
            style.append(near, &row)
            row.append("'?")
        } else if context == .commands {
            style.text(.helpLists, &row)
        }
    }

    private func nearest<Subject: ConsoleSubject & ~Copyable>(
        _ context: CompletionContext, _ word: Range<Int>, _ subject: borrowing Subject
    ) -> Name? {
        let typed = editor.line.span.extracting(word)
        var best: Name?
        var bestDistance = Int.max
        var index = 0
        while let candidate = context.word(at: index, names: subject) {
            index += 1
            guard let distance = Suggestion.distance(typed, candidate), distance < bestDistance else { continue }
            bestDistance = distance
            best = candidate
        }
        return Suggestion.isNear(bestDistance, typed: typed.count) ? best : nil
    }
}
