import Cryptography
import FixedMemory
import HardwareInterface

/// What follows when somebody who was granted really passes: areas, roll call, uses left.
extension AccessController {
    enum AreaAnswer {
        case allowed
        case againstPassback
        case refused(DecisionReason)
    }

    private func areas(of index: Int, _ side: ReaderSide) -> (from: AreaIndex, to: AreaIndex) {
        let configuration = configurations[index]
        return side == .entry
            ? (configuration.outerArea, configuration.innerArea) : (configuration.innerArea, configuration.outerArea)
    }

    /// Whether the areas on both sides of a door let a person pass.
    func areaAnswer(_ credential: Credential, _ index: Int, _ side: ReaderSide, places: Int) -> AreaAnswer {
        let (from, to) = areas(of: index, side)
        guard from != to, !credential.traits.contains(.passbackExempt) else { return .allowed }
        var result = AreaAnswer.allowed
        if credential.holder != 0 {
            // Going out, the area that is left has the say.
            let ruling = to == .outside ? from : to
            let known = presence.find(credential.holder)
            switch areas[Int(ruling.value)].configuration.antiPassback {
            case .none: break
            case .soft:
                if let known, known.area != from { result = .againstPassback }
            case .hard:
                if let known, known.area != from { return .refused(.antiPassback) }
            case .timed(let interval):
                if let known, known.area == to, to != .outside, now < known.enteredAt + interval {
                    return .refused(.timedAntiPassback)
                }
            }
            if to != .outside, known == nil, !presence.hasRoom(for: credential.holder) {
                return .refused(.presenceTableFull)
            }
        }
        let limit = UInt32(areas[Int(to.value)].configuration.occupancyLimit)
        if to != .outside, limit > 0 {
            let inside = areas[Int(to.value)].occupants + areas[Int(to.value)].reserved
            if inside + UInt32(places) > limit { return .refused(.areaFull) }
        }
        return result
    }

    mutating func reportFull(_ index: Int, _ side: ReaderSide, into output: inout AccessOutput) {
        let (_, to) = areas(of: index, side)
        guard !areas[Int(to.value)].fullIsReported else { return }
        areas[Int(to.value)].fullIsReported = true
        output.record(
            AccessEvent(
                .areaFull, at: now, door: DoorIndex(UInt8(index)), side: side, reason: .areaFull, area: to,
                count: areas[Int(to.value)].occupants))
    }

    /// Expects somebody who was granted to pass.
    mutating func expect(
        _ accepted: AcceptedCredential, _ index: Int, _ side: ReaderSide, into output: inout AccessOutput
    ) {
        // A card held to the reader twice is still one person; a turnstile turns twice.
        if configurations[index].kind != .turnstile, isExpected(accepted.hash, index) { return }
        if Int(controls[index].passengerCount) == AccessController.passengersPerDoor {
            // More people than the door can remember: the one who has waited longest counts as passed.
            pass(index, into: &output)
        }
        let (from, to) = areas(of: index, side)
        let isTracked = from != to && accepted.credential.holder != 0
        let isMoving = isTracked && presence.find(accepted.credential.holder)?.area != to
        let reserves = isMoving && to != .outside
        if reserves { areas[Int(to.value)].reserved += 1 }
        let position = index * AccessController.passengersPerDoor + Int(controls[index].passengerCount)
        passengers[position] = Passenger(
            hash: accepted.hash, holder: accepted.credential.holder, from: from, to: to, side: side,
            hasReservation: reserves)
        controls[index].passengerCount += 1
    }

    private func isExpected(_ hash: KeyedHash, _ index: Int) -> Bool {
        for offset in 0..<Int(controls[index].passengerCount)
        where passengers[index * AccessController.passengersPerDoor + offset].hash == hash { return true }
        return false
    }

    /// Takes what a door has to tell: openings, grants that were not used.
    mutating func collect(_ index: Int, into output: inout AccessOutput) {
        if doors[index].openings > 0 {
            let openings = Int(doors[index].openings)
            doors[index].openings = 0
            if configurations[index].kind == .turnstile {
                for _ in 0..<openings { pass(index, into: &output) }
            } else {
                passAll(index, into: &output)
            }
        }
        collectUnused(index, into: &output)
        if !doors[index].passageIsActive, doors[index].unusedAt == .never { dropAll(index) }
    }

    mutating func collectUnused(_ index: Int, into output: inout AccessOutput) {
        guard doors[index].endedUnused else { return }
        doors[index].endedUnused = false
        let count = Int(controls[index].passengerCount)
        for offset in 0..<count {
            let passenger = passengers[index * AccessController.passengersPerDoor + offset]
            output.record(
                AccessEvent(
                    .grantedNotOpened, at: now, door: DoorIndex(UInt8(index)), side: passenger.side,
                    requester: Requester(.credential, index: UInt16(passenger.side.rawValue)),
                    holder: passenger.holder, credentialTag: passenger.hash.low))
        }
        if count == 0 {
            output.record(AccessEvent(.grantedNotOpened, at: now, door: DoorIndex(UInt8(index)), reason: .commanded))
        }
        dropAll(index)
    }

    private mutating func dropAll(_ index: Int) {
        for offset in 0..<Int(controls[index].passengerCount) {
            let passenger = passengers[index * AccessController.passengersPerDoor + offset]
            if passenger.hasReservation { areas[Int(passenger.to.value)].reserved -= 1 }
        }
        controls[index].passengerCount = 0
    }

    mutating func passAll(_ index: Int, into output: inout AccessOutput) {
        while controls[index].passengerCount > 0 { pass(index, into: &output) }
    }

    // The one who was granted first passes.
    private mutating func pass(_ index: Int, into output: inout AccessOutput) {
        guard controls[index].passengerCount > 0 else { return }
        let base = index * AccessController.passengersPerDoor
        let passenger = passengers[base]
        controls[index].passengerCount -= 1
        for offset in 0..<Int(controls[index].passengerCount) {
            passengers[base + offset] = passengers[base + offset + 1]
        }
        if passenger.hasReservation { areas[Int(passenger.to.value)].reserved -= 1 }
        takeUse(passenger, into: &output)
        if passenger.from != passenger.to, passenger.holder != 0 {
            move(
                passenger.holder, to: passenger.to, door: DoorIndex(UInt8(index)), side: passenger.side,
                tag: passenger.hash.low, into: &output)
        }
    }

    private mutating func takeUse(_ passenger: Passenger, into output: inout AccessOutput) {
        guard let slot = credentials.find(passenger.hash) else { return }
        let left = credentials.credential(at: slot).usesLeft
        guard left > 0, left != Credential.unlimitedUses else { return }
        credentials.setUsesLeft(passenger.hash, left - 1)
        output.keep(.usesLeft(passenger.hash, left - 1, listVersion: credentials.version))
    }

    private mutating func move(
        _ holder: UInt32, to area: AreaIndex, door: DoorIndex, side: ReaderSide, tag: UInt64,
        into output: inout AccessOutput
    ) {
        let before = presence.find(holder)
        let minute = UInt32(clamping: wallMinute ?? 0)
        guard presence.put(Presence(holder: holder, area: area, enteredMinute: minute, enteredAt: now)) else {
            output.record(
                AccessEvent(.presenceTableFull, at: now, door: door, side: side, holder: holder, area: area))
            return
        }
        countArea(before?.area, -1)
        countArea(area, 1)
        output.keep(.presence(holder: holder, area: area, enteredMinute: minute))
        if before?.area != area {
            output.record(
                AccessEvent(
                    .passage, at: now, door: door, side: side,
                    requester: Requester(.credential, index: UInt16(side.rawValue)), holder: holder,
                    credentialTag: tag, area: area, otherArea: before?.area ?? .outside))
        }
    }

    func isTracked(_ area: AreaIndex) -> Bool { area != .outside && Int(area.value) < areas.count }

    mutating func countArea(_ area: AreaIndex?, _ change: Int) {
        guard let area, isTracked(area) else { return }
        if change > 0 {
            areas[Int(area.value)].occupants += 1
        } else if areas[Int(area.value)].occupants > 0 {
            areas[Int(area.value)].occupants -= 1
            areas[Int(area.value)].fullIsReported = false
        }
    }

    // MARK: Whereabouts

    /// People in an area; 0 for the outside, which is not counted.
    public func occupants(of area: AreaIndex) -> Int {
        isTracked(area) ? Int(areas[Int(area.value)].occupants) : 0
    }

    /// Areas, the outside included.
    public var areaCount: Int { areas.count }

    /// Forgets where a person is, or everybody (0): the next reading of each is taken on trust.
    public mutating func forgetPresence(
        holder: UInt32, by requester: Requester, now: Instant, into output: inout AccessOutput
    ) {
        self.now = max(self.now, now)
        if holder == 0 {
            presence.forgetAll()
            for index in areas.indices {
                areas[index].occupants = 0
                areas[index].fullIsReported = false
            }
        } else {
            countArea(presence.find(holder)?.area, -1)
            presence.forget(holder)
        }
        output.keep(.presenceForgotten(holder: holder))
        output.record(
            AccessEvent(
                .passbackReset, at: now, door: DoorIndex(0), reason: .commanded, requester: requester, holder: holder))
    }
}
