import FixedMemory

/// What may stand at a place of a line.
enum CompletionContext: Equatable, BitwiseCopyable {
    case none
    case commands
    case names(NamedKind)
    case doorActions
    case alarmActions
    case readerActions
    case pointActions
    case fireActions
    case walkTestNames
    case walkTestActions
    case credentialActions
    case enrolmentWords
    case testWords
    case testVerdicts
    case calibrationNames
    case calibrationWords
    case configActions
    case configSettings
    case logLevels
    case recorderActions
    case languages
    case terminals
    case watchSubjects
    case clockActions
    case eventKeywords
    case eventKinds

    /// - Parameters:
    ///   - words: of the line before the word that is being completed.
    static func context(_ line: Span<UInt8>, _ words: WordList) -> CompletionContext {
        guard words.count > 0 else { return .commands }
        guard let command = ConsoleCommand.named(line.extracting(words[0])) else { return .none }
        switch (command, words.count) {
        case (.help, 1): return .commands
        case (.door, 1): return .names(.door)
        case (.door, 2): return .doorActions
        case (.alarm, 1), (.alarms, 1): return .names(.detector)
        case (.alarm, 2), (.alarms, 2): return .alarmActions
        case (.reader, 1): return .names(.reader)
        case (.reader, 2): return .readerActions
        case (.point, 1), (.points, 1): return .names(.line)
        case (.point, 2), (.points, 2): return .pointActions
        case (.credential, 1): return .credentialActions
        case (.credential, 2): return .names(.reader)
        case (.credential, 3): return .names(.group)
        case (.credential, 4...): return .enrolmentWords
        case (.test, 1): return .testWords
        case (.test, 2): return TestWords.kind(line.extracting(words[1])).map { .names($0) } ?? .none
        case (.test, 3): return .testVerdicts
        case (.calibrate, 1): return .calibrationNames
        case (.calibrate, 2): return .calibrationWords
        case (.config, 1): return .configActions
        case (.config, 2): return .configSettings
        case (.config, 3): return settingValues(line.extracting(words[2]))
        case (.recorder, 1): return .recorderActions
        case (.fire, 1): return .fireActions
        case (.walktest, 1): return .walkTestNames
        case (.walktest, 2): return .walkTestActions
        case (.language, 1): return .languages
        case (.terminal, 1): return .terminals
        case (.watch, 1): return .watchSubjects
        case (.clock, 1): return .clockActions
        case (.events, _):
            let last = line.extracting(words[words.count - 1])
            if equal(last, "kind") { return .eventKinds }
            if equal(last, "door") { return .names(.door) }
            if equal(last, "detector") { return .names(.detector) }
            return equal(last, "since") ? .none : .eventKeywords
        default: return .none
        }
    }

    private static func settingValues(_ setting: Span<UInt8>) -> CompletionContext {
        if equal(setting, "log-level") { return .logLevels }
        if equal(setting, "language") { return .languages }
        return equal(setting, "terminal") ? .terminals : .none
    }

    private static func detector<Names: BoardNames & ~Copyable>(behindPoints index: Int, _ names: borrowing Names)
        -> Name?
    {
        var points = 0
        while names.name(of: .point, at: points) != nil { points += 1 }
        return names.name(of: .detector, at: index - points)
    }

    /// The word at a place; `nil` after the last.
    func word<Names: BoardNames & ~Copyable>(at index: Int, names: borrowing Names) -> Name? {
        switch self {
        case .none: nil
        case .commands: ConsoleCommand(rawValue: UInt8(clamping: index)).map { Name($0.word) }
        case .names(let kind): names.name(of: kind, at: index)
        case .doorActions: DoorAction.word(at: index).map { Name($0) }
        case .alarmActions: AlarmAction.word(at: index).map { Name($0) }
        case .readerActions: ReaderAction.word(at: index).map { Name($0) }
        case .pointActions: PointAction.word(at: index).map { Name($0) }
        case .credentialActions: index == 0 ? "enrol" : nil
        case .enrolmentWords:
            switch index {
            case 0: "holder"
            case 1: "until"
            case 2: "uses"
            case 3: "within"
            case 4: "pin"
            default: nil
            }
        case .testWords: TestWords.word(at: index).map { Name($0) }
        case .testVerdicts: TestWords.verdict(at: index).map { Name($0) }
        case .calibrationNames:
            names.name(of: .point, at: index) ?? CompletionContext.detector(behindPoints: index, names)
        case .calibrationWords: CalibrationRequest.word(at: index).map { Name($0) }
        case .configActions: ConfigWords.action(at: index).map { Name($0) }
        case .configSettings: ConfigWords.setting(at: index).map { Name($0) }
        case .logLevels: ConfigWords.level(at: index).map { Name($0) }
        case .recorderActions: index == 0 ? "mark" : nil
        case .fireActions: index == 0 ? "reset" : nil
        case .walkTestNames: index == 0 ? "all" : names.name(of: .detector, at: index - 1)
        case .walkTestActions: index == 0 ? "end" : nil
        case .languages: Language(rawValue: UInt8(clamping: index)).map { Name($0.word) }
        case .terminals:
            switch index {
            case 0: "plain"
            case 1: "ansi"
            case 2: "auto"
            default: nil
            }
        case .watchSubjects: WatchSubject.word(at: index).map { Name($0) }
        case .clockActions: index == 0 ? "set" : nil
        case .eventKeywords:
            switch index {
            case 0: "kind"
            case 1: "door"
            case 2: "detector"
            case 3: "since"
            default: nil
            }
        case .eventKinds: EventKind(rawValue: UInt8(clamping: index)).map { Name($0.word) }
        }
    }
}

/// What the Tab key finds for the word before the cursor.
struct Completion: BitwiseCopyable {
    let context: CompletionContext
    /// Where the word begins.
    let start: Int
    /// Words that begin like it.
    private(set) var matches = 0
    /// What all of them begin with.
    private(set) var common = Name()

    init<Names: BoardNames & ~Copyable>(_ line: borrowing ByteBuffer, cursor: Int, names: borrowing Names) {
        var start = cursor
        while start > 0 && line[start - 1] != UInt8(ascii: " ") { start -= 1 }
        self.start = start
        context = CompletionContext.context(line.span, WordList(line.span.extracting(0..<start)))
        var index = 0
        while let word = context.word(at: index, names: names) {
            index += 1
            guard Completion.begins(word, with: line, start..<cursor) else { continue }
            if matches == 0 { common = word } else { common = Completion.common(common, word) }
            matches += 1
        }
    }

    /// Whether a word begins with a part of a line.
    static func begins(_ word: Name, with line: borrowing ByteBuffer, _ typed: Range<Int>) -> Bool {
        guard word.count >= typed.count else { return false }
        for index in 0..<typed.count where word[index] != line[typed.lowerBound + index] { return false }
        return true
    }

    private static func common(_ left: Name, _ right: Name) -> Name {
        var result = Name()
        for index in 0..<min(left.count, right.count) {
            guard left[index] == right[index] else { break }
            result.append(left[index])
        }
        // A character is not cut in two.
        while result.count > 0 && result.count < left.count && left[result.count] & 0xC0 == 0x80 {
            var shorter = Name()
            for index in 0..<(result.count - 1) { shorter.append(result[index]) }
            result = shorter
        }
        return result
    }
}
