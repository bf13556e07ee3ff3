/// A place in a file, counted from 1. Columns count Unicode scalars.
public struct SourceLocation: Hashable, Comparable, Sendable {
    public var line: Int
    public var column: Int

    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    public static func < (left: SourceLocation, right: SourceLocation) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

/// A stretch of one line.
public struct SourceRange: Hashable, Sendable {
    public var start: SourceLocation
    /// Unicode scalars covered, at least 1.
    public var length: Int

    public init(start: SourceLocation, length: Int = 1) {
        self.start = start
        self.length = max(1, length)
    }
}

/// Something wrong or doubtful in a file: where, what, and what would be right.
public struct Problem: Hashable, Sendable {
    public enum Severity: String, Sendable {
        /// The file cannot be compiled.
        case error
        /// It compiles, but somebody should look.
        case warning
    }

    public var severity: Severity
    public var range: SourceRange
    /// What is wrong, in one sentence without a full stop.
    public var message: String
    /// What would be right, in one sentence without a full stop.
    public var remedy: String

    public init(_ severity: Severity = .error, at range: SourceRange, _ message: String, remedy: String) {
        self.severity = severity
        self.range = range
        self.message = message
        self.remedy = remedy
    }
}

/// The problems found so far, in the order of discovery. Reading goes on after a problem, so that one run finds all.
public final class ProblemList {
    public private(set) var problems: [Problem] = []

    public init() {}

    public func report(
        _ severity: Problem.Severity = .error, at range: SourceRange, _ message: String, remedy: String
    ) {
        let problem = Problem(severity, at: range, message, remedy: remedy)
        if !problems.contains(problem) { problems.append(problem) }
    }

    public var hasErrors: Bool { problems.contains { $0.severity == .error } }

    /// In the order of the file; what was found first at one place stays first.
    public var sorted: [Problem] {
        problems.enumerated().sorted { left, right in
            left.element.range.start == right.element.range.start
                ? left.offset < right.offset : left.element.range.start < right.element.range.start
        }.map(\.element)
    }
}

/// Problems as a person reads them: `file:line:column`, the line itself with the place marked, and the remedy.
public struct ProblemReport {
    public var fileName: String
    public var problems: [Problem]
    private let lines: [Substring]

    public init(fileName: String, text: String, problems: [Problem]) {
        self.fileName = fileName
        self.problems = problems
        lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    }

    public var errorCount: Int { problems.count { $0.severity == .error } }
    public var warningCount: Int { problems.count { $0.severity == .warning } }

    /// One paragraph for each problem.
    public func text(colour: Bool = false) -> String {
        problems.map { paragraph($0, colour: colour) }.joined(separator: "\n")
    }

    /// "2 errors, 1 warning".
    public var summary: String {
        let errors = errorCount == 1 ? "1 error" : "\(errorCount) errors"
        let warnings = warningCount == 1 ? "1 warning" : "\(warningCount) warnings"
        return warningCount == 0 ? errors : "\(errors), \(warnings)"
    }

    /// One object for each problem: `file`, `line`, `column`, `severity`, `message`, `remedy`.
    public var json: JSONValue {
        .array(
            problems.map { problem in
                .object([
                    ("file", .string(fileName)),
                    ("line", .integer(problem.range.start.line)),
                    ("column", .integer(problem.range.start.column)),
                    ("severity", .string(problem.severity.rawValue)),
                    ("message", .string(problem.message)),
                    ("remedy", .string(problem.remedy)),
                ])
            })
    }

    private func paragraph(_ problem: Problem, colour: Bool) -> String {
        let start = problem.range.start
        let bold = colour ? "\u{1B}[1m" : ""
        let tint = colour ? (problem.severity == .error ? "\u{1B}[31m" : "\u{1B}[33m") : ""
        let plain = colour ? "\u{1B}[0m" : ""
        var text = "\(bold)\(fileName):\(start.line):\(start.column): \(tint)\(problem.severity.rawValue):\(plain) "
        text += "\(bold)\(problem.message)\(plain)\n"
        if start.line >= 1, start.line <= lines.count {
            let line = lines[start.line - 1]
            let scalars = line.unicodeScalars
            let before = scalars.prefix(start.column - 1)
            let marked = min(problem.range.length, max(1, scalars.count - before.count))
            // Tabs are kept as tabs, so that the mark stands below the place however wide they are shown.
            let margin = String(String.UnicodeScalarView(before.map { $0 == "\t" ? "\t" : " " }))
            let number = String(repeating: " ", count: max(0, 5 - "\(start.line)".count)) + "\(start.line)"
            text += "\(number) | \(line)\n"
            text += "      | \(margin)\(tint)^\(String(repeating: "~", count: marked - 1))\(plain)\n"
        }
        text += "      = \(problem.remedy)\n"
        return text
    }
}
