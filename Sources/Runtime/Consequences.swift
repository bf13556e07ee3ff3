import AccessControl
import BoardImage
import CauseAndEffect
import Cryptography
import Drivers
import EventJournal
import FixedMemory
import Recording
import HardwareInterface
import LifeSafety
import WardenMessages

// What follows from what one room found out: the others are told, lines are demanded, events recorded.
extension BoardCore {
    /// Hands what a sensor found out to the points, the detectors and the troubles.
    mutating func settleSensor(_ index: Int) {
        if let health = sensors.output.health {
            switch health {
            case .working, .starting: troubles.set(.sensor, index, isActive: false)
            case .faulty(let fault), .missing(let fault):
                troubles.set(.sensor, index, isActive: true, code: fault.rawValue)
                feedSensorLoss(index, health)
            }
            supplies.settle(index, sensors, at: now)
        }
        for place in 0..<sensors.output.readingCount {
            let found = sensors.output.reading(place)
            var point = points.firstPoint(ofSensor: index)
            while point >= 0 {
                if points.channel(of: point) == found.channel {
                    settlePoint(point, raw: found.reading)
                }
                point = points.nextPoint(after: point)
            }
        }
        settleSamples(index)
        settleChipCalibration(index)
    }

    private mutating func settlePoint(_ point: Int, raw: Reading) {
        let reading = points.update(point, raw: raw)
        let isTrouble = !reading.quality.isUsable && reading.quality != .starting
        troubles.set(.point, point, isActive: isTrouble, code: reading.quality.rawValue)
        monitor.receive(reading, ofPoint: map.point(point), at: now, into: &alarmOutput)
        settleAlarms()
        feedContacts(ofPoint: point, reading)
        BoardCore.tellAmbient(of: point, points, to: &sensors, at: now)
    }

    // Static, so that the points and the sensors are seen to be different things.
    private static func tellAmbient(
        of point: Int, _ points: borrowing PointTable, to sensors: inout SensorBank, at now: Instant
    ) {
        sensors.settleAmbient(of: point, points, at: now)
    }

    private mutating func settleSamples(_ index: Int) {
        guard sensors.output.sampleCount > 0 else { return }
        samples.removeAll()
        for place in 0..<sensors.output.sampleCount { samples.append(sensors.output.accelerationSample(place)) }
        let lastAt = sensors.output.lastSampleAt
        let interval = sensors.output.sampleInterval
        BoardCore.feed(samples, lastAt, interval, map.sensor(index), to: &monitor, &alarmOutput)
        settleAlarms()
    }

    // Static, so that the samples and the monitor are seen to be different things.
    private static func feed(
        _ samples: borrowing FixedArray<AccelerationSample>, _ lastAt: Instant, _ interval: Interval,
        _ point: PointIndex, to monitor: inout LifeSafetyMonitor, _ output: inout AlarmOutput
    ) {
        monitor.receive(samples: samples.span, lastAt: lastAt, interval: interval, ofPoint: point, into: &output)
    }

    /// Detectors that listen to a sensor's samples hear of its loss too; those of points hear it from their points.
    private mutating func feedSensorLoss(_ index: Int, _ health: SensorHealth) {
        let quality: Quality = if case .missing = health { .missing } else { .faulty }
        monitor.receive(
            Reading(value: 0, quality: quality, at: now), ofPoint: map.sensor(index), at: now, into: &alarmOutput)
        settleAlarms()
    }

    /// Hands what the readers of a device reported to the doors. What it wants sent stays in the bank's output.
    mutating func settleReaders(of device: Int) {
        for place in readers.output.reports.indices {
            let report = readers.output.reports[place]
            guard let reader = readers.reader(at: report.reader, of: device) else { continue }
            settleReport(report.event, from: reader)
        }
    }

    private mutating func settleReport(_ event: ReaderEvent, from index: Int) {
        switch event {
        case .card(let card):
            readers.countCard(index)
            guard
                let hash = CredentialHashing.card(
                    card.bytes.span, technology: card.technology.rawValue, bitCount: Int(card.bitCount), key: hashKey)
            else { return }
            if enrol(hash, atReader: index) { return }
            recordReader(.card, index) {
                $0.appendLittleEndian(hash.low)
                $0.appendLittleEndian(hash.high)
            }
            settle(.card(hash), from: index)
        case .key(let key):
            guard let number = BoardCore.number(of: key) else { return }
            settle(.key(number), from: index)
        case .tamper(let isActive):
            record(.readerTamper, index, isActive)
            settle(.tamper(isActive), from: index)
        case .online:
            readers.setLoss(index, nil)
            reportTrouble(ofReader: index)
            readers.forgetShown(index)
            loseInputs(ofReader: index, beyond: readers.inputCount(of: index))
            recordReader(.readerAnswered, index)
            settle(.answered, from: index)
        case .offline(let reason):
            // A button that nobody can see any more is not pressed.
            if readers.exitInput(of: index) != nil { requestToExit(ofReader: index, isActive: false) }
            readers.setLoss(index, reason)
            reportTrouble(ofReader: index)
            readers.forgetShown(index)
            loseInputs(ofReader: index, beyond: 0)
        case .powerFailure(let isActive):
            readers.setPowerFailure(index, isActive)
            reportTrouble(ofReader: index)
        case .commandDone(ReaderBank.installationTag):
            installationEnded(ofReader: index, isDone: true)
        case .commandRefused(ReaderBank.installationTag, _):
            installationEnded(ofReader: index, isDone: false)
        case .malformed, .cardRefused:
            readers.countMalformed(index)
        case .commandDone, .commandRefused:
            recordReader(.readerAnswered, index)
            settle(.answered, from: index)
        case .input(let input, let isActive):
            if readers.exitInput(of: index) == input { requestToExit(ofReader: index, isActive: isActive) }
            setInputs(ofReader: index, input, isActive: isActive)
        case .fileDataWanted(let offset, let length):
            readerFiles[index].want(offset: offset, length: length)
        case .fileTransferEnded(let outcome):
            fileTransferEnded(toReader: index, outcome)
        case .cardRemoved, .output, .identified, .keyInstalled:
            break
        }
    }

    /// Hands a change at a reader's input to the board's inputs that are wired there.
    private mutating func setInputs(ofReader index: Int, _ input: UInt8, isActive: Bool) {
        var next = lines.nextInput(ofReader: index, from: 0)
        while let line = next {
            next = lines.nextInput(ofReader: index, from: line + 1)
            guard let source = lines[line].source, source.input == input else { continue }
            if !lines[line].isAvailable { lineAvailability(line, isAvailable: true) }
            lineChanged(line, isActive: isActive != source.isInverted, at: now)
        }
    }

    /// Nothing is known any more of the board's inputs that are wired to a reader's inputs from a number on.
    private mutating func loseInputs(ofReader index: Int, beyond count: Int) {
        var next = lines.nextInput(ofReader: index, from: 0)
        while let line = next {
            next = lines.nextInput(ofReader: index, from: line + 1)
            guard let source = lines[line].source, Int(source.input) >= count else { continue }
            lineAvailability(line, isAvailable: false)
        }
    }

    private mutating func requestToExit(ofReader index: Int, isActive: Bool) {
        record(.readerExitRequest, index, isActive)
        settle(.exitRequest(isActive), from: index)
    }

    private mutating func reportTrouble(ofReader index: Int) {
        let code = readers.trouble(of: index)
        recordReader(.readerTrouble, index) { $0.append(code) }
        settle(.trouble(code), from: index)
    }

    private mutating func recordReader(
        _ kind: RecordKind, _ index: Int, _ write: (inout ByteBuffer) -> Void = { _ in }
    ) {
        guard beginsRecord() else { return }
        recording.content.appendVarint(UInt64(index))
        write(&recording.content)
        endRecord(kind)
    }

    /// What a reader reported, as far as anything is decided by it.
    enum ReaderFinding {
        case card(KeyedHash)
        /// As `AccessController.press` counts keys.
        case key(UInt8)
        case tamper(Bool)
        /// The reason's number; 0 for none.
        case trouble(UInt8)
        /// The button at one of its inputs.
        case exitRequest(Bool)
        /// It did what it was told, or not.
        case answered
    }

    mutating func settle(_ finding: ReaderFinding, from index: Int) {
        let door = door(ofReader: index)
        let side = side(ofReader: index)
        switch finding {
        case .card(let hash):
            access.present(hash, at: door, side, now: now, into: &accessOutput)
            settleAccess()
            evaluateMatrix()
        case .key(let number):
            access.press(number, at: door, side, now: now, into: &accessOutput)
            // Behind the decision, which says what came of the digits, and without them.
            let result = access.typedResult
            recordReader(.key, index) {
                $0.append(number < 10 ? 0 : number)
                if let record = result?.record { for place in 0..<record.count { $0.append(record[place]) } }
            }
            settleAccess()
            evaluateMatrix()
        case .tamper(let isActive):
            setTamper(ofReader: index, isActive: isActive)
            evaluateMatrix()
        case .trouble(let code): troubles.set(.reader, index, isActive: code != 0, code: code)
        case .exitRequest(let isActive):
            access.requestToExit(door, isActive: isActive, at: now, now: now, into: &accessOutput)
            settleAccess()
            evaluateMatrix()
        case .answered:
            showAtReaders()
        }
    }

    func door(ofReader index: Int) -> DoorIndex { DoorIndex(UInt8(truncatingIfNeeded: image.readers[index].door)) }
    func side(ofReader index: Int) -> ReaderSide { image.readers[index].side == .exit ? .exit : .entry }

    mutating func setTamper(ofReader index: Int, isActive: Bool) {
        access.tamper(
            door(ofReader: index), side(ofReader: index) == .entry ? .entryReader : .exitReader, isActive: isActive,
            now: now, into: &accessOutput)
        settleAccess()
    }

    /// A key as `AccessController.press` counts them; `nil` for function keys, which no door asks for.
    private static func number(of key: KeypadKey) -> UInt8? {
        switch key {
        case .digit(let digit): digit
        case .clear: 10
        case .enter: 11
        case .function: nil
        }
    }

    /// Demands of the doors' lines what the access controller wants, and records what happened.
    mutating func settleAccess() {
        for index in image.doors.indices { driveDoor(index) }
        showAtReaders()
        for place in 0..<accessOutput.changes.count {
            let change = accessOutput.changes[place]
            keep(change)
        }
        for place in 0..<accessOutput.events.count {
            let event = accessOutput.events[place]
            publish(event)
        }
        accessOutput.removeAll()
        for index in image.doors.indices { causes.setDoor(UInt16(index), aspects(ofDoor: index)) }
    }

    private mutating func driveDoor(_ index: Int) {
        let outputs = access.outputs(of: DoorIndex(UInt8(index)))
        _ = lines.demand(Int(image.doors[index].lockLine), isActive: outputs.lockRelayIsEnergised)
        if let line = image.doors[index].secondLockLine {
            _ = lines.demand(Int(line), isActive: outputs.secondLockRelayIsEnergised)
        }
        if let line = image.doors[index].sounderLine {
            let isOn =
                switch outputs.sounder {
                case .silent: false
                case .warning: isWarningOn
                case .alarm: true
                }
            _ = lines.demand(Int(line), isActive: isOn)
        }
        for floor in image.doors[index].floorLines.indices {
            _ = lines.demand(
                Int(image.doors[index].floorLines[floor]), isActive: outputs.floors >> UInt64(floor) & 1 != 0)
        }
    }

    /// Sounders that warn are on for half a second of every second.
    private var isWarningOn: Bool { now.nanoseconds / 500_000_000 & 1 == 0 }

    /// When a sounder that warns changes next; `.never` while none does.
    // Inlined: a call from a function that changes the board would copy the whole of it first.
    @inline(__always)
    var sounderDeadline: Instant {
        for index in image.doors.indices where image.doors[index].sounderLine != nil {
            if access.outputs(of: DoorIndex(UInt8(index))).sounder == .warning {
                return Instant(nanoseconds: (now.nanoseconds / 500_000_000 + 1) * 500_000_000)
            }
        }
        return .never
    }

    /// Has every reader show how its side of its door stands.
    private mutating func showAtReaders() {
        for index in image.readers.indices {
            let outputs = access.outputs(of: door(ofReader: index))
            let show = ReaderShow(side(ofReader: index) == .entry ? outputs.entryReader : outputs.exitReader)
            readers.show(show, isReleased: outputs.isReleased, at: index, now: now)
            if let line = image.readers[index].grantedLine {
                _ = lines.demand(Int(line), isActive: show == .released || show == .granted)
            }
            if let line = image.readers[index].deniedLine {
                _ = lines.demand(Int(line), isActive: show == .denied)
            }
            if let line = image.readers[index].sounderLine {
                _ = lines.demand(Int(line), isActive: show == .denied)
            }
        }
    }

    /// Tells the doors whose contact is measured by a point what it says.
    mutating func feedContacts(ofPoint point: Int, _ reading: Reading) {
        for place in contactPoints.indices where Int(contactPoints[place].contact.point) == point {
            let entry = contactPoints[place]
            guard let state = DoorTranslation.contact(entry.contact, isInOhms: entry.isInOhms, reading) else {
                continue
            }
            access.contact(
                entry.door, state, isSecondLeaf: entry.isSecondLeaf, at: reading.at, now: now, into: &accessOutput)
            settleAccess()
        }
    }

    /// Tells the matrix how the detectors stand, and records what changed.
    ///
    /// - Parameter actor: whose command it was.
    mutating func settleAlarms(by actor: Actor? = nil) {
        guard alarmOutput.count > 0 else { return }
        for place in 0..<alarmOutput.count {
            let transition = alarmOutput[place]
            causes.setDetector(transition.detector.value, aspects(of: transition))
            keep(transition)
            publish(transition, by: actor)
        }
        alarmOutput.removeAll()
    }

    /// Has the matrix decide, and does what it demands.
    mutating func evaluateMatrix() {
        guard matrix.needsEvaluation(causes, at: now) else { return }
        matrix.evaluate(&causes, at: now, into: &changedTargets)
        keepLatches()
        guard changedTargets.count > 0 else { return }
        var doorsChanged = false
        var messagesChanged = false
        for place in 0..<changedTargets.count {
            let target = Int(changedTargets[place])
            let demand = matrix.demand(target)
            switch matrix.target(target) {
            case .line(let line):
                let index = Int(line.value)
                _ = lines.demand(index, isActive: demand.isOn)
                // A pattern that goes on and off is one event, not one for each pulse.
                let isDemanded = demand.demand != .nothing && demand.demand != .off
                guard isDemanded != announcedTargets[target] else { continue }
                announcedTargets[target] = isDemanded
                publish(.system, .output(OutputChange(line: UInt32(index), active: isDemanded)), at: now)
            case .door(let door):
                follow(demand, atDoor: DoorIndex(UInt8(door)))
                doorsChanged = true
            case .valve(let detector):
                let command: DetectorCommand = demand.demand == .shut ? .shut : .open
                _ = monitor.perform(command, on: DetectorIndex(detector), at: now, into: &alarmOutput)
                settleAlarms()
                settleValves()
            case .lift(let lift): order(demand, toLift: Int(lift))
            case .message(let row):
                messagesChanged = true
                publish(
                    .system,
                    .announcement(
                        Announcement(
                            effect: UInt32(row), active: demand.demand == .announce,
                            text: image.effects[Int(row)].announcement)), at: now)
            }
        }
        if messagesChanged { showAnnouncement() }
        if doorsChanged { settleAccess() }
    }

    /// Has a door do what the matrix demands of it. A release begins before another order ends, and ends once the order
    /// behind it stands, so that the door is never for a moment what neither wanted.
    private mutating func follow(_ demand: TargetDemand, atDoor door: DoorIndex) {
        // Where nothing is demanded any more no row did it.
        let requester = demand.demand == .nothing ? Requester.board : Requester(.matrix, index: demand.rule)
        let isRelease = demand.demand == .release
        if isRelease {
            access.setFire(doors: DoorSet(door), isActive: true, by: requester, now: now, into: &accessOutput)
        }
        access.follow(BoardCore.doorOrder(demand.demand), door, by: requester, now: now, into: &accessOutput)
        // A release that was kept over a restart is not ended by a row that never asked for it.
        if !isRelease, access.door(door).isReleaseDemanded {
            access.setFire(doors: DoorSet(door), isActive: false, by: requester, now: now, into: &accessOutput)
        }
    }

    /// What a door is ordered by a demand of the matrix, besides a release.
    private static func doorOrder(_ demand: Demand) -> DoorOrder {
        switch demand {
        case .lockDown: .lockDown
        case .holdOpen: .holdOpen
        default: .none
        }
    }

    /// What a lift is told by a demand of the matrix.
    static func order(_ demand: Demand) -> LiftOrder {
        switch demand {
        case .recall: .recall
        case .stay: .stay
        default: .none
        }
    }

    /// Closes the contact of a lift's order, and opens that of the other: a lift that is recalled does not stay.
    private mutating func order(_ demand: TargetDemand, toLift lift: Int) {
        let order = BoardCore.order(demand.demand)
        drive(image.lifts[lift].recallLine, isActive: order == .recall)
        drive(image.lifts[lift].stayLine, isActive: order == .stay)
        publish(
            .system,
            .lift(
                LiftChange(
                    lift: UInt32(lift), order: order,
                    actor: order == .none ? nil : Actor(kind: .matrix, index: UInt32(demand.rule)))), at: now)
    }

    private mutating func drive(_ line: UInt32?, isActive: Bool) {
        guard let line, lines.demand(Int(line), isActive: isActive) else { return }
        publish(.system, .output(OutputChange(line: line, active: isActive)), at: now)
    }

    /// Has the readers' displays show what is announced; of several announcements the most urgent.
    private mutating func showAnnouncement() {
        var best: TargetDemand?
        for target in 0..<matrix.targetCount {
            guard case .message = matrix.target(target), matrix.demand(target).demand == .announce else { continue }
            let demand = matrix.demand(target)
            if let standing = best, !isMoreUrgent(demand, than: standing) { continue }
            best = demand
        }
        var text: FixedBytes<32>?
        if let best { text = ReaderTexts.announcement(image.effects[Int(best.rule)].announcement) }
        readers.announce(text)
        showAtReaders()
    }

    private func isMoreUrgent(_ demand: TargetDemand, than standing: TargetDemand) -> Bool {
        if demand.priorityClass != standing.priorityClass { return demand.priorityClass > standing.priorityClass }
        return image.effects[Int(demand.rule)].priority > image.effects[Int(standing.rule)].priority
    }

    /// Switches supplies that are due, and has what one feeds brought up again.
    mutating func settleSupplies() {
        while let action = supplies.next(at: now) {
            guard lines.demand(action.line, isActive: action.isOn) else { continue }
            publish(.system, .output(OutputChange(line: UInt32(action.line), active: action.isOn)), at: now)
            guard action.isOn else { continue }
            for index in 0..<sensors.count where supplies.feeds(index, on: sensors.bus(of: index), from: action.line) {
                sensors.restart(index, at: now)
            }
        }
    }

    /// Tells the matrix which schedules are active.
    mutating func settleSchedules() {
        for index in image.schedules.indices {
            let isActive = access.schedules.isActive(ScheduleIndex(UInt8(truncatingIfNeeded: index)))
            causes.setSchedule(UInt16(index), isActive ? .active : [])
        }
    }

    /// Drives the motors of valves as their supervisors want it now.
    mutating func settleValves() {
        for place in valves.indices {
            let valve = valves[place]
            let isDriven = monitor.isValveDriven(valve.detector)
            guard lines.demand(valve.line, isActive: isDriven) else { continue }
            publish(.system, .output(OutputChange(line: UInt32(valve.line), active: isDriven)), at: now)
        }
    }

    /// Hands what a radar reported to its detector, and to those that take presence for a sign of life. What it wants
    /// sent stays in the bank's output.
    mutating func settleRadar(_ index: Int) {
        let detector = radars.detector(of: index)
        for place in radars.output.readings.indices {
            let found = radars.output.readings[place]
            let point: PointIndex =
                switch found.channel {
                case .fall: map.radarFall(detector)
                case .presence: map.radarPresence(detector)
                }
            monitor.receive(found.reading, ofPoint: point, at: now, into: &alarmOutput)
        }
        settleAlarms()
        evaluateMatrix()
    }

    /// Records troubles that began or ended.
    mutating func reportTroubles() {
        guard troubles.hasChanges else { return }
        record(.troublesReported)
        while let change = troubles.takeChange() {
            publish(
                .trouble,
                .trouble(
                    Trouble(
                        source: TroubleSource(rawValue: Int32(change.source.rawValue)), index: UInt32(change.index),
                        active: change.isActive, code: UInt32(change.code))), at: now)
        }
    }
}
