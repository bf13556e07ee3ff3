import FixedMemory
import HardwareInterface
import WardenMessages

/// What a technician saw of a thing of the board.
public enum TestVerdict: UInt8, Sendable, BitwiseCopyable {
    /// Nothing yet.
    case open = 0
    case right = 1
    case wrong = 2
    case passedOver = 3
}

/// An answer of commissioning, with who gave it and when.
public struct TestAnswer: Sendable, BitwiseCopyable {
    public var verdict: TestVerdict
    public var actor: Actor
    /// Milliseconds since 1970; 0 where the clock meant nothing.
    public var unixMs: Int64

    public init(verdict: TestVerdict, actor: Actor, unixMs: Int64) {
        self.verdict = verdict
        self.actor = actor
        self.unixMs = unixMs
    }
}

/// A thing of the board that is looked at while it is commissioned.
public struct TestItem: Equatable, Sendable, BitwiseCopyable {
    public let kind: NamedKind
    public let index: Int

    public init(_ kind: NamedKind, _ index: Int) {
        self.kind = kind
        self.index = index
    }

    /// Kinds in the order in which one walks: what lets people through first.
    public static func kind(at place: Int) -> NamedKind? {
        switch place {
        case 0: .door
        case 1: .reader
        case 2: .line
        case 3: .point
        case 4: .detector
        default: nil
        }
    }

    /// As commands name it: 1,024 times the kind, and the place.
    public var target: UInt32 { UInt32(kind.rawValue) << 10 | UInt32(index) }

    /// - Returns: `nil` for a number that names no kind of thing that is tested.
    public init?(target: UInt32) {
        guard target < 5 << 10, let kind = NamedKind(rawValue: UInt8(target >> 10)) else { return nil }
        self.init(kind, Int(target & 1_023))
    }

    /// The first of a board; `nil` for a board without anything.
    static func first<Names: BoardNames & ~Copyable>(_ names: borrowing Names) -> TestItem? {
        start(at: 0, names)
    }

    private static func start<Names: BoardNames & ~Copyable>(
        at place: Int, _ names: borrowing Names
    ) -> TestItem? {
        var place = place
        while let kind = TestItem.kind(at: place) {
            if names.name(of: kind, at: 0) != nil { return TestItem(kind, 0) }
            place += 1
        }
        return nil
    }

    func next<Names: BoardNames & ~Copyable>(_ names: borrowing Names) -> TestItem? {
        if names.name(of: kind, at: index + 1) != nil { return TestItem(kind, index + 1) }
        var place = 0
        while let other = TestItem.kind(at: place), other != kind { place += 1 }
        return TestItem.start(at: place + 1, names)
    }
}

/// How many answers there are of each verdict.
struct TestCounts: BitwiseCopyable {
    var all = 0
    private var counts = InlineArray<4, Int>(repeating: 0)

    subscript(_ verdict: TestVerdict) -> Int { counts[Int(verdict.rawValue)] }

    init<Subject: ConsoleSubject & ~Copyable>(_ subject: borrowing Subject) {
        var item = TestItem.first(subject)
        while let current = item {
            all += 1
            counts[Int(subject.testAnswer(of: current)?.verdict.rawValue ?? 0)] += 1
            item = current.next(subject)
        }
    }
}

/// What `test` is asked for.
enum TestRequest: Equatable {
    /// Walk on from the first thing that has no answer.
    case walk
    case report
    case reset
    case answer(NamedKind, name: Range<Int>, TestVerdict)

    init?(_ line: Span<UInt8>, _ words: WordList) {
        switch words.count {
        case 1: self = words.isPlain ? .report : .walk
        case 2 where equal(line.extracting(words[1]), "report"): self = .report
        case 2 where equal(line.extracting(words[1]), "reset"): self = .reset
        case 4:
            guard let kind = TestWords.kind(line.extracting(words[1])),
                let verdict = TestWords.verdict(line.extracting(words[3]))
            else { return nil }
            self = .answer(kind, name: words[2], verdict)
        default: return nil
        }
    }
}

/// The words of `test`.
enum TestWords {
    static func word(at index: Int) -> StaticString? {
        switch index {
        case 0: "door"
        case 1: "reader"
        case 2: "point"
        case 3: "sensor"
        case 4: "detector"
        case 5: "report"
        case 6: "reset"
        default: nil
        }
    }

    /// As the lists of the console are called: `points` are lines, `sensors` what they measure.
    static func kind(_ word: Span<UInt8>) -> NamedKind? {
        if equal(word, "door") { return .door }
        if equal(word, "reader") { return .reader }
        if equal(word, "point") { return .line }
        if equal(word, "sensor") { return .point }
        if equal(word, "detector") { return .detector }
        return nil
    }

    static func word(_ kind: NamedKind) -> Phrase {
        switch kind {
        case .door: .testDoor
        case .reader: .testReader
        case .line: .testPoint
        case .point: .testSensor
        default: .testDetector
        }
    }

    static func verdict(_ word: Span<UInt8>) -> TestVerdict? {
        if equal(word, "right") { return .right }
        if equal(word, "wrong") { return .wrong }
        if equal(word, "skip") { return .passedOver }
        return nil
    }

    static func verdict(at index: Int) -> StaticString? {
        switch index {
        case 0: "right"
        case 1: "wrong"
        case 2: "skip"
        default: nil
        }
    }

    static func phrase(_ verdict: TestVerdict) -> Phrase {
        switch verdict {
        case .open: .testOpen
        case .right: .testRight
        case .wrong: .testWrong
        case .passedOver: .testSkipped
        }
    }
}

// MARK: The walk

extension ConsoleSession {
    /// How long an output is tried.
    private static var trialSeconds: UInt32 { 5 }

    mutating func startTest<Subject: ConsoleSubject & ~Copyable>(
        _ request: TestRequest, _ subject: inout Subject
    ) {
        switch request {
        case .walk: walkOn(from: TestItem.first(subject), subject)
        case .report: answer = .testReport(TestItem.first(subject), 0)
        case .reset: ask(.command(Command(kind: .testReset)))
        case .answer(let kind, let name, let verdict):
            guard let index = place(of: kind, name, subject) else { return }
            answer = .executing(.command(ConsoleSession.command(TestItem(kind, index), verdict)))
        }
    }

    private static func command(_ item: TestItem, _ verdict: TestVerdict) -> Command {
        Command(kind: .testAnswer, target: item.target, value: Int32(verdict.rawValue))
    }

    /// Goes on to the first thing from `item` on that has no answer yet.
    private mutating func walkOn<Subject: ConsoleSubject & ~Copyable>(
        from item: TestItem?, _ subject: borrowing Subject
    ) {
        var item = item
        while let current = item {
            if subject.testAnswer(of: current)?.verdict ?? .open == .open {
                answer = .testItem(current, 0)
                return
            }
            item = current.next(subject)
        }
        answer = .message(.testComplete)
    }

    /// What to do with a thing, and how it stands now.
    mutating func makeTestItem<Subject: ConsoleSubject & ~Copyable>(
        _ item: TestItem, _ number: Int, _ subject: borrowing Subject
    ) -> RowResult {
        let style = style
        answer = .testItem(item, number + 1)
        switch number {
        case 0:
            let counts = TestCounts(subject)
            row.appendDecimal(counts.all - counts[.open] + 1)
            row.append("/")
            row.appendDecimal(counts.all)
            row.append(" ")
            style.text(TestWords.word(item.kind), &row)
            row.append(": ")
            style.text(instruction(for: item, subject), &row)
            return .row
        case 1:
            row.append("  ")
            return makeListed(item, subject) ? .row : .end
        default:
            answer = .none
            mode = .testing(item)
            repaint()
            return .searching
        }
    }

    private func instruction<Subject: ConsoleSubject & ~Copyable>(
        for item: TestItem, _ subject: borrowing Subject
    ) -> Phrase {
        switch item.kind {
        case .door: .testHowDoor
        case .reader: .testHowReader
        case .line: subject.lineStatus(at: item.index)?.output == true ? .testHowOutput : .testHowInput
        case .point: .testHowSensor
        default: .testHowDetector
        }
    }

    private mutating func makeListed<Subject: ConsoleSubject & ~Copyable>(
        _ item: TestItem, _ subject: borrowing Subject
    ) -> Bool {
        switch item.kind {
        case .door: makeDoor(item.index, subject)
        case .reader: makeReader(item.index, subject)
        case .line: makePoint(item.index, subject)
        case .point: makeSensor(item.index, subject, hasAge: true)
        default: makeDetector(item.index, subject, hasTime: true)
        }
    }

    /// Reads what the technician says to a thing.
    mutating func readTest<Subject: ConsoleSubject & ~Copyable, Sink: ByteSink & ~Copyable>(
        _ item: TestItem, _ subject: inout Subject, _ sink: inout Sink
    ) {
        guard let key = takeKey() else { return }
        endPromptRow(&sink)
        guard case .character(let character) = key else {
            if key == .enter { answer = .testItem(item, 1) } else { answer = .message(.testPaused) }
            return
        }
        if character == "y" || character == "Y" {
            take(.right, of: item, &subject)
        } else if character == "n" || character == "N" {
            take(.wrong, of: item, &subject)
        } else if character == "s" || character == "S" {
            take(.passedOver, of: item, &subject)
        } else if character == "q" || character == "Q" {
            answer = .message(.testPaused)
        } else if character == "o" || character == "O", item.kind == .line {
            let command = Command(
                kind: .pointForce, target: UInt32(item.index), value: 1, seconds: ConsoleSession.trialSeconds)
            report(subject.execute(command, fromConsole: number, user: login.user))
            answer = .testItem(item, 1)
        } else {
            answer = .testItem(item, 1)
        }
    }

    private mutating func take<Subject: ConsoleSubject & ~Copyable>(
        _ verdict: TestVerdict, of item: TestItem, _ subject: inout Subject
    ) {
        let result = subject.execute(
            ConsoleSession.command(item, verdict), fromConsole: number, user: login.user)
        if result.result == .done {
            walkOn(from: item.next(subject), subject)
        } else {
            report(result)
            answer = .ending
        }
    }

    // MARK: The report

    mutating func makeTestReport<Subject: ConsoleSubject & ~Copyable>(
        _ item: TestItem?, _ number: Int, _ subject: borrowing Subject
    ) -> RowResult {
        let style = style
        if number == 0 {
            answer = .testReport(item, 1)
            let status = subject.boardStatus
            style.cell(.testReportOf, 16, &row)
            style.cell(status.name, 24, &row)
            appendProgram(status)
            row.append(isPlain ? "\t" : ", ")
            appendMoment(status.clockTrust == .unset ? 0 : status.unixMs, subject)
            return .row
        }
        guard let item, let name = subject.name(of: item.kind, at: item.index) else {
            answer = .ending
            appendCounts(TestCounts(subject))
            return .row
        }
        answer = .testReport(item.next(subject), 1)
        let given = subject.testAnswer(of: item)
        let verdict = given?.verdict ?? .open
        style.cell(TestWords.word(item.kind), 10, &row)
        style.cell(name, 24, &row)
        style.cell(
            style.vocabulary.phrase(TestWords.phrase(verdict)), 14, &row,
            verdict == .right ? .none : verdict == .wrong ? .danger : .warning)
        guard let given, verdict != .open else { return .row }
        appendMoment(given.unixMs, subject)
        EventText.append(given.actor, names: subject, in: style.vocabulary, to: &row)
        return .row
    }

    private mutating func appendMoment<Subject: ConsoleSubject & ~Copyable>(
        _ unixMs: Int64, _ subject: borrowing Subject
    ) {
        guard unixMs != 0 else {
            style.text(.clockUnset, &row)
            return
        }
        let offset = Int64(subject.utcOffsetMinutes(atUnixMilliseconds: unixMs))
        TimeText.appendCivil(unixMilliseconds: unixMs + offset * 60_000, to: &row)
    }

    private mutating func appendCounts(_ counts: TestCounts) {
        let style = style
        style.cell(.testSum, 10, &row)
        row.appendDecimal(counts.all)
        for number in 0..<UInt8(4) {
            // Right ones first, those without an answer last.
            guard let verdict = TestVerdict(rawValue: (number + 1) % 4) else { continue }
            row.append(isPlain ? "\t" : ", ")
            style.text(TestWords.phrase(verdict), &row)
            row.append(" ")
            row.appendDecimal(counts[verdict])
        }
    }
}
