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
