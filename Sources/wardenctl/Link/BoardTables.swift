import BoardCompiler
import Console
import FixedMemory
import Foundation
import HardwareInterface
import WardenMessages

/// What a board tells about itself, as tables for people and programs.
enum BoardTables {
    static func doors(_ doors: [DoorStatus]) -> ReportTable {
        ReportTable(
            "doors", "Doors",
            [
                .init("name", "door"), .init("state", "state"), .init("released", "lock"), .init("open", "leaf"),
                .init("fire", "fire"),
            ],
            doors.map { door in
                [
                    text(door.name), "\(Words.doorState(door.state))", door.released ? "released" : "locked",
                    door.open.map { $0 ? "open" : "closed" } ?? "", door.fire ? "fire" : "",
                ]
            })
    }

    static func points(_ points: [PointStatus]) -> ReportTable {
        ReportTable(
            "sensors", "Sensors",
            [
                .init("name", "point"), .init("value", "value"), .init("quality", "quality"),
                .init("age_ms", "age in ms", isNumber: true),
            ],
            points.map { point in
                let quality = Quality(rawValue: UInt8(truncatingIfNeeded: point.quality)) ?? .faulty
                let unit = Unit(rawValue: UInt8(truncatingIfNeeded: point.unit)) ?? .index
                return [
                    text(point.name),
                    quality.isUsable ? written { PointText.appendValue(point.value, unit: unit, to: &$0) } : "",
                    "\(Words.quality(point.quality))", "\(point.ageNs / 1_000_000)",
                ]
            })
    }

    static func counters(_ counters: [CounterStatus]) -> ReportTable {
        ReportTable(
            "counters", "Counters",
            [
                .init("name", "counter"), .init("value", "value", isNumber: true),
                .init("capacity", "of", isNumber: true),
                .init("high_water", "at most", isNumber: true), .init("dropped", "lost", isNumber: true),
            ],
            counters.map { counter in
                let hasCapacity = counter.capacity > 0
                return [
                    text(counter.name), "\(counter.value)", hasCapacity ? "\(counter.capacity)" : "",
                    hasCapacity ? "\(counter.highWater)" : "", hasCapacity ? "\(counter.dropped)" : "",
                ]
            })
    }

    static func detectors(_ detectors: [DetectorStatus]) -> ReportTable {
        ReportTable(
            "alarms", "Alarms",
            [
                .init("name", "detector"), .init("state", "state"), .init("cause", "cause"),
                .init("trouble", "trouble"), .init("value", "value", isNumber: true),
            ],
            detectors.map { detector in
                [
                    text(detector.name), "\(Words.alarmState(detector.state))",
                    detector.cause == 0 ? "" : "\(Words.alarmCause(detector.cause))",
                    detector.trouble == 0 ? "" : "\(Words.detectorTrouble(detector.trouble))", "\(detector.value)",
                ]
            })
    }

    /// Detectors that are under test, or were.
    ///
    /// - Parameter now: the board's monotonic clock.
    static func walkTests(_ detectors: [DetectorStatus], at now: UInt64) -> ReportTable {
        ReportTable(
            "walktest", "Walk test",
            [
                .init("name", "detector"), .init("state", "state"),
                .init("activations", "activated", isNumber: true), .init("left_s", "seconds left", isNumber: true),
            ],
            detectors.filter { $0.state == .underTest || $0.testActivations > 0 }.map { detector in
                let left = detector.state == .underTest && detector.untilNs > now ? detector.untilNs - now : 0
                return [
                    text(detector.name), "\(Words.alarmState(detector.state))", "\(detector.testActivations)",
                    "\(left / 1_000_000_000)",
                ]
            })
    }

    static func lines(_ lines: [LineStatus]) -> ReportTable {
        ReportTable(
            "lines", "Lines",
            [
                .init("name", "line"), .init("direction", "direction"), .init("level", "level"),
                .init("forced_s", "forced for s", isNumber: true),
            ],
            lines.map { line in
                [
                    text(line.name), line.output ? "output" : "input",
                    line.available ? (line.active ? "active" : "inactive") : "gone",
                    line.forcedSeconds == 0 ? "" : "\(line.forcedSeconds)",
                ]
            })
    }

    static func readers(_ readers: [ReaderStatus]) -> ReportTable {
        ReportTable(
            "readers", "Readers",
            [
                .init("name", "reader"), .init("online", "state"), .init("frames", "frames", isNumber: true),
                .init("rejected", "rejected", isNumber: true), .init("trouble", "trouble"),
            ],
            readers.map { reader in
                [
                    text(reader.name), reader.online ? "online" : "gone", "\(reader.frames)", "\(reader.rejected)",
                    reader.trouble == 0 ? "" : "\(Words.readerTrouble(reader.trouble))",
                ]
            })
    }

    static func statusRows(_ status: BoardStatus) -> [(key: String, title: String, value: JSONValue)] {
        [
            ("board", "board", .string(text(status.name))),
            ("version", "version", .string(text(status.version))),
            ("generation", "generation", .integer(Int(status.generation))),
            ("uptime_s", "up for", .integer(Int(status.uptimeNs / 1_000_000_000))),
            ("clock", "clock", .string(clock(status))),
            ("doors", "doors", .integer(Int(status.doors))),
            ("alarms", "alarms", .integer(Int(status.alarms))),
            ("troubles", "troubles", .integer(Int(status.troubles))),
            ("disablements", "disabled", .integer(Int(status.disablements))),
            ("under_test", "under test", .integer(Int(status.underTest))),
            ("last_event", "last event", .integer(Int(status.lastSequence))),
            ("events_kept", "events kept", .integer(Int(status.eventsKept))),
            ("event_capacity", "room for events", .integer(Int(status.eventCapacity))),
            ("credentials", "credentials", .integer(Int(status.credentials))),
            ("credential_capacity", "room for credentials", .integer(Int(status.credentialCapacity))),
            ("turns", "turns", .integer(Int(clamping: status.turns))),
            ("inputs_lost", "inputs lost", .integer(Int(clamping: status.inputsLost))),
        ]
    }

    private static func clock(_ status: BoardStatus) -> String {
        switch status.clockTrust {
        case .unset: return "not set"
        case .freeRunning, .synchronised, .unrecognised:
            let time = written { TimeText.appendCivil(unixMilliseconds: status.unixMs, to: &$0) } + " UTC"
            return status.clockTrust == .synchronised ? time : time + ", drifting"
        }
    }

    static func text<let capacity: Int>(_ bytes: FixedBytes<capacity>) -> String {
        String(decoding: (0..<bytes.count).map { bytes[$0] }, as: UTF8.self)
    }

    static func written(_ write: (inout ByteBuffer) -> Void) -> String {
        var buffer = ByteBuffer(capacity: 1_024)
        write(&buffer)
        return String(decoding: (0..<buffer.count).map { buffer[$0] }, as: UTF8.self)
    }
}

/// The names of a running board, asked once; what has no table there is shown by its place.
struct ClientNames: BoardNames {
    private var names: [NamedKind: [Name]] = [:]

    init(_ board: BoardConnection) throws {
        names[.door] = try board.doors().map(\.name)
        names[.point] = try board.points().map(\.name)
        names[.detector] = try board.detectors().map(\.name)
        names[.line] = try board.lines().map(\.name)
        names[.reader] = try board.readers().map(\.name)
    }

    func name(of kind: NamedKind, at index: Int) -> Name? {
        guard let table = names[kind], table.indices.contains(index) else { return nil }
        return table[index]
    }

    func place(of name: String, in kind: NamedKind) -> Int? {
        names[kind]?.firstIndex { BoardTables.text($0) == name }
    }

    func all(_ kind: NamedKind) -> [String] { (names[kind] ?? []).map { BoardTables.text($0) } }
}

/// One event as a line of text or an object.
struct EventLine {
    let event: Event
    let names: ClientNames

    /// The words that traces and consoles use for it.
    var words: String { BoardTables.written { EventText.append(event, names: names, to: &$0) } }

    private var time: String {
        if event.clockTrust == .unset {
            return "+"
                + BoardTables.written {
                    TimeText.appendSeconds(nanoseconds: Int64(clamping: event.monotonicNs), to: &$0)
                }
        }
        return BoardTables.written { TimeText.appendCivil(unixMilliseconds: event.unixMs + localOffset, to: &$0) }
    }

    /// Milliseconds that this machine's time is ahead of UTC.
    private var localOffset: Int64 {
        let date = Date(timeIntervalSince1970: Double(event.unixMs) / 1_000)
        return Int64(TimeZone.current.secondsFromGMT(for: date)) * 1_000
    }

    var text: String {
        let number = "\(event.sequence)"
        return String(repeating: " ", count: max(0, 8 - number.count)) + number + "  " + time + "  " + words
    }

    var isAlarm: Bool { event.class == .alarm }
    var isTrouble: Bool { event.class == .trouble }

    var json: JSONValue {
        .object([
            ("sequence", .integer(Int(clamping: event.sequence))),
            ("monotonic_ns", .integer(Int(clamping: event.monotonicNs))),
            ("unix_ms", event.clockTrust == .unset ? .null : .integer(Int(event.unixMs))),
            ("clock_trust", .string("\(event.clockTrust)")),
            ("class", .string("\(event.class)")),
            ("text", .string(words)),
        ])
    }
}
