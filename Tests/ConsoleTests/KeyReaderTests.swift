import FixedMemory
import Testing

@testable import Console

private func keys(_ bytes: [UInt8]) -> [Key] {
    var reader = KeyReader()
    return bytes.compactMap { reader.take($0) }
}

private func character(_ text: String) -> Key {
    var bytes = FixedBytes<4>()
    for byte in text.utf8 { bytes.append(byte) }
    return .character(bytes)
}

@Suite("Bytes of any terminal become keys; what is none is dropped")
struct KeyReaderTests {
    @Test(
        "A line ends with CR, LF or both, and both together are one end",
        arguments: [("\r", 1), ("\n", 1), ("\r\n", 1), ("\r\n\r\n", 2), ("\r\r", 2), ("\n\n", 2), ("\ra\n", 2)])
    func ends(typed: String, count: Int) {
        #expect(keys(Array(typed.utf8)).count { $0 == .enter } == count)
    }

    @Test(
        "Cursor keys of VT100, xterm, Linux, screen and PuTTY",
        arguments: [
            ("\u{1B}[A", .up), ("\u{1B}OA", .up), ("\u{1B}[B", .down), ("\u{1B}[C", .right), ("\u{1B}[D", .left),
            ("\u{1B}OD", .left), ("\u{1B}[H", .home), ("\u{1B}OH", .home), ("\u{1B}[1~", .home), ("\u{1B}[7~", .home),
            ("\u{1B}[F", .end), ("\u{1B}[4~", .end), ("\u{1B}[8~", .end), ("\u{1B}[3~", .delete),
            ("\u{1B}[1;5C", .wordRight), ("\u{1B}[1;5D", .wordLeft), ("\u{1B}b", .wordLeft), ("\u{1B}f", .wordRight),
            ("\u{01}", .home), ("\u{05}", .end), ("\u{15}", .killToStart), ("\u{0B}", .killToEnd),
            ("\u{17}", .killWord), ("\u{0C}", .redraw), ("\u{03}", .interrupt), ("\u{08}", .backspace),
            ("\u{7F}", .backspace), ("\t", .tab), ("\u{1B}[24;80R", .cursorReport(row: 24, column: 80)),
            ("\u{1B}OM", .enter),
        ] as [(String, Key)])
    func named(typed: String, key: Key) {
        #expect(keys(Array(typed.utf8)) == [key])
    }

    @Test(
        "Sequences that are not known, and control bytes, are dropped whole",
        arguments: [
            "\u{1B}[15~", "\u{1B}[200~", "\u{1B}[?1;2c", "\u{1B}OP", "\u{00}", "\u{07}", "\u{1A}", "\u{1B}[5n",
            "\u{1B}z",
            "\u{1B}[1;2;3;4R", "\u{1B}[R",
        ])
    func dropped(typed: String) {
        #expect(keys(Array((typed + "x").utf8)) == [character("x")])
    }

    @Test(
        "Broken UTF-8 is dropped; what follows it stays",
        arguments: [
            [0xE9, 0x97], [0xE9], [0x80, 0xBF], [0xC0, 0xAF], [0xFF, 0xFE], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80],
            [0xF4, 0x90, 0x80, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80], [0xC2, 0x80], [0xC2, 0x9B],
        ] as [[UInt8]])
    func brokenText(bytes: [UInt8]) {
        #expect(keys(bytes + [0x62]) == [character("b")])
    }

    @Test("Characters of every length come whole")
    func characters() {
        #expect(keys(Array("aé门😀".utf8)) == ["a", "é", "门", "😀"].map(character))
    }

    @Test("A sequence that line noise began ends with the line, and at a length")
    func noise() {
        #expect(keys(Array("\u{1B}[1;1\r".utf8)) == [.enter])
        #expect(keys([0x1B, 0x5B] + [UInt8](repeating: 0x3B, count: 24) + [0x61]) == [character("a")])
    }
}
