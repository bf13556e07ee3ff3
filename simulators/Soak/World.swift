import BoardImage
import Console
import Cryptography
import DeviceModels
import EventJournal
import FixedMemory
import HardwareInterface
import Runtime
import VirtualBoard
import WardenMessages

/// What the board did since the last look.
struct WhatWasSeen {
    var events: [WardenMessages.Event] = []
    var lineChanges: [VirtualBoard.LineChange] = []
    /// Lines that became available again.
    var linesReturned: Set<UInt16> = []
    /// State of an earlier run came back in these turns.
    var restored = false
}

/// A board and the world around it: people, smoke, water, wires that break. It outlives the board's restarts.
final class World {
    struct Door {
        var name: String
        var lock: LineIndex
        var contact: LineIndex
        var isEgress: Bool
    }

    /// Something dangerous that a detector should see.
    struct Danger {
        var detector: String
        var since: Instant?
        /// When its detector was last in trouble: from then on it needs its time anew.
        var troubledAt = Instant.start
        /// How long it may go unseen.
        var detectionTime: Interval
    }

    /// Places in `dangers`.
    private enum DangerPlace {
        static let smoke = 0
        static let leak = 1
        static let fall = 2
    }

    /// A step of the world at a moment.
    private enum Step {
        case happen(Happening)
        case open(door: Int, isForced: Bool)
        case close(door: Int)
        case button(Bool)
        case dangerEnds(Int)
        /// The radar says what it sees.
        case radarReports
        case endLockdown
        case faultEnds(Fault)
        case noise(Fault, until: Instant)
    }

    private let file: [UInt8]
    private let medium = VirtualMedium(byteCount: 8 << 20)
    private var runtime: Runtime<VirtualBoard>
    /// When the board next has something to do, as it was after its last turn.
    private var boardDue = Instant.start
    private(set) var doors: [Door] = []
    private var queue: [(at: Instant, order: Int, step: Step)] = []
    private var order = 0
    private let trace: ((String) -> Void)?
    private let replays: Bool
    /// Inputs of recordings that were played back.
    private(set) var replayedInputs: UInt64 = 0

    // The board's own clock begins anew with each start; the world's goes on.
    private(set) var startedAt = Instant.start

    // The physical world, as it must be shown to a board that starts.
    private(set) var dangers: [Danger]
    private var faults: [Fault] = []
    private var doorIsOpen: [Bool]
    private var buttonIsPressed = false
    private var clockOffset: Int64 = 0
    private var clockIsLost = false
    private var lastWrongAt = Instant.start
    private var lastCaretakerAt = Instant.start

    // What the board said.
    private var place: UInt64 = 0
    private var troubles: Set<String> = []
    private(set) var eventCount = 0
    private(set) var restartCount = 0
    private(set) var turnCount: UInt64 = 0
    /// What the events of this run say, by their place in it.
    private var said: [(place: UInt64, digest: UInt64)] = []
    /// Events of earlier runs that were durable when they ended and that the platform has not acknowledged: what they
    /// say, by number.
    private var promised: [UInt64: UInt64] = [:]
    private var platform: ReaderIndex?
    private var acknowledged: UInt64 = 0
    /// As it was when the platform last began to read.
    private var acknowledgedBefore: UInt64 = 0
    private var alarmsBefore: [String]?
    private var noise = Chance(seed: 1)

    private static let link = LinkPeer.localUser(userIdentifier: 12_345, groupIdentifier: 0)
    private static let turnsAtOneMoment = 10_000
    private let lineNames: [String: LineIndex]

    /// - Parameters:
    ///   - interval: seconds from one look of the smoke and leak probes to the next.
    ///   - replays: whether what was recorded is played back at the end of each run.
    ///   - trace: is told everything that happens, a line each.
    init(interval: Int, replays: Bool = false, trace: ((String) -> Void)? = nil) {
        self.trace = trace
        self.replays = replays
        let detectionTime = Invariants.detectionTime(interval: interval)
        dangers = [
            Danger(detector: "smoke", detectionTime: detectionTime),
            Danger(detector: "leak", detectionTime: detectionTime),
            Danger(detector: "fall", detectionTime: Invariants.fallDetectionTime),
        ]
        let bytes = SoakBoard.image(interval: interval)
        file = bytes
        guard let image = try? BoardImage(decoding: bytes.span) else { preconditionFailure("the image is whole") }
        var names: [String: LineIndex] = [:]
        for index in image.lines.indices { names[World.text(image.lines[index].name)] = LineIndex(UInt16(index)) }
        lineNames = names
        for index in image.doors.indices {
            let entry = image.doors[index]
            doors.append(
                Door(
                    name: World.text(entry.name), lock: LineIndex(UInt16(entry.lockLine)),
                    contact: LineIndex(UInt16(entry.contactLine ?? 0)), isEgress: entry.egress))
        }
        doorIsOpen = doors.map { _ in false }
        runtime = World.start(file, medium)
        dress()
        later(World.radarInterval, .radarReports)
    }

    private static func text(_ name: Name) -> String {
        String(decoding: (0..<name.count).map { name[$0] }, as: UTF8.self)
    }

    // MARK: Starting

    private static func start(_ file: [UInt8], _ medium: VirtualMedium) -> Runtime<VirtualBoard> {
        do {
            let image = try BoardImage(decoding: file.span)
            var board = VirtualBoard(image, hashKey: SoakBoard.key)
            _ = board.addStream(.console)
            _ = board.addStream(.link(link), isOpen: false)
            board.medium = medium
            return try Runtime(
                hardware: board, image: image, file: file.span, hashKey: SoakBoard.key,
                medium: JournalMedium(byteCount: medium.byteCount, identity: JournalIdentity(low: 7, high: 7)))
        } catch {
            preconditionFailure("the soak board does not start: \(error)")
        }
    }

    private static let radarStream = StreamIndex(2)
    private static let consoleStream = StreamIndex(3)
    private static let linkStream = StreamIndex(4)
    private static let radarInterval = Interval.seconds(10)

    /// Shows a board that has just started the world as it is.
    private func dress() {
        platform = nil
        place = 0
        troubles.removeAll()
        for device in 0..<2 {
            runtime.hardware.withDevice(device) {
                _ = $0.set(.temperature, to: 21_000)
                _ = $0.set(.humidity, to: 45_000)
                return $0.set(.pressure, to: 101_325)
            }
        }
        showAir()
        for (door, isOpen) in zip(doors, doorIsOpen) { runtime.hardware.setInput(door.contact, isActive: isOpen) }
        runtime.hardware.setInput(line("street_exit"), isActive: buttonIsPressed)
        showClock()
        for fault in faults { show(fault, isActive: true) }
    }

    private func showAir() {
        let smoke: Int32 = dangers[DangerPlace.smoke].since == nil ? 400_000 : 1_600_000
        let rope: Int32 = dangers[DangerPlace.leak].since == nil ? 2_500_000 : 900_000
        runtime.hardware.withDevice(0) {
            _ = $0.set(.input0, to: smoke)
            return $0.set(.input1, to: rope)
        }
    }

    private func showClock() {
        // Monday 2 November 2026, 00:00 UTC.
        let unix = 1_793_577_600_000 + now.nanoseconds / 1_000_000 + clockOffset * 1_000
        runtime.hardware.setWallClock(
            clockIsLost ? .unset : WallClock(unixMilliseconds: unix, trust: .synchronised))
    }

    // MARK: Looking

    var now: Instant { startedAt + (runtime.hardware.now - .start) }
    var boardStatus: BoardStatus { runtime.boardStatus }
    var journalStatus: JournalStatus { runtime.journalStatus }
    var isJournalAtRest: Bool { runtime.isAtRest && runtime.journalStatus.medium == .healthy }
    var activeTroubles: [String] { troubles.sorted() }
    var requestsOfMedium: UInt64 { medium.requests }

    func line(_ name: String) -> LineIndex { lineNames[name]! }
    func isActive(_ line: LineIndex) -> Bool { runtime.hardware.isActive(line) }
    func isAvailable(_ line: LineIndex) -> Bool { runtime.lineStatus(at: Int(line.value))?.available ?? false }

    func detector(_ name: String) -> DetectorStatus? {
        runtime.index(of: .detector, named: Array(name.utf8).span).flatMap { runtime.detectorStatus(at: $0) }
    }

    var isFire: Bool { runtime.detectorStatus(at: 0).map { Invariants.isAlarm($0.state) } ?? false }

    var points: [PointStatus] {
        var all: [PointStatus] = []
        while let point = runtime.pointStatus(at: all.count) { all.append(point) }
        return all
    }

    func name(ofPoint point: PointStatus) -> String { World.text(point.name) }

    // MARK: Time

    /// Lives through a plan, and on until `end` if that is later.
    ///
    /// - Returns: the first promise that was broken.
    func live(_ plan: [Planned], until end: Instant = .start) -> Invariants.Violation? {
        do {
            for planned in plan {
                try pass(until: planned.at)
                try perform(.happen(planned.happening))
            }
            try pass(until: max(end, (plan.last?.at ?? .start) + .seconds(1)))
            try replayRecording()
        } catch let violation as Invariants.Violation {
            return violation
        } catch {
            preconditionFailure("\(error)")
        }
        return nil
    }

    private func pass(until end: Instant) throws {
        try settle()
        while true {
            let nextStep = queue.first?.at ?? .never
            let due = max(boardDue, runtime.hardware.now)
            let next = min(startedAt + (due - .start), nextStep, end)
            if next > now { runtime.hardware.advance(to: .start + (next - startedAt)) }
            if nextStep <= next, let first = queue.first {
                queue.removeFirst()
                try perform(first.step)
            } else {
                try settle()
            }
            if next >= end, (queue.first?.at ?? .never) > end { return }
        }
    }

    private func later(_ interval: Interval, _ step: Step) {
        order += 1
        let at = now + interval
        let place = queue.firstIndex { $0.at > at } ?? queue.count
        queue.insert((at, order, step), at: place)
    }

    /// Turns the board until it has nothing left to do at this moment, and holds what it did against the promises.
    private func settle(linesReturned: Set<UInt16> = []) throws {
        var seen = WhatWasSeen()
        seen.linesReturned = linesReturned
        let wasRestored = runtime.isStateRestored
        var turns = 0
        repeat {
            runtime.turn()
            boardDue = min(runtime.deadline, runtime.hardware.nextArrival)
            turns += 1
            guard turns < World.turnsAtOneMoment else {
                throw Invariants.Violation(
                    invariant: "a board has nothing to do for ever", at: now, detail: "turn after turn at one moment")
            }
        } while boardDue <= runtime.hardware.now
        turnCount += UInt64(turns)
        collect(&seen)
        seen.restored = !wasRestored && runtime.isStateRestored
        if let violation = Invariants.everyReleaseHasACause(seen, self) { throw violation }
        if let violation = Invariants.fireReleasesEgress(self) { throw violation }
        noteTroubles()
        if let violation = Invariants.dangerIsSeen(self) { throw violation }
        if let alarms = alarmsBefore, now - startedAt > Invariants.restoreTime {
            alarmsBefore = nil
            if runtime.isStateRestored, let violation = Invariants.alarmsOutliveRestarts(alarms, self) {
                throw violation
            }
        }
        if runtime.hardware.arrivalUsage.dropped > 0 { preconditionFailure("the virtual board has lost an input") }
    }

    private func noteTroubles() {
        for place in dangers.indices where dangers[place].since != nil {
            if let status = detector(dangers[place].detector), Invariants.isTrouble(status) {
                dangers[place].troubledAt = now
            }
        }
    }

    private func collect(_ seen: inout WhatWasSeen) {
        while let change = runtime.hardware.takeLineChange() {
            seen.lineChanges.append(change)
            note { "line \(self.name(of: change.line)) \(change.isActive ? "on" : "off")" }
        }
        let last = runtime.lastEventSequence
        let base = last - EventSequence.place(of: last)
        while place < EventSequence.place(of: last) {
            place += 1
            guard let event = runtime.event(at: base + place) else { continue }
            eventCount += 1
            seen.events.append(event)
            said.append((place, World.digest(event)))
            if case .trouble(let trouble)? = event.body { note(trouble) }
            note { self.words(event) }
        }
    }

    private func note(_ trouble: Trouble) {
        let name = "\(trouble.source) \(trouble.index)"
        if trouble.active {
            troubles.insert("\(name) code \(trouble.code)")
        } else {
            troubles = troubles.filter { !$0.hasPrefix(name + " ") }
        }
    }

    private func name(of line: LineIndex) -> String { lineNames.first { $0.value == line }?.key ?? "?" }

    private func words(_ event: WardenMessages.Event) -> String {
        var text = ByteBuffer(capacity: 512)
        EventText.append(event, names: runtime, to: &text)
        return String(decoding: (0..<text.count).map { text[$0] }, as: UTF8.self)
    }

    private func note(_ words: () -> String) {
        trace?(
            "\(now.nanoseconds / 1_000_000_000).\(String(now.nanoseconds % 1_000_000_000 + 1_000_000_000).dropFirst()) \(words())"
        )
    }

    // MARK: Happenings

    private func perform(_ step: Step) throws {
        switch step {
        case .happen(let happening):
            note { "-- \(happening)" }
            try happen(happening)
        case .open(let door, let isForced):
            // A locked door opens to force only.
            guard isForced || !isActive(doors[door].lock) else { break }
            doorIsOpen[door] = true
            runtime.hardware.setInput(doors[door].contact, isActive: true)
        case .close(let door):
            doorIsOpen[door] = false
            runtime.hardware.setInput(doors[door].contact, isActive: false)
        case .button(let isPressed):
            buttonIsPressed = isPressed
            runtime.hardware.setInput(line("street_exit"), isActive: isPressed)
        case .dangerEnds(let place):
            dangers[place].since = nil
            showAir()
            reportRadar()
            lastWrongAt = now
        case .radarReports:
            reportRadar()
            later(World.radarInterval, .radarReports)
        case .endLockdown: type("door street restore")
        case .faultEnds(let fault):
            note { "-- \(fault) ends" }
            lastWrongAt = now
            if let place = faults.firstIndex(of: fault) { faults.remove(at: place) }
            guard !faults.contains(fault) else { break }
            show(fault, isActive: false)
            let returned: [Fault: String] = [.lockGone: "street_lock", .sirenGone: "siren"]
            if let name = returned[fault] {
                try settle(linesReturned: [line(name).value])
                return
            }
        case .noise(let fault, let end):
            guard faults.contains(fault), now < end else { break }
            makeNoise(fault)
            later(fault == .streetPortBabble ? .milliseconds(261) : .seconds(2), .noise(fault, until: end))
        }
        try settle()
    }

    private func happen(_ happening: Happening) throws {
        switch happening {
        case .visit(let door, let card, let staysOpen):
            present(SoakBoard.cards[card], at: door)
            later(.seconds(2), .open(door: door, isForced: false))
            later(.seconds(2) + staysOpen, .close(door: door))
        case .exit(let staysOpen):
            try perform(.button(true))
            later(.milliseconds(400), .button(false))
            later(.seconds(1), .open(door: 0, isForced: false))
            later(.seconds(1) + staysOpen, .close(door: 0))
        case .force(let door, let staysOpen):
            try perform(.open(door: door, isForced: true))
            later(staysOpen, .close(door: door))
        case .smoke(let length): begin(DangerPlace.smoke, for: length)
        case .leak(let length): begin(DangerPlace.leak, for: length)
        case .fall(let length): begin(DangerPlace.fall, for: length)
        case .lockdown(let length):
            type("door street lockdown")
            later(length, .endLockdown)
        case .fault(let fault, let length):
            faults.append(fault)
            show(fault, isActive: true)
            later(length, .faultEnds(fault))
            if fault == .streetPortNoise || fault == .streetPortBabble || fault == .linkFlaps {
                later(.zero, .noise(fault, until: now + length))
            }
        case .probesReset:
            let moment = runtime.hardware.now
            runtime.hardware.withDevice(0) {
                $0.powerOn(at: moment)
                return true
            }
        case .clock(let seconds, let isLost):
            clockOffset = seconds
            clockIsLost = isLost
            showClock()
        case .powerCut(let seed): try cutPower(seed)
        case .caretaker: try caretaker()
        case .expectNormal:
            // A plan that was cut down for a shorter one may leave too little time.
            guard queue.isEmpty, faults.isEmpty, lastCaretakerAt > lastWrongAt,
                now - lastCaretakerAt >= Invariants.recoveryTime
            else { return }
            if let violation = Invariants.everythingIsNormal(self) { throw violation }
            try platformReads()
        }
    }

    private func begin(_ danger: Int, for length: Interval) {
        dangers[danger].since = dangers[danger].since ?? now
        showAir()
        reportRadar()
        later(length, .dangerEnds(danger))
    }

    /// Somebody is in the room always; whether they lie on the floor is what counts.
    private func reportRadar() {
        guard !faults.contains(.radarSilent) else { return }
        let isFallen = dangers[DangerPlace.fall].since != nil
        let bytes = World.radarFrame(type: 0x0F09, value: 1) + World.radarFrame(type: 0x0E02, value: isFallen ? 1 : 0)
        runtime.hardware.transmit(bytes.span, to: World.radarStream)
    }

    /// A frame of the MR60FDA2 with one byte of data: each part is followed by the inverse of its exclusive or.
    private static func radarFrame(type: UInt16, value: UInt8) -> [UInt8] {
        var frame: [UInt8] = [0x01, 0, 0, 0, 1, UInt8(type >> 8), UInt8(type & 255)]
        frame.append(~frame.reduce(0, ^))
        return frame + [value, ~value]
    }

    private func present(_ tag: String, at door: Int) {
        var model = SerialTagReaderModel(framing: .plain, repetition: nil)
        var bytes = InlineArray<5, UInt8>(repeating: 0)
        for place in 0..<5 {
            let start = tag.index(tag.startIndex, offsetBy: 2 * place)
            bytes[place] = UInt8(tag[start...tag.index(after: start)], radix: 16)!
        }
        model.present(bytes, at: .start)
        var frame = ByteBuffer(capacity: 64)
        model.emit(until: .start + .seconds(1), into: &frame)
        runtime.hardware.transmit(frame.span, to: StreamIndex(UInt16(door)))
    }

    private func type(_ text: String) {
        note { "types \(text)" }
        runtime.hardware.transmit(Array((text + " --yes\r").utf8).span, to: World.consoleStream)
    }

    /// Takes what the console has printed, so that it has room.
    private func readConsole() {
        var printed = ByteBuffer(capacity: 16_384)
        runtime.hardware.takeSent(from: World.consoleStream, into: &printed)
    }

    private func caretaker() throws {
        lastCaretakerAt = now
        for door in doors.indices {
            doorIsOpen[door] = false
            runtime.hardware.setInput(doors[door].contact, isActive: false)
        }
        try settle()
        // The civil clock is set right again.
        clockIsLost = false
        showClock()
        for command in [
            "door street restore", "alarm smoke acknowledge", "alarm leak acknowledge", "alarm smoke reset",
            "alarm leak reset", "alarm fall acknowledge", "alarm fall reset", "fire reset",
        ] {
            readConsole()
            type(command)
            try settle()
        }
        readConsole()
    }

    // MARK: Faults

    private func show(_ fault: Fault, isActive: Bool) {
        func device(_ place: Int, _ change: (inout DeviceModel) -> Void) {
            runtime.hardware.withDevice(place) {
                change(&$0)
                return true
            }
        }
        let bus = BusIndex(0)
        switch fault {
        case .probesAbsent: device(0) { $0.faults.isAbsent = isActive }
        case .probesHeld: device(0) { $0.faults.isHeld = isActive }
        case .probesNonsense: device(0) { $0.faults.distortion = isActive ? .nonsense : .none }
        case .probesFlipped: device(0) { $0.faults.distortion = isActive ? .flippedBits : .none }
        case .climateAbsent: device(1) { $0.faults.isAbsent = isActive }
        case .climateNonsense: device(1) { $0.faults.distortion = isActive ? .nonsense : .none }
        case .climateFrozen: device(1) { $0.defects.isFrozen = isActive }
        case .busHeld: runtime.hardware.setBusHeld(bus, isActive)
        case .busAbsent: runtime.hardware.setBusAbsent(bus, isActive)
        case .busSlow: runtime.hardware.setBusDelay(bus, isActive ? .milliseconds(80) : .zero)
        case .streetPortGone: runtime.hardware.setStreamOpen(StreamIndex(0), !isActive)
        case .storePortGone: runtime.hardware.setStreamOpen(StreamIndex(1), !isActive)
        case .radarPortGone: runtime.hardware.setStreamOpen(World.radarStream, !isActive)
        case .radarSilent, .streetPortNoise, .streetPortBabble, .linkFlaps: break
        case .contactGone: runtime.hardware.setLineAvailable(line("street_contact"), !isActive)
        case .lockGone: runtime.hardware.setLineAvailable(line("street_lock"), !isActive)
        case .sirenGone: runtime.hardware.setLineAvailable(line("siren"), !isActive)
        case .mediumFailing: medium.condition = isActive ? .failing : .sound
        case .mediumReadOnly: medium.condition = isActive ? .readOnly : .sound
        case .mediumFull: medium.condition = isActive ? .full : .sound
        case .mediumMissing: medium.condition = isActive ? .missing : .sound
        case .mediumSlow: medium.flushTime = isActive ? .seconds(4) : .milliseconds(4)
        }
        // Two faults of one kind of thing: the one that is left counts.
        if !isActive { for other in faults where other != fault { show(other, isActive: true) } }
    }

    private func makeNoise(_ fault: Fault) {
        switch fault {
        case .linkFlaps:
            let isOpen = runtime.hardware.isOpen(World.linkStream)
            runtime.hardware.setStreamOpen(World.linkStream, !isOpen)
            if !isOpen { sendNoise(to: World.linkStream, count: 200) }
        case .streetPortBabble: sendNoise(to: StreamIndex(0), count: 250)
        default: sendNoise(to: StreamIndex(0), count: 1 + noise.below(40))
        }
    }

    private func sendNoise(to stream: StreamIndex, count: Int) {
        // A wire that is busy with other noise takes no more.
        guard !runtime.hardware.isReceiving(on: stream) else { return }
        let bytes = (0..<count).map { _ in UInt8(truncatingIfNeeded: noise.next()) }
        runtime.hardware.transmit(bytes.span, to: stream)
    }

    // MARK: Power

    private func cutPower(_ seed: UInt64) throws {
        restartCount += 1
        notePromises()
        var chance = Chance(seed: seed)
        alarmsBefore = nil
        if runtime.isAtRest, medium.condition == .sound, runtime.isStateRestored {
            alarmsBefore = dangers.map(\.detector).filter { detector($0).map { Invariants.isAlarm($0.state) } ?? false }
        }
        medium.cutPower(at: runtime.hardware.now) { _ in
            switch chance.below(3) {
            case 0: .written
            case 1: .lost
            default: .torn(1 + chance.below(4_095))
            }
        }
        try replayRecording()
        startedAt = now
        runtime = World.start(file, medium)
        dress()
        lastWrongAt = max(lastWrongAt, now)
    }

    /// Plays back what the medium holds of this run.
    private func replayRecording() throws {
        guard replays, let place = runtime.recordingPlace else { return }
        let pages = medium.recordedPages(in: place.area, pageBytes: place.pageBytes)
        let (difference, inputs) = try RecordedLife.play(pages, file: file)
        replayedInputs += inputs
        if let violation = Invariants.recordingPlaysAgain(difference, self) { throw violation }
    }

    // MARK: The platform

    /// A number that stands for all that an event says, its own number left out (FNV-1a, 64 bits).
    private static func digest(_ event: WardenMessages.Event) -> UInt64 {
        var event = event
        event.sequence = 0
        var bytes = ByteBuffer(capacity: 512)
        event.encode(into: &bytes)
        var digest: UInt64 = 0xCBF2_9CE4_8422_2325
        for index in 0..<bytes.count { digest = (digest ^ UInt64(bytes[index])) &* 0x100_0000_01B3 }
        return digest
    }

    /// Notes what is durable now and not acknowledged: what a restart must not lose.
    private func notePromises() {
        let durable = runtime.durableSequence
        let base = durable - EventSequence.place(of: durable)
        if durable > 0 {
            for event in said where base + event.place <= durable && base + event.place > acknowledged {
                promised[base + event.place] = event.digest
            }
        }
        said.removeAll(keepingCapacity: true)
    }

    /// The platform fetches everything that it has not acknowledged, and acknowledges most of it.
    private func platformReads() throws {
        if platform == nil {
            platform = runtime.openReader(ReaderName("platform"), start: .oldest, kind: .lasting)
        }
        guard let platform else { return }
        runtime.rewind(platform)
        var read: [(sequence: UInt64, digest: UInt64)] = []
        var event = JournalEvent()
        var handed: [UInt64] = []
        var hasAll = false
        while !hasAll {
            switch runtime.read(platform, into: &event) {
            case .event:
                if let said = runtime.event(from: event) { read.append((event.sequence, World.digest(said))) }
                // What came last stays unacknowledged, to come again.
                handed.append(event.sequence)
                if handed.count == 64 {
                    acknowledge(platform, through: handed[31])
                    handed.removeFirst(32)
                }
            case .gap: continue
            case .waiting: try pass(until: now + .milliseconds(1))
            case .windowFull: preconditionFailure("half of what is handed out is acknowledged before")
            case .caughtUp: hasAll = true
            }
        }
        if let violation = Invariants.nothingDurableIsLost(
            promised: promised, acknowledged: acknowledgedBefore, read: read, self)
        {
            throw violation
        }
        acknowledgedBefore = acknowledged
        promised = promised.filter { $0.key > acknowledged }
        let durable = runtime.durableSequence
        let base = durable - EventSequence.place(of: durable)
        said.removeAll { base + $0.place <= acknowledged }
        try settle()
    }

    private func acknowledge(_ platform: ReaderIndex, through sequence: UInt64) {
        runtime.acknowledge(platform, through: sequence)
        acknowledged = max(acknowledged, sequence)
    }
}
