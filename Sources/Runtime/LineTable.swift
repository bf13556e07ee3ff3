import BoardImage
import FixedMemory
import HardwareInterface
import WardenMessages

/// What the runtime knows of the board's digital lines: level, availability, what an input is for, and which outputs are
/// still to be driven.
struct LineTable: ~Copyable {
    /// What an input line tells.
    enum Role: Equatable, BitwiseCopyable {
        /// Only detectors and the matrix look at it.
        case general
        /// Active while the door is open.
        case contact(door: Int)
        case secondContact(door: Int)
        /// Active while somebody asks to leave.
        case exitRequest(door: Int)
        /// Active while the emergency call point is operated.
        case emergencyExit(door: Int)
        /// Active while the lock or its wire is tampered with.
        case lockTamper(door: Int)
        /// A data line of a Wiegand reader, by the device's place among those on lines.
        case wiegand(device: Int, isDataOne: Bool)
        /// Active while a tag lies on a reader.
        case tagRange(reader: Int)
        /// Active while the case of a reader is open.
        case readerTamper(reader: Int)
    }

    struct Entry: BitwiseCopyable {
        var isOutput: Bool
        /// The level of an input that the board goes by, or the one that is demanded of an output.
        var isActive: Bool
        /// The level of an input on its wire, whatever it is forced to.
        var measured = false
        /// What somebody set it to.
        var force: LineForce?
        var isAvailable = true
        /// Demanded and not yet driven.
        var isOwed = false
        var role = Role.general
        /// How often an input became active since start: pulses, presses, starts.
        var activations: Int32 = 0
        /// Where an input is that is wired to a reader; `nil` for one of the board's own.
        var source: ReaderSource?

        /// The level of an output as it is driven, and of an input as the board goes by it.
        var level: Bool { isOutput ? force?.isActive ?? isActive : isActive }
    }

    /// An input of a reader on a bus.
    struct ReaderSource: Equatable, BitwiseCopyable {
        let reader: Int
        /// 0 is the first.
        let input: UInt8
        /// The reader's inactive state is the active one.
        let isInverted: Bool
    }

    private var entries: FixedArray<Entry>
    /// Outputs that are to be driven, in the order of the demands.
    private var owed: FixedArray<UInt16>
    /// Outputs whose force ended because the board demanded another level.
    private var overruled: FixedArray<UInt16>
    private(set) var forceCount = 0
    /// When the next force ends.
    private(set) var forceDeadline = Instant.never

    init(_ image: borrowing BoardImage) {
        entries = FixedArray(capacity: image.lines.count)
        owed = FixedArray(capacity: image.lines.count)
        overruled = FixedArray(capacity: image.lines.count)
        for index in image.lines.indices {
            let line = image.lines[index]
            let isOutput = line.direction == .output
            var entry = Entry(isOutput: isOutput, isActive: isOutput && line.activeAtStart)
            if let source = line.readerInput {
                entry.source = ReaderSource(
                    reader: Int(source.reader), input: UInt8(truncatingIfNeeded: source.input),
                    isInverted: line.activeLow)
                // Nothing is known of it before the reader says so.
                entry.isAvailable = false
            }
            entries.append(entry)
        }
        for door in image.doors.indices {
            if let line = image.doors[door].contactLine { entries[Int(line)].role = .contact(door: door) }
            if let line = image.doors[door].secondContactLine { entries[Int(line)].role = .secondContact(door: door) }
            if let line = image.doors[door].exitLine { entries[Int(line)].role = .exitRequest(door: door) }
            if let line = image.doors[door].emergencyExitLine { entries[Int(line)].role = .emergencyExit(door: door) }
            if let line = image.doors[door].tamperLine { entries[Int(line)].role = .lockTamper(door: door) }
        }
        var devices = 0
        for reader in image.readers.indices {
            let entry = image.readers[reader]
            if let line = entry.tamperLine { entries[Int(line)].role = .readerTamper(reader: reader) }
            switch entry.interface {
            case .wiegand(let options)?:
                entries[Int(options.data0Line)].role = .wiegand(device: devices, isDataOne: false)
                entries[Int(options.data1Line)].role = .wiegand(device: devices, isDataOne: true)
                devices += 1
            case .serialTag(let options)?:
                if let line = options.rangeLine { entries[Int(line)].role = .tagRange(reader: reader) }
            default: break
            }
        }
    }

    var count: Int { entries.count }
    var hasOwed: Bool { !owed.isEmpty }
    var owedCount: Int { owed.count }
    /// The line of the demand at a place.
    func owedLine(_ place: Int) -> Int { Int(owed[place]) }

    subscript(_ index: Int) -> Entry { entries[index] }

    /// The next input from a place on that is wired to a reader; `nil` after the last.
    func nextInput(ofReader reader: Int, from first: Int) -> Int? {
        for index in first..<entries.count where entries[index].source?.reader == reader { return index }
        return nil
    }

    mutating func setInput(_ index: Int, isActive: Bool) {
        if isActive && !entries[index].isActive && entries[index].activations < .max { entries[index].activations += 1 }
        entries[index].isActive = isActive
    }

    /// Notes that a line is gone or back. An output that is back is driven to what is demanded of it.
    mutating func setAvailable(_ index: Int, _ isAvailable: Bool) {
        entries[index].isAvailable = isAvailable
        if isAvailable && entries[index].isOutput { owe(index) }
    }

    /// Demands a level of an output. One that was forced is not any more: the board comes before a person's trial.
    ///
    /// - Returns: whether that is another level than before.
    mutating func demand(_ index: Int, isActive: Bool) -> Bool {
        guard entries[index].isActive != isActive else { return false }
        entries[index].isActive = isActive
        if entries[index].force != nil {
            setForce(index, nil)
            overruled.append(UInt16(index))
        }
        owe(index)
        return true
    }

    private mutating func owe(_ index: Int) {
        guard !entries[index].isOwed else { return }
        entries[index].isOwed = true
        owed.append(UInt16(index))
    }

    /// Drives every output that is owed. One that cannot be driven now is owed again once its line is back.
    mutating func drive<Board: Hardware & ~Copyable>(on hardware: inout Board) {
        for place in owed.indices {
            let index = Int(owed[place])
            entries[index].isOwed = false
            hardware.setLine(LineIndex(owed[place]), isActive: entries[index].level)
        }
        owed.removeAll()
    }

    // MARK: Forces

    mutating func setMeasured(_ index: Int, isActive: Bool) { entries[index].measured = isActive }

    /// Forces a line, or with `nil` ends that. An output is owed what it is then to be.
    mutating func setForce(_ index: Int, _ force: LineForce?) {
        if entries[index].force != nil { forceCount -= 1 }
        if force != nil { forceCount += 1 }
        entries[index].force = force
        forceDeadline = .never
        for place in entries.indices {
            if let force = entries[place].force { forceDeadline = min(forceDeadline, force.until) }
        }
        if entries[index].isOutput { owe(index) }
    }

    /// A line whose force is over; `nil` if there is none.
    func dueForce(at now: Instant) -> Int? {
        guard forceDeadline <= now else { return nil }
        for index in entries.indices {
            if let force = entries[index].force, force.until <= now { return index }
        }
        return nil
    }

    /// An output whose force the board ended; each is told once, `nil` after the last.
    mutating func takeOverruled() -> Int? {
        guard overruled.count > 0 else { return nil }
        let index = Int(overruled[0])
        overruled.swapRemove(at: 0)
        return index
    }
}

/// What a person set a line to, until when, and who it was.
struct LineForce: BitwiseCopyable {
    let isActive: Bool
    let until: Instant
    let actor: Actor
}

extension LineForce: Carried {
    init() { self.init(isActive: false, until: .never, actor: Actor()) }

    mutating func carry(_ state: inout StateCarrier) {
        var (isActive, until, actor) = (isActive, until, actor)
        state.carry(&isActive)
        state.carry(&until)
        state.carry(&actor)
        self = LineForce(isActive: isActive, until: until, actor: actor)
    }
}

extension LineTable.Entry: Carried {
    mutating func carry(_ state: inout StateCarrier) {
        // Left out: isOutput, role, source: follow from the image.
        state.carry(&force, blank: LineForce())
        state.carry(&isAvailable)
        state.carry(&isOwed)
        // No recording has what data lines of readers say, which is a card or a digit.
        if case .wiegand = role { return }
        state.carry(&isActive)
        state.carry(&measured)
        state.carry(&activations)
    }
}

extension LineTable: Carried {
    mutating func carry(_ state: inout StateCarrier) {
        state.carry(&entries)
        state.carry(&owed, blank: 0)
        state.carry(&overruled, blank: 0)
        for place in owed.indices where Int(owed[place]) >= entries.count { state.refuse() }
        for place in overruled.indices where Int(overruled[place]) >= entries.count { state.refuse() }
        state.carry(&forceCount)
        state.carry(&forceDeadline)
    }
}
