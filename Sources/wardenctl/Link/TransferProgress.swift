import Foundation

/// How far a long transfer has come: a bar where a person looks, nothing elsewhere.
struct TransferProgress {
    private let title: String
    private let total: Int
    private let unit: String
    private let isShown: Bool
    private let began = Date()
    private var shownAt = Date.distantPast
    private var isLineOpen = false

    /// - Parameters:
    ///   - total: how much there is in all; 0 where nobody knows.
    ///   - unit: "B" for bytes, or what is counted.
    ///   - isQuiet: for machines.
    init(_ title: String, total: Int, unit: String, isQuiet: Bool) {
        self.title = title
        self.total = total
        self.unit = unit
        isShown = !isQuiet && isatty(2) == 1
    }

    mutating func show(_ done: Int) {
        let isLast = total > 0 && done >= total
        guard isShown, isLast || Date().timeIntervalSince(shownAt) > 0.1 else { return }
        shownAt = Date()
        isLineOpen = !isLast
        FileHandle.standardError.write(Data(("\r" + line(done) + "\u{1B}[K" + (isLast ? "\n" : "")).utf8))
    }

    /// Ends the line of a transfer that stopped before its end, or whose end nobody knew.
    mutating func end() {
        if isLineOpen { FileHandle.standardError.write(Data("\n".utf8)) }
        isLineOpen = false
    }

    private func line(_ done: Int) -> String {
        let seconds = Date().timeIntervalSince(began)
        let rate = seconds > 0 ? Double(done) / seconds : 0
        guard total > 0 else { return "\(title)  \(amount(Double(done)))  \(amount(rate))/s" }
        let share = min(1, Double(done) / Double(total))
        let filled = Int(share * 30)
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 30 - filled)
        let rest = rate > 0 ? Int((Double(total - done) / rate).rounded(.up)) : 0
        return "\(title)  \(bar) \(Int(share * 100)) %  \(amount(rate))/s  \(rest) s left"
    }

    private func amount(_ value: Double) -> String {
        guard unit == "B" else { return "\(Int(value)) \(unit)" }
        return value < 10_000
            ? "\(Int(value)) B" : value < 10_000_000 ? "\(Int(value / 1_000)) kB" : "\(Int(value / 1_000_000)) MB"
    }
}
