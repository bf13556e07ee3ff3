import WardenMessages

/// The samples of a track, as the board's devices take them.
enum TrackSamples: Equatable {
    /// Codes of three axes at 256 to standard gravity.
    case acceleration([Int16])
    /// Values in the unit of the quantity.
    case values([Int32])

    var count: Int {
        switch self {
        case .acceleration(let codes): codes.count / 3
        case .values(let values): values.count
        }
    }

    /// Little-endian bytes.
    var bytes: [UInt8] {
        switch self {
        case .acceleration(let codes):
            codes.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }
        case .values(let values):
            values.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * Int32($0))) } }
        }
    }
}

/// Reads recordings that others made.
enum Recordings {
    /// Samples that a track may have.
    static let sampleLimit = 1_000_000

    enum Failure: Error, Equatable {
        /// The number of bytes is no multiple of six.
        case brokenTriple(bytes: Int)
        case tooLong(samples: Int)
        case noColumn(known: [String])
        case noRows
        /// A cell is not a number; the line counts from 1.
        case notANumber(line: Int)
        /// The file is not text.
        case notText
    }

    /// Raw accelerometer codes: little-endian int16 x, y, z triples.
    static func acceleration(_ bytes: [UInt8]) throws(Failure) -> TrackSamples {
        guard !bytes.isEmpty, bytes.count % 6 == 0 else { throw .brokenTriple(bytes: bytes.count) }
        guard bytes.count / 6 <= sampleLimit else { throw .tooLong(samples: bytes.count / 6) }
        return .acceleration(
            stride(from: 0, to: bytes.count, by: 2).map { index in
                Int16(truncatingIfNeeded: UInt16(bytes[index]) | UInt16(bytes[index + 1]) << 8)
            })
    }

    /// One column of a table with a heading, values rounded to what the unit counts.
    ///
    /// - Parameters:
    ///   - rows: the first and last row wanted, counted from 0 below the heading; `nil` for all.
    ///   - size: how many counted units one unit of the file is.
    static func column(
        _ name: String, of bytes: [UInt8], rows: ClosedRange<Int>?, size: Int64
    ) throws(Failure) -> TrackSamples {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .notText }
        var values: [Int32] = []
        var column: Int?
        var row = -1
        for (number, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            if line.isEmpty || line.first == "#" { continue }
            let cells = line.split(separator: ",", omittingEmptySubsequences: false)
            guard let wanted = column else {
                let headings = cells.map { $0.trimmingBlanks() }
                guard let found = headings.firstIndex(of: name) else { throw .noColumn(known: headings) }
                column = found
                continue
            }
            row += 1
            if let rows {
                if row < rows.lowerBound { continue }
                if row > rows.upperBound { break }
            }
            guard wanted < cells.count, let value = rounded(cells[wanted].trimmingBlanks(), size: size) else {
                throw .notANumber(line: number + 1)
            }
            guard values.count < sampleLimit else { throw .tooLong(samples: values.count + 1) }
            values.append(value)
        }
        guard column != nil, !values.isEmpty else { throw .noRows }
        return .values(values)
    }

    /// A decimal number times `size`, to the nearest integer, halves away from zero. No floating point: the same
    /// recording gives the same track everywhere.
    static func rounded(_ text: String, size: Int64) -> Int32? {
        var digits: Int64 = 0
        var decimals = 0
        var seenPoint = false
        var seenDigit = false
        var rest = text[...]
        let isNegative = rest.first == "-"
        if isNegative || rest.first == "+" { rest.removeFirst() }
        for character in rest {
            if character == ".", !seenPoint {
                seenPoint = true
            } else if let digit = character.wholeNumberValue, character.isASCII {
                seenDigit = true
                // Digits beyond nine decimals cannot change what is counted.
                if seenPoint, decimals == 9 { continue }
                guard digits < 1_000_000_000_000 else { return nil }
                digits = digits * 10 + Int64(digit)
                if seenPoint { decimals += 1 }
            } else {
                return nil
            }
        }
        guard seenDigit else { return nil }
        var divisor: Int64 = 1
        for _ in 0..<decimals { divisor *= 10 }
        let (product, overflow) = digits.multipliedReportingOverflow(by: size)
        guard !overflow else { return nil }
        let magnitude = (product + divisor / 2) / divisor
        return Int32(exactly: isNegative ? -magnitude : magnitude)
    }
}
