import FixedMemory
import Testing

@testable import Console

@Suite("A line is edited as people expect, on terminals that know nothing but backspace, and on those that know more")
struct LineEditingTests {
    private static let left = "\u{1B}[D"
    private static let right = "\u{1B}[C"

    @Test(
        "What is typed, and what the line then is; | is the cursor",
        arguments: [
            ("abc", "abc|"), ("abc\u{8}", "ab|"), ("abc\(left)\(left)X", "aX|bc"), ("abc\u{01}X", "X|abc"),
            ("abc\u{01}\u{1B}[3~", "|bc"), ("abc\u{01}\u{04}", "|bc"), ("abc\u{01}\u{05}d", "abcd|"),
            ("one two\u{17}", "one |"), ("one two  \u{17}", "one |"), ("one two\u{15}", "|"),
            ("abc\(left)\u{15}", "|c"), ("abc\(left)\u{0B}", "ab|"), ("a门\u{8}b", "ab|"), ("门铃\(left)x", "门x|铃"),
            ("one two\u{1B}b", "one |two"), ("one two\u{01}\u{1B}f", "one| two"), ("\u{8}\u{8}a", "a|"),
            ("\u{1B}[3~a", "a|"), ("\(left)a\(right)", "a|"), ("abc\u{03}d", "d|"), ("aé\u{7F}", "a|"),
            ("\u{17}\u{15}\u{0B}x", "x|"),
        ])
    func edits(typed: String, expected: String) {
        for isAnsi in [false, true] {
            var bench = ConsoleBench()
            bench.session.terminal.isAnsi = isAnsi
            bench.type(typed)
            let cursor = expected.prefix { $0 != "|" }
            var shown = "> " + expected.filter { $0 != "|" }
            while shown.last == " " { shown.removeLast() }
            #expect(bench.screen.current == shown)
            #expect(bench.screen.column == 2 + ScreenModel.width(of: String(cursor)), "\(typed.debugDescription)")
            #expect(bench.screen.unknown == [])
            #expect(bench.screen.rows.count == 1)
        }
    }

    @Test("A plain terminal gets no escape sequence, whatever is typed")
    func plainBytes() {
        var bench = ConsoleBench()
        bench.type("door entrance\u{01}\u{1B}[3~\u{0B}status\u{1B}[D\u{1B}[D\u{15}help\r\u{1B}[A\u{17}")
        #expect(!bench.output.contains(0x1B))
    }

    @Test("A line longer than the terminal is wide scrolls inside its row")
    func scrolls() {
        var bench = ConsoleBench(columns: 80)
        bench.session.terminal.columns = 40
        let text = String((0..<100).map { Character(UnicodeScalar(UInt8(97 + $0 % 26))) })
        bench.type(text)
        #expect(bench.screen.rows.count == 1)
        #expect(bench.screen.current.hasSuffix(String(text.suffix(10))))
        #expect(bench.screen.current.count <= 39)
        bench.type("\u{01}")
        #expect(bench.screen.current.hasPrefix("> " + text.prefix(30)))
        #expect(bench.screen.column == 2)
    }

    @Test(
        "Whatever is pressed, the row shows the line and the cursor stands where the next character goes",
        arguments: 0..<40)
    func random(seed: Int) {
        var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 &+ 1
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        let pieces = [
            "a", "b ", "é", "门", "铃 ", "\u{8}", "\u{1B}[D", "\u{1B}[D", "\u{1B}[C", "\u{01}", "\u{05}", "\u{17}",
            "\u{1B}[3~",
            "\u{0B}", "\u{15}", "xyz", "\u{1B}b", "\u{1B}f",
        ]
        var bench = ConsoleBench()
        bench.session.terminal.isAnsi = seed % 2 == 1
        for _ in 0..<60 {
            // Several at once, so that the painter has more than one change to show.
            bench.type((0..<(1 + next(4))).map { _ in pieces[next(pieces.count)] }.joined())
            let line = LineEditingTests.text(bench.session.editor.line)
            let before = LineEditingTests.text(bench.session.editor.line, bench.session.editor.cursor)
            guard ScreenModel.width(of: line) < 70 else { break }
            var shown = "> " + line
            while shown.last == " " { shown.removeLast() }
            #expect(bench.screen.current == shown)
            #expect(bench.screen.column == 2 + ScreenModel.width(of: before))
        }
        #expect(bench.longestStep <= ConsoleSession.rowLimit)
    }

    static func text(_ buffer: borrowing ByteBuffer, _ count: Int? = nil) -> String {
        var bytes: [UInt8] = []
        for index in 0..<(count ?? buffer.count) { bytes.append(buffer[index]) }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test("Lines are called back with the cursor keys, and the line under way is not lost")
    func history() {
        let up = "\u{1B}[A"
        let down = "\u{1B}[B"
        var bench = ConsoleBench()
        _ = bench.ask("doors")
        _ = bench.ask("version")
        _ = bench.ask("version")
        bench.type("sta" + up)
        #expect(bench.screen.current == "> version")
        bench.type(up)
        #expect(bench.screen.current == "> doors")
        bench.type(up)
        #expect(bench.screen.current == "> doors")
        bench.type(down + down)
        #expect(bench.screen.current == "> sta")
    }

    @Test("History holds the last lines and no more")
    func historyLimit() {
        var bench = ConsoleBench()
        for number in 0..<40 { _ = bench.ask("events \(number + 1)") }
        for _ in 0..<60 { bench.type("\u{1B}[A") }
        #expect(bench.screen.current == "> events \(40 - LineHistory.capacity + 1)")
    }

    @Test("A number typed alone, perhaps a PIN at the wrong moment, is not called back", arguments: ["2468", " 2468 "])
    func digits(line: String) {
        var bench = ConsoleBench()
        _ = bench.ask("doors")
        _ = bench.ask(line)
        bench.type("\u{1B}[A")
        #expect(bench.screen.current == "> doors")
    }

    @Test(
        "Tab completes what is unambiguous",
        arguments: [
            ("sta\t", "> status"), ("doo\t", "> door"), ("door e\t", "> door entrance"),
            ("door entrance loc\t", "> door entrance lock"), ("door entrance u\t", "> door entrance unlock"),
            ("alarm r\tack\t", "> alarm riser_leak acknowledge"), ("language z\t", "> language zh"),
            ("events k\tal\t", "> events kind alarm"), ("events door g\t", "> events door garage"),
            ("help ver\t", "> help version"), ("xyz\t", "> xyz"), ("door nobody\t", "> door nobody"),
            ("fire \t", "> fire reset"), ("terminal p\t", "> terminal plain"),
        ])
    func completion(typed: String, expected: String) {
        var bench = ConsoleBench()
        bench.type(typed)
        #expect(bench.screen.current == expected)
    }

    @Test("A second Tab shows what the word can become, and the line stays")
    func candidates() {
        var bench = ConsoleBench()
        bench.type("door \t")
        #expect(bench.screen.rows.count == 1)
        bench.type("\t")
        #expect(bench.screen.lines.contains { $0.contains("entrance") && $0.contains("garage") })
        #expect(bench.screen.current == "> door")
        #expect(bench.screen.column == 7)
    }
}
