import Foundation
import HardwareInterface
import Testing

@testable import LifeSafety

/// The parameter tables of the detectors' pages against the defaults in the code.
@Suite("Detector pages")
struct DetectorPageTests {
    struct Row {
        var unit: String
        var defaultValue: String
    }

    struct Page: Sendable, CustomTestStringConvertible {
        var name: String
        /// A configuration in which everything that has a default has it.
        var configuration: @Sendable () -> Any
        /// Parameters without a default; the page has a dash for them.
        var required: Set<String> = []
        var testDescription: String { name }
    }

    static let point = PointIndex(0)
    static let pages: [Page] = [
        Page(name: "CallPoint") { CallPointDetector.Configuration(button: point) },
        Page(name: "CarbonMonoxide") { CarbonMonoxideDetector.Configuration(source: point) },
        Page(name: "CombustibleGas") { CombustibleGasDetector.Configuration(source: point) },
        Page(
            name: "Counting",
            configuration: {
                CountDetector.Configuration(source: point, side: .tooMany, count: 1, window: .seconds(1))
            }, required: ["side", "count", "window"]),
        Page(name: "Fall") { FallDetector.Configuration(source: point) },
        Page(name: "Flow") { FlowDetector.Configuration(source: point) },
        Page(name: "Heat") { HeatDetector.Configuration(source: point) },
        Page(name: "Inactivity") { InactivityDetector.Configuration(first: point) },
        Page(
            name: "Leak", configuration: { LeakDetector.Configuration(source: point, wetLimit: 1) },
            required: ["wetLimit"]),
        Page(name: "MultiCriteriaFire") { MultiCriteriaFireDetector.Configuration(smoke: point) },
        Page(name: "PowerUse") { PowerUseDetector.Configuration(source: point) },
        Page(name: "RadarFall") { RadarFallDetector.Configuration(fall: point) },
        Page(
            name: "Rate",
            configuration: {
                RateDetector.Configuration(source: point, direction: .rising, alarmChange: 1, window: .seconds(1))
            }, required: ["direction", "alarmChange", "window"]),
        Page(name: "Smoke") { SmokeDetector.Configuration(source: point) },
        Page(name: "State") { StateDetector.Configuration(source: point) },
        Page(
            name: "Threshold",
            configuration: { ThresholdDetector.Configuration(source: point, side: .above, alarmLimit: 1) },
            required: ["side", "alarmLimit"]),
        Page(name: "Tilt") { TiltDetector.Configuration(source: point) },
        Page(name: "Valve") { ValveSupervisor.Configuration(feedback: point) },
    ]

    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Sources/LifeSafety/LifeSafety.docc")

    /// The rows of the table of parameters, by their names.
    static func rows(of page: String) throws -> [String: Row] {
        let text = try String(contentsOf: folder.appendingPathComponent(page + ".md"), encoding: .utf8)
        var rows: [String: Row] = [:]
        let section = try #require(text.components(separatedBy: "\n## ").first { $0.hasPrefix("Parameters\n") })
        func cells(_ line: Substring) -> [String] {
            line.split(separator: "|", omittingEmptySubsequences: false).map { $0.trimmingCharacters(in: .whitespaces) }
        }
        let lines = section.split(separator: "\n")
        let heads = try #require(lines.first { $0.hasPrefix("| parameter |") }.map(cells))
        let unit = try #require(heads.firstIndex(of: "unit"))
        let defaultValue = try #require(heads.firstIndex(of: "default"))
        for line in lines where line.hasPrefix("| `") {
            let row = cells(line)
            guard row.count == heads.count else { continue }
            rows[row[1].replacing("`", with: "")] = Row(unit: row[unit], defaultValue: row[defaultValue])
        }
        return rows
    }

    /// A default as a page writes it.
    static func written(_ value: Any, unit: String) -> String {
        switch value {
        case let interval as Interval:
            let units: [String: Int64] = [
                "ms": 1_000_000, "s": 1_000_000_000, "min": 60_000_000_000, "h": 3_600_000_000_000,
            ]
            if interval == .endless { return "endless" }
            guard let length = units[unit] else { return "an interval without a unit of time" }
            return grouped(interval.nanoseconds / length)
        case let range as ValueRange:
            return range == .any ? "any" : "\(grouped(Int64(range.lowest)))…\(grouped(Int64(range.highest)))"
        case let period as DailyPeriod: return "\(time(period.fromSecond))–\(time(period.toSecond))"
        case let flag as Bool: return "\(flag)"
        case let number as Int32: return grouped(Int64(number))
        case let number as UInt8: return grouped(Int64(number))
        case let responseClass as HeatDetector.ResponseClass: return "\(responseClass)".uppercased()
        case let cause as AlarmCause: return "`\(cause)`"
        default:
            let mirror = Mirror(reflecting: value)
            guard mirror.displayStyle == .optional else { return "a type that the pages do not have" }
            return mirror.children.first.map { written($0.value, unit: unit) } ?? "none"
        }
    }

    static func time(_ second: Int32) -> String { String(format: "%02d:%02d", second / 3_600, second / 60 % 60) }

    static func grouped(_ value: Int64) -> String {
        var digits = String(value.magnitude)
        var groups: [String] = []
        while digits.count > 3 {
            groups.insert(String(digits.suffix(3)), at: 0)
            digits.removeLast(3)
        }
        return (value < 0 ? "−" : "") + ([digits] + groups).joined(separator: ",")
    }

    @Test("Every parameter has a row with its unit and the default that the code has", arguments: pages)
    func parameters(page: Page) throws {
        let rows = try Self.rows(of: page.name)
        var names: Set<String> = []
        for child in Mirror(reflecting: page.configuration()).children {
            let type = type(of: child.value)
            guard let name = child.label, type != PointIndex.self, type != PointIndex?.self else { continue }
            names.insert(name)
            guard let row = rows[name] else {
                Issue.record("\(page.name).md has no row for '\(name)'")
                continue
            }
            let expected = page.required.contains(name) ? "–" : Self.written(child.value, unit: row.unit)
            #expect(row.defaultValue == expected, "\(page.name).md, \(name)")
        }
        #expect(Set(rows.keys) == names, "no row for a parameter that is gone")
    }

    @Test("Every page says what the detector cannot detect", arguments: pages)
    func limits(page: Page) throws {
        let text = try String(
            contentsOf: Self.folder.appendingPathComponent(page.name + ".md"), encoding: .utf8)
        #expect(text.contains("\n## What it cannot detect\n"))
    }
}
