import FixedMemory

/// A line that is being typed, and where the cursor stands in it. Knows no terminal.
struct LineEditor: ~Copyable {
    /// Bytes of one line.
    static var limit: Int { 160 }

    private(set) var line = ByteBuffer(capacity: LineEditor.limit)
    /// Byte before which the next character goes; always between characters.
    private(set) var cursor = 0
    /// Characters were refused because the line was full: what it holds is not what was meant.
    private(set) var isOverlong = false

    /// Puts a character in front of the cursor.
    ///
    /// - Returns: `false` if the line is full; nothing has changed then but `isOverlong`.
    @discardableResult
    mutating func insert(_ character: FixedBytes<4>) -> Bool {
        guard line.count + character.count <= LineEditor.limit else {
            isOverlong = true
            return false
        }
        let length = character.count
        for index in 0..<length { line.append(character[index]) }
        var place = line.count - 1
        while place >= cursor + length {
            line[place] = line[place - length]
            place -= 1
        }
        for index in 0..<length { line[cursor + index] = character[index] }
        cursor += length
        return true
    }

    /// Puts one byte of ASCII in front of the cursor.
    @discardableResult
    mutating func insert(_ byte: UInt8) -> Bool {
        var character = FixedBytes<4>()
        character.append(byte)
        return insert(character)
    }

    mutating func clear() {
        line.removeAll()
        cursor = 0
        isOverlong = false
    }

    /// Replaces the line; the cursor stands at its end.
    mutating func set<let capacity: Int>(_ text: FixedBytes<capacity>) {
        clear()
        for index in 0..<text.count { line.append(text[index]) }
        cursor = line.count
    }

    /// Columns of a part that begins and ends between characters.
    func columns(_ range: Range<Int>) -> Int { TextWidth.columns(of: line.span, range) }

    /// Where the character that begins at `index` ends.
    func end(of index: Int) -> Int { TextWidth.end(in: line.span, of: index) }

    // MARK: Moving

    mutating func moveLeft() { cursor = TextWidth.start(in: line.span, before: cursor) }
    mutating func moveRight() { if cursor < line.count { cursor = TextWidth.end(in: line.span, of: cursor) } }
    mutating func moveToStart() { cursor = 0 }
    mutating func moveToEnd() { cursor = line.count }
    mutating func moveWordLeft() { cursor = startOfWord() }

    mutating func moveWordRight() {
        while cursor < line.count && isSpace(cursor) { cursor += 1 }
        while cursor < line.count && !isSpace(cursor) { cursor += 1 }
    }

    // MARK: Erasing

    mutating func eraseBefore() { remove(TextWidth.start(in: line.span, before: cursor)..<cursor) }
    mutating func eraseAt() { if cursor < line.count { remove(cursor..<TextWidth.end(in: line.span, of: cursor)) } }
    mutating func eraseToStart() { remove(0..<cursor) }
    mutating func eraseToEnd() { remove(cursor..<line.count) }
    mutating func eraseWord() { remove(startOfWord()..<cursor) }

    private func isSpace(_ index: Int) -> Bool { line[index] == UInt8(ascii: " ") }

    private func startOfWord() -> Int {
        var start = cursor
        while start > 0 && isSpace(start - 1) { start -= 1 }
        while start > 0 && !isSpace(start - 1) { start -= 1 }
        return start
    }

    private mutating func remove(_ range: Range<Int>) {
        guard !range.isEmpty else { return }
        for index in range.upperBound..<line.count { line[index - range.count] = line[index] }
        line.truncate(to: line.count - range.count)
        cursor = range.lowerBound
        if line.count == 0 { isOverlong = false }
    }
}
