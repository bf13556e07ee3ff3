/// What a number with a unit measures: how it is written, and what integer it becomes.
///
/// Amounts are converted exactly: an amount that is no whole number of the finest unit is refused, never rounded.
struct Dimension: Equatable, Sendable {
    /// "duration", "voltage": for messages and the reference.
    var name: String
    /// The unit symbols with their size as a fraction of the base unit; the first symbol of each size is the one shown.
    var units: [UnitSize]
    /// Whether one amount may be put together from several: "1 min 30 s".
    var isSum = false

    struct UnitSize: Equatable, Sendable {
        var symbols: [String]
        /// Base units in one of these.
        var size: Int64

        init(_ symbols: String..., size: Int64) {
            self.symbols = symbols
            self.size = size
        }
    }

    /// The base unit is the microsecond.
    static let duration = Dimension(
        name: "duration",
        units: [
            UnitSize("µs", "us", "μs", size: 1), UnitSize("ms", size: 1_000), UnitSize("s", size: 1_000_000),
            UnitSize("min", size: 60_000_000), UnitSize("h", size: 3_600_000_000),
            UnitSize("d", size: 86_400_000_000),
        ], isSum: true)
    /// The base unit is the hertz.
    static let frequency = Dimension(name: "rate", units: [UnitSize("Hz", size: 1), UnitSize("kHz", size: 1_000)])
    /// The base unit is the microvolt.
    static let voltage = Dimension(
        name: "voltage",
        units: [UnitSize("µV", "uV", "μV", size: 1), UnitSize("mV", size: 1_000), UnitSize("V", size: 1_000_000)])
    /// The base unit is the byte.
    static let memory = Dimension(
        name: "size",
        units: [UnitSize("B", size: 1), UnitSize("KiB", size: 1_024), UnitSize("MiB", size: 1_048_576)])

    private func size(of symbol: String) -> Int64? {
        units.first { $0.symbols.contains(symbol) }?.size
    }

    /// The symbols to write, one for each size.
    var symbols: [String] { units.compactMap { $0.symbols.first { !$0.isEmpty } } }

    /// The symbol to suggest where none was written.
    var usualSymbol: String { isSum ? "s" : symbols.last ?? "" }

    /// All spellings, longest first, as alternatives of a regular expression.
    var symbolPattern: String {
        let all = units.flatMap(\.symbols).sorted { ($0.count, $1) > ($1.count, $0) }
        let escaped = all.filter { !$0.isEmpty }.map { symbol in
            symbol.map { "/%.+*()[]{}^$|?\\".contains($0) ? "\\\($0)" : "\($0)" }.joined()
        }
        return escaped.joined(separator: "|")
    }

    enum Failure: Error, Equatable {
        /// No number in front.
        case notANumber
        case missingUnit
        case unknownUnit(String)
        /// No whole number of base units.
        case tooFine
        case tooLarge
    }

    /// Reads an amount such as "1.5 s" into base units.
    func parse(_ text: String) throws(Failure) -> Int64 {
        var rest = text.unicodeScalars[...]
        rest = rest.trimmingBlanks
        var isNegative = false
        if let sign = rest.first, sign == "-" || sign == "+" || sign == "−" {
            isNegative = sign != "+"
            rest = rest.dropFirst().trimmingBlanks
        }
        var total: Int64 = 0
        var terms = 0
        repeat {
            let (digits, decimals) = try number(&rest)
            rest = rest.trimmingBlanks
            let symbol = String(String.UnicodeScalarView(rest.prefix { !isSum || !("0"..."9" ~= $0 || $0 == " ") }))
                .trimmingTrailingBlanks
            rest = isSum ? rest.dropFirst(symbol.unicodeScalars.count).trimmingBlanks : rest.dropFirst(rest.count)
            guard let size = size(of: symbol) else {
                throw symbol.isEmpty ? .missingUnit : .unknownUnit(symbol)
            }
            let (amount, overflow) = digits.multipliedReportingOverflow(by: size)
            guard !overflow else { throw .tooLarge }
            var divisor: Int64 = 1
            for _ in 0..<decimals { divisor *= 10 }
            guard amount % divisor == 0 else { throw .tooFine }
            let (sum, sumOverflow) = total.addingReportingOverflow(amount / divisor)
            guard !sumOverflow else { throw .tooLarge }
            total = sum
            terms += 1
        } while isSum && !rest.isEmpty && terms < units.count
        guard rest.isEmpty else { throw .notANumber }
        return isNegative ? -total : total
    }

    /// Digits without the point, and how many of them are behind it. "1_000" is not a number here.
    private func number(_ rest: inout Substring.UnicodeScalarView) throws(Failure) -> (digits: Int64, decimals: Int) {
        var digits: Int64 = 0
        var decimals = 0
        var seen = false
        var seenPoint = false
        while let next = rest.first {
            if next == ".", !seenPoint, seen {
                seenPoint = true
            } else if let digit = Int64(String(next)), next.isASCII {
                let (shifted, overflow) = digits.multipliedReportingOverflow(by: 10)
                guard !overflow, shifted <= .max - digit, decimals < 17 else { throw .tooLarge }
                digits = shifted + digit
                if seenPoint { decimals += 1 }
                seen = true
            } else {
                break
            }
            rest = rest.dropFirst()
        }
        guard seen, !seenPoint || decimals > 0 else { throw .notANumber }
        return (digits, decimals)
    }

    /// The shortest exact way to write an amount of base units: "1.5 s", "250 ms", "0".
    func format(_ amount: Int64) -> String {
        if amount == 0 { return usualSymbol.isEmpty ? "0" : "0 " + usualSymbol }
        let magnitude = amount.magnitude
        let sign = amount < 0 ? "-" : ""
        // The largest unit in which the amount needs no more than three decimals and is at least 1.
        let sorted = units.sorted { $0.size > $1.size }
        let fitting =
            sorted.first { unit in
                let size = UInt64(unit.size)
                guard magnitude >= size else { return false }
                let remainder = magnitude % size
                guard remainder != 0 else { return true }
                return !isSum && (remainder * 1_000) % size == 0
                    || isSum && size <= 1_000_000 && (remainder * 10) % size == 0
            }
            ?? sorted.first { unit in
                let (scaled, overflow) = magnitude.multipliedReportingOverflow(by: 1_000)
                return !isSum && !overflow && scaled % UInt64(unit.size) == 0
            } ?? sorted.first { $0.size == 1 } ?? sorted[0]
        let size = UInt64(fitting.size)
        var text = sign + "\(magnitude / size)"
        var remainder = magnitude % size
        if remainder != 0 {
            text += "."
            while remainder != 0 {
                remainder *= 10
                text += "\(remainder / size)"
                remainder %= size
            }
        }
        let symbol = fitting.symbols[0]
        return symbol.isEmpty ? text : text + " " + symbol
    }
}

extension Substring.UnicodeScalarView {
    fileprivate var trimmingBlanks: Substring.UnicodeScalarView { self.drop { $0 == " " || $0 == "\u{A0}" } }
}

extension String {
    fileprivate var trimmingTrailingBlanks: String {
        var view = unicodeScalars
        while let last = view.last, last == " " || last == "\u{A0}" { view.removeLast() }
        return String(view)
    }
}
