import FixedMemory
import HardwareInterface
import WardenMessages

/// One terminal: collects lines, carries out what they ask, and answers a piece at a time so that no answer ever holds
/// up the loop or floods the line.
public struct ConsoleSession: ~Copyable {
    private let inPlace = InPlace()
    /// Bytes that a step writes at the most: one row.
    public static var rowLimit: Int { 240 }

    /// Typed bytes that may wait while an answer is being written.
    static var typeAhead: Int { 512 }
    /// Typed bytes that one step reads at the most.
    static var bytesInStep: Int { 64 }
    /// Once more was typed than could wait, it takes so long a silence until anything counts again: the rest of a paste
    /// must not be taken for a command.
    static var quietTime: Interval { .seconds(1) }
    /// How long a terminal has to tell its size.
    static var measuringTime: Interval { .seconds(1) }

    /// What keys are for.
    enum Mode: BitwiseCopyable {
        case line
        /// The line is complete; its row is being finished.
        case entered
        /// The line's command is about to begin.
        case acting
        /// A page is full.
        case more
        /// A command waits for a yes.
        case confirming(Pending)
        case watching
        /// A PIN is being typed for a console user, or for a name that is nobody's.
        case pin(user: Int?, until: Instant)
        /// The PIN of a card is being typed, the second time once the request has one.
        case cardPin(EnrolmentRequest, until: Instant)
        /// A card is waited for.
        case enrolling(until: Instant)
        /// A thing of the board stands on the screen, and the technician is asked about it.
        case testing(TestItem)
        /// The PIN is being checked.
        case checking(user: Int?)
        /// The terminal was asked for its size.
        case measuring(until: Instant)
        /// Too much was typed at once.
        case flooded
    }

    /// A command that asks first.
    enum Pending: BitwiseCopyable {
        case command(Command)
        case clock(Int64)
        /// To the board image before this one.
        case rollBack
    }

    let number: Int
    var keys = KeyReader()
    var editor = LineEditor()
    var history = LineHistory()
    var painter = RowPainter()
    var terminal = Terminal()
    var language = Language.english
    /// Somebody chose the language here; otherwise it is what the board was set to.
    var hasChosenLanguage = false
    /// What came of the card that is waited for.
    var enrolled: EnrolmentOutcome?
    var mode = Mode.line
    var answer = Answer.greeting(0)
    /// The row that is being made.
    var row = ByteBuffer(capacity: ConsoleSession.rowLimit - 2)
    /// An alarm, while it is written above what is being typed.
    var announcement = ByteBuffer(capacity: ConsoleSession.rowLimit - 3)
    var watch = Watch()
    var login = Login()
    var pin = PinEntry()
    /// The command at work wants output for programs, or nothing asked.
    var isPlain = false
    var isYes = false
    var outcome = ConsoleOutcome.done
    /// Rows since the last pause.
    var rowsOnPage = 0
    /// Events up to this one have been looked at for alarms to announce.
    var announced: UInt64 = 0
    /// Bytes typed beyond what could wait.
    private(set) var lost: UInt64 = 0

    private var typed: Ring<UInt8>
    private var lastTypedAt = Instant.start
    /// What the row with the cursor should show.
    private var prompt = ByteBuffer(capacity: 320)
    /// First byte of the line that is in view.
    private var viewStart = 0
    private var isPainted = false
    private var tabsInARow = 0

    /// - Parameter number: of this console, from 0; names it in the audit.
    public init(number: Int) {
        self.number = number
        typed = Ring(capacity: ConsoleSession.typeAhead)
    }

    /// Starts anew, as after a cable was plugged in again: whoever comes now may be somebody else.
    ///
    /// - Parameter lastEvent: number of the newest event; alarms before it are not announced.
    public mutating func restart(lastEvent: UInt64) {
        keys = KeyReader()
        editor.clear()
        history.removeAll()
        typed.removeAll()
        painter.begin()
        terminal = Terminal()
        language = .english
        hasChosenLanguage = false
        enrolled = nil
        login.end()
        pin.wipe()
        mode = .line
        answer = .greeting(0)
        row.removeAll()
        isPlain = false
        isYes = false
        announced = lastEvent
        lost = 0
        viewStart = 0
        isPainted = false
    }

    /// What a client says of the terminal that it shows the console on; 0 for one that only goes down.
    public mutating func setTerminal(columns: Int, rows: Int) {
        guard columns > 0, rows > 0 else { return }
        terminal = Terminal(columns: columns, rows: rows, isAnsi: true)
    }

    /// Takes typed bytes. When more comes than can wait, everything up to the next silence is dropped, and said.
    public mutating func receive(_ bytes: Span<UInt8>, at now: Instant) {
        lastTypedAt = now
        login.lastKeyAt = now
        if case .flooded = mode {
            lost &+= UInt64(bytes.count)
            return
        }
        for index in bytes.indices where !typed.push(bytes[index]) {
            // The lines that did arrive whole are dropped too: which of a paste were meant is for a person to say.
            lose(bytes.count - index, at: now)
            return
        }
    }

    /// Drops what was typed, because more came at once than can wait, up to the next silence.
    ///
    /// - Parameter count: bytes that came besides those that wait here.
    public mutating func lose(_ count: Int, at now: Instant) {
        lastTypedAt = now
        if case .flooded = mode {
            lost &+= UInt64(count)
            return
        }
        lost = UInt64(typed.count + count)
        typed.removeAll()
        pin.wipe()
        mode = .flooded
        answer = .none
        isPlain = false
    }

    /// Whether `step` has something to do.
    ///
    /// - Parameter lastEvent: number of the newest event.
    public func isBusy(at now: Instant, lastEvent: UInt64) -> Bool { deadline(lastEvent: lastEvent) <= now }

    /// When `step` will have something to do though nothing is typed.
    public func deadline(lastEvent: UInt64) -> Instant {
        min(login.endsAt, workDeadline(lastEvent: lastEvent))
    }

    private func workDeadline(lastEvent: UInt64) -> Instant {
        // What is typed while a PIN is checked waits for that.
        if case .checking = mode { return login.verdict == nil ? .never : .start }
        if !isPainted || !typed.isEmpty { return .start }
        if login.owesNotice && mayAnnounce { return .start }
        if hasAnswer { if case .more = mode {} else if case .confirming = mode {} else { return .start } }
        if announced < lastEvent && mayAnnounce { return .start }
        return switch mode {
        case .line, .more, .confirming, .testing: .never
        case .enrolling(let until): enrolled == nil ? until : .start
        case .entered, .acting, .checking: .start
        case .pin(_, let until): until
        case .cardPin(_, let until): until
        case .watching: watch.dueAt
        case .measuring(let until): until
        case .flooded: lastTypedAt + ConsoleSession.quietTime
        }
    }

    var hasAnswer: Bool { if case .none = answer { false } else { true } }

    var style: RowStyle {
        RowStyle(
            vocabulary: Vocabulary(language: isPlain ? .english : language), isPlain: isPlain,
            hasColour: terminal.isAnsi && !isPlain)
    }

    /// Does one small piece of work: writes one row, or reads a few typed bytes and shows what they changed.
    ///
    /// - Parameter sink: has room for at least `rowLimit` bytes.
    public mutating func step<Subject: ConsoleSubject & ~Copyable, Sink: ByteSink & ~Copyable>(
        _ subject: inout Subject, into sink: inout Sink
    ) {
        endIdleLogin(&subject)
        if !hasChosenLanguage, let kept = subject.consoleLanguage, let language = Language(rawValue: kept) {
            self.language = language
        }
        if mayAnnounce && login.owesNotice {
            noteLogout(&sink)
            return
        }
        if mayAnnounce && announced < subject.lastEventSequence {
            if announce(subject, &sink) { return }
        }
        switch mode {
        case .line:
            if hasAnswer {
                writeAnswer(&subject, &sink)
            } else {
                readLine(subject)
                paint(&sink)
            }
        case .entered:
            paint(&sink)
            guard isPainted else { return }
            painter.endRow(into: &sink)
            isPainted = false
            mode = .acting
        case .acting:
            mode = .line
            act(&subject, &sink)
            endAct()
        case .more: readMore(&sink)
        case .confirming(let pending): readConfirmation(pending, &subject, &sink)
        case .pin(let user, let until):
            paint(&sink)
            guard isPainted else { return }
            readPin(user, until, &subject)
            if !hasPinPrompt { painter.endRow(into: &sink) }
        case .cardPin(let request, let until):
            paint(&sink)
            guard isPainted else { return }
            readCardPin(request, until, &subject)
            if !hasPinPrompt { painter.endRow(into: &sink) }
        case .enrolling(let until):
            paint(&sink)
            guard isPainted else { return }
            if awaitCard(until, &subject) { painter.endRow(into: &sink) }
        case .testing(let item):
            paint(&sink)
            guard isPainted else { return }
            readTest(item, &subject, &sink)
        case .checking(let user): finishLogin(user, &subject)
        case .watching:
            if typed.isEmpty { refreshWatch(subject, &sink) } else { endWatch(&sink) }
        case .measuring(let until): readMeasurement(until, subject, &sink)
        case .flooded: endFlood(subject, &sink)
        }
    }

    private mutating func endAct() {
        editor.clear()
        viewStart = 0
    }

    // MARK: Typing

    private mutating func readLine<Subject: ConsoleSubject & ~Copyable>(_ subject: borrowing Subject) {
        for _ in 0..<ConsoleSession.bytesInStep {
            guard let byte = typed.pop() else { return }
            guard let key = keys.take(byte) else { continue }
            isPainted = false
            press(key, subject)
            guard case .line = mode, !hasAnswer else { return }
        }
    }

    private mutating func press<Subject: ConsoleSubject & ~Copyable>(_ key: Key, _ subject: borrowing Subject) {
        tabsInARow = key == .tab ? tabsInARow + 1 : 0
        switch key {
        case .character(let character): editor.insert(character)
        case .enter: mode = .entered
        case .tab: complete(subject)
        case .backspace: editor.eraseBefore()
        case .delete: editor.eraseAt()
        case .left: editor.moveLeft()
        case .right: editor.moveRight()
        case .wordLeft: editor.moveWordLeft()
        case .wordRight: editor.moveWordRight()
        case .home: editor.moveToStart()
        case .end: editor.moveToEnd()
        case .up: if let line = history.older(than: editor.line) { editor.set(line) }
        case .down: if let line = history.newer() { editor.set(line) }
        case .killToStart: editor.eraseToStart()
        case .killToEnd: editor.eraseToEnd()
        case .killWord: editor.eraseWord()
        case .redraw: answer = .clearScreen
        case .interrupt: editor.clear()
        case .cursorReport: break
        }
    }

    private mutating func complete<Subject: ConsoleSubject & ~Copyable>(_ subject: borrowing Subject) {
        let completion = Completion(editor.line, cursor: editor.cursor, names: subject)
        guard completion.matches > 0 else { return }
        for index in (editor.cursor - completion.start)..<completion.common.count {
            guard editor.insert(completion.common[index]) else { return }
        }
        if completion.matches == 1 {
            editor.insert(UInt8(ascii: " "))
        } else if tabsInARow > 1 {
            answer = .candidates(completion, 0)
        }
    }

    // MARK: The row with the cursor

    private mutating func paint<Sink: ByteSink & ~Copyable>(_ sink: inout Sink) {
        let cursor = makePrompt()
        isPainted = painter.paint(
            prompt, cursorAt: cursor, isAnsi: terminal.isAnsi, into: &sink, limit: ConsoleSession.rowLimit - 4)
    }

    /// Writes what the row should show into `prompt`.
    ///
    /// - Returns: the byte before which the cursor should stand.
    private mutating func makePrompt() -> Int {
        let vocabulary = Vocabulary(language: language)
        prompt.removeAll()
        switch mode {
        case .line, .entered, .acting: return makeLinePrompt()
        case .more: prompt.append(vocabulary.phrase(.more))
        case .confirming: prompt.append(vocabulary.phrase(.confirm))
        case .pin: prompt.append(vocabulary.phrase(.pinPrompt))
        case .cardPin(let request, _):
            prompt.append(vocabulary.phrase(request.pin.isEmpty ? .cardPinPrompt : .cardPinAgain))
        case .enrolling: prompt.append(vocabulary.phrase(.presentCard))
        case .testing: prompt.append(vocabulary.phrase(.testPrompt))
        case .checking, .watching, .measuring, .flooded: break
        }
        return prompt.count
    }

    private mutating func makeLinePrompt() -> Int {
        for index in 0..<login.name.count { prompt.append(login.name[index]) }
        prompt.append("> ")
        let head = prompt.count
        // The row keeps clear of the last column, and of one more for the cursor at the end.
        let room = max(8, terminal.columns - head - 2)
        let length = editor.line.count
        if editor.cursor < viewStart || viewStart > length { viewStart = 0 }
        while editor.columns(viewStart..<editor.cursor) > room {
            for _ in 0..<max(1, room / 2) where viewStart < editor.cursor { viewStart = editor.end(of: viewStart) }
        }
        var end = viewStart
        var columns = 0
        while end < length {
            let next = editor.end(of: end)
            columns += editor.columns(end..<next)
            if columns > room { break }
            end = next
        }
        prompt.append(copying: editor.line, viewStart..<end)
        return head + editor.cursor - viewStart
    }

    /// Takes whatever row the cursor is on off the terminal.
    ///
    /// - Returns: whether it is empty now; if not, it takes another step.
    mutating func clearRow<Sink: ByteSink & ~Copyable>(_ sink: inout Sink) -> Bool {
        prompt.removeAll()
        isPainted = false
        return painter.paint(
            prompt, cursorAt: 0, isAnsi: terminal.isAnsi, into: &sink, limit: ConsoleSession.rowLimit - 4)
    }

    /// Something else was written: the row with the cursor has to be shown again.
    mutating func repaint() {
        painter.begin()
        isPainted = false
    }

    /// Takes the next key, skipping bytes that make none.
    mutating func takeKey() -> Key? {
        for _ in 0..<ConsoleSession.bytesInStep {
            guard let byte = typed.pop() else { return nil }
            if let key = keys.take(byte) { return key }
        }
        return nil
    }

    private var hasPinPrompt: Bool {
        switch mode {
        case .pin, .cardPin: true
        default: false
        }
    }

    /// The row with the prompt for a PIN is over; lines are read again.
    mutating func endPrompt() {
        mode = .line
        isPainted = false
    }

    /// The row with a question is over, and a page begins.
    mutating func endPromptRow<Sink: ByteSink & ~Copyable>(_ sink: inout Sink) {
        painter.endRow(into: &sink)
        endPrompt()
        rowsOnPage = 0
    }

    /// There is no row with a cursor to be shown.
    mutating func settle() { isPainted = true }

    mutating func dropTyped() { typed.removeAll() }

    // MARK: Pauses and questions

    private mutating func readMore<Sink: ByteSink & ~Copyable>(_ sink: inout Sink) {
        guard let key = takeKey() else {
            paint(&sink)
            return
        }
        mode = .line
        rowsOnPage = 0
        switch key {
        case .character(let character) where character == " ": break
        case .enter, .down: rowsOnPage = terminal.rows - 2
        default:
            row.removeAll()
            answer = .ending
            // Whoever types on has seen enough.
            if case .character(let character) = key, character != "q" { editor.insert(character) }
        }
    }

    private mutating func readConfirmation<Subject: ConsoleSubject & ~Copyable, Sink: ByteSink & ~Copyable>(
        _ pending: Pending, _ subject: inout Subject, _ sink: inout Sink
    ) {
        paint(&sink)
        guard isPainted, let key = takeKey() else { return }
        painter.endRow(into: &sink)
        isPainted = false
        mode = .line
        if case .character(let character) = key, character == "y" || character == "Y" {
            answer = .executing(pending)
        } else {
            answer = .notConfirmed
        }
    }

    private mutating func readMeasurement<Subject: ConsoleSubject & ~Copyable, Sink: ByteSink & ~Copyable>(
        _ until: Instant, _ subject: borrowing Subject, _ sink: inout Sink
    ) {
        isPainted = true
        while let key = takeKey() {
            guard case .cursorReport(let rows, let columns) = key else { continue }
            terminal = Terminal(columns: columns, rows: rows, isAnsi: true)
            mode = .line
            answer = .terminal
            return
        }
        guard subject.now >= until else { return }
        mode = .line
        answer = .noMeasurement
    }

    private mutating func endFlood<Subject: ConsoleSubject & ~Copyable, Sink: ByteSink & ~Copyable>(
        _ subject: borrowing Subject, _ sink: inout Sink
    ) {
        guard clearRow(&sink) else { return }
        isPainted = true
        guard subject.now >= lastTypedAt + ConsoleSession.quietTime else { return }
        keys = KeyReader()
        editor.clear()
        viewStart = 0
        mode = .line
        answer = .lost(lost)
        lost = 0
    }
}
