import FixedMemory

/// The last lines that were typed, to be called back. The oldest gives way.
struct LineHistory: ~Copyable {
    /// Lines kept.
    static var capacity: Int { 16 }

    typealias Line = FixedBytes<160>

    private var lines = Ring<Line>(capacity: LineHistory.capacity)
    /// How many lines back the one shown is; 0 for the line that was being typed.
    private var back = 0
    private var draft = Line()

    /// Keeps a line, unless it is empty or the same as the newest.
    mutating func add(_ text: borrowing ByteBuffer) {
        back = 0
        guard text.count > 0 else { return }
        let line = LineHistory.copy(text)
        if let last = lines.last, last == line { return }
        lines.pushOverwriting(line)
    }

    /// The line before the one shown.
    ///
    /// - Parameter current: what stands there now, kept so that `newer` brings it back.
    /// - Returns: `nil` at the oldest.
    mutating func older(than current: borrowing ByteBuffer) -> Line? {
        guard back < lines.count else { return nil }
        if back == 0 { draft = LineHistory.copy(current) }
        back += 1
        return lines[lines.count - back]
    }

    /// The line after the one shown, at last the one that was being typed; `nil` if that is shown.
    mutating func newer() -> Line? {
        guard back > 0 else { return nil }
        back -= 1
        return back == 0 ? draft : lines[lines.count - back]
    }

    /// Shows the line that is being typed again.
    mutating func leave() { back = 0 }

    mutating func removeAll() {
        lines.removeAll()
        back = 0
        draft.removeAll()
    }

    private static func copy(_ text: borrowing ByteBuffer) -> Line {
        var line = Line()
        for index in 0..<text.count { line.append(text[index]) }
        return line
    }
}
