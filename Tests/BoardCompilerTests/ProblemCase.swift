import BoardCompiler
import Testing

/// One thing that is wrong with a sound board file, and what is said of it.
struct ProblemCase: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var passage: String
    var other: String
    var message: String
    var remedy: String
    var severity: Problem.Severity

    /// - Parameters:
    ///   - passage: occurs once in the board file.
    ///   - other: stands in its place; a « marks where the problem is.
    init(
        _ description: String, _ passage: String, _ other: String, _ message: String, _ remedy: String,
        _ severity: Problem.Severity = .error
    ) {
        testDescription = description
        self.passage = passage
        self.other = other
        self.message = message
        self.remedy = remedy
        self.severity = severity
    }
}
