import FixedMemory

/// Where the words of a line are, and which options it has. Words are separated by spaces; an option, a word that
/// begins with two hyphens, may stand anywhere and is none of the words.
struct WordList: BitwiseCopyable {
    /// Words that are told apart; more make a line that no command has.
    static var limit: Int { 14 }

    private var starts = InlineArray<14, Int>(repeating: 0)
    private var ends = InlineArray<14, Int>(repeating: 0)
    private(set) var count = 0
    /// There are more words than `limit`.
    private(set) var hasMore = false
    /// `--plain`: stable output for programs.
    private(set) var isPlain = false
    /// `--yes`: nothing is asked.
    private(set) var isYes = false
    /// A word that begins like an option and is none.
    private(set) var hasUnknownOption = false

    init(_ line: Span<UInt8>) {
        var index = 0
        while index < line.count {
            guard line[index] != UInt8(ascii: " ") else {
                index += 1
                continue
            }
            let start = index
            while index < line.count && line[index] != UInt8(ascii: " ") { index += 1 }
            add(line, start, index)
        }
    }

    private mutating func add(_ line: Span<UInt8>, _ start: Int, _ end: Int) {
        let word = line.extracting(start..<end)
        if word.count > 2 && word[0] == UInt8(ascii: "-") && word[1] == UInt8(ascii: "-") {
            if equal(word, "--plain") {
                isPlain = true
            } else if equal(word, "--yes") {
                isYes = true
            } else {
                hasUnknownOption = true
            }
            return
        }
        guard count < WordList.limit else {
            hasMore = true
            return
        }
        starts[count] = start
        ends[count] = end
        count += 1
    }

    subscript(_ index: Int) -> Range<Int> { starts[index]..<ends[index] }
}
