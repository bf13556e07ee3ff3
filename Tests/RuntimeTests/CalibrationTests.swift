import DeviceModels
import HardwareInterface
import Testing
import WardenMessages

@testable import Console
@testable import Runtime

@Suite("Calibration by hand: kept, journalled, bounded, and never where it would hide an alarm")
struct CalibrationTests {
    static func board() throws -> BoardUnderTest {
        let board = try BoardUnderTest(medium: ReplayTests.medium())
        board.pass(.seconds(60))
        board.forget()
        return board
    }

    static func point(_ board: borrowing BoardUnderTest, _ name: String) throws -> PointStatus {
        try #require(board.point(name), "no point \(name)")
    }

    @Test("A point reads what the reference says, over a power cut, until that is taken back; the recording replays")
    func offset() throws {
        let board = try Self.board()
        let before = try Self.point(board, "temperature")
        #expect(before.offset == 0)
        let wanted = before.value + 1_500
        board.type("calibrate temperature \(wanted / 1_000).\(wanted % 1_000) --yes")
        #expect(
            board.happened("command point-calibrate temperature \(wanted) done by console 0"), "\(board.words)")
        let after = try Self.point(board, "temperature")
        #expect(abs(after.value - wanted) <= 60 && abs(after.offset - 1_500) <= 60, "\(after)")
        board.pass(.seconds(10))
        #expect(abs(try Self.point(board, "temperature").value - wanted) <= 60, "new readings follow")
        let outcome = try ReplayTests.play(try ReplayTests.recording(of: board), file: board.file)
        #expect(outcome.difference == nil, "\(outcome.words.events.suffix(4))")
        let again = try board.afterPowerCut()
        again.pass(.seconds(30))
        #expect(try Self.point(again, "temperature").offset == after.offset)
        again.type("calibrate temperature undo --yes")
        #expect(again.happened("command point-uncalibrate temperature done by console 0"), "\(again.words)")
        #expect(abs(try Self.point(again, "temperature").value - before.value) <= 60)
        again.pass(.seconds(30))
        let third = try again.afterPowerCut()
        third.pass(.seconds(30))
        #expect(try Self.point(third, "temperature").offset == 0)
    }

    @Test("More than a sound sensor drifts is refused, and so is a value that does not stand still yet")
    func bounds() throws {
        let board = try Self.board()
        let value = try Self.point(board, "temperature").value
        board.type("calibrate temperature \(value / 1_000 + 20) --yes")
        #expect(
            board.words.contains { $0.hasPrefix("command point-calibrate temperature") && $0.contains("out-of-range") })
        #expect(board.printed().contains("further off than a sound sensor drifts"))
        let fresh = try BoardUnderTest()
        fresh.pass(.seconds(4))
        fresh.type("calibrate temperature 21 --yes")
        #expect(fresh.words.contains { $0.hasPrefix("command point-calibrate temperature") && $0.contains("busy") })
        #expect(try Self.point(fresh, "temperature").offset == 0)
    }

    @Test("A smoke detector's point and a leak rope's are not moved; the chamber learns clean air by its own command")
    func detectors() throws {
        let board = try Self.board()
        board.type("calibrate smoke_level zero --yes")
        #expect(board.printed().contains("follows clean air"))
        board.type("calibrate leak_level 2 --yes")
        #expect(board.printed().contains("nothing to calibrate there"))
        board.type("calibrate leak clean-air --yes")
        #expect(board.printed().contains("nothing to calibrate there"))
        #expect(board.words.isEmpty, "nothing came to the board: \(board.words)")
        // The command itself is refused too, whoever sends it.
        for point in 0..<2 {
            _ = board.runtime.execute(Command(kind: .pointCalibrate, target: UInt32(point)), fromConsole: 0)
        }
        board.pass(.milliseconds(100))
        #expect(board.happened("command point-calibrate smoke_level 0 refused by console 0"), "\(board.words)")
        #expect(board.happened("command point-calibrate leak_level 0 refused by console 0"), "\(board.words)")
        board.type("calibrate smoke clean-air --yes")
        #expect(board.happened("command detector-cleaned smoke done by console 0"), "\(board.words)")
    }

    @Test("Somebody who only looks may not")
    func roles() throws {
        let yaml = SmallBoards.stairwell.replacing("console_role: technician", with: "console_role: operator")
        let board = try BoardUnderTest(yaml)
        board.pass(.seconds(60))
        board.type("calibrate temperature 21 --yes")
        #expect(
            board.happened("command point-calibrate temperature 21000 not-permitted by console 0"), "\(board.words)")
        #expect(try Self.point(board, "temperature").offset == 0)
    }

    @Test("A chip that calibrates itself says when it has, with who asked")
    func chip() throws {
        let yaml = SmallBoards.stairwell
            .replacing(
                "climate: {chip: bme280, bus: sensors, address: 0x76, interval: 2 s}",
                with: """
                    climate: {chip: bme280, bus: sensors, address: 0x76, interval: 2 s}
                      air: {chip: scd4x, bus: sensors, address: 0x62, interval: 5 s}
                    """
            )
            .replacing(
                "temperature: {measures",
                with: """
                    carbon_dioxide: {measures: air.carbon_dioxide, range: 200 ppm to 5000 ppm}
                      temperature: {measures
                    """)
        let board = try BoardUnderTest(yaml, medium: ReplayTests.medium())
        board.pass(.seconds(60))
        board.type("calibrate carbon_dioxide 450 --yes")
        #expect(board.words.contains { $0.hasPrefix("command point-calibrate carbon_dioxide 450 busy") })
        board.pass(.minutes(4))
        board.forget()
        board.type("calibrate carbon_dioxide 450 --yes")
        #expect(
            board.happened("command point-calibrate carbon_dioxide 450 started by console 0"), "\(board.words)")
        board.pass(.seconds(20))
        #expect(board.happened("command point-calibrate carbon_dioxide 450 done by console 0"), "\(board.words)")
        let point = try Self.point(board, "carbon_dioxide")
        #expect(abs(point.value - 450) <= 10 && point.offset == 0)
        let outcome = try ReplayTests.play(try ReplayTests.recording(of: board), file: board.file)
        #expect(outcome.difference == nil, "\(outcome.words.events.suffix(4))")
    }

    @Test("The network is shown as the hardware sees it")
    func network() throws {
        let board = try BoardUnderTest()
        board.pass(.seconds(5))
        _ = board.printed()
        board.type("network --plain")
        board.pass(.seconds(1))
        let rows = board.printed()
        #expect(rows.contains("interface\tvirtual0\tup\t"), "\(rows)")
        #expect(rows.contains("address\t192.0.2.7/24"))
        #expect(rows.contains("listens\t192.0.2.7:7321\topen"))
        #expect(rows.contains("links\t0/"))
    }
}

extension BoardUnderTest {
    func point(_ name: String) -> PointStatus? {
        let bytes = Array(name.utf8)
        guard let index = runtime.core.index(of: .point, named: bytes.span) else { return nil }
        return runtime.core.pointStatus(at: index)
    }
}
