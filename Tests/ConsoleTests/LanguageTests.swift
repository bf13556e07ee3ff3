import AccessControl
import Drivers
import FixedMemory
import Foundation
import Testing
import WardenMessages

@testable import Console

@Suite("Each language has every text, and columns stand under one another in both")
struct LanguageTests {
    private static func text(_ text: StaticString) -> String { "\(text)" }

    private static func isChinese(_ text: String) -> Bool {
        text.unicodeScalars.contains { (0x4E00...0x9FFF).contains($0.value) }
    }

    @Test("No text is missing, and no Chinese one is still English")
    func phrases() {
        var number: UInt16 = 0
        while let phrase = Phrase(rawValue: number) {
            let english = LanguageTests.text(EnglishPhrases.text(phrase))
            let chinese = LanguageTests.text(ChinesePhrases.text(phrase))
            #expect(!english.isEmpty && english.allSatisfy(\.isASCII), "\(phrase)")
            #expect(LanguageTests.isChinese(chinese), "\(phrase)")
            number += 1
        }
        #expect(number > 100)
    }

    @Test("Every number of the schema that has an English word has a Chinese one")
    func words() {
        let tables: [(String, (UInt32) -> StaticString, (UInt32) -> StaticString)] = [
            (
                "door states", { Words.doorState(DoorState(rawValue: Int32($0))) },
                { ChineseWords.doorState(DoorState(rawValue: Int32($0))) }
            ),
            (
                "door events", { Words.doorEvent(DoorEventKind(rawValue: Int32($0))) },
                { ChineseWords.doorEvent(DoorEventKind(rawValue: Int32($0))) }
            ),
            (
                "alarm states", { Words.alarmState(AlarmState(rawValue: Int32($0))) },
                { ChineseWords.alarmState(AlarmState(rawValue: Int32($0))) }
            ),
            ("causes", Words.alarmCause, ChineseWords.alarmCause),
            ("troubles", Words.detectorTrouble, ChineseWords.detectorTrouble),
            ("reasons", Words.decisionReason, ChineseWords.decisionReason),
            ("qualities", Words.quality, ChineseWords.quality),
            ("reader troubles", Words.readerTrouble, ChineseWords.readerTrouble),
            ("sensor faults", Words.sensorFault, ChineseWords.sensorFault),
            (
                "results", { Words.commandResult(CommandResult(rawValue: Int32($0))) },
                { ChineseWords.commandResult(CommandResult(rawValue: Int32($0))) }
            ),
            (
                "commands", { Words.commandKind(CommandKind(rawValue: Int32($0))) },
                { ChineseWords.commandKind(CommandKind(rawValue: Int32($0))) }
            ),
            (
                "system", { Words.systemKind(SystemKind(rawValue: Int32($0))) },
                { ChineseWords.systemKind(SystemKind(rawValue: Int32($0))) }
            ),
            (
                "sources", { Words.troubleSource(TroubleSource(rawValue: Int32($0))) },
                { ChineseWords.troubleSource(TroubleSource(rawValue: Int32($0))) }
            ),
        ]
        for (name, english, chinese) in tables {
            let fallback = LanguageTests.text(chinese(255))
            var known = 0
            for number in 0..<UInt32(255) {
                let isKnown = LanguageTests.text(english(number)) != LanguageTests.text(english(255))
                let translated = LanguageTests.text(chinese(number))
                #expect(LanguageTests.isChinese(translated), "\(name) \(number)")
                #expect((translated != fallback) == isKnown, "\(name) \(number)")
                if isKnown { known += 1 }
            }
            #expect(known > 3, "\(name)")
        }
    }

    @Test("Every reason of a decision has its words, English and Chinese", arguments: DecisionReason.allCases)
    func decisionReasons(_ reason: DecisionReason) {
        let number = UInt32(reason.rawValue)
        #expect(LanguageTests.text(Words.decisionReason(number)) != LanguageTests.text(Words.decisionReason(255)))
        #expect(
            LanguageTests.text(ChineseWords.decisionReason(number))
                != LanguageTests.text(ChineseWords.decisionReason(255)))
    }

    @Test("Every way in which a reader can be in trouble has its words, English and Chinese")
    func readerTroubles() {
        let reasons = (UInt8.min...UInt8.max).compactMap { OfflineReason(rawValue: $0) }
        #expect(reasons.count == 8)
        for number in reasons.map({ UInt32($0.rawValue) }) + [16] {
            #expect(LanguageTests.text(Words.readerTrouble(number)) != "unknown")
            #expect(LanguageTests.isChinese(LanguageTests.text(ChineseWords.readerTrouble(number))))
            #expect(LanguageTests.text(ChineseWords.readerTrouble(number)) != "未知")
        }
    }

    @Test("Two words of one table are not the same in Chinese unless they are in English")
    func distinct() {
        var seen: [String: String] = [:]
        for number in 0..<UInt32(255) {
            let english = LanguageTests.text(Words.decisionReason(number))
            let chinese = LanguageTests.text(ChineseWords.decisionReason(number))
            if let other = seen[chinese] { #expect(other == english, "\(chinese)") }
            seen[chinese] = english
        }
    }

    @Test("'language zh' changes what the console says, 'language en' back; events stay what they are in traces")
    func switching() {
        var bench = ConsoleBench()
        bench.board.happen(.door(DoorChange(door: 0, kind: .heldOpen)))
        #expect(bench.ask("language zh") == ["控制台已切换为中文。"])
        #expect(bench.ask("events").first?.hasSuffix("门 entrance 长时间未关") == true)
        #expect(bench.ask("dors") == ["错误：未知命令 'dors'；是否要输入 'doors'?"])
        #expect(bench.ask("language en") == ["The console speaks English."])
        #expect(bench.ask("events").first?.hasSuffix("door entrance held-open") == true)
    }

    @Test("Columns begin at the same place in every row, wide characters or not", arguments: ["en", "zh"])
    func columns(language: String) {
        var bench = ConsoleBench()
        bench.board.doors = ["entrance", "地下车库"]
        _ = bench.ask("language \(language)")
        let rows = bench.ask("doors")
        #expect(rows.count == 2)
        let starts = rows.map { row in
            // The state begins after the name's column.
            let cells = row.replacing(/[ ]{2,}/, with: "\t").split(separator: "\t").map(String.init)
            let place = row.range(of: cells[1])!.lowerBound
            return ScreenModel.width(of: String(row[..<place]))
        }
        #expect(starts == [24, 24])
    }

    @Test("Help fits an 80-column terminal in both languages", arguments: ["en", "zh"])
    func fits(language: String) {
        var bench = ConsoleBench(columns: 200)
        bench.session.terminal.rows = 200
        _ = bench.ask("language \(language)")
        var rows = bench.ask("help")
        for number in 0..<UInt8(ConsoleCommand.count) {
            rows += bench.ask("help \(ConsoleCommand(rawValue: number)!.word)").dropFirst()
        }
        for row in rows { #expect(ScreenModel.width(of: row) < 80, "\(row)") }
    }

    @Test("Widths agree with Unicode's East Asian Width as Python knows it, wherever a character is assigned")
    func widths() throws {
        let script = """
            import unicodedata
            for c in range(0x20, 0x40000):
                if 0xD800 <= c < 0xE000 or unicodedata.category(chr(c)) in ('Cn', 'Mn', 'Me', 'Cf', 'Cc', 'Co', 'Mc'): continue
                print(c, 2 if unicodedata.east_asian_width(chr(c)) in 'WF' else 1)
            """
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        process.arguments = ["-c", script]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let lines = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self).split(
            separator: "\n")
        #expect(lines.count > 100_000)
        var wrong: [String] = []
        for line in lines {
            let numbers = line.split(separator: " ").compactMap { UInt32($0) }
            // Hangul's inner letters join the one before; terminals give them no column of their own.
            if (0x1160...0x11FF).contains(numbers[0]) || (0xD7B0...0xD7FB).contains(numbers[0]) { continue }
            if TextWidth.columns(of: numbers[0]) != Int(numbers[1]) { wrong.append(String(numbers[0], radix: 16)) }
        }
        #expect(wrong == [])
    }
}
