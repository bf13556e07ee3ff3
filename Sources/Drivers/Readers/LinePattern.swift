import FixedMemory

/// What the text of a QR code or barcode must look like.
///
/// A pattern is text in which every character stands for itself, except
///
///     %d  a digit            %a  a letter (A-Z, a-z)      %.  any printable character (20 to 7E)
///     %h  a hexadecimal digit %w  a letter or a digit      %%  a per cent sign
///
/// and a count after any of them: `{n}` exactly n, `{n,m}` from n to m, n and m up to 64. So `WRD-%d{8}-%h{4,16}` takes
/// `WRD-20261104-9c01`. The whole text must fit. Limits: 32 elements.
public struct LinePattern: Sendable, BitwiseCopyable {
    /// What is wrong with a pattern.
    public enum PatternError: Error, Equatable {
        /// More than 32 elements, or a text that could be longer than 64 characters only.
        case tooLong
        /// A character after `%` that means nothing, or one outside 20 to 7E, at this place (0 is the first).
        case character(at: Int)
        /// A count that is not `{n}` or `{n,m}` with n <= m <= 64 and m >= 1, at this place.
        case count(at: Int)
        /// No element: nothing would ever fit.
        case empty
    }

    /// Elements that fit.
    public static var elementLimit: Int { 32 }
    /// Characters of a text at the most: an identifier's size.
    public static var textLimit: Int { CardIdentifier.byteLimit }

    // Internal, not private: an element of an inline array must be visible where the array is copied in another module, or
    // the compiler crashes in debug builds.
    enum Kind: UInt8, Sendable, BitwiseCopyable {
        case literal, digit, hexadecimal, letter, alphanumeric, printable
    }

    struct Element: Sendable, BitwiseCopyable {
        var kind: Kind
        var literal: UInt8
        var minimum: UInt8
        var maximum: UInt8
    }

    private var elements: InlineArray<32, Element>
    private var count = 0

    /// Reads a pattern.
    public init(_ pattern: Span<UInt8>) throws(PatternError) {
        elements = InlineArray(repeating: Element(kind: .literal, literal: 0, minimum: 1, maximum: 1))
        var place = 0
        while place < pattern.count {
            guard count < LinePattern.elementLimit else { throw .tooLong }
            var element = try LinePattern.element(pattern, &place)
            if place < pattern.count && pattern[place] == UInt8(ascii: "{") {
                try LinePattern.repetition(pattern, &place, &element)
            }
            elements[count] = element
            count += 1
        }
        guard count > 0 else { throw .empty }
        var shortest = 0
        for index in 0..<count { shortest += Int(elements[index].minimum) }
        guard shortest <= LinePattern.textLimit else { throw .tooLong }
    }

    private static func element(_ pattern: Span<UInt8>, _ place: inout Int) throws(PatternError) -> Element {
        let character = pattern[place]
        guard character >= 0x20 && character <= 0x7E && character != UInt8(ascii: "{") else {
            throw .character(at: place)
        }
        place += 1
        guard character == UInt8(ascii: "%") else {
            return Element(kind: .literal, literal: character, minimum: 1, maximum: 1)
        }
        guard place < pattern.count else { throw .character(at: place - 1) }
        place += 1
        let kind: Kind
        switch pattern[place - 1] {
        case UInt8(ascii: "d"): kind = .digit
        case UInt8(ascii: "h"): kind = .hexadecimal
        case UInt8(ascii: "a"): kind = .letter
        case UInt8(ascii: "w"): kind = .alphanumeric
        case UInt8(ascii: "."): kind = .printable
        case UInt8(ascii: "%"): return Element(kind: .literal, literal: character, minimum: 1, maximum: 1)
        default: throw .character(at: place - 1)
        }
        return Element(kind: kind, literal: 0, minimum: 1, maximum: 1)
    }

    private static func repetition(
        _ pattern: Span<UInt8>, _ place: inout Int, _ element: inout Element
    ) throws(PatternError) {
        let start = place
        place += 1
        guard let minimum = number(pattern, &place) else { throw .count(at: start) }
        var maximum = minimum
        if place < pattern.count && pattern[place] == UInt8(ascii: ",") {
            place += 1
            guard let number = number(pattern, &place) else { throw .count(at: start) }
            maximum = number
        }
        guard place < pattern.count && pattern[place] == UInt8(ascii: "}"), minimum <= maximum, maximum >= 1,
            maximum <= textLimit
        else { throw .count(at: start) }
        place += 1
        element.minimum = UInt8(minimum)
        element.maximum = UInt8(maximum)
    }

    private static func number(_ pattern: Span<UInt8>, _ place: inout Int) -> Int? {
        var value: Int? = nil
        while place < pattern.count, pattern[place] >= UInt8(ascii: "0"), pattern[place] <= UInt8(ascii: "9") {
            value = min((value ?? 0) * 10 + Int(pattern[place] - UInt8(ascii: "0")), 1_000)
            place += 1
        }
        return value
    }

    /// Whether the whole of `text` fits. Work is bounded by elements × text × count, whatever the pattern.
    public func matches(_ text: Span<UInt8>) -> Bool {
        guard text.count <= LinePattern.textLimit else { return false }
        // `reached[p]`: the first p characters can be taken by the elements so far.
        var reached = InlineArray<65, Bool>(repeating: false)
        reached[0] = true
        for index in 0..<count {
            let element = elements[index]
            var next = InlineArray<65, Bool>(repeating: false)
            for start in 0...text.count where reached[start] {
                var taken = 0
                while true {
                    if taken >= Int(element.minimum) { next[start + taken] = true }
                    guard taken < Int(element.maximum), start + taken < text.count,
                        LinePattern.fits(text[start + taken], element)
                    else { break }
                    taken += 1
                }
            }
            reached = next
        }
        return reached[text.count]
    }

    private static func fits(_ character: UInt8, _ element: Element) -> Bool {
        let isDigit = character >= UInt8(ascii: "0") && character <= UInt8(ascii: "9")
        let upper = character & 0xDF
        let isLetter = upper >= UInt8(ascii: "A") && upper <= UInt8(ascii: "Z")
        switch element.kind {
        case .literal: return character == element.literal
        case .digit: return isDigit
        case .hexadecimal: return hexadecimalValue(character) != nil
        case .letter: return isLetter
        case .alphanumeric: return isDigit || isLetter
        case .printable: return character >= 0x20 && character <= 0x7E
        }
    }
}
