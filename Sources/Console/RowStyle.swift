import FixedMemory
import HardwareInterface
import WardenMessages

/// How a row of an answer is written: for people in columns, for programs with a tab after each cell.
struct RowStyle: BitwiseCopyable {
    enum Colour: BitwiseCopyable {
        case none
        case good
        case warning
        case danger
    }

    let vocabulary: Vocabulary
    /// For programs: English, tabs, no colours.
    let isPlain: Bool
    let hasColour: Bool

    /// Ends a cell that began at byte `start` of the row, and fills it up to `width` columns.
    func endCell(_ start: Int, _ width: Int, _ row: inout ByteBuffer) {
        guard !isPlain else {
            row.append(0x09)
            return
        }
        let columns = TextWidth.columns(of: row.span, start..<row.count)
        // Two spaces at the least, so that an overlong cell still ends.
        for _ in min(columns, width - 2)..<width { row.append(UInt8(ascii: " ")) }
    }

    func cell<let capacity: Int>(_ text: FixedBytes<capacity>, _ width: Int, _ row: inout ByteBuffer) {
        let start = row.count
        append(text, &row)
        endCell(start, width, &row)
    }

    func cell(_ text: StaticString, _ width: Int, _ row: inout ByteBuffer, _ colour: Colour = .none) {
        begin(colour, &row)
        let start = row.count
        row.append(text)
        endCell(start, width, &row)
        end(colour, &row)
    }

    func cell(_ phrase: Phrase, _ width: Int, _ row: inout ByteBuffer) {
        cell(vocabulary.phrase(phrase), width, &row)
    }

    /// The last cell of a row, without anything after it.
    func text(_ text: StaticString, _ row: inout ByteBuffer, _ colour: Colour = .none) {
        begin(colour, &row)
        row.append(text)
        end(colour, &row)
    }

    func text(_ phrase: Phrase, _ row: inout ByteBuffer) { row.append(vocabulary.phrase(phrase)) }

    // By index: a span over bytes inside of a value goes wrong in optimised Embedded builds.
    func append<let capacity: Int>(_ text: FixedBytes<capacity>, _ row: inout ByteBuffer) {
        for index in 0..<text.count { row.append(text[index]) }
    }

    /// Select Graphic Rendition (ECMA-48, section 8.3.117).
    func begin(_ colour: Colour, _ row: inout ByteBuffer) {
        guard hasColour else { return }
        switch colour {
        case .none: break
        case .good: row.append("\u{1B}[32m")
        case .warning: row.append("\u{1B}[33m")
        case .danger: row.append("\u{1B}[1;31m")
        }
    }

    func end(_ colour: Colour, _ row: inout ByteBuffer) {
        if hasColour && colour != .none { row.append("\u{1B}[0m") }
    }

    static func colour(of state: DoorState) -> Colour {
        switch state {
        case .forced, .heldOpen, .fireReleased: .danger
        case .heldOpenWarning, .trouble, .unrecognised: .warning
        case .secured, .released, .open: .none
        }
    }

    static func colour(of state: AlarmState) -> Colour {
        switch state {
        case .alarm, .acknowledged, .silenced: .danger
        case .preAlarm, .restored, .trouble, .bypassed, .underTest, .unrecognised: .warning
        case .normal: .none
        }
    }
}
