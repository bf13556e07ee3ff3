import FixedMemory
import WardenMessages

/// What doors, readers, schedules, areas, interlocks and credentials mean for one another.
struct AccessChecks {
    let context: ReadingContext

    func run(_ board: inout BoardDescription) {
        checkZone(board)
        checkDoors(board)
        checkReaders(board)
        checkReaderInputs(board)
        checkLinesAtReaders(board)
        checkFireZones(board)
        checkLines(board)
        checkSchedules(board)
        checkInterlocks(board)
        checkCredentials(&board)
        if board.capacities.people == 0, !board.areas.isEmpty { board.capacities.people = 1_000 }
    }

    private func report(_ subject: String, at range: SourceRange, _ message: String, remedy: String) {
        context.report(at: range, "\(subject): \(message)", remedy: remedy)
    }

    private func lineName(_ place: UInt32) -> String {
        let lines = context.entries(.lines)
        return Int(place) < lines.count ? lines[Int(place)].name : "\(place)"
    }

    // MARK: Lines

    /// What a door, reader or lift does with a line.
    struct LineUser {
        var line: UInt32
        /// "contact of door 'entrance'".
        var use: String
        var key: String
        var isOutput: Bool
        var isLock: Bool
        /// The place of the door, of the reader or of the lift.
        var door: Int?
        var reader: Int?
        var lift: Int?
    }

    /// Everything that doors, readers and lifts use lines for, in the order of the file.
    static func users(of board: BoardDescription) -> [LineUser] {
        var users: [LineUser] = []
        var place: (door: Int?, reader: Int?, lift: Int?) = (nil, nil, nil)
        func add(_ line: UInt32?, _ use: String, _ key: String, isOutput: Bool = false, isLock: Bool = false) {
            guard let line else { return }
            users.append(
                LineUser(
                    line: line, use: use, key: key, isOutput: isOutput, isLock: isLock, door: place.door,
                    reader: place.reader, lift: place.lift))
        }
        for (index, door) in board.doors.enumerated() where door.isWhole {
            place = (index, nil, nil)
            let (value, name) = (door.value, "of door '\(door.name)'")
            add(value.lockLine, "lock \(name)", "lock", isOutput: true, isLock: true)
            add(value.secondLockLine, "second lock \(name)", "second_lock", isOutput: true, isLock: true)
            add(value.contactLine, "contact \(name)", "contact")
            add(value.secondContactLine, "second contact \(name)", "second_contact")
            add(value.exitLine, "exit button \(name)", "exit_button")
            add(value.emergencyExitLine, "emergency call point \(name)", "emergency_exit")
            add(value.tamperLine, "tamper switch \(name)", "tamper")
            add(value.sounderLine, "sounder \(name)", "sounder", isOutput: true)
            for place in value.floorLines.indices {
                add(value.floorLines[place], "floor \(place) \(name)", "floors", isOutput: true)
            }
        }
        for (index, reader) in board.readers.enumerated() where reader.isWhole {
            place = (nil, index, nil)
            let (value, name) = (reader.value.message, "of reader '\(reader.name)'")
            add(value.tamperLine, "tamper switch \(name)", "tamper")
            add(value.grantedLine, "green lamp \(name)", "granted_lamp", isOutput: true)
            add(value.deniedLine, "red lamp \(name)", "denied_lamp", isOutput: true)
            add(value.sounderLine, "buzzer \(name)", "buzzer", isOutput: true)
            switch value.interface {
            case .wiegand(let options):
                add(options.data0Line, "data line 0 \(name)", "data0")
                add(options.data1Line, "data line 1 \(name)", "data1")
            case .serialTag(let options): add(options.rangeLine, "tag-in-range line \(name)", "range_input")
            default: break
            }
        }
        for (index, lift) in board.lifts.enumerated() where lift.isWhole {
            place = (nil, nil, index)
            add(lift.value.recallLine, "recall contact of lift '\(lift.name)'", "recall", isOutput: true)
            add(lift.value.stayLine, "stay contact of lift '\(lift.name)'", "stay", isOutput: true)
        }
        return users
    }

    private func checkLines(_ board: BoardDescription) {
        var first: [UInt32: LineUser] = [:]
        for user in AccessChecks.users(of: board) {
            guard let other = first[user.line] else {
                first[user.line] = user
                continue
            }
            let subject: String
            let places: RecordPlaces
            if let door = user.door {
                (subject, places) = ("door '\(board.doors[door].name)'", board.doors[door].places)
            } else if let reader = user.reader {
                (subject, places) = ("reader '\(board.readers[reader].name)'", board.readers[reader].places)
            } else if let lift = user.lift {
                (subject, places) = ("lift '\(board.lifts[lift].name)'", board.lifts[lift].places)
            } else {
                continue
            }
            report(
                subject, at: places[user.key],
                "\(user.isOutput ? "output" : "input") '\(lineName(user.line))' already is the \(other.use)",
                remedy: user.isLock
                    ? "give each door an output of its own"
                    : "give each contact, button and lamp \(user.isOutput ? "an output" : "an input") of its own")
        }
    }

    // MARK: Doors

    private func checkDoors(_ board: BoardDescription) {
        for door in board.doors where door.isWhole {
            let subject = "door '\(door.name)'"
            for line in [door.value.lockLine, door.value.secondLockLine].compactMap({ $0 }) {
                checkLockLine(line, door, board)
            }
            checkTimes(door, subject: subject)
            checkKind(door, subject: subject)
            checkContact(
                door.value.supervisedContact, "supervised_contact", besides: door.value.contactLine, "contact", door,
                board)
            checkContact(
                door.value.secondSupervisedContact, "second_supervised_contact", besides: door.value.secondContactLine,
                "second_contact", door, board)
            if door.value.places(rulesIn: door.places), door.value.rules[0].groups == 0 {
                report(
                    subject, at: door.places["schedule"],
                    "'schedule' says when the 'groups' may pass, and there are none",
                    remedy: "add 'groups:', or put the schedule into a rule of 'rules'")
            }
        }
    }

    private func checkLockLine(_ place: UInt32, _ door: Described<Door>, _ board: BoardDescription) {
        guard let line = board.lines.first(where: { $0.name == lineName(place) }), line.isWhole else { return }
        // Energised relays feed the lock, or the other way round where it hangs on the normally closed contact.
        let holds = (door.value.lockKind != .strikeFailSecure) == (door.value.relay == .normallyOpen)
        for (key, isSaid) in [("start", line.value.saysStart), ("exit", line.value.saysExit)] where !isSaid {
            report(
                "output '\(line.name)'", at: line.places.whole,
                "it locks door '\(door.name)' but does not say '\(key)'",
                remedy: holds
                    ? "add '\(key): active' to keep the door locked then, '\(key): inactive' to release it"
                    : "add '\(key): inactive' to keep the door locked then, '\(key): active' to release it")
        }
    }

    private func checkTimes(_ door: Described<Door>, subject: String) {
        let message = door.value
        func shown(_ milliseconds: UInt32) -> String { Dimension.duration.format(Int64(milliseconds) * 1_000) }
        if message.extendedUnlockMs < message.unlockMs {
            report(
                subject, at: door.places["extended_unlock"],
                "the extended unlock time of \(shown(message.extendedUnlockMs)) is shorter than the usual \(shown(message.unlockMs))",
                remedy: "write at least \(shown(message.unlockMs))")
        }
        let warning = message.heldOpenWarningMs
        let alarm = message.heldOpenAlarmMs
        if warning != 0, alarm != 0, warning >= alarm {
            report(
                subject, at: door.places["held_open_warning"],
                "the warning after \(shown(warning)) does not come before the alarm after \(shown(alarm))",
                remedy: "write a warning below \(shown(alarm))")
        }
        if !message.hasContact {
            for key in ["held_open_warning", "held_open_alarm"] where door.places.values[key] != nil {
                report(
                    subject, at: door.places[key], "'\(key)' needs to see whether the door is open",
                    remedy: "add 'contact:', or remove '\(key)'")
            }
        }
    }

    private func checkKind(_ door: Described<Door>, subject: String) {
        let message = door.value
        if (message.kind == .twoLeaf) != (message.secondLockLine != nil) {
            let isMissing = message.kind == .twoLeaf
            report(
                subject, at: door.places[isMissing ? "kind" : "second_lock"],
                isMissing ? "the second leaf has no lock" : "only a two-leaf door has a second lock",
                remedy: isMissing ? "add 'second_lock:' with its output" : "write 'kind: two-leaf', or remove it")
        }
        for key in ["second_contact", "second_supervised_contact"]
        where door.places.keys[key] != nil && message.kind != .twoLeaf {
            report(
                subject, at: door.places[key], "only a two-leaf door has a second contact",
                remedy: "write 'kind: two-leaf', or remove it")
        }
        if (message.kind == .lift) != !message.floorLines.isEmpty {
            let isMissing = message.kind == .lift
            report(
                subject, at: door.places[isMissing ? "kind" : "floors"],
                isMissing ? "the lift has no floors" : "only a lift has floors",
                remedy: isMissing ? "add 'floors:' with the output of each" : "write 'kind: lift', or remove them")
        }
        if message.kind == .turnstile, !message.hasContact {
            report(
                subject, at: door.places["kind"], "a turnstile needs the contact that signals its rotation",
                remedy: "add 'contact:'")
        }
    }

    private func checkContact(
        _ contact: SupervisedContact?, _ key: String, besides line: UInt32?, _ lineKey: String, _ door: Described<Door>,
        _ board: BoardDescription
    ) {
        guard let contact else { return }
        let subject = "door '\(door.name)'"
        let range = door.places[key]
        if line != nil {
            report(subject, at: range, "it has '\(lineKey)' and '\(key)'", remedy: "remove one of them")
        }
        guard Int(contact.point) < board.points.count, board.points[Int(contact.point)].isWhole else { return }
        let point = board.points[Int(contact.point)]
        switch point.value.message.unit {
        case .ohm: break
        case .microvolt where contact.supplyMv > 0 && contact.pullUpOhm > 0: break
        case .microvolt:
            report(
                subject, at: range, "point '\(point.name)' is in V, and what feeds the loop is not said",
                remedy: "add 'supply: 3.3 V' and 'pull_up: 2.2 kΩ' with the board's own figures")
        default:
            report(
                subject, at: range,
                "point '\(point.name)' is in \(PointUnitDescription.of(point.value.message.unit).symbol), not in Ω or V",
                remedy: "name the point that measures the loop of the contact")
        }
        // The bands around both values must not touch (AccessControl's own rule).
        let low = UInt64(contact.seriesOhm) * UInt64(100 + contact.tolerancePercent)
        let high = UInt64(contact.seriesOhm + contact.acrossOhm) * UInt64(100 - contact.tolerancePercent)
        if low >= high {
            report(
                subject, at: range, "with this tolerance the open and the closed contact cannot be told apart",
                remedy: "use a larger resistor across the contact, or a smaller tolerance")
        }
    }

    // MARK: Readers

    private func checkReaders(_ board: BoardDescription) {
        var users: [UInt32: (name: String, isBus: Bool)] = [:]
        var addresses: [[UInt32]: String] = [:]
        var counts: [UInt32: Int] = [:]
        for reader in board.readers where reader.isWhole {
            let subject = "reader '\(reader.name)'"
            checkKey(reader, subject: subject)
            switch reader.value.message.interface {
            case .wiegand(let options): checkDataLines(options, reader, board, subject: subject)
            case .serialTag(let options) where (options.presence == .rangeLine) != (options.rangeLine != nil):
                let isMissing = options.rangeLine == nil
                report(
                    subject, at: reader.places[isMissing ? "presence" : "range_input"],
                    isMissing ? "the tag-in-range line is not named" : "'range_input' belongs to 'presence: line'",
                    remedy: isMissing ? "add 'range_input:'" : "write 'presence: line', or remove it")
            case .textLine(let options) where options.minimumLength > options.maximumLength:
                report(
                    subject, at: reader.places["minimum_length"],
                    "the shortest code is longer than the longest", remedy: "write at most \(options.maximumLength)")
            default: break
            }
            guard let port = reader.value.port else { continue }
            let isBus = if case .osdp = reader.value.message.interface { true } else { false }
            if let other = users[port], !(isBus && other.isBus) {
                report(
                    subject, at: reader.places["port"], "reader '\(other.name)' is already wired to this port",
                    remedy: isBus || other.isBus
                        ? "give each reader that is not OSDP a port of its own" : "give each reader a port of its own")
            }
            users[port] = users[port] ?? (reader.name, isBus)
            guard case .osdp(let options) = reader.value.message.interface else { continue }
            if let other = addresses[[port, options.address]] {
                report(
                    subject, at: reader.places["address"],
                    "reader '\(other)' already has the address \(options.address) on this bus",
                    remedy: "set another address at one of the readers, and write it here")
            }
            addresses[[port, options.address]] = addresses[[port, options.address]] ?? reader.name
            counts[port, default: 0] += 1
            if counts[port] == 9 {
                report(
                    subject, at: reader.places["port"], "it is the ninth reader on this bus; eight answer in time",
                    remedy: "wire it to another port")
            }
        }
    }

    private func checkKey(_ reader: Described<ReaderDescription>, subject: String) {
        guard case .osdp(let options) = reader.value.message.interface else { return }
        let isClear = options.security == .clear
        guard isClear != (reader.value.keyName == nil) else { return }
        report(
            subject, at: reader.places[isClear ? "key" : "security"],
            isClear ? "a key in the clear is of no use" : "the key is not named",
            remedy: isClear
                ? "write 'security: key', or remove 'key'"
                : "add 'key: NAME' with the name of a key of the file given with --reader-keys")
    }

    private func checkDataLines(
        _ options: WiegandOptions, _ reader: Described<ReaderDescription>, _ board: BoardDescription, subject: String
    ) {
        for place in [options.data0Line, options.data1Line] {
            guard let line = board.lines.first(where: { $0.name == lineName(place) }), line.isWhole,
                line.value.message.debounceUs > 0
            else { continue }
            report(
                "input '\(line.name)'", at: line.places["debounce"],
                "a debounce of \(Dimension.duration.format(Int64(line.value.message.debounceUs))) swallows the pulses of \(subject)",
                remedy: "write 'debounce: 0 s': Wiegand pulses last 20 to 100 µs")
        }
    }

    /// Inputs of the board that are wired to readers.
    private func checkLinesAtReaders(_ board: BoardDescription) {
        var users: [[UInt32]: String] = [:]
        for line in board.lines where line.isWhole {
            guard let source = line.value.message.readerInput, Int(source.reader) < board.readers.count,
                board.readers[Int(source.reader)].isWhole
            else { continue }
            let reader = board.readers[Int(source.reader)]
            guard case .osdp(let options) = reader.value.message.interface else {
                report(
                    "input '\(line.name)'", at: line.places["reader"], "reader '\(reader.name)' has no inputs",
                    remedy: "name a reader with 'protocol: osdp', or write 'pin:'")
                continue
            }
            let other =
                options.exitInput == source.input ? "'exit_input' of the reader" : users[[source.reader, source.input]]
            if let other {
                report(
                    "input '\(line.name)'", at: line.places["reader_input"],
                    "input \(source.input) of reader '\(reader.name)' is already \(other)",
                    remedy: "wire one of them to another input")
            }
            users[[source.reader, source.input]] = other ?? "'\(line.name)'"
        }
        for user in AccessChecks.users(of: board) {
            guard let line = board.lines.first(where: { $0.name == lineName(user.line) }), line.isWhole,
                let source = line.value.message.readerInput, Int(source.reader) < board.readers.count
            else { continue }
            let reader = board.readers[Int(source.reader)]
            switch user.key {
            case "exit_button" where reader.value.message.side != .exit:
                report(
                    "input '\(line.name)'", at: line.places["reader"],
                    "reader '\(reader.name)' stands outside, where anybody could open it and ask to be let out",
                    remedy: "wire the button to an input of the board or to a reader with 'side: exit'")
            case "emergency_exit", "data0", "data1", "range_input":
                report(
                    "input '\(line.name)'", at: line.places["reader"],
                    "it is the \(user.use), which must not depend on another reader",
                    remedy: "wire it to the board and write 'pin:'")
            default: break
            }
        }
    }

    /// A request to exit comes from inside and from one place.
    private func checkReaderInputs(_ board: BoardDescription) {
        var users: [UInt32: String] = [:]
        for reader in board.readers where reader.isWhole {
            guard case .osdp(let options) = reader.value.message.interface, options.exitInput != nil else { continue }
            let door = reader.value.message.door
            let subject = "reader '\(reader.name)'"
            if reader.value.message.side != .exit {
                report(
                    subject, at: reader.places["exit_input"],
                    "it stands outside, where anybody could open it and ask to be let out",
                    remedy: "wire the button to an input of the board or to a reader with 'side: exit'")
            }
            guard Int(door) < board.doors.count, board.doors[Int(door)].isWhole else { continue }
            let other = board.doors[Int(door)].value.exitLine == nil ? users[door] : "'exit_button' of the door"
            if let other {
                report(
                    subject, at: reader.places["exit_input"],
                    "the request to exit of door '\(board.doors[Int(door)].name)' is already the \(other)",
                    remedy: "wire both buttons to one input")
            }
            users[door] = "'exit_input' of reader '\(reader.name)'"
        }
    }

    // MARK: Fire zones and local time

    private func checkFireZones(_ board: BoardDescription) {
        for effect in board.effects where effect.isWhole {
            let actions = effect.value.message.actions
            for index in actions.indices {
                guard case .releaseZone(let zone) = actions[index].action, Int(zone) < board.fireZones.count,
                    !board.doors.contains(where: { $0.value.fireZones >> zone & 1 != 0 })
                else { continue }
                report(
                    "effect '\(effect.name)'", at: effect.places["actions"],
                    "no door stands in the fire zone '\(board.fireZones[Int(zone)])'",
                    remedy: "write 'fire_zones: [\(board.fireZones[Int(zone)])]' at its doors")
            }
        }
    }

    private func checkZone(_ board: BoardDescription) {
        guard board.daylightSaving == .europe, !(-60...180).contains(board.utcOffsetMinutes) else { return }
        context.report(
            at: board.places?["daylight_saving"] ?? SourceRange(start: SourceLocation(line: 1, column: 1)),
            "daylight saving of Europe is for zones from -01:00 to +03:00",
            remedy: "write another 'utc_offset', or 'daylight_saving: none'")
    }

    // MARK: Schedules and interlocks

    private func checkSchedules(_ board: BoardDescription) {
        for schedule in board.schedules where schedule.isWhole {
            for index in schedule.value.periods.indices {
                let period = schedule.value.periods[index]
                if period.fromMinute >= 1_440 || period.toMinute == 0 {
                    report(
                        "schedule '\(schedule.name)'", at: schedule.places["periods"],
                        "a period \(period.toMinute == 0 ? "ends at 00:00" : "begins at 24:00")",
                        remedy: period.toMinute == 0 ? "write 'to: 24:00'" : "write 'from: 00:00' of the following day")
                }
            }
        }
    }

    private func checkInterlocks(_ board: BoardDescription) {
        for interlock in board.interlocks where interlock.isWhole {
            let subject = "interlock '\(interlock.name)'"
            if interlock.value.doors.nonzeroBitCount < 2 {
                report(
                    subject, at: interlock.places["doors"], "it names one door twice", remedy: "name two doors or more")
            }
            for (index, door) in board.doors.enumerated()
            where index < 64 && interlock.value.doors >> UInt64(index) & 1 != 0 && door.isWhole {
                if !door.value.hasContact {
                    report(
                        subject, at: interlock.places["doors"],
                        "door '\(door.name)' has no contact, so nobody could tell whether it is closed",
                        remedy: "add 'contact:' to the door, or leave it out of the interlock")
                }
            }
        }
    }

    // MARK: Credentials

    private func checkCredentials(_ board: inout BoardDescription) {
        var known: [CredentialIdentity: Int] = [:]
        for index in board.credentials.indices where board.credentials[index].isWhole {
            let subject = "credential \(index + 1)"
            let places = board.credentials[index].places
            var credential = board.credentials[index].value
            guard credential.identities.count == 1, let identity = credential.identity else {
                let keys = credential.identities.map { "'\($0.key)'" }
                report(
                    subject, at: places.whole,
                    keys.isEmpty
                        ? "which card it is, is not said" : "it has " + keys.joined(separator: " and "),
                    remedy: keys.isEmpty
                        ? "write one of 'tag', 'number', 'contactless', 'file', 'text', 'code' and 'hash'"
                        : "write one of them")
                continue
            }
            checkIdentity(identity, places, board, subject: subject)
            if case .code = identity { credential.message.traits |= 1 << CredentialTrait.code.rawValue }
            // What is written in two ways can only be told apart once hashed; equal ones of a kind are found here.
            if let other = known[identity] {
                report(
                    subject, at: places[credential.identities[0].key],
                    "it is the same card as credential \(other)",
                    remedy: "remove one of them; what both may do goes into one")
            }
            known[identity] = known[identity] ?? index + 1
            if credential.pin != nil, case .hash = identity {
                // The PIN is hashed with the card's hash, which is there.
            } else if credential.pin != nil, case .code = identity {
                report(
                    subject, at: places["pin"], "a code typed without a card has no PIN", remedy: "remove 'pin'")
            }
            resolveTimes(&credential, places, board, subject: subject)
            board.credentials[index].value = credential
        }
        checkCodes(board)
    }

    private func checkIdentity(
        _ identity: CredentialIdentity, _ places: RecordPlaces, _ board: BoardDescription, subject: String
    ) {
        switch identity {
        case .number(let format, let facility, let card):
            guard Int(format) < board.cardFormats.count, board.cardFormats[Int(format)].isWhole,
                let driver = try? ReaderFields.driverFormat(board.cardFormats[Int(format)].value)
            else { return }
            if driver.frame(facility: facility, card: card) == nil {
                report(
                    subject, at: places["number"],
                    "a number does not fit into the card format '\(board.cardFormats[Int(format)].name)'",
                    remedy: "write the facility and card number of that format, or name the card's own format")
            }
        case .contactless(let bytes) where ![4, 7, 10].contains(bytes.count):
            report(
                subject, at: places["contactless"], "the identifier has \(bytes.count) bytes",
                remedy: "write the 4, 7 or 10 bytes that the card has")
        default: break
        }
    }

    private func resolveTimes(
        _ credential: inout CredentialDescription, _ places: RecordPlaces, _ board: BoardDescription, subject: String
    ) {
        let zone = board.zone
        let from = credential.validFrom?.unixSeconds(zone, atEnd: false) ?? 0
        let until = credential.validUntil?.unixSeconds(zone, atEnd: true) ?? 0
        for (keyName, seconds) in [("valid_from", from), ("valid_until", until)]
        where UInt32(exactly: seconds) == nil {
            report(
                subject, at: places[keyName], "the date cannot be stored",
                remedy: "write a date from 1970-01-02 to 2106-02-06, or leave the key out for no limit")
        }
        if until != 0, until <= from {
            report(
                subject, at: places["valid_until"], "it ends before it begins",
                remedy: "write a 'valid_until' after 'valid_from'")
        }
        credential.message.validFrom = UInt32(clamping: from)
        credential.message.validUntil = UInt32(clamping: until)
    }

    /// A thousand possible codes for each one issued (IEC 60839-11-1, `AccessControl.CodeRule`).
    private func checkCodes(_ board: BoardDescription) {
        let codes = board.credentials.enumerated().compactMap { index, credential -> (Int, String)? in
            if credential.isWhole, case .code(let digits)? = credential.value.identity { (index, digits) } else { nil }
        }
        let fewest = CodeRuleDigits.fewest(forCodes: codes.count)
        for (index, digits) in codes where digits.utf8.count < fewest {
            report(
                "credential \(index + 1)", at: board.credentials[index].places["code"],
                "with \(codes.count) codes each needs \(fewest) digits, or one would be guessed too easily",
                remedy: "give out codes of \(fewest) digits")
        }
    }
}

extension Door {
    var hasContact: Bool { contactLine != nil || supervisedContact != nil }
    var hasSecondContact: Bool { secondContactLine != nil || secondSupervisedContact != nil }

    /// Whether the file gave the door's own groups a schedule.
    fileprivate func places(rulesIn places: RecordPlaces) -> Bool {
        places.keys["schedule"] != nil && places.keys["groups"] == nil && !rules.isEmpty
    }
}

extension ReaderDescription {
    /// The place of its port; `nil` for a reader on data lines.
    var port: UInt32? {
        switch message.interface {
        case .serialTag(let options): options.port
        case .textLine(let options): options.port
        case .osdp(let options): options.port
        case .pn532(let options): options.port
        case .wiegand, nil: nil
        }
    }
}
