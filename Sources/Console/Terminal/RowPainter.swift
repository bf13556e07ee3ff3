import FixedMemory

/// Keeps the row of a terminal on which somebody types as it should be, with as few bytes as that takes.
///
/// It remembers what stands there and writes the difference, a bounded piece at a time. Needs no more of a terminal
/// than backspace, space and carriage return; the row never reaches the last column, where terminals differ.
struct RowPainter: ~Copyable {
    /// What stands on the row from its first column on, as far as it is right.
    private var shown = ByteBuffer(capacity: 320)
    /// Byte of `shown` before which the terminal's cursor stands.
    private var cursor = 0
    /// Columns that the terminal's cursor stands beyond the end of `shown`, while old text is blanked.
    private var overhang = 0
    /// Columns that may hold something.
    private var used = 0
    /// The columns that the cursor stands beyond `shown` have been blanked.
    private var isBlanking = false

    /// The cursor is at the start of an empty row, as after a line end.
    mutating func begin() {
        shown.removeAll()
        cursor = 0
        overhang = 0
        used = 0
        isBlanking = false
    }

    /// Ends the row and begins the next one.
    mutating func endRow<Sink: ByteSink & ~Copyable>(into sink: inout Sink) {
        sink.append("\r\n")
        begin()
    }

    /// Writes what brings the row closer to what it should be.
    ///
    /// - Parameters:
    ///   - text: what should stand on the row, well-formed UTF-8 without control bytes.
    ///   - place: byte of `text` before which the cursor should stand.
    ///   - isAnsi: whether the terminal knows control sequences (ECMA-48).
    ///   - limit: bytes that `sink` may hold afterwards.
    /// - Returns: whether the row is as it should be.
    mutating func paint<Sink: ByteSink & ~Copyable>(
        _ text: borrowing ByteBuffer, cursorAt place: Int, isAnsi: Bool, into sink: inout Sink, limit: Int
    ) -> Bool {
        // The longest piece written at once is a cursor movement of 7 bytes.
        let limit = limit - 8
        let text = text.span
        forgetDifferent(text)
        while shown.count < text.count {
            isBlanking = false
            guard sink.count < limit, retreat(to: shown.count, isAnsi, limit, &sink) else { return false }
            if cursor < shown.count {
                advance(&sink)
            } else {
                let end = TextWidth.end(in: text, of: cursor)
                for index in cursor..<end {
                    sink.append(text[index])
                    shown.append(text[index])
                }
                cursor = end
            }
        }
        let columns = TextWidth.columns(of: shown.span)
        if used > columns {
            while cursor < shown.count {
                guard sink.count < limit else { return false }
                advance(&sink)
            }
            if !isBlanking {
                guard retreat(to: shown.count, isAnsi, limit, &sink) else { return false }
                isBlanking = true
            }
            if isAnsi {
                guard sink.count < limit else { return false }
                sink.append("\u{1B}[K")
            } else {
                while columns + overhang < used {
                    guard sink.count < limit else { return false }
                    sink.append(UInt8(ascii: " "))
                    overhang += 1
                }
            }
        }
        used = columns
        isBlanking = false
        guard retreat(to: place, isAnsi, limit, &sink) else { return false }
        while cursor < place {
            guard sink.count < limit else { return false }
            advance(&sink)
        }
        return true
    }

    /// Forgets of `shown` what does not agree with `text`. The cursor may then stand beyond its end.
    private mutating func forgetDifferent(_ text: Span<UInt8>) {
        var same = 0
        while same < shown.count {
            let end = TextWidth.end(in: shown.span, of: same)
            guard end <= text.count, TextWidth.end(in: text, of: same) == end else { break }
            var isSame = true
            for index in same..<end where shown[index] != text[index] { isSame = false }
            guard isSame else { break }
            same = end
        }
        guard same < shown.count else { return }
        isBlanking = false
        used = max(used, TextWidth.columns(of: shown.span))
        if cursor > same {
            overhang += TextWidth.columns(of: shown.span, same..<cursor)
            cursor = same
        }
        shown.truncate(to: same)
    }

    private mutating func advance<Sink: ByteSink & ~Copyable>(_ sink: inout Sink) {
        let end = TextWidth.end(in: shown.span, of: cursor)
        for index in cursor..<end { sink.append(shown[index]) }
        cursor = end
    }

    /// Moves the cursor back to a byte of `shown`, if it stands behind it.
    ///
    /// - Returns: `false` if there was not room for all of it.
    private mutating func retreat<Sink: ByteSink & ~Copyable>(
        to place: Int, _ isAnsi: Bool, _ limit: Int, _ sink: inout Sink
    ) -> Bool {
        guard cursor > place || overhang > 0 else { return true }
        guard sink.count < limit else { return false }
        let columns = overhang + (cursor > place ? TextWidth.columns(of: shown.span, place..<cursor) : 0)
        if place == 0 && cursor + overhang > 1 {
            sink.append(UInt8(ascii: "\r"))
            overhang = 0
            cursor = 0
            return true
        }
        if isAnsi && columns > 4 {
            sink.append("\u{1B}[")
            sink.appendDecimal(columns)
            sink.append("D")
            overhang = 0
            cursor = min(cursor, place)
            return true
        }
        while overhang > 0 {
            guard sink.count < limit else { return false }
            sink.append(0x08)
            overhang -= 1
        }
        while cursor > place {
            guard sink.count < limit else { return false }
            let start = TextWidth.start(in: shown.span, before: cursor)
            for _ in 0..<TextWidth.columns(of: shown.span, start..<cursor) { sink.append(0x08) }
            cursor = start
        }
        return true
    }
}
