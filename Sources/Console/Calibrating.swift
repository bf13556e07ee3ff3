import FixedMemory
import HardwareInterface
import WardenMessages

/// How a measured point is calibrated.
public enum PointCalibration: Sendable, BitwiseCopyable {
    /// Not at all: a state, a count, an index.
    case none
    /// The board adds what is missing, and keeps it.
    case offset
    /// The chip does it, and keeps it.
    case chip
    /// Its detector does: it learns clean air.
    case detector
}

/// What a detector learns when it is told to.
public enum DetectorCalibration: Sendable, BitwiseCopyable {
    case none
    /// What its chamber says now is clean air.
    case cleanAir
    /// How it lies now is right.
    case position
}

/// What `calibrate` is asked for.
enum CalibrationRequest: Equatable {
    case list
    /// A point and the value that it should have.
    case point(name: Range<Int>, value: Range<Int>)
    case undo(name: Range<Int>)
    case detector(name: Range<Int>, DetectorCalibration)

    init?(_ line: Span<UInt8>, _ words: WordList) {
        switch words.count {
        case 1: self = .list
        case 3:
            let what = line.extracting(words[2])
            if equal(what, "undo") {
                self = .undo(name: words[1])
            } else if equal(what, "clean-air") {
                self = .detector(name: words[1], .cleanAir)
            } else if equal(what, "position") {
                self = .detector(name: words[1], .position)
            } else {
                self = .point(name: words[1], value: words[2])
            }
        default: return nil
        }
    }

    /// What a point is to read, as it is typed.
    static func value(_ word: Span<UInt8>, _ unit: Unit) -> Int32? {
        equal(word, "zero") ? 0 : PointText.value(word, unit: unit)
    }

    /// The words that come after a name; a value may stand there instead.
    static func word(at index: Int) -> StaticString? {
        switch index {
        case 0: "zero"
        case 1: "undo"
        case 2: "clean-air"
        case 3: "position"
        default: nil
        }
    }
}

extension ConsoleSession {
    mutating func startCalibration<Subject: ConsoleSubject & ~Copyable, Sink: ByteSink & ~Copyable>(
        _ request: CalibrationRequest, _ subject: inout Subject, _ sink: inout Sink
    ) {
        switch request {
        case .list: answer = .calibrations(.point, 0)
        case .undo(let name):
            guard let index = place(of: .point, name, subject) else { return }
            ask(.command(Command(kind: .pointUncalibrate, target: UInt32(index))))
        case .detector(let name, let wanted): calibrateDetector(name, wanted, subject, &sink)
        case .point(let name, let value): calibratePoint(name, value, subject, &sink)
        }
    }

    private mutating func calibratePoint<Subject: ConsoleSubject & ~Copyable, Sink: ByteSink & ~Copyable>(
        _ name: Range<Int>, _ value: Range<Int>, _ subject: borrowing Subject, _ sink: inout Sink
    ) {
        guard let index = place(of: .point, name, subject), let point = subject.pointStatus(at: index) else { return }
        let kind = subject.calibration(ofPoint: index) ?? .none
        guard kind == .offset || kind == .chip else {
            refuse(kind == .detector ? .calibrateDetector : .calibrateNothing)
            return
        }
        let unit = Unit(rawValue: UInt8(truncatingIfNeeded: point.unit)) ?? .index
        let wanted = CalibrationRequest.value(editor.line.span.extracting(value), unit)
        guard let wanted else {
            outcome = .usage
            style.text(.usage, &row)
            row.append(ConsoleCommand.calibrate.usage)
            answer = .ending
            return
        }
        guide(kind == .chip ? .calibrateChip : .calibrateOffset, &sink) { row in
            row.append(" ")
            PointText.appendValue(point.value, unit: unit, to: &row)
            row.append(" -> ")
            PointText.appendValue(wanted, unit: unit, to: &row)
        }
        ask(.command(Command(kind: .pointCalibrate, target: UInt32(index), value: wanted)))
    }

    private mutating func calibrateDetector<Subject: ConsoleSubject & ~Copyable, Sink: ByteSink & ~Copyable>(
        _ name: Range<Int>, _ wanted: DetectorCalibration, _ subject: borrowing Subject, _ sink: inout Sink
    ) {
        guard let index = place(of: .detector, name, subject) else { return }
        guard subject.calibration(ofDetector: index) == wanted else {
            refuse(.calibrateNothing)
            return
        }
        guide(wanted == .cleanAir ? .calibrateCleanAir : .calibratePosition, &sink) { _ in }
        let kind: CommandKind = wanted == .cleanAir ? .detectorCleaned : .detectorServiced
        ask(.command(Command(kind: kind, target: UInt32(index))))
    }

    private mutating func refuse(_ reason: Phrase) {
        outcome = .refused
        answer = .message(reason)
    }

    /// Tells the person who is about to be asked what must be so before; a program knows.
    private mutating func guide<Sink: ByteSink & ~Copyable>(
        _ phrase: Phrase, _ sink: inout Sink, _ details: (inout ByteBuffer) -> Void
    ) {
        guard !isPlain, !isYes else { return }
        style.text(phrase, &row)
        details(&row)
        sink.append(row.span)
        sink.append("\r\n")
        row.removeAll()
    }

    /// What the board says of a calibration that it did not take up.
    static func calibrationProblem(_ kind: CommandKind, _ result: CommandResult) -> Phrase? {
        switch (kind, result) {
        case (.pointCalibrate, .busy): .calibrateNotSettled
        case (.pointCalibrate, .outOfRange): .calibrateTooFar
        case (.pointUncalibrate, .refused): .calibrateNone
        default: nil
        }
    }

    /// Rows of `calibrate`: what can be calibrated and how it stands, points first.
    mutating func makeCalibration<Subject: ConsoleSubject & ~Copyable>(
        _ kind: NamedKind, _ index: Int, _ subject: borrowing Subject
    ) -> RowResult {
        answer = .calibrations(kind, index + 1)
        let style = style
        guard kind == .point else {
            guard let how = subject.calibration(ofDetector: index), let name = subject.name(of: .detector, at: index)
            else {
                answer = .ending
                return .end
            }
            guard how != .none else { return .searching }
            style.cell(name, 24, &row)
            row.append(how == .cleanAir ? "clean-air" : "position")
            return .row
        }
        guard let how = subject.calibration(ofPoint: index), let point = subject.pointStatus(at: index) else {
            answer = .calibrations(.detector, 0)
            return .searching
        }
        guard how == .offset || how == .chip else { return .searching }
        let unit = Unit(rawValue: UInt8(truncatingIfNeeded: point.unit)) ?? .index
        style.cell(point.name, 24, &row)
        let start = row.count
        if (Quality(rawValue: UInt8(truncatingIfNeeded: point.quality)) ?? .faulty).isUsable {
            PointText.appendValue(point.value, unit: unit, to: &row)
        } else {
            row.append("-")
        }
        style.endCell(start, 18, &row)
        if how == .chip {
            style.text(.calibratedInChip, &row)
        } else {
            appendOffset(.calibrationOffset, point.offset, unit)
        }
        return .row
    }

    /// What a calibration adds to a value.
    mutating func appendOffset(_ phrase: Phrase, _ offset: Int32, _ unit: Unit) {
        let style = style
        style.text(phrase, &row)
        row.append(offset > 0 ? " +" : " ")
        PointText.appendValue(offset, unit: unit, to: &row)
    }
}
