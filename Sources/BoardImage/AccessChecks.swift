import FixedMemory
import WardenMessages

// What readers, doors and the rest of access control promise about each other.
extension BoardImage {
    /// Doors that one set of the schema can name.
    private static var doorLimit: Int { 64 }

    func checkReaders() throws(BoardImageError) {
        for index in readers.indices {
            let reader = readers[index]
            guard reader.door < doors.count else { throw .invalidEntry(.readers, index: index, .referenceOutOfRange) }
            if case .unrecognised = reader.side { throw .invalidEntry(.readers, index: index, .unknownKind) }
            if let line = reader.tamperLine { try check(line: line, is: .input, .readers, index) }
            if let line = reader.grantedLine { try check(line: line, is: .output, .readers, index) }
            if let line = reader.deniedLine { try check(line: line, is: .output, .readers, index) }
            if let line = reader.sounderLine { try check(line: line, is: .output, .readers, index) }
            switch reader.interface {
            case nil: throw .invalidEntry(.readers, index: index, .incomplete)
            case .serialTag(let options):
                try check(port: options.port, isShared: false, index)
                guard isKnown(options.checksum), isKnown(options.presence) else {
                    throw .invalidEntry(.readers, index: index, .unknownKind)
                }
                if let line = options.rangeLine { try check(ownInput: line, .readers, index) }
                guard (options.presence == .rangeLine) == (options.rangeLine != nil) else {
                    throw .invalidEntry(.readers, index: index, .contradictory)
                }
            case .wiegand(let options):
                try check(ownInput: options.data0Line, .readers, index)
                try check(ownInput: options.data1Line, .readers, index)
                guard options.data0Line != options.data1Line else {
                    throw .invalidEntry(.readers, index: index, .contradictory)
                }
                guard isKnown(options.keypad), isKnown(options.timing) else {
                    throw .invalidEntry(.readers, index: index, .unknownKind)
                }
                for place in options.formats.indices {
                    try check(options.formats[place], within: cardFormats.count, .readers, index)
                }
            case .textLine(let options):
                try check(port: options.port, isShared: false, index)
                guard options.minimumLength <= options.maximumLength else {
                    throw .invalidEntry(.readers, index: index, .contradictory)
                }
                if case .unrecognised = options.lineEnd { throw .invalidEntry(.readers, index: index, .unknownKind) }
            case .osdp(let options): try check(options, index)
            case .pn532(let options):
                try check(port: options.port, isShared: false, index)
                guard let file = options.file else { break }
                guard file.sealedKey.count == 40 else { throw .invalidEntry(.readers, index: index, .incomplete) }
                if case .unrecognised = file.protection { throw .invalidEntry(.readers, index: index, .unknownKind) }
            }
        }
        try checkReaderLines()
    }

    private func check(_ options: OsdpOptions, _ index: Int) throws(BoardImageError) {
        try check(port: options.port, isShared: true, index)
        guard isKnown(options.security), isKnown(options.packetCheck) else {
            throw .invalidEntry(.readers, index: index, .unknownKind)
        }
        guard options.sealedKey.count == (options.security == .clear ? 0 : 40) else {
            throw .invalidEntry(.readers, index: index, .incomplete)
        }
        for place in options.formats.indices {
            try check(options.formats[place], within: cardFormats.count, .readers, index)
        }
        // Whoever stands outside must not be able to ask to be let out.
        guard options.exitInput == nil || readers[index].side == .exit else {
            throw .invalidEntry(.readers, index: index, .contradictory)
        }
        if let texts = options.texts {
            guard isPrintable(texts.ready), isPrintable(texts.closed), isPrintable(texts.open),
                isPrintable(texts.granted), isPrintable(texts.denied), isPrintable(texts.pin), isPrintable(texts.second)
            else { throw .invalidEntry(.readers, index: index, .contradictory) }
        }
        var neighbours = 0
        for earlier in 0..<index {
            guard case .osdp(let other) = readers[earlier].interface, other.port == options.port else { continue }
            neighbours += 1
            guard other.address != options.address else { throw .invalidEntry(.readers, index: index, .alreadyUsed) }
        }
        // Eight peripherals to a bus.
        guard neighbours < 8 else { throw .invalidEntry(.readers, index: index, .contradictory) }
    }

    /// - Parameter isShared: other OSDP readers may be on the same port.
    private func check(port: UInt32, isShared: Bool, _ index: Int) throws(BoardImageError) {
        try check(port, within: ports.count, .readers, index)
        for earlier in 0..<index where self.port(ofReader: earlier) == port {
            if case .osdp = readers[earlier].interface, isShared { continue }
            throw .invalidEntry(.readers, index: index, .alreadyUsed)
        }
    }

    /// The port of a reader; `nil` for one on data lines.
    public func port(ofReader index: Int) -> UInt32? {
        switch readers[index].interface {
        case .serialTag(let options): options.port
        case .textLine(let options): options.port
        case .osdp(let options): options.port
        case .pn532(let options): options.port
        case .wiegand, nil: nil
        }
    }

    func checkDoors() throws(BoardImageError) {
        for index in doors.indices {
            let door = doors[index]
            guard isKnown(door.lockKind), isKnown(door.kind), isKnown(door.mode), isKnown(door.relock),
                isKnown(door.relay)
            else { throw .invalidEntry(.doors, index: index, .unknownKind) }
            try check(line: door.lockLine, is: .output, .doors, index)
            try checkLines(of: door, index)
            guard door.extendedUnlockMs >= door.unlockMs else {
                throw .invalidEntry(.doors, index: index, .contradictory)
            }
            try checkContacts(of: door, index)
            for place in door.rules.indices {
                guard let schedule = door.rules[place].schedule else { continue }
                try check(schedule, within: schedules.count, .doors, index)
            }
            for place in door.modeRules.indices {
                try check(door.modeRules[place].schedule, within: schedules.count, .doors, index)
                guard isKnown(door.modeRules[place].mode) else {
                    throw .invalidEntry(.doors, index: index, .unknownKind)
                }
            }
            if let area = door.outerArea { try check(area, within: areas.count, .doors, index) }
            if let area = door.innerArea { try check(area, within: areas.count, .doors, index) }
        }
        try checkDoorLines()
    }

    /// An input at the board itself: one of a reader is gone with the reader, and too slow for a data line.
    private func check(ownInput line: UInt32, _ table: BoardTable, _ index: Int) throws(BoardImageError) {
        try check(line: line, is: .input, table, index)
        guard lines[Int(line)].readerInput == nil else { throw .invalidEntry(table, index: index, .contradictory) }
    }

    /// Whoever stands outside must not be able to ask to be let out.
    private func check(exitLine line: UInt32, _ index: Int) throws(BoardImageError) {
        try check(line: line, is: .input, .doors, index)
        guard let source = lines[Int(line)].readerInput, Int(source.reader) < readers.count else { return }
        guard readers[Int(source.reader)].side == .exit else {
            throw .invalidEntry(.doors, index: index, .contradictory)
        }
    }

    private func checkLines(of door: Door, _ index: Int) throws(BoardImageError) {
        if let line = door.contactLine { try check(line: line, is: .input, .doors, index) }
        if let line = door.exitLine { try check(exitLine: line, index) }
        if let line = door.emergencyExitLine { try check(ownInput: line, .doors, index) }
        if let line = door.tamperLine { try check(line: line, is: .input, .doors, index) }
        if let line = door.secondContactLine { try check(line: line, is: .input, .doors, index) }
        if let line = door.secondLockLine { try check(line: line, is: .output, .doors, index) }
        if let line = door.sounderLine { try check(line: line, is: .output, .doors, index) }
        for place in door.floorLines.indices { try check(line: door.floorLines[place], is: .output, .doors, index) }
        guard (door.kind == .twoLeaf) == (door.secondLockLine != nil), door.kind == .lift || door.floorLines.isEmpty
        else { throw .invalidEntry(.doors, index: index, .contradictory) }
    }

    private func checkContacts(of door: Door, _ index: Int) throws(BoardImageError) {
        guard door.contactLine == nil || door.supervisedContact == nil,
            door.secondContactLine == nil || door.secondSupervisedContact == nil,
            door.secondSupervisedContact == nil || door.kind == .twoLeaf
        else { throw .invalidEntry(.doors, index: index, .contradictory) }
        if let contact = door.supervisedContact { try check(contact, index) }
        if let contact = door.secondSupervisedContact { try check(contact, index) }
    }

    private func check(_ contact: SupervisedContact, _ index: Int) throws(BoardImageError) {
        try check(contact.point, within: points.count, .doors, index)
        switch points[Int(contact.point)].unit {
        case .ohm: break
        case .microvolt:
            guard contact.supplyMv > 0, contact.pullUpOhm > 0 else {
                throw .invalidEntry(.doors, index: index, .incomplete)
            }
        default: throw .invalidEntry(.doors, index: index, .referenceOfWrongKind)
        }
    }

    func checkAccess() throws(BoardImageError) {
        for index in cardFormats.indices where cardFormats[index].layout.isEmpty {
            throw .invalidEntry(.cardFormats, index: index, .incomplete)
        }
        for index in areas.indices {
            if case .unrecognised = areas[index].antiPassback {
                throw .invalidEntry(.areas, index: index, .unknownKind)
            }
        }
        for index in interlocks.indices {
            let members = interlocks[index].doors
            guard members.nonzeroBitCount >= 2 else { throw .invalidEntry(.interlocks, index: index, .incomplete) }
            guard 64 - members.leadingZeroBitCount <= min(doors.count, BoardImage.doorLimit) else {
                throw .invalidEntry(.interlocks, index: index, .referenceOutOfRange)
            }
            for door in doors.indices where members >> UInt64(door) & 1 != 0 {
                // Nobody could tell whether it is closed.
                guard doors[door].contactLine != nil || doors[door].supervisedContact != nil else {
                    throw .invalidEntry(.interlocks, index: index, .contradictory)
                }
            }
        }
    }

    // MARK: Lines that only one may use

    /// Whether a door or reader drives an output, so that nothing else may.
    func isDrivenByAccess(_ line: UInt32) -> Bool {
        for index in doors.indices where door(index, drives: line) { return true }
        for index in readers.indices {
            let reader = readers[index]
            if reader.grantedLine == line || reader.deniedLine == line || reader.sounderLine == line { return true }
        }
        return false
    }

    private func door(_ index: Int, drives line: UInt32) -> Bool {
        if doors[index].lockLine == line || doors[index].secondLockLine == line || doors[index].sounderLine == line {
            return true
        }
        for place in doors[index].floorLines.indices where doors[index].floorLines[place] == line { return true }
        return false
    }

    /// A line is one door's and of one use: a second use is an error of the entry that comes later.
    private func checkDoorLines() throws(BoardImageError) {
        var claims = LineClaims(lines: lines.count)
        for index in doors.indices where !claims.take(by: doors[index]) {
            throw .invalidEntry(.doors, index: index, .alreadyUsed)
        }
    }

    private func checkReaderLines() throws(BoardImageError) {
        var claims = LineClaims(lines: lines.count)
        for index in doors.indices { _ = claims.take(by: doors[index]) }
        for index in readers.indices where !claims.take(by: readers[index]) {
            throw .invalidEntry(.readers, index: index, .alreadyUsed)
        }
    }
}

/// Which lines have a user.
private struct LineClaims: ~Copyable {
    private var isTaken: FixedArray<Bool>

    init(lines: Int) { isTaken = FixedArray(repeating: false, count: lines) }

    /// - Returns: `false` if the line has a user already; no line is nobody's.
    private mutating func take(_ line: UInt32?) -> Bool {
        guard let line else { return true }
        guard Int(line) < isTaken.count, !isTaken[Int(line)] else { return false }
        isTaken[Int(line)] = true
        return true
    }

    /// Takes all lines of a door.
    ///
    /// - Returns: `false` if one of them has a user already.
    mutating func take(by door: Door) -> Bool {
        var isFree = take(door.lockLine)
        isFree = take(door.secondLockLine) && isFree
        isFree = take(door.sounderLine) && isFree
        isFree = take(door.contactLine) && isFree
        isFree = take(door.secondContactLine) && isFree
        isFree = take(door.exitLine) && isFree
        isFree = take(door.emergencyExitLine) && isFree
        isFree = take(door.tamperLine) && isFree
        for place in door.floorLines.indices { isFree = take(door.floorLines[place]) && isFree }
        return isFree
    }

    /// Takes all lines of a reader.
    ///
    /// - Returns: `false` if one of them has a user already.
    mutating func take(by reader: Reader) -> Bool {
        var isFree = take(reader.tamperLine)
        isFree = take(reader.grantedLine) && isFree
        isFree = take(reader.deniedLine) && isFree
        isFree = take(reader.sounderLine) && isFree
        switch reader.interface {
        case .wiegand(let options):
            isFree = take(options.data0Line) && isFree
            isFree = take(options.data1Line) && isFree
        case .serialTag(let options): isFree = take(options.rangeLine) && isFree
        default: break
        }
        return isFree
    }
}

/// Whether a display can show it: printable ASCII (SIA OSDP 2.2, section 6.12).
private func isPrintable(_ text: FixedBytes<32>) -> Bool {
    for index in 0..<text.count where text[index] < 0x20 || text[index] > 0x7E { return false }
    return true
}

private func isKnown(_ kind: LockKind) -> Bool { if case .unrecognised = kind { false } else { true } }
private func isKnown(_ kind: DoorKind) -> Bool { if case .unrecognised = kind { false } else { true } }
private func isKnown(_ mode: DoorMode) -> Bool { if case .unrecognised = mode { false } else { true } }
private func isKnown(_ relock: Relock) -> Bool { if case .unrecognised = relock { false } else { true } }
private func isKnown(_ relay: RelayWiring) -> Bool { if case .unrecognised = relay { false } else { true } }
private func isKnown(_ checksum: TagChecksum) -> Bool { if case .unrecognised = checksum { false } else { true } }
private func isKnown(_ presence: TagPresence) -> Bool { if case .unrecognised = presence { false } else { true } }
private func isKnown(_ keypad: WiegandKeypad) -> Bool { if case .unrecognised = keypad { false } else { true } }
private func isKnown(_ timing: WiegandTiming) -> Bool { if case .unrecognised = timing { false } else { true } }
private func isKnown(_ security: OsdpSecurity) -> Bool { if case .unrecognised = security { false } else { true } }
private func isKnown(_ check: OsdpCheck) -> Bool { if case .unrecognised = check { false } else { true } }
