import FixedMemory
import Testing

@testable import Console

/// Types bytes and collects the finished lines and everything that was echoed.
private func type(_ bytes: [UInt8]) -> (lines: [String], echo: String) {
    var editor = LineEditor()
    var lines: [String] = []
    var echoed: [UInt8] = []
    for byte in bytes {
        var echo = FixedBytes<64>()
        let step = editor.take(byte, echo: &echo)
        for index in 0..<echo.count { echoed.append(echo[index]) }
        if case .lineIsComplete = step {
            var line: [UInt8] = []
            for index in 0..<editor.line.count { line.append(editor.line[index]) }
            lines.append(String(decoding: line, as: UTF8.self))
            editor.clear()
        }
    }
    return (lines, String(decoding: echoed, as: UTF8.self))
}

@Suite("The line editor takes what people type on any terminal, and nothing else")
struct LineEditorTests {
    @Test(
        "A line ends with CR, LF or both, and both together are one end",
        arguments: [("ab\r", ["ab"]), ("ab\n", ["ab"]), ("ab\r\ncd\r\n", ["ab", "cd"]), ("\r\r", ["", ""])])
    func ends(typed: String, lines: [String]) {
        #expect(type(Array(typed.utf8)).lines == lines)
    }

    @Test(
        "Backspace and delete erase one character, Ctrl-U the line",
        arguments: [
            ("abc\u{8}d\r", "abd"), ("abc\u{7F}d\r", "abd"), ("abc\u{15}d\r", "d"), ("\u{8}\u{8}a\r", "a"),
            ("a门\u{8}b\r", "ab"), ("aé\u{7F}\r", "a"),
        ])
    func erases(typed: String, line: String) {
        #expect(type(Array(typed.utf8)).lines == [line])
    }

    @Test("A wide character is erased over two columns, a narrow one over one")
    func eraseWidth() {
        #expect(type(Array("门\u{8}".utf8)).echo == "门\u{8} \u{8}\u{8} \u{8}")
        #expect(type(Array("é\u{8}".utf8)).echo == "é\u{8} \u{8}")
    }

    @Test("Control bytes and escape sequences are dropped, not typed")
    func controls() {
        #expect(type(Array("a\u{1B}[Ab\u{1B}OPc\u{1B}[1;5Cd\u{07}\u{00}e\r".utf8)).lines == ["abcde"])
    }

    @Test(
        "Broken UTF-8 is dropped whole; what follows it stays",
        arguments: [
            [0x61, 0xE9, 0x97, 0x62, 0x0D], [0x61, 0xE9, 0x62, 0x0D], [0x61, 0x80, 0xBF, 0x62, 0x0D],
            [0x61, 0xC0, 0xAF, 0x62, 0x0D], [0x61, 0xFF, 0xFE, 0x62, 0x0D], [0x61, 0x62, 0xE9, 0x97, 0x0D],
        ] as [[UInt8]])
    func brokenText(bytes: [UInt8]) {
        #expect(type(bytes).lines == ["ab"])
    }

    @Test("A paste of 10,000 characters keeps the first that fit, whole characters only, and rings for the rest")
    func paste() {
        let result = type(Array(String(repeating: "门", count: 10_000).utf8) + [0x0D])
        #expect(result.lines == [String(repeating: "门", count: LineEditor.limit / 3)])
        #expect(result.echo.contains("\u{07}"))
    }
}
