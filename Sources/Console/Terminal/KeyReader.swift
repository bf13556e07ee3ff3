import FixedMemory

/// A key that somebody pressed.
enum Key: Equatable, BitwiseCopyable {
    /// A printable character, as UTF-8.
    case character(FixedBytes<4>)
    case enter
    case tab
    case backspace
    case delete
    case left
    case right
    case wordLeft
    case wordRight
    case home
    case end
    case up
    case down
    /// Ctrl-U: everything before the cursor goes.
    case killToStart
    /// Ctrl-K: everything after it goes.
    case killToEnd
    /// Ctrl-W: the word before it goes.
    case killWord
    /// Ctrl-L.
    case redraw
    /// Ctrl-C.
    case interrupt
    /// The terminal's answer to where its cursor is (CPR, ECMA-48 section 8.3.14).
    case cursorReport(row: Int, column: Int)
}

/// Makes keys of the bytes that a terminal sends.
///
/// Knows the sequences of VT100, VT220, xterm, Linux, PuTTY and screen. What it does not know, other control bytes and
/// broken UTF-8 are dropped.
struct KeyReader: BitwiseCopyable {
    /// Bytes after which a sequence that does not end is given up.
    private static var sequenceLimit: Int { 24 }

    private enum State: BitwiseCopyable {
        case text
        case escape
        case singleShift
        case sequence
    }

    private var state = State.text
    private var sequenceLength = 0
    private var parameters = InlineArray<2, Int>(repeating: 0)
    private var parameter = 0
    private var character = FixedBytes<4>()
    /// Bytes of the character under way that have not come yet.
    private var continuationsDue = 0
    private var lastWasReturn = false

    init() {}

    /// Takes one byte.
    ///
    /// - Returns: the key that it completes, if any.
    mutating func take(_ byte: UInt8) -> Key? {
        let followsReturn = lastWasReturn
        lastWasReturn = false
        switch state {
        case .text: return takeText(byte, followsReturn)
        case .escape: return takeEscape(byte)
        case .singleShift:
            state = .text
            return KeyReader.cursorKey(byte, isControlled: false)
        case .sequence: return takeSequence(byte)
        }
    }

    private mutating func takeText(_ byte: UInt8, _ followsReturn: Bool) -> Key? {
        if byte & 0xC0 == 0x80 { return takeContinuation(byte) }
        continuationsDue = 0
        switch byte {
        case 0x0D:
            lastWasReturn = true
            return .enter
        // The second half of CR LF is no line of its own.
        case 0x0A: return followsReturn ? nil : .enter
        case 0x01: return .home
        case 0x02: return .left
        case 0x03: return .interrupt
        case 0x04: return .delete
        case 0x05: return .end
        case 0x06: return .right
        case 0x08, 0x7F: return .backspace
        case 0x09: return .tab
        case 0x0B: return .killToEnd
        case 0x0C: return .redraw
        case 0x0E: return .down
        case 0x10: return .up
        case 0x15: return .killToStart
        case 0x17: return .killWord
        case 0x1B:
            state = .escape
            return nil
        case 0x00..<0x20: return nil
        default: return beginCharacter(byte)
        }
    }

    private mutating func beginCharacter(_ byte: UInt8) -> Key? {
        let length = KeyReader.characterLength(startingWith: byte)
        guard length > 0 else { return nil }
        character.removeAll()
        character.append(byte)
        continuationsDue = length - 1
        return length == 1 ? .character(character) : nil
    }

    private mutating func takeContinuation(_ byte: UInt8) -> Key? {
        guard continuationsDue > 0, isAllowedSecond(byte) else {
            continuationsDue = 0
            return nil
        }
        character.append(byte)
        continuationsDue -= 1
        return continuationsDue == 0 ? .character(character) : nil
    }

    /// Bytes of a UTF-8 character by its first byte; 0 for a byte that begins none (RFC 3629, section 3).
    private static func characterLength(startingWith byte: UInt8) -> Int {
        switch byte {
        case 0x20..<0x7F: 1
        case 0xC2...0xDF: 2
        case 0xE0...0xEF: 3
        case 0xF0...0xF4: 4
        default: 0
        }
    }

    /// Overlong forms, surrogates, what lies beyond Unicode and the C1 controls are told by the second byte
    /// (RFC 3629, section 4).
    private func isAllowedSecond(_ byte: UInt8) -> Bool {
        guard character.count == 1 else { return true }
        return switch character[0] {
        case 0xC2: byte >= 0xA0
        case 0xE0: byte >= 0xA0
        case 0xED: byte < 0xA0
        case 0xF0: byte >= 0x90
        case 0xF4: byte < 0x90
        default: true
        }
    }

    private mutating func takeEscape(_ byte: UInt8) -> Key? {
        state = .text
        switch byte {
        case UInt8(ascii: "["):
            state = .sequence
            sequenceLength = 0
            parameters = InlineArray(repeating: 0)
            parameter = 0
        case UInt8(ascii: "O"): state = .singleShift
        case 0x1B: state = .escape
        case UInt8(ascii: "b"): return .wordLeft
        case UInt8(ascii: "f"): return .wordRight
        case 0x0D: return takeText(byte, false)
        default: break
        }
        return nil
    }

    /// A control sequence: parameters, then a final byte from 0x40 to 0x7E (ECMA-48, section 5.4).
    private mutating func takeSequence(_ byte: UInt8) -> Key? {
        sequenceLength += 1
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
            if parameter < 2 { parameters[parameter] = min(9_999, parameters[parameter] * 10 + Int(byte - 0x30)) }
        case UInt8(ascii: ";"): parameter += 1
        case 0x1B:
            state = .escape
            return nil
        case 0x0D, 0x0A:
            // Line noise began it: what ends a line still does.
            state = .text
            return takeText(byte, false)
        case 0x40...0x7E:
            state = .text
            return key(endingWith: byte)
        default: break
        }
        if sequenceLength >= KeyReader.sequenceLimit { state = .text }
        return nil
    }

    private func key(endingWith byte: UInt8) -> Key? {
        switch byte {
        case UInt8(ascii: "~"):
            switch parameters[0] {
            case 1, 7: .home
            case 4, 8: .end
            case 3: .delete
            default: nil
            }
        case UInt8(ascii: "R") where parameter == 1 && parameters[0] > 0 && parameters[1] > 0:
            .cursorReport(row: parameters[0], column: parameters[1])
        default:
            // The second parameter tells of Shift, Alt and Control (xterm, "PC-Style Function Keys").
            KeyReader.cursorKey(byte, isControlled: parameter == 1 && parameters[1] > 2)
        }
    }

    private static func cursorKey(_ byte: UInt8, isControlled: Bool) -> Key? {
        switch byte {
        case UInt8(ascii: "A"): .up
        case UInt8(ascii: "B"): .down
        case UInt8(ascii: "C"): isControlled ? .wordRight : .right
        case UInt8(ascii: "D"): isControlled ? .wordLeft : .left
        case UInt8(ascii: "H"): .home
        case UInt8(ascii: "F"): .end
        case UInt8(ascii: "M"): .enter
        default: nil
        }
    }
}
