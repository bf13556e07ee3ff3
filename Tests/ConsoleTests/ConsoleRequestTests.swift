import FixedMemory
import Testing
import WardenMessages

@testable import Console

private func parse(_ line: String) -> ConsoleRequest {
    let bytes = Array(line.utf8)
    return ConsoleRequest.parse(bytes.span)
}

@Suite("A line is read as one request or as a mistake that is named")
struct ConsoleRequestTests {
    @Test(
        "Requests",
        arguments: [
            ("", .nothing), ("   ", .nothing), ("help", .help), ("  status  ", .status), ("doors", .doors),
            ("sensors", .sensors), ("alarms", .alarms), ("readers", .readers), ("events", .events(20)),
            ("events 5", .events(5)), ("door front unlock", .command(.doorUnlock, nameFrom: 5, nameTo: 10)),
            ("door unlock front", .command(.doorUnlock, nameFrom: 12, nameTo: 17)),
            ("door front lockdown", .command(.doorLockdown, nameFrom: 5, nameTo: 10)),
            ("alarm smoke acknowledge", .command(.alarmAcknowledge, nameFrom: 6, nameTo: 11)),
            ("fire reset", .globalCommand(.fireReset)),
        ] as [(String, ConsoleRequest)])
    func requests(line: String, request: ConsoleRequest) {
        #expect(parse(line) == request)
    }

    @Test(
        "Mistakes",
        arguments: [
            ("dors", .unknown), ("status now", .wrongArguments(.status)), ("events x", .wrongArguments(.events)),
            ("events 0", .wrongArguments(.events)), ("events 99999999", .wrongArguments(.events)),
            ("events 5 6", .wrongArguments(.events)), ("door", .wrongArguments(.door)),
            ("door front", .wrongArguments(.door)), ("door front open", .wrongArguments(.door)),
            ("door front unlock now", .wrongArguments(.door)), ("alarm smoke", .wrongArguments(.alarm)),
            ("fire", .wrongArguments(.fire)), ("fire resett", .wrongArguments(.fire)),
        ] as [(String, ConsoleRequest)])
    func mistakes(line: String, request: ConsoleRequest) {
        #expect(parse(line) == request)
    }
}
