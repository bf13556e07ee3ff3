import Foundation
import Testing

@testable import BoardCompiler

/// The pages of the detectors against the keys of board files: names, ranges and defaults.
@Suite("Detector pages and board files")
struct DetectorPageKeyTests {
    struct Page: Sendable, CustomTestStringConvertible {
        var name: String
        /// The `kind:` of board files.
        var kind: String
        /// What it listens to or drives, which the page names outside the table of parameters.
        var sources: Set<String> = ["point"]
        var testDescription: String { name }
    }

    static let pages: [Page] = [
        Page(name: "CallPoint", kind: "call-point", sources: ["input", "battery"]),
        Page(name: "CarbonMonoxide", kind: "carbon-monoxide"), Page(name: "CombustibleGas", kind: "combustible-gas"),
        Page(name: "Counting", kind: "count", sources: ["input", "point"]),
        Page(name: "Flow", kind: "flow", sources: ["input", "point"]), Page(name: "Heat", kind: "heat"),
        Page(name: "Inactivity", kind: "inactivity", sources: ["signs", "exit_door"]),
        Page(name: "Leak", kind: "leak"),
        Page(
            name: "MultiCriteriaFire", kind: "multi-criteria-fire",
            sources: ["point", "temperature", "carbon_monoxide"]),
        Page(name: "PowerUse", kind: "power-use"),
        Page(name: "RadarFall", kind: "radar-fall", sources: ["port", "module"]), Page(name: "Rate", kind: "rate"),
        Page(name: "Smoke", kind: "smoke"), Page(name: "State", kind: "state", sources: ["input", "point"]),
        Page(name: "Threshold", kind: "threshold"), Page(name: "Tilt", kind: "tilt", sources: ["sensor"]),
        Page(name: "Valve", kind: "valve", sources: ["end_switch", "drive"]),
    ]

    /// The table of parameters: each row by the words of its head.
    static func rows(of page: String) throws -> [[String: String]] {
        let text = Repository.text("Sources/LifeSafety/LifeSafety.docc/\(page).md")
        let section = try #require(text.components(separatedBy: "\n## ").first { $0.hasPrefix("Parameters\n") })
        func cells(_ line: Substring) -> [String] {
            line.split(separator: "|", omittingEmptySubsequences: false).map { $0.trimmingCharacters(in: .whitespaces) }
        }
        let lines = section.split(separator: "\n")
        let heads = try #require(lines.first { $0.hasPrefix("| parameter |") }.map(cells))
        return lines.filter { $0.hasPrefix("| `") }.map {
            Dictionary(zip(heads, cells($0))) { first, _ in first }
        }
    }

    /// The keys of board files that a cell names; none where it speaks of the point's own.
    static func keys(_ cell: String) -> [String] {
        guard !cell.contains("point") else { return [] }
        return cell.split(separator: ",").map { $0.trimmingCharacters(in: CharacterSet(charactersIn: "` ")) }
            .filter { $0 != "–" }
    }

    static let units: [String: Double] = [
        "ms": 0.001, "s": 1, "min": 60, "h": 3_600, "d": 86_400, "mdB/m": 1, "dB/m": 1_000, "0.01 % LEL": 1,
        "%LEL": 100, "µV": 1, "mV": 1_000, "V": 1_000_000, "mW": 1, "W": 1_000, "kW": 1_000_000, "mg": 1, "g": 1_000,
    ]

    /// A number with or without a unit, such as "1/60", "−1,000" or "0.5 dB/m", in the smallest unit of its kind.
    static func quantity(_ text: String, in unit: String) -> Double? {
        let parts = text.trimmingCharacters(in: .whitespaces).split(separator: " ", maxSplits: 1).map(String.init)
        guard let first = parts.first else { return nil }
        let digits = first.replacing("−", with: "-").replacing(",", with: "")
        let fraction = digits.split(separator: "/").compactMap { Double($0) }
        guard let number = fraction.count == 2 ? fraction[0] / fraction[1] : Double(digits) else { return nil }
        return number * (units[parts.count == 2 ? parts[1] : unit] ?? 1)
    }

    static func isSame(_ left: Double?, _ right: Double?) -> Bool {
        guard let left, let right else { return left == nil && right == nil }
        return abs(left - right) <= 1e-9 * max(1, abs(left))
    }

    /// The ends of "duration from 0 s to 1 min, or `never`"; `nil` for a choice.
    static func range(_ summary: String) -> (lowest: String, highest: String)? {
        guard !summary.hasPrefix("`"), let from = summary.range(of: " from "), let to = summary.range(of: " to ") else {
            return nil
        }
        let highest = summary[to.upperBound...].split(separator: ",")[0]
        return (String(summary[from.upperBound..<to.lowerBound]), String(highest))
    }

    @Test("The table has every key of the board file, with its range and its default", arguments: pages)
    func keys(page: Page) throws {
        let variant = try #require(SafetyFields.detector.documentation.variants.first { $0.word == page.kind })
        let fields = Dictionary(variant.fields.map { ($0.key, $0) }) { first, _ in first }
        var named: Set<String> = []
        for row in try Self.rows(of: page.name) {
            let keys = Self.keys(try #require(row["in a board file"]))
            named.formUnion(keys)
            for key in keys where fields[key] == nil { Issue.record("\(page.name).md: '\(key)' is no key") }
            guard let unit = row["unit"], let parameter = row["parameter"] else { continue }
            let found = keys.compactMap { fields[$0] }
            if found.count == 2, found.allSatisfy({ $0.defaultText != nil }) {
                let period = found.compactMap(\.defaultText).joined(separator: "–")
                #expect(row["default"] == period, "\(page.name).md, \(parameter)")
            }
            guard found.count == 1, let field = found.first else { continue }
            if let ends = Self.range(field.summary) {
                let written = try #require(row["range"]).components(separatedBy: "…")
                #expect(written.count == 2, "\(page.name).md, \(parameter): no range")
                #expect(
                    Self.isSame(Self.quantity(written[0], in: unit), Self.quantity(ends.lowest, in: unit))
                        && Self.isSame(
                            Self.quantity(written.last ?? "", in: unit), Self.quantity(ends.highest, in: unit)),
                    "\(page.name).md, \(parameter): \(written) is \(ends) in a board file")
            }
            guard let given = field.defaultText, let written = row["default"], written != "–" else { continue }
            let isNever = given == "never" || given == "0" && written == "endless"
            let isSame =
                isNever
                ? written == "endless"
                : Self.quantity(given, in: unit) != nil
                    ? Self.isSame(Self.quantity(given, in: unit), Self.quantity(written, in: unit))
                    : page.kind == "state" && parameter == "`alarmValue`"
                        ? (written == "1") == (given == "active")
                        : written == given || given == "as-found" && written == "none"
            #expect(isSame, "\(page.name).md, \(parameter): \(written) is \(given) in a board file")
        }
        #expect(named.union(page.sources) == Set(fields.keys), "\(page.name).md")
        let text = Repository.text("Sources/LifeSafety/LifeSafety.docc/\(page.name).md")
        #expect(text.contains("`kind: \(page.kind)`"))
    }
}
