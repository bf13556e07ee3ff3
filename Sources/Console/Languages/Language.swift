import FixedMemory
import WardenMessages

/// A language that the console speaks.
enum Language: UInt8, BitwiseCopyable {
    case english
    case chinese

    /// The code of ISO 639 by which it is chosen.
    var word: StaticString {
        switch self {
        case .english: "en"
        case .chinese: "zh"
        }
    }

    static func named(_ word: Span<UInt8>) -> Language? {
        if equal(word, "en") || equal(word, "english") { return .english }
        if equal(word, "zh") || equal(word, "chinese") || equal(word, "中文") { return .chinese }
        return nil
    }
}

/// Every word that a person at the console sees, in one language. Traces and programs always get the English ones.
struct Vocabulary: BitwiseCopyable {
    let language: Language

    static var english: Vocabulary { Vocabulary(language: .english) }

    func phrase(_ phrase: Phrase) -> StaticString {
        language == .chinese ? ChinesePhrases.text(phrase) : EnglishPhrases.text(phrase)
    }

    func doorState(_ state: DoorState) -> StaticString {
        language == .chinese ? ChineseWords.doorState(state) : Words.doorState(state)
    }

    func doorEvent(_ kind: DoorEventKind) -> StaticString {
        language == .chinese ? ChineseWords.doorEvent(kind) : Words.doorEvent(kind)
    }

    func alarmState(_ state: AlarmState) -> StaticString {
        language == .chinese ? ChineseWords.alarmState(state) : Words.alarmState(state)
    }

    func alarmCause(_ cause: UInt32) -> StaticString {
        language == .chinese ? ChineseWords.alarmCause(cause) : Words.alarmCause(cause)
    }

    func detectorTrouble(_ reason: UInt32) -> StaticString {
        language == .chinese ? ChineseWords.detectorTrouble(reason) : Words.detectorTrouble(reason)
    }

    func decisionReason(_ reason: UInt32) -> StaticString {
        language == .chinese ? ChineseWords.decisionReason(reason) : Words.decisionReason(reason)
    }

    func troubleSource(_ source: TroubleSource) -> StaticString {
        language == .chinese ? ChineseWords.troubleSource(source) : Words.troubleSource(source)
    }

    func troubleCode(_ source: TroubleSource, _ code: UInt32) -> StaticString {
        language == .chinese ? ChineseWords.troubleCode(source, code) : Words.troubleCode(source, code)
    }

    func readerTrouble(_ code: UInt32) -> StaticString {
        language == .chinese ? ChineseWords.readerTrouble(code) : Words.readerTrouble(code)
    }

    func quality(_ quality: UInt32) -> StaticString {
        language == .chinese ? ChineseWords.quality(quality) : Words.quality(quality)
    }

    func systemKind(_ kind: SystemKind) -> StaticString {
        language == .chinese ? ChineseWords.systemKind(kind) : Words.systemKind(kind)
    }

    func commandKind(_ kind: CommandKind) -> StaticString {
        language == .chinese ? ChineseWords.commandKind(kind) : Words.commandKind(kind)
    }

    func commandResult(_ result: CommandResult) -> StaticString {
        language == .chinese ? ChineseWords.commandResult(result) : Words.commandResult(result)
    }

    func namedKind(_ kind: NamedKind) -> StaticString {
        language == .chinese ? ChineseWords.namedKind(kind) : kind.word
    }
}
