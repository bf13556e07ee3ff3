import EventJournal
import FixedMemory
import HardwareInterface

/// How a sweep is made.
public struct SweepSettings {
    public var rig = RigSettings()
    /// Starts of the board; every one but the first begins on a medium that the power left in some state.
    public var sessions = 3
    /// Things that happen in one session: events, changes of state, acknowledgements, waiting.
    public var stepsPerSession = 60
    /// Every choice of what a commit left behind is tried up to this many writes; beyond, as many random ones.
    public var allSubsetsUpTo = 5
    public var randomSubsets = 24
    /// One of so many byte positions of a torn write is tried; 1 tries all.
    public var tornStride = 1
    /// After one of so many first cuts the recovery itself is cut in every way; 0 never.
    public var secondCutStride = 50
    /// Of the positions of a second cut one of so many is tried.
    public var secondTornStride = 16

    /// The sweep ends after so many.
    public var complaintLimit = 20

    public init() {}
}

/// What a sweep tried.
public struct SweepResult {
    public var writes = 0
    public var flushes = 0
    /// Cuts by what the writes in flight had become.
    public var subsetCuts = 0
    public var tornCuts = 0
    public var garbageCuts = 0
    public var unreadableCuts = 0
    public var secondCuts = 0
    public var eventsChecked = 0
    public var complaints: [String] = []

    public init() {}

    public var cuts: Int { subsetCuts + tornCuts + garbageCuts + unreadableCuts }

    public mutating func add(_ other: SweepResult) {
        writes += other.writes
        flushes += other.flushes
        subsetCuts += other.subsetCuts
        tornCuts += other.tornCuts
        garbageCuts += other.garbageCuts
        unreadableCuts += other.unreadableCuts
        secondCuts += other.secondCuts
        eventsChecked += other.eventsChecked
        complaints += other.complaints
    }
}

/// Cuts the power at every point of a random workload, in every way that the medium may have left the writes in flight,
/// and holds what a restart finds against the reference model.
///
/// Between two flushes a medium may have made any of the writes durable, in any order, wholly, up to any byte, as
/// garbage or as a block that cannot be read.
public final class PowerCutSweep {
    /// A stretch of the log between two flushes, with what had been promised when it began.
    private struct Stretch {
        var before: MediumImage
        var writes: [(block: Int, bytes: [UInt8])]
        var model: ReferenceModel
    }

    private let settings: SweepSettings
    private let seed: UInt64
    private var random: Random
    public private(set) var result = SweepResult()
    private var casesUntilSecondCut: Int

    public init(seed: UInt64, settings: SweepSettings = SweepSettings()) {
        self.seed = seed
        self.settings = settings
        random = Random(seed: seed)
        casesUntilSecondCut = settings.secondCutStride
    }

    /// Runs the workload and every cut of it.
    public func run() {
        var image = settings.rig.blankImage
        var model = ReferenceModel(settings.rig)
        for _ in 0..<settings.sessions {
            var stretches: [Stretch] = []
            let rig = Rig(settings.rig, image: image)
            work(rig, &model, &stretches)
            for stretch in stretches {
                result.writes += stretch.writes.count
                result.flushes += 1
                cut(stretch)
                if result.complaints.count >= settings.complaintLimit { return }
            }
            // The next session begins where the power went in this one.
            guard let last = stretches.randomElement(using: &random) else { return }
            image = last.before
            for write in last.writes where random.chance(1, in: 2) { image[write.block] = write.bytes }
            model = last.model
        }
    }

    // MARK: The workload

    private func work(_ rig: Rig, _ model: inout ReferenceModel, _ stretches: inout [Stretch]) {
        var image = rig.medium.image
        var writes: [(block: Int, bytes: [UInt8])] = []
        var atFlush = model
        var isStarted = false
        func step() -> Bool {
            guard let request = rig.step() else { return false }
            for operation in rig.medium.log {
                switch operation {
                case .write(let block, let bytes): writes.append((block, bytes))
                case .flush: break
                }
            }
            rig.medium.log.removeAll()
            if request.operation == .flush {
                // What is promised by this flush holds for the next stretch; what happened meanwhile may show in this.
                var during = atFlush
                during.catchUp(with: model)
                stretches.append(Stretch(before: image, writes: writes, model: during))
                for write in writes { image[write.block] = write.bytes }
                writes.removeAll()
                if isStarted {
                    model.promise(through: rig.durableSequence)
                    if rig.isStateDurable { model.promiseState() }
                }
                atFlush = model
            }
            return true
        }
        while step() {}
        guard rig.isOpen else {
            result.complaints.append("seed \(seed): the journal does not open")
            return
        }
        let seen = rig.everything()
        note(model.complaints(about: seen), "at the start of a session")
        guard let reader = rig.openReader("platform") else { return }
        model.restart(seen, state: values(rig), acknowledged: rig.acknowledgedSequence(of: reader))
        atFlush = model
        isStarted = true
        for _ in 0..<settings.stepsPerSession {
            switch random.below(16) {
            case 0..<8: append(rig, &model)
            case 8: for _ in 0..<random.below(30) { append(rig, &model) }
            case 9: change(rig, &model)
            case 10: for _ in 0..<random.below(12) { change(rig, &model) }
            case 11:
                var last: UInt64? = nil
                var event = JournalEvent()
                for _ in 0..<random.below(40) {
                    switch rig.journal.read(reader, into: &event) {
                    case .event: last = event.sequence
                    case .waiting: _ = step()
                    case .gap, .caughtUp, .windowFull: break
                    }
                }
                if let last {
                    rig.acknowledge(reader, through: last)
                    model.acknowledge(through: last)
                }
            case 12: rig.now = rig.now + .seconds(6)
            default: rig.now = rig.now + .milliseconds(Int64(random.below(60)))
            }
            for _ in 0..<random.below(12) where !step() { break }
        }
        rig.journal.commitSoon(at: rig.now)
        while step() {}
    }

    private func append(_ rig: Rig, _ model: inout ReferenceModel) {
        let eventClass = allClasses[random.below(allClasses.count)]
        let length = random.chance(1, in: 8) ? random.below(193) : random.below(48)
        let payload = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        let clock = WallClock(unixMilliseconds: Int64(random.below(1 << 40)), trust: .freeRunning)
        let kind = UInt16(random.below(1_000))
        let sequence = rig.append(eventClass, payload, kind: kind, clock: clock)
        model.append(
            PlainEvent(
                sequence: sequence, eventClass: eventClass, kind: kind, at: rig.now.nanoseconds, clock: clock,
                payload: payload))
    }

    private func change(_ rig: Rig, _ model: inout ReferenceModel) {
        let key = StateKey(owner: 1, item: UInt32(random.below(settings.rig.capacities.stateEntries)))
        if random.chance(1, in: 4) {
            rig.removeState(key)
            model.set(key, nil)
        } else {
            // Short enough for all values together to fit the group of one commit, which is kept or lost as a whole.
            let bytes = (0..<random.below(25)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            // A removed key keeps its room for a while; the store may be full.
            if rig.setState(key, bytes) { model.set(key, bytes) }
        }
    }

    private func values(_ rig: Rig) -> [UInt64: [UInt8]] {
        var values: [UInt64: [UInt8]] = [:]
        for item in 0..<settings.rig.capacities.stateEntries {
            let key = StateKey(owner: 1, item: UInt32(item))
            values[UInt64(key.owner) << 32 | UInt64(key.item)] = rig.state(key)
        }
        return values
    }

    // MARK: The cuts

    private func cut(_ stretch: Stretch) {
        for cut in cuts(stretch, tornStride: settings.tornStride) {
            check(cut, stretch.model)
            if result.complaints.count >= settings.complaintLimit { return }
        }
    }

    /// What the medium may hold after a cut, and how it came to that.
    private struct Cut {
        var image: MediumImage
        var what: String
    }

    /// Everything that the medium may hold after a cut in this stretch.
    private func cuts(_ stretch: Stretch, tornStride: Int) -> [Cut] {
        var images: [Cut] = []
        let count = stretch.writes.count
        let blocks = "of the writes to blocks \(stretch.writes.map(\.block))"
        func image(_ chosen: (Int) -> Bool) -> MediumImage {
            var image = stretch.before
            for (index, write) in stretch.writes.enumerated() where chosen(index) { image[write.block] = write.bytes }
            return image
        }
        if count <= settings.allSubsetsUpTo {
            for subset in 0..<(1 << count) {
                let what = (0..<count).filter { subset >> $0 & 1 == 1 }
                images.append(Cut(image: image { subset >> $0 & 1 == 1 }, what: "\(what) \(blocks)"))
            }
        } else {
            images.append(Cut(image: image { _ in false }, what: "none \(blocks)"))
            images.append(Cut(image: image { _ in true }, what: "all \(blocks)"))
            for index in 0..<count {
                images.append(Cut(image: image { $0 <= index }, what: "up to \(index) \(blocks)"))
                images.append(Cut(image: image { $0 != index }, what: "all but \(index) \(blocks)"))
            }
            for _ in 0..<settings.randomSubsets {
                let subset = random.next()
                let what = (0..<count).filter { subset >> UInt64($0 % 64) & 1 == 1 }
                images.append(
                    Cut(image: image { subset >> UInt64($0 % 64) & 1 == 1 }, what: "\(what) \(blocks)"))
            }
        }
        result.subsetCuts += images.count
        for torn in 0..<count {
            let write = stretch.writes[torn]
            let others = [image { _ in false }, image { $0 != torn }, image { $0 < torn }]
            for (which, base) in others.enumerated() {
                let company = ["with none", "with all others", "with those before"][which]
                let old = base[write.block]
                var position = tornStride == 1 ? 1 : 1 + random.below(tornStride)
                var last: [UInt8]? = nil
                while position < write.bytes.count {
                    // A cut between two equal bytes is the same cut.
                    if old[position - 1] != write.bytes[position - 1] || last == nil {
                        var bytes = old
                        bytes.replaceSubrange(0..<position, with: write.bytes[0..<position])
                        if bytes != last, bytes != old {
                            var image = base
                            image[write.block] = bytes
                            images.append(
                                Cut(image: image, what: "\(torn) torn at byte \(position) \(company) \(blocks)"))
                            result.tornCuts += 1
                        }
                        last = bytes
                    }
                    // All positions with nothing else written; a sample of them in other company.
                    position += which == 0 ? tornStride : tornStride * 8 + random.below(8)
                }
                var garbage = base
                garbage[write.block] = (0..<write.bytes.count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
                images.append(Cut(image: garbage, what: "\(torn) garbage \(company) \(blocks)"))
                result.garbageCuts += 1
                var unreadable = base
                unreadable[write.block] = write.bytes
                unreadable.makeUnreadable(write.block)
                images.append(Cut(image: unreadable, what: "\(torn) unreadable \(company) \(blocks)"))
                result.unreadableCuts += 1
            }
        }
        return images
    }

    /// Starts on an image and holds everything that is there against the model.
    private func check(_ cut: Cut, _ model: ReferenceModel) {
        let rig = Rig(settings.rig, image: cut.image)
        var stretches: [Stretch] = []
        var before = cut.image
        var writes: [(block: Int, bytes: [UInt8])] = []
        let isSecondCut = takeSecondCut()
        while let request = rig.step() {
            guard isSecondCut else { continue }
            for case .write(let block, let bytes) in rig.medium.log { writes.append((block, bytes)) }
            rig.medium.log.removeAll()
            guard request.operation == .flush else { continue }
            stretches.append(Stretch(before: before, writes: writes, model: model))
            for write in writes { before[write.block] = write.bytes }
            writes.removeAll()
        }
        let seen = judge(rig, model, "cut with " + cut.what)
        guard isSecondCut, rig.isOpen else { return }
        for stretch in stretches {
            let counts = result
            for second in cuts(stretch, tornStride: settings.secondTornStride) {
                let again = Rig(settings.rig, image: second.image)
                again.pump()
                _ = judge(again, model, "cut with \(cut.what), cut again with \(second.what)")
                result.secondCuts += 1
            }
            let (checked, seconds, complaints) = (result.eventsChecked, result.secondCuts, result.complaints)
            result = counts
            (result.eventsChecked, result.secondCuts, result.complaints) = (checked, seconds, complaints)
        }
        // Once it is open, what it showed must stay: another start without a cut shows the same.
        let again = Rig(settings.rig, image: rig.medium.image)
        again.pump()
        let shown = seen.compactMap(\.event).filter { !$0.isOfTheJournal }
        let later = again.everything().compactMap(\.event).filter { !$0.isOfTheJournal }
        if shown != later {
            note(
                ["shows \(later.map(\.sequence)) where the first showed \(shown.map(\.sequence)): \(rig.status)"],
                "cut with \(cut.what), at a second start")
        }
        if values(rig) != values(again) { note(["the values are others"], "cut with \(cut.what), at a second start") }
    }

    private func takeSecondCut() -> Bool {
        guard settings.secondCutStride > 0 else { return false }
        casesUntilSecondCut -= 1
        guard casesUntilSecondCut <= 0 else { return false }
        casesUntilSecondCut = settings.secondCutStride
        return true
    }

    private func judge(_ rig: Rig, _ model: ReferenceModel, _ occasion: String) -> [Seen] {
        guard rig.isOpen else {
            note(["the journal does not open: \(rig.status.medium)"], occasion)
            return []
        }
        let seen = rig.everything()
        result.eventsChecked += seen.count
        note(model.complaints(about: seen), occasion)
        note(model.complaints(aboutState: values(rig)), occasion)
        guard let reader = rig.openReader("platform") else {
            note(["the reader finds no room"], occasion)
            return seen
        }
        let acknowledged = rig.acknowledgedSequence(of: reader)
        note(model.complaints(aboutReader: acknowledged, rig.readAll(reader)), occasion)
        return seen
    }

    private func note(_ complaints: [String], _ occasion: String) {
        for complaint in complaints { result.complaints.append("seed \(seed) \(occasion): \(complaint)") }
    }
}
