import BoardCompiler
import Testing

@Suite("What is no plain YAML is refused with its place")
struct YamlProblemTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var marked: String
        var message: String
        var remedy: String

        init(_ description: String, _ marked: String, _ message: String, _ remedy: String) {
            testDescription = description
            self.marked = marked
            self.message = message
            self.remedy = remedy
        }
    }

    static let cases: [Case] = [
        Case("an empty file", "«", "the file is empty", "board: NAME"),
        Case("only comments", "«# nothing\n", "the file is empty", "board: NAME"),
        Case("a list", "«- board\n", "a list stands where a board is wanted", "board: NAME"),
        Case("a tab for indentation", "board: x\nbuses:\n«\ta: 1\n", "cannot start any token", "a tab cannot indent"),
        Case("a colon too many", "board: lobby«: two\n", "mapping values are not allowed", "needs quotes"),
        Case("a bracket left open", "board: x\ngroups: [a, b\n«", "did not find expected", "not closed"),
        Case("a quote left open", "board: \"x\n«", "unexpected end of stream", "punctuation"),
        Case("an anchor", "board: «&a x\n", "'&a' makes an anchor", "remove it"),
        Case("an alias", "board: «*a\n", "'*a' refers to an anchor", "asterisk"),
        Case("a tag", "board: «!!str x\n", "is a tag", "remove it"),
        Case("a second document", "board: x\n«---\nboard: y\n", "a second document begins here", "---"),
        Case("a key that is a list", "«[a]: x\n", "a key must be a plain text, not a list", "name: value"),
        Case("a key twice", "board: x\n«board: y\n", "'board' comes twice; it is already in line 1", "keep one"),
        Case("a control character", "board: x\nhardware: «\u{7}\n", "control characters are not allowed", "\\u"),
    ]

    @Test("Each", arguments: cases)
    func each(case problem: Case) throws {
        let marked = Marked(problem.marked)
        let result = BoardCompiler().check(marked.text)
        let all = result.problems.map { "\($0.range.start.line):\($0.range.start.column) \($0.message)" }
        let found = try #require(result.problems.first { $0.message.contains(problem.message) }, "instead: \(all)")
        #expect(found.remedy.contains(problem.remedy), "the remedy is: \(found.remedy)")
        #expect(found.range.start == marked.places[0])
        #expect(result.board == nil)
    }

    @Test("A bomb of aliases is refused in the time that reading it takes")
    func bomb() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        for level in 1..<30 {
            let inner = Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(inner)]\n"
        }
        text += "? *a29\n: key\n"
        #expect(BoardCompiler().check(text).problems.contains { $0.message.contains("anchor") })
    }

    @Test("A file that is nested too deep, or too large, is refused")
    func limits() {
        let deep = String(repeating: "[", count: 5_000)
        #expect(BoardCompiler().check(deep).problems.first?.message.contains("levels deep") == true)
        let long = "board: " + String(repeating: "x", count: 4 << 20)
        #expect(BoardCompiler().check(long).problems.first?.message.contains("bytes; at most") == true)
        let many = "credentials: [" + String(repeating: "1,", count: 500_001) + "]"
        #expect(BoardCompiler().check(many).problems.first?.message.contains("more than 500000 values") == true)
    }

    @Test("Whatever the bytes, the reader ends with problems or a board", arguments: 0..<8)
    func fuzz(seed: UInt64) {
        var random = Random(state: seed)
        let base = Array(Repository.text("boards/lobby.yaml").unicodeScalars)
        let odd = Array("&*!|>{}[]:-?,#'\"%@`~\t\n 0é灯".unicodeScalars)
        for _ in 0..<60 {
            var text = base
            for _ in 0...random.below(6) {
                let place = random.below(text.count)
                switch random.below(3) {
                case 0: text[place] = odd[random.below(odd.count)]
                case 1: text.remove(at: place)
                default: text.insert(odd[random.below(odd.count)], at: place)
                }
            }
            let result = BoardCompiler().check(String(String.UnicodeScalarView(text)))
            #expect((result.board == nil) == result.problems.contains { $0.severity == .error })
        }
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same choices from the same seed everywhere.
struct Random {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
    mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }
}
