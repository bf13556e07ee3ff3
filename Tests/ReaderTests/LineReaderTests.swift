import Drivers
import FixedMemory
import HardwareInterface
import Testing

@Suite("Line readers: QR codes and barcodes")
struct LineReaderTests {
    static func text(_ text: String) -> ReaderEvent {
        .card(CardIdentifier(FixedBytes([UInt8](text.utf8).span), technology: .text))
    }

    static func pattern(_ text: StaticString) -> LinePattern { try! LinePattern(FixedBytes<128>(text).span) }

    @Test("Lines end with CR, LF or both; empty lines are nothing", arguments: ["\r", "\n", "\r\n", "\r\n\r\n"])
    func lineEnds(end: String) {
        var bench = ReaderBench(LineReader())
        for code in ["VISIT-1", "VISIT-2", "4006381333931"] { bench.receive([UInt8]((code + end).utf8)) }
        #expect(bench.take() == [Self.text("VISIT-1"), Self.text("VISIT-2"), Self.text("4006381333931")])
        #expect(bench.driver.statistics.malformed == 0)
    }

    @Test("A line may end with a byte, or with a pause where a scanner sends nothing")
    func otherEnds() {
        var bench = ReaderBench(LineReader(.init(lineEnd: .byte(0x03), prefix: FixedBytes("\u{2}"))))
        bench.receive(hex: "02 41424344 03")
        #expect(bench.take() == [Self.text("ABCD")])
        bench = ReaderBench(LineReader(.init(lineEnd: .pause, byteTimeout: .milliseconds(50))))
        bench.receive(hex: "4142")
        bench.advance(.milliseconds(49))
        bench.receive(hex: "4344")
        bench.advance(.milliseconds(49))
        #expect(bench.take() == [])
        bench.advance(.milliseconds(1))
        #expect(bench.take() == [Self.text("ABCD")])
    }

    @Test("Prefix, suffix, length and characters are checked, and the next line counts")
    func limits() {
        let configuration = LineReader.Configuration(
            prefix: FixedBytes("<"), suffix: FixedBytes(">"), minimumLength: 4, maximumLength: 8)
        let cases: [(String, [ReaderEvent])] = [
            ("<ABCD>", [text("ABCD")]), ("<ABCDEFGH>", [text("ABCDEFGH")]),
            ("<ABC>", [.malformed(.length)]), ("<ABCDEFGHI>", [.malformed(.length)]), ("<>", [.malformed(.length)]),
            (">", [.malformed(.length)]), ("ABCD>>", [.malformed(.framing)]), ("<ABCD", [.malformed(.length)]),
            ("<ABCDE", [.malformed(.framing)]), ("<AB\u{7}CD>", [.malformed(.character)]),
            ("<AB\u{E9}D>", [.malformed(.character)]), (String(repeating: "A", count: 5_000), []),
        ]
        for (line, expected) in cases {
            var bench = ReaderBench(LineReader(configuration))
            bench.receive([UInt8](line.utf8) + [0x0D])
            if !expected.isEmpty { #expect(bench.take() == expected, "\(line)") }
            #expect(!bench.take().contains { if case .card = $0 { true } else { false } })
            bench.receive([UInt8]("<NEXT1>\r".utf8))
            #expect(bench.take().last == Self.text("NEXT1"), "after \(line.prefix(20))")
        }
    }

    private func text(_ text: String) -> ReaderEvent { Self.text(text) }

    @Test(
        "Patterns",
        arguments: [
            ("WRD-%d{8}-%h{4,16}", "WRD-20261104-9c01", true), ("WRD-%d{8}-%h{4,16}", "WRD-20261104-9c0", false),
            ("WRD-%d{8}-%h{4,16}", "WRD-20261104-9c01g", false), ("%d{13}", "4006381333931", true),
            ("%d{13}", "400638133393", false), ("%d{1,3}%d{3}", "1234", true), ("%d{1,3}%d{3}", "123", false),
            ("%a{0,4}%w{2}", "ab", true), ("%.{1,64}", "any thing!", true), ("100%%", "100%", true),
            ("%.{0,10}END", "ENDEND", true), ("%.{0,10}END", "ENDENX", false), ("x{3}", "xxx", true),
        ] as [(StaticString, String, Bool)])
    func patterns(pattern: StaticString, text: String, fits: Bool) {
        #expect(Self.pattern(pattern).matches([UInt8](text.utf8).span) == fits)
        var bench = ReaderBench(LineReader(.init(pattern: Self.pattern(pattern), minimumLength: 1)))
        bench.receive([UInt8]((text + "\r\n").utf8))
        #expect(bench.take() == (fits ? [Self.text(text)] : [.malformed(.unexpected)]))
    }

    @Test("A wrong pattern says what is wrong and where")
    func patternErrors() {
        func error(_ text: StaticString) -> LinePattern.PatternError? {
            do throws(LinePattern.PatternError) {
                _ = try LinePattern(FixedBytes<256>(text).span)
                return nil
            } catch { return error }
        }
        #expect(error("") == .empty)
        #expect(error("AB%q") == .character(at: 3))
        #expect(error("AB%") == .character(at: 2))
        #expect(error("{3}") == .character(at: 0))
        #expect(error("A{}") == .count(at: 1))
        #expect(error("A{3") == .count(at: 1))
        #expect(error("A{4,3}") == .count(at: 1))
        #expect(error("A{0}") == .count(at: 1))
        #expect(error("A{65}") == .count(at: 1))
        #expect(error("A{99999999999999999999}") == .count(at: 1))
        #expect(error("A{40}B{40}") == .tooLong)
        #expect(error("ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG") == .tooLong)
    }

    @Test("A code held before the scanner is one presentation")
    func holdOff() {
        var bench = ReaderBench(LineReader())
        for _ in 0..<7_200 {
            bench.receive([UInt8]("VISIT-1\r\n".utf8))
            bench.advance(.milliseconds(500))
        }
        #expect(bench.take() == [Self.text("VISIT-1")])
        bench.advance(.seconds(2))
        bench.receive([UInt8]("VISIT-1\r\n".utf8))
        #expect(bench.take() == [Self.text("VISIT-1")])
    }

    @Test("A scanner that never ends a line goes offline as babble; a stalled line is dropped")
    func neverEnding() {
        var bench = ReaderBench(LineReader())
        bench.receive([UInt8](repeating: 0x41, count: 2_000))
        #expect(bench.take() == [.malformed(.length), .offline(.babbling)])
        bench.advance(.seconds(2))
        #expect(bench.take() == [.online])
        bench.receive([UInt8]("VISIT-1\r\n".utf8))
        #expect(bench.take().last == Self.text("VISIT-1"))
    }

    @Test("Random bytes give only what the pattern allows", arguments: 0..<3)
    func garbage(seed: UInt64) {
        var generator = SeededGenerator(seed)
        var bench = ReaderBench(LineReader(.init(pattern: Self.pattern("WRD-%d{8}"))))
        for _ in 0..<5_000 {
            let count = Int.random(in: 1...80, using: &generator)
            bench.receive((0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
            bench.advance(.milliseconds(Int64.random(in: 0...300, using: &generator)))
        }
        #expect(!bench.take().contains { if case .card = $0 { true } else { false } })
    }
}
