import FixedMemory
import Testing
import WardenMessages

@testable import Console

private func parse(_ line: String) -> ConsoleRequest {
    let bytes = Array(line.utf8)
    return ConsoleRequest.parse(bytes.span)
}

private func events(
    _ count: Int = 20, kind: EventKind? = nil, door: Range<Int>? = nil, detector: Range<Int>? = nil,
    seconds: Int64? = nil, sequence: UInt64? = nil
) -> ConsoleRequest {
    var request = EventRequest()
    request.count = count
    request.kind = kind
    request.door = door
    request.detector = detector
    request.seconds = seconds
    request.sequence = sequence
    return .events(request)
}

@Suite("A line is read as one request or as a mistake that is named")
struct ConsoleRequestTests {
    @Test(
        "Requests",
        arguments: [
            ("", .nothing), ("   ", .nothing), ("help", .help), ("help door", .helpOn(.door)),
            ("  status  ", .show(.status)), ("doors", .show(.doors)), ("sensors --plain", .show(.sensors)),
            ("reader lobby install", .command(.readerInstall, name: 7..<12)),
            ("reader install lobby", .command(.readerInstall, name: 15..<20)),
            ("alarms", .show(.alarms)), ("detectors", .show(.detectors)), ("readers", .show(.readers)),
            ("door front unlock", .command(.doorUnlock, name: 5..<10)),
            ("door unlock front", .command(.doorUnlock, name: 12..<17)),
            ("door --yes front lockdown", .command(.doorLockdown, name: 11..<16)),
            ("alarm smoke acknowledge", .command(.alarmAcknowledge, name: 6..<11)),
            ("alarms smoke bypass", .command(.alarmBypass, name: 7..<12)),
            ("alarm flat away 14d", .lastingCommand(.residentAway, seconds: 1_209_600, name: 6..<10)),
            ("alarm smoke hush", .command(.detectorHush, name: 6..<11)),
            ("alarm restore smoke", .command(.alarmRestore, name: 14..<19)),
            ("point siren on", .force(isActive: true, seconds: 0, name: 6..<11)),
            ("point siren off 10m", .force(isActive: false, seconds: 600, name: 6..<11)),
            ("points siren on 90", .force(isActive: true, seconds: 90, name: 7..<12)),
            ("point siren release", .command(.pointRelease, name: 6..<11)),
            ("walktest", .show(.walktest)), ("walktest smoke", .walkTest(name: 9..<14, minutes: nil)),
            ("walktest smoke 90", .walkTest(name: 9..<14, minutes: 90)),
            ("walktest all end", .endWalkTest(name: 9..<12)),
            ("fire reset", .globalCommand(.fireReset)), ("watch", .watch(nil, seconds: 1)),
            ("watch doors", .watch(.door, seconds: 1)), ("watch 5", .watch(nil, seconds: 5)),
            ("watch sensors 10", .watch(.point, seconds: 10)), ("clock", .show(.clock)),
            ("clock set 2026-11-22 18:05:09", .setClock(1_795_370_709)), ("language zh", .language(.chinese)),
            ("language en", .language(.english)), ("terminal plain", .terminal(.plain)),
            ("terminal auto", .terminal(.auto)), ("terminal 132x50", .terminal(.size(columns: 132, rows: 50))),
            ("terminal", .show(.terminal)),
        ] as [(String, ConsoleRequest)])
    func requests(line: String, request: ConsoleRequest) {
        #expect(parse(line) == request)
    }

    @Test(
        "Events, with what narrows them",
        arguments: [
            ("events", events()), ("events 5", events(5)), ("events kind alarm", events(kind: .alarm)),
            ("events 3 kind access since 2h", events(3, kind: .access, seconds: 7_200)),
            ("events door front", events(door: 12..<17)), ("events since #12", events(sequence: 12)),
            ("events since 3d", events(seconds: 259_200)), ("events detector smoke", events(detector: 16..<21)),
        ] as [(String, ConsoleRequest)])
    func eventRequests(line: String, request: ConsoleRequest) {
        #expect(parse(line) == request)
    }

    @Test(
        "Mistakes",
        arguments: [
            ("dors", .unknown(0..<4)), ("help dors", .unknown(5..<9)), ("status now", .wrongArguments(.status)),
            ("events x", .wrongArguments(.events)), ("events 0", .wrongArguments(.events)),
            ("events 99999999", .wrongArguments(.events)), ("events 5 6", .wrongArguments(.events)),
            ("events kind thing", .wrongArguments(.events)), ("events since 5", .wrongArguments(.events)),
            ("events since", .wrongArguments(.events)), ("events kind door kind door", .wrongArguments(.events)),
            ("door", .wrongArguments(.door)), ("door front", .wrongArguments(.door)),
            ("door front open", .wrongArguments(.door)), ("door front unlock now", .wrongArguments(.door)),
            ("point siren", .wrongArguments(.point)), ("point siren on 0", .wrongArguments(.point)),
            ("point siren release 5", .wrongArguments(.point)), ("point siren on soon", .wrongArguments(.point)),
            ("points siren", .wrongArguments(.points)),
            ("alarm smoke reset 5m", .wrongArguments(.alarm)), ("alarm flat away 91d", .wrongArguments(.alarm)),
            ("alarm smoke", .wrongArguments(.alarm)), ("fire", .wrongArguments(.fire)),
            ("fire resett", .wrongArguments(.fire)), ("status --pain", .wrongArguments(.status)),
            ("walktest smoke 0", .wrongArguments(.walktest)), ("walktest smoke 241", .wrongArguments(.walktest)),
            ("walktest smoke now", .wrongArguments(.walktest)), ("walktest smoke 5 end", .wrongArguments(.walktest)),
            ("watch 0", .wrongArguments(.watch)), ("watch tower", .wrongArguments(.watch)),
            ("clock set", .wrongArguments(.clock)), ("clock set 2026-02-29 00:00:00", .wrongArguments(.clock)),
            ("clock set 2026-11-22 24:00:00", .wrongArguments(.clock)), ("language fr", .wrongArguments(.language)),
            ("terminal 10x5", .wrongArguments(.terminal)), ("terminal 80x", .wrongArguments(.terminal)),
            ("a b c d e f g h i j k l", .unknown(0..<1)), ("door a b c d e f g h i j k", .wrongArguments(.door)),
        ] as [(String, ConsoleRequest)])
    func mistakes(line: String, request: ConsoleRequest) {
        #expect(parse(line) == request)
    }

    @Test(
        "A civil time that is read is the one that is written",
        arguments: [0, 951_782_400, 1_709_164_800, 1_795_000_000, 4_102_444_799, 7_258_118_399] as [Int64])
    func civil(seconds: Int64) {
        var text = FixedBytes<32>()
        TimeText.appendCivil(unixMilliseconds: seconds * 1_000, to: &text)
        let bytes = (0..<text.count).map { text[$0] }
        #expect(TimeText.civilSeconds(date: Array(bytes[..<10]).span, time: Array(bytes[11...]).span) == seconds)
    }

    @Test("Every command has a usage line that begins with it, and examples that are no mistakes")
    func examples() {
        for number in 0..<UInt8(ConsoleCommand.count) {
            let command = ConsoleCommand(rawValue: number)!
            #expect("\(command.usage)".split(separator: " ").first.map(String.init) == "\(command.word)")
            #expect(command.example(at: 0) != nil)
            var index = 0
            while let example = command.example(at: index) {
                let line = "\(example.line)".replacing("@", with: "entrance")
                switch parse(line) {
                case .wrongArguments, .unknown, .nothing: Issue.record("\(line) is a mistake")
                default: break
                }
                index += 1
            }
        }
    }

    @Test(
        "Distance counts letters put in, left out, replaced and exchanged",
        arguments: [
            ("door", "door", 0), ("dor", "door", 1), ("doors", "door", 1), ("dorr", "door", 1), ("odor", "door", 1),
            ("", "door", 4), ("statsu", "status", 1), ("kitten", "sitting", 3),
        ])
    func distance(typed: String, word: String, expected: Int) {
        #expect(Suggestion.distance(Array(typed.utf8).span, BenchBoard.name(word)) == expected)
    }
}
