import FixedMemory
import WardenMessages

/// A language that the console speaks.
package enum Language: UInt8, BitwiseCopyable {
    case english
    case chinese

    /// The code of ISO 639 by which it is chosen.
    package var word: StaticString {
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
package struct Vocabulary: BitwiseCopyable {
    package let language: Language

    package init(language: Language) { self.language = language }

    package static var english: Vocabulary { Vocabulary(language: .english) }

    package func phrase(_ phrase: Phrase) -> StaticString {
        language == .chinese ? ChinesePhrases.text(phrase) : EnglishPhrases.text(phrase)
    }

    package func doorState(_ state: DoorState) -> StaticString {
        language == .chinese ? ChineseWords.doorState(state) : Words.doorState(state)
    }

    package func doorEvent(_ kind: DoorEventKind) -> StaticString {
        language == .chinese ? ChineseWords.doorEvent(kind) : Words.doorEvent(kind)
    }

    package func alarmState(_ state: AlarmState) -> StaticString {
        language == .chinese ? ChineseWords.alarmState(state) : Words.alarmState(state)
    }

    package func alarmCause(_ cause: UInt32) -> StaticString {
        language == .chinese ? ChineseWords.alarmCause(cause) : Words.alarmCause(cause)
    }

    package func detectorTrouble(_ reason: UInt32) -> StaticString {
        language == .chinese ? ChineseWords.detectorTrouble(reason) : Words.detectorTrouble(reason)
    }

    package func decisionReason(_ reason: UInt32) -> StaticString {
        language == .chinese ? ChineseWords.decisionReason(reason) : Words.decisionReason(reason)
    }

    package func troubleSource(_ source: TroubleSource) -> StaticString {
        language == .chinese ? ChineseWords.troubleSource(source) : Words.troubleSource(source)
    }

    package func troubleCode(_ source: TroubleSource, _ code: UInt32) -> StaticString {
        language == .chinese ? ChineseWords.troubleCode(source, code) : Words.troubleCode(source, code)
    }

    package func readerTrouble(_ code: UInt32) -> StaticString {
        language == .chinese ? ChineseWords.readerTrouble(code) : Words.readerTrouble(code)
    }

    package func quality(_ quality: UInt32) -> StaticString {
        language == .chinese ? ChineseWords.quality(quality) : Words.quality(quality)
    }

    package func systemKind(_ kind: SystemKind) -> StaticString {
        language == .chinese ? ChineseWords.systemKind(kind) : Words.systemKind(kind)
    }

    package func commandKind(_ kind: CommandKind) -> StaticString {
        language == .chinese ? ChineseWords.commandKind(kind) : Words.commandKind(kind)
    }

    package func commandResult(_ result: CommandResult) -> StaticString {
        language == .chinese ? ChineseWords.commandResult(result) : Words.commandResult(result)
    }

    package func namedKind(_ kind: NamedKind) -> StaticString {
        language == .chinese ? ChineseWords.namedKind(kind) : kind.word
    }
}
