import Foundation

/// A result for a machine: JSON, with its fields in alphabetical order so that two runs can be compared.
///
/// A time that never came is "never".
func machineReadable(_ result: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
        positiveInfinity: "never", negativeInfinity: "-inf", nan: "nan")
    return try encoder.encode(result)
}

/// Clauses and recordings of one detector in one report; without recordings that part is left out.
public func machineReadable(_ clauses: ClauseEvaluation, _ series: SeriesEvaluation?) throws -> Data {
    struct Report: Encodable {
        var clauses: [ClauseResult]
        var recordings: SeriesEvaluation?
    }
    return try machineReadable(Report(clauses: clauses.results, recordings: series))
}
