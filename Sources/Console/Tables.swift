import FixedMemory
import HardwareInterface
import WardenMessages

// Rows of the lists of what a board has. Each makes the row of one entry, and says whether there is one.
extension ConsoleSession {
    mutating func makeStatus<Subject: ConsoleSubject & ~Copyable>(
        _ number: Int, _ subject: borrowing Subject
    ) -> RowResult {
        let style = style
        let status = subject.boardStatus
        answer = .status(number + 1)
        switch number {
        case 0:
            style.cell(.labelBoard, 14, &row)
            style.append(status.name, &row)
            row.append(isPlain ? "\t" : ", ")
            appendProgram(status)
            row.append(isPlain ? "\t" : ", ")
            style.text(.uptime, &row)
            row.append(" ")
            TimeText.appendClock(secondOfDay: Int64(status.uptimeNs / 1_000_000_000), to: &row)
        case 1:
            style.cell(.labelClock, 14, &row)
            appendClock(status, subject.utcOffsetMinutes)
        case 2: appendDoorSummary(subject)
        case 3:
            style.cell(.labelAlarms, 14, &row)
            appendCount(Int(status.alarms), .danger)
        case 4:
            style.cell(.labelTroubles, 14, &row)
            appendCount(Int(status.troubles), .warning)
        case 5:
            style.cell(.labelDisablements, 14, &row)
            appendCount(Int(status.disablements), .warning)
        case 6:
            style.cell(.labelUnderTest, 14, &row)
            appendCount(Int(status.underTest), .warning)
        case 7: appendReaderSummary(subject)
        case 8:
            style.cell(.labelEvents, 14, &row)
            appendFill(status.eventsKept, status.eventCapacity)
            row.append(isPlain ? "\t#" : ", #")
            row.appendDecimal(status.lastSequence)
        case 9:
            style.cell(.labelCredentials, 14, &row)
            appendFill(status.credentials, status.credentialCapacity)
        case 10:
            style.cell(.labelInputsLost, 14, &row)
            appendCount(Int(clamping: status.inputsLost), .warning)
        default:
            answer = .ending
            return .end
        }
        return .row
    }

    private mutating func appendCount(_ count: Int, _ colour: RowStyle.Colour) {
        style.begin(count == 0 ? .none : colour, &row)
        row.appendDecimal(count)
        style.end(count == 0 ? .none : colour, &row)
    }

    private mutating func appendFill(_ count: UInt32, _ capacity: UInt32) {
        row.appendDecimal(count)
        row.append("/")
        row.appendDecimal(capacity)
    }

    /// What runs: the board image's generation and the program's version.
    mutating func appendProgram(_ status: BoardStatus) {
        appendGeneration(status.generation)
        row.append(isPlain ? "\tWarden " : ", Warden ")
        style.append(status.version, &row)
    }

    mutating func appendGeneration(_ generation: UInt32) {
        style.text(.generation, &row)
        row.append(" ")
        row.appendDecimal(generation)
    }

    private mutating func appendDoorSummary<Subject: ConsoleSubject & ~Copyable>(_ subject: borrowing Subject) {
        var doors = 0
        var secured = 0
        while let door = subject.doorStatus(at: doors) {
            if door.state == .secured { secured += 1 }
            doors += 1
        }
        style.cell(.labelDoors, 14, &row)
        row.appendDecimal(secured)
        row.append("/")
        row.appendDecimal(doors)
        row.append(" ")
        style.text(style.vocabulary.doorState(.secured), &row)
    }

    private mutating func appendReaderSummary<Subject: ConsoleSubject & ~Copyable>(_ subject: borrowing Subject) {
        var readers = 0
        var online = 0
        while let reader = subject.readerStatus(at: readers) {
            if reader.online { online += 1 }
            readers += 1
        }
        style.cell(.labelReaders, 14, &row)
        row.appendDecimal(online)
        row.append("/")
        row.appendDecimal(readers)
        row.append(" ")
        style.text(.online, &row)
    }

    mutating func makeDoor<Subject: ConsoleSubject & ~Copyable>(_ index: Int, _ subject: borrowing Subject) -> Bool {
        guard let door = subject.doorStatus(at: index) else { return false }
        let style = style
        style.cell(door.name, 24, &row)
        style.cell(style.vocabulary.doorState(door.state), 22, &row, RowStyle.colour(of: door.state))
        style.cell(door.released ? .lockReleased : .lockSecured, 18, &row)
        if let isOpen = door.open {
            style.text(isOpen ? .leafOpen : .leafClosed, &row)
        } else {
            style.text(.leafUnknown, &row)
        }
        if door.fire {
            row.append(isPlain ? "\t" : "  ")
            style.text(style.vocabulary.phrase(.fire), &row, .danger)
        }
        return true
    }

    /// - Parameter hasAge: writes how old the value is, which is never the same twice.
    mutating func makeSensor<Subject: ConsoleSubject & ~Copyable>(
        _ index: Int, _ subject: borrowing Subject, hasAge: Bool
    ) -> Bool {
        guard let point = subject.pointStatus(at: index) else { return false }
        let style = style
        let quality = Quality(rawValue: UInt8(truncatingIfNeeded: point.quality)) ?? .faulty
        style.cell(point.name, 24, &row)
        let start = row.count
        if quality.isUsable {
            PointText.appendValue(
                point.value, unit: Unit(rawValue: UInt8(truncatingIfNeeded: point.unit)) ?? .index, to: &row)
        } else {
            row.append("-")
        }
        style.endCell(start, 18, &row)
        style.cell(
            style.vocabulary.quality(point.quality), hasAge ? 14 : 2, &row, quality == .good ? .none : .warning)
        guard hasAge else { return true }
        let ageStart = row.count
        row.appendDecimal(point.ageNs / 1_000_000)
        row.append(" ms")
        guard point.offset != 0 else { return true }
        style.endCell(ageStart, 10, &row)
        appendOffset(.calibrated, point.offset, Unit(rawValue: UInt8(truncatingIfNeeded: point.unit)) ?? .index)
        return true
    }

    mutating func makePoint<Subject: ConsoleSubject & ~Copyable>(_ index: Int, _ subject: borrowing Subject) -> Bool {
        guard let line = subject.lineStatus(at: index) else { return false }
        let style = style
        style.cell(line.name, 24, &row)
        style.cell(line.output ? .output : .input, 8, &row)
        guard line.available else {
            style.text(style.vocabulary.phrase(.unavailable), &row, .warning)
            return true
        }
        guard line.forcedSeconds > 0 else {
            style.text(line.active ? .active : .inactive, &row)
            return true
        }
        style.cell(line.active ? .active : .inactive, 10, &row)
        style.text(style.vocabulary.phrase(.forced), &row, .warning)
        row.append(" ")
        row.appendDecimal(line.forcedSeconds)
        row.append(" s")
        EventText.append(line.forcedBy, names: subject, in: style.vocabulary, to: &row)
        return true
    }

    /// - Parameter hasTime: writes how long a bypass or a test still lasts, which is never the same twice.
    mutating func makeDetector<Subject: ConsoleSubject & ~Copyable>(
        _ index: Int, _ subject: borrowing Subject, hasTime: Bool
    ) -> Bool {
        guard let detector = subject.detectorStatus(at: index) else { return false }
        appendDetector(detector, at: hasTime ? subject.now : nil)
        return true
    }

    /// - Parameter now: for how long a bypass or a test still lasts; `nil` to leave that out.
    private mutating func appendDetector(_ detector: DetectorStatus, at now: Instant?) {
        let style = style
        style.cell(detector.name, 24, &row)
        style.cell(style.vocabulary.alarmState(detector.state), 16, &row, RowStyle.colour(of: detector.state))
        let start = row.count
        row.appendDecimal(detector.value)
        style.endCell(start, 12, &row)
        style.cell(detector.cause == 0 ? "-" : style.vocabulary.alarmCause(detector.cause), 20, &row)
        if detector.trouble == 0 {
            row.append("-")
        } else {
            style.text(style.vocabulary.detectorTrouble(detector.trouble), &row, .warning)
        }
        if let now, detector.untilNs != 0 {
            row.append(isPlain ? "\t" : "  ")
            appendTimeLeft(until: detector.untilNs, at: now)
        }
    }

    private mutating func appendTimeLeft(until end: UInt64, at now: Instant) {
        style.text(.endsIn, &row)
        row.append(" ")
        TimeText.appendClock(secondOfDay: max(0, Int64(clamping: end) - now.nanoseconds) / 1_000_000_000, to: &row)
    }

    mutating func makeWalkTest<Subject: ConsoleSubject & ~Copyable>(
        _ index: Int, _ found: Bool, _ subject: borrowing Subject
    ) -> RowResult {
        guard let detector = subject.detectorStatus(at: index) else {
            answer = .ending
            if found || isPlain { return .end }
            style.text(.noTests, &row)
            return .row
        }
        guard detector.state == .underTest || detector.testActivations > 0 else {
            answer = .walkTests(index + 1, found: found)
            return .searching
        }
        answer = .walkTests(index + 1, found: true)
        let style = style
        style.cell(detector.name, 24, &row)
        style.cell(style.vocabulary.alarmState(detector.state), 16, &row, RowStyle.colour(of: detector.state))
        let colour: RowStyle.Colour = detector.testActivations == 0 ? .warning : .good
        style.begin(colour, &row)
        let start = row.count
        style.text(.activated, &row)
        row.append(" ")
        row.appendDecimal(detector.testActivations)
        style.endCell(start, 18, &row)
        style.end(colour, &row)
        if detector.state == .underTest { appendTimeLeft(until: detector.untilNs, at: subject.now) }
        return .row
    }

    mutating func makeAlarm<Subject: ConsoleSubject & ~Copyable>(
        _ place: AlarmPlace, _ found: Bool, _ subject: borrowing Subject
    ) -> RowResult {
        guard let detector = subject.detectorStatus(at: place.index) else {
            if let following = place.urgency.following {
                answer = .alarms(AlarmPlace(urgency: following, index: 0), found: found)
                return .searching
            }
            answer = .ending
            if found || isPlain { return .end }
            style.text(.noAlarms, &row)
            return .row
        }
        guard Urgency(detector) == place.urgency else {
            answer = .alarms(place.next, found: found)
            return .searching
        }
        answer = .alarms(place.next, found: true)
        appendDetector(detector, at: subject.now)
        return .row
    }

    mutating func makeReader<Subject: ConsoleSubject & ~Copyable>(_ index: Int, _ subject: borrowing Subject) -> Bool {
        guard let reader = subject.readerStatus(at: index) else { return false }
        let style = style
        style.cell(reader.name, 24, &row)
        style.cell(
            style.vocabulary.phrase(reader.online ? .online : .offline), 12, &row, reader.online ? .none : .warning)
        let start = row.count
        style.text(.cards, &row)
        row.append(" ")
        row.appendDecimal(reader.frames)
        style.endCell(start, 16, &row)
        let rejected = row.count
        style.text(.rejected, &row)
        row.append(" ")
        row.appendDecimal(reader.rejected)
        guard reader.trouble != 0 else { return true }
        style.endCell(rejected, 16, &row)
        style.text(style.vocabulary.readerTrouble(reader.trouble), &row, .warning)
        return true
    }

    mutating func makeCounter<Subject: ConsoleSubject & ~Copyable>(_ index: Int, _ subject: borrowing Subject) -> Bool {
        guard let counter = subject.counterStatus(at: index) else { return false }
        let style = style
        style.cell(counter.name, 24, &row)
        let start = row.count
        row.appendDecimal(counter.value)
        if counter.capacity > 0 {
            row.append("/")
            row.appendDecimal(counter.capacity)
        }
        style.endCell(start, 18, &row)
        guard counter.capacity > 0 else { return true }
        let highStart = row.count
        style.text(.highWater, &row)
        row.append(" ")
        row.appendDecimal(counter.highWater)
        style.endCell(highStart, 20, &row)
        style.text(.dropped, &row)
        row.append(" ")
        row.appendDecimal(counter.dropped)
        return true
    }
}
