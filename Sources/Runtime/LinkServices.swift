import AccessControl
import Authority
import EventJournal
import FixedMemory
import HardwareInterface
import WardenLink
import WardenMessages

// What the board does for its links beyond states and commands: places in the journal, counters, the clock.
extension BoardCore {
    /// Events of the journal itself, which are not of the schema, that are passed over in one go at the most.
    private static var skipLimit: Int { 16 }

    func nextEventSequence(from sequence: UInt64) -> UInt64? { journal.nextKept(from: sequence) }

    mutating func openReader(_ name: FixedBytes<16>, classes: UInt32, fromOldest: Bool) -> LinkReader? {
        let reader = journal.openReader(
            name, classes: BoardCore.journalClasses(classes), start: fromOldest ? .oldest : .newest, kind: .lasting)
        return reader.map { LinkReader($0.value) }
    }

    mutating func closeReader(_ reader: LinkReader, forget: Bool) {
        if forget {
            journal.forgetReader(ReaderIndex(reader.value), at: now)
        } else {
            journal.closeReader(ReaderIndex(reader.value))
        }
    }

    func place(of reader: LinkReader) -> Subscribed {
        let reader = ReaderIndex(reader.value)
        return Subscribed(
            acknowledgedSequence: journal.acknowledgedSequence(of: reader), waiting: journal.waitingEvents(for: reader))
    }

    mutating func readEvent(_ reader: LinkReader) -> Event? {
        var record = JournalEvent()
        for _ in 0..<BoardCore.skipLimit {
            switch journal.read(ReaderIndex(reader.value), into: &record, durableOnly: isMediumKeepingUp) {
            case .event: if let event = event(from: record) { return event }
            case .gap(let gap):
                return Event(
                    body: .gap(
                        Gap(
                            lastSequence: gap.before == 0 ? journal.lastSequence : gap.before - 1,
                            class: BoardCore.schemaClass(gap.eventClass), count: gap.count)))
            case .caughtUp, .waiting, .windowFull: return nil
            }
        }
        return nil
    }

    mutating func acknowledge(_ reader: LinkReader, through sequence: UInt64) {
        journal.acknowledge(ReaderIndex(reader.value), through: sequence, at: now)
    }

    static func schemaClass(_ eventClass: JournalClass) -> WardenMessages.EventClass {
        switch eventClass {
        case .alarm: .alarm
        case .access: .access
        case .trouble: .trouble
        case .audit: .audit
        case .system: .system
        case .telemetry: .telemetry
        }
    }

    /// The journal's set for the schema's: bit n for class n, none for all.
    private static func journalClasses(_ bits: UInt32) -> EventClassSet {
        guard bits != 0 else { return .all }
        var classes = EventClassSet.none
        for index in 0..<UInt8(JournalClass.count) {
            guard let eventClass = JournalClass(rawValue: index) else { continue }
            if bits & (1 << UInt32(bitPattern: schemaClass(eventClass).rawValue)) != 0 {
                classes = classes.adding(eventClass)
            }
        }
        return classes
    }

    // MARK: Services

    func counterStatus(at index: Int) -> CounterStatus? {
        var counter: CounterStatus
        switch index {
        case 0: counter = CounterStatus(name: "turns", value: turns)
        case 1: counter = CounterStatus("troubles", troubles.usage)
        case 2: counter = CounterStatus("events of alarms", journal.memoryUsage(of: .alarm))
        case 3: counter = CounterStatus("events of access", journal.memoryUsage(of: .access))
        case 4: counter = CounterStatus("events of troubles", journal.memoryUsage(of: .trouble))
        case 5: counter = CounterStatus("events of audit", journal.memoryUsage(of: .audit))
        case 6: counter = CounterStatus("events of the system", journal.memoryUsage(of: .system))
        case 7: counter = CounterStatus("events of telemetry", journal.memoryUsage(of: .telemetry))
        case 8:
            counter = CounterStatus(
                name: "credentials", value: UInt64(access.credentials.count),
                capacity: UInt64(access.credentials.capacity))
        default: return nil
        }
        counter.index = UInt32(index)
        return counter
    }

    mutating func setClock(_ setting: Authorised<ClockSetting>) -> CommandResult {
        let result = setClock(setting.action)
        audit(Command(kind: .clockSet), setting.actor, result)
        return result
    }

    mutating func setLogLevel(_ setting: Authorised<LogLevelSetting>) -> CommandResult {
        var result = CommandResult.done
        if case .unrecognised = setting.action.level { result = .outOfRange } else { logLevel = setting.action.level }
        let level = UInt32(bitPattern: setting.action.level.rawValue)
        audit(Command(kind: .logLevelSet, target: level), setting.actor, result)
        return result
    }

    private mutating func setClock(_ setting: ClockSetting) -> CommandResult {
        let moment = Instant(nanoseconds: Int64(clamping: setting.atMonotonicNs))
        guard moment <= now, setting.unixMs > 0 else { return .outOfRange }
        let trust: HardwareInterface.ClockTrust =
            setting.uncertaintyMs <= 1_000 ? .synchronised : .freeRunning
        wallClockChanged(
            WallClock(unixMilliseconds: setting.unixMs + (now - moment).milliseconds, trust: trust))
        return .done
    }
}

extension CounterStatus {
    init(_ name: FixedBytes<32>, _ usage: Usage) {
        self.init(
            name: name, value: UInt64(usage.count), capacity: UInt64(usage.capacity),
            highWater: UInt64(usage.highWater), dropped: usage.dropped)
    }
}
