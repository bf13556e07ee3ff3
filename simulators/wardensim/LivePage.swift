import Console
import FixedMemory
import HardwareInterface
import Runtime
import Simulation
import WardenMessages

/// What the live view says of the board: time, doors, detectors, outputs.
struct LivePage {
    /// Entries of one kind that are looked at; a row holds fewer.
    private static var entryLimit: Int { 24 }

    let title: FixedBytes<128>
    let speed: Arguments.Speed
    /// Of the civil clock at the start of the scenario, in the board's local time.
    let secondOfDayAtStart: Int64

    init(_ simulation: borrowing Simulation<TraceOutputs>, title: FixedBytes<128>, speed: Arguments.Speed) {
        self.title = title
        self.speed = speed
        let minutes = Int64(simulation.runtime.utcOffsetMinutes)
        secondOfDayAtStart = simulation.scenario.header.startUnixMs / 1_000 + minutes * 60
    }

    /// Draws the upper part of the screen.
    func draw(_ simulation: borrowing Simulation<TraceOutputs>, on screen: inout LiveScreen, isOver: Bool) {
        screen.beginStatus()
        drawTitle(at: simulation.now, on: &screen, isOver: isOver)
        drawDoors(simulation, &screen)
        drawDetectors(simulation, &screen)
        drawOutputs(simulation, &screen)
        screen.endStatus()
    }

    private func drawTitle(at now: Instant, on screen: inout LiveScreen, isOver: Bool) {
        screen.startRow(1, isTitle: true)
        screen.put(" ")
        for index in 0..<title.count { screen.putByte(title[index]) }
        screen.skip(toLast: 18)
        putTime(now, to: &screen)
        screen.put("  ")
        if isOver {
            screen.put("on, x1")
        } else if case .times(let times) = speed {
            screen.put("x")
            screen.putDecimal(times)
        } else {
            screen.put("max")
        }
        screen.endRow()
    }

    private func putTime(_ now: Instant, to screen: inout LiveScreen) {
        let second = (secondOfDayAtStart + now.nanoseconds / 1_000_000_000) % 86_400
        screen.putDecimal(second / 3_600, minimumDigits: 2)
        screen.put(":")
        screen.putDecimal(second / 60 % 60, minimumDigits: 2)
        screen.put(":")
        screen.putDecimal(second % 60, minimumDigits: 2)
    }

    private func drawDoors(_ simulation: borrowing Simulation<TraceOutputs>, _ screen: inout LiveScreen) {
        screen.startRow(2)
        screen.put(" doors    ")
        for index in 0..<LivePage.entryLimit {
            guard let door = simulation.runtime.doorStatus(at: index) else { break }
            let tone: LiveScreen.Tone
            switch door.state {
            case .secured: tone = .good
            case .forced, .heldOpen, .fireReleased: tone = .bad
            default: tone = .doubtful
            }
            var name = ByteBuffer(capacity: 32)
            for place in 0..<door.name.count { name.append(door.name[place]) }
            screen.putState(name.span, Words.doorState(door.state), tone)
        }
        screen.endRow()
    }

    private func drawDetectors(_ simulation: borrowing Simulation<TraceOutputs>, _ screen: inout LiveScreen) {
        screen.startRow(3)
        screen.put(" alarms   ")
        for index in 0..<LivePage.entryLimit {
            guard let detector = simulation.runtime.detectorStatus(at: index) else { break }
            let tone: LiveScreen.Tone
            switch detector.state {
            case .normal: tone = .good
            case .alarm, .preAlarm: tone = .bad
            default: tone = .doubtful
            }
            var name = ByteBuffer(capacity: 32)
            for place in 0..<detector.name.count { name.append(detector.name[place]) }
            screen.putState(name.span, Words.alarmState(detector.state), tone)
        }
        screen.endRow()
    }

    private func drawOutputs(_ simulation: borrowing Simulation<TraceOutputs>, _ screen: inout LiveScreen) {
        screen.startRow(4)
        screen.put(" outputs  ")
        for index in 0..<LivePage.entryLimit * 2 {
            guard let line = simulation.runtime.lineStatus(at: index) else { break }
            guard line.output else { continue }
            var name = ByteBuffer(capacity: 32)
            for place in 0..<line.name.count { name.append(line.name[place]) }
            if line.available {
                screen.putState(name.span, line.active ? "ON" : "off", line.active ? .remark : .plain)
            } else {
                screen.putState(name.span, "gone", .bad)
            }
        }
        screen.endRow()
    }

    /// Shows a line of the trace as an event at its time of day. Lines that are switched are seen above; a siren's
    /// pattern would drive everything else away.
    func show(_ line: Span<UInt8>, on screen: inout LiveScreen) {
        var seconds: Int64 = 0
        var place = 0
        while place < line.count, line[place] >= 0x30, line[place] <= 0x39 {
            seconds = seconds * 10 + Int64(line[place] - 0x30)
            place += 1
        }
        while place < line.count, line[place] != UInt8(ascii: " ") { place += 1 }
        if LivePage.isSwitching(line, from: place + 1) { return }
        var text = ByteBuffer(capacity: 256)
        let second = (secondOfDayAtStart + seconds) % 86_400
        text.append(" ")
        text.appendDecimal(second / 3_600, minimumDigits: 2)
        text.append(":")
        text.appendDecimal(second / 60 % 60, minimumDigits: 2)
        text.append(":")
        text.appendDecimal(second % 60, minimumDigits: 2)
        while place < line.count {
            text.append(line[place])
            place += 1
        }
        screen.showEvent(text.span)
    }

    private static func isSwitching(_ line: Span<UInt8>, from start: Int) -> Bool {
        let word: StaticString = "line "
        guard start + word.utf8CodeUnitCount <= line.count else { return false }
        for index in 0..<word.utf8CodeUnitCount where line[start + index] != word.utf8Start[index] { return false }
        return true
    }
}
