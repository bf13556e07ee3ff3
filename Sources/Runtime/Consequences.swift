import AccessControl
import BoardImage
import CauseAndEffect
import Cryptography
import Drivers
import EventJournal
import FixedMemory
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
    }

    private mutating func settlePoint(_ point: Int, raw: Reading) {
        let reading = points.update(point, raw: raw)
        let isTrouble = !reading.quality.isUsable && reading.quality != .starting
        troubles.set(.point, point, isActive: isTrouble, code: reading.quality.rawValue)
        monitor.receive(reading, ofPoint: map.point(point), at: now, into: &alarmOutput)
        settleAlarms()
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

    /// Hands what a reader reported to the doors. What it wants sent stays in the bank's output.
    mutating func settleReader(_ index: Int) {
        for place in readers.output.reports.indices {
            let event = readers.output.reports[place].event
            settleReport(event, from: index)
        }
    }

    private mutating func settleReport(_ event: ReaderEvent, from index: Int) {
        let door = readerDoors[index]
        switch event {
        case .card(let card):
            readers.countCard(index)
            guard
                let hash = CredentialHashing.card(
                    card.bytes.span, technology: card.technology.rawValue, bitCount: Int(card.bitCount), key: hashKey)
            else { return }
            access.present(hash, at: door, .entry, now: now, into: &accessOutput)
            settleAccess()
            evaluateMatrix()
        case .key(let key):
            guard let number = BoardCore.number(of: key) else { return }
            access.press(number, at: door, .entry, now: now, into: &accessOutput)
            settleAccess()
            evaluateMatrix()
        case .tamper(let isActive):
            access.tamper(door, .entryReader, isActive: isActive, now: now, into: &accessOutput)
            settleAccess()
            evaluateMatrix()
        case .online:
            troubles.set(.reader, index, isActive: false)
        case .offline(let reason):
            troubles.set(.reader, index, isActive: true, code: reason.rawValue)
        case .malformed, .cardRefused:
            readers.countMalformed(index)
        case .cardRemoved, .input, .output, .powerFailure, .identified, .keyInstalled, .commandDone, .commandRefused,
            .fileDataWanted, .fileTransferEnded:
            break
        }
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

    /// Demands of the lock lines what the access controller wants, and records what happened.
    mutating func settleAccess() {
        for index in image.doors.indices {
            let outputs = access.outputs(of: DoorIndex(UInt8(index)))
            _ = lines.demand(Int(image.doors[index].lockLine), isActive: outputs.lockRelayIsEnergised)
        }
        for place in 0..<accessOutput.changes.count {
            let change = accessOutput.changes[place]
            keep(change)
        }
        let count = accessOutput.events.count
        for place in 0..<count {
            let event = accessOutput.events[place]
            publish(event)
        }
        accessOutput.removeAll()
        guard count > 0 else { return }
        for index in image.doors.indices { causes.setDoor(UInt16(index), aspects(ofDoor: index)) }
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
                let release = demand.demand == .release
                access.setFire(
                    doors: DoorSet(DoorIndex(UInt8(door))), isActive: release,
                    by: Requester(.matrix, index: demand.rule), now: now, into: &accessOutput)
                doorsChanged = true
            case .valve, .lift, .message: break
            }
        }
        if doorsChanged { settleAccess() }
    }

    /// Records troubles that began or ended.
    mutating func reportTroubles() {
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
