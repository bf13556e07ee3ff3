import AccessControl
import HardwareInterface

/// The rules once more, written for reading and not for a board: dictionaries, milliseconds, no state machine.
///
/// Doors have no debouncing and no grace here, so that everything happens in the moment in which it is told.
struct PlainReference {
    struct PlainDoor {
        var unlock: Int64 = 5_000
        var extendedUnlock: Int64 = 15_000
        var exitUnlock: Int64 = 5_000
        var relock = Relock.onClose
        var ownMode = DoorMode.card
        var freeBySchedule = false
        var needsTwoPersons = false
        var outer: UInt8 = 0
        var inner: UInt8 = 0
        var zones: UInt32 = 0
        var fireEndsWithCause = false
        var lockdownHoldsExit = false
        var interlockedWith: [Int] = []

        var commandedMode: DoorMode?
        var lockdown = false
        var order = DoorOrder.none
        var fireCause = false
        var fire = false
        var callPoint = false
        var contact = ContactState.closed
        var exitPressed = false
        var releaseUntil: Int64?
        var isExitsAlone = false
        var opened = false
        var wasEmergency = false
        var freeTurn = true
        var comers: [Comer] = []
    }

    struct Comer: Equatable {
        var card: UInt32
        var holder: UInt32
        var from: UInt8
        var to: UInt8
        var counts: Bool
    }

    struct PlainReader {
        var pinCard: UInt32?
        var pinUntil: Int64 = 0
        var first: UInt32?
        var firstHolder: UInt32 = 0
        var firstMayEscort = false
        var firstUntil: Int64 = 0
        var firstNeedsEscort = false
    }

    struct Whereabouts: Equatable {
        var area: UInt8
        var since: Int64
    }

    var now: Int64 = 0
    var clockMinute: Int64?
    var clockOffset: Int64 = 0
    var doors: [PlainDoor]
    var readers: [[PlainReader]]
    var cards: [UInt32: Credential] = [:]
    var pins: [UInt32: [UInt8]] = [:]
    /// Group 2 may pass, and the door with `freeBySchedule` is free, from 08:00 to 20:00.
    let byDay = GroupSet(bits: 2)
    var people: [UInt32: Whereabouts] = [:]
    var antiPassback: [UInt8: AntiPassback] = [:]
    var limits: [UInt8: Int] = [:]
    var zonesActive: UInt32 = 0

    init(doors: [PlainDoor]) {
        self.doors = doors
        readers = doors.map { _ in [PlainReader(), PlainReader()] }
    }

    // MARK: Time

    /// Unix milliseconds, or nil while the clock is not set.
    var wall: Int64? { clockMinute == nil ? nil : now + clockOffset }

    var isDay: Bool {
        guard let wall else { return false }
        let minute = (floor(wall, 60_000) % 1_440 + 1_440) % 1_440
        return minute >= 480 && minute < 1_200
    }

    private func floor(_ value: Int64, _ divisor: Int64) -> Int64 {
        value >= 0 ? value / divisor : -((-value + divisor - 1) / divisor)
    }

    mutating func advance(to end: Int64) {
        while now < end {
            var next = end
            for door in doors { if let until = door.releaseUntil, until > now { next = min(next, until) } }
            for side in readers.joined() {
                if side.pinCard != nil { next = min(next, side.pinUntil) }
                if side.first != nil { next = min(next, side.firstUntil) }
            }
            if let wall { next = min(next, now + 60_000 - (wall % 60_000 + 60_000) % 60_000) }
            now = max(next, now)
            settle()
        }
        settle()
    }

    // MARK: Doors

    func mode(_ door: Int) -> DoorMode {
        if doors[door].order == .holdOpen { return .free }
        if let commanded = doors[door].commandedMode { return commanded }
        return doors[door].freeBySchedule && isDay ? .free : doors[door].ownMode
    }

    func isLockedDown(_ door: Int) -> Bool { doors[door].lockdown || doors[door].order == .lockDown }

    func isEmergency(_ door: Int) -> Bool { doors[door].fire || doors[door].callPoint }

    func isReleased(_ door: Int) -> Bool {
        isEmergency(door) || doors[door].releaseUntil != nil
            || mode(door) == .free && !isLockedDown(door) && doors[door].freeTurn
    }

    func isSecured(_ door: Int) -> Bool { !isReleased(door) && doors[door].contact == .closed }

    func permits(_ door: Int) -> Bool {
        doors[door].interlockedWith.allSatisfy { isSecured($0) || isEmergency($0) }
    }

    mutating func settle() {
        for door in doors.indices {
            for side in 0..<2 {
                if readers[door][side].pinCard != nil, now >= readers[door][side].pinUntil {
                    readers[door][side].pinCard = nil
                }
                if readers[door][side].first != nil, now >= readers[door][side].firstUntil {
                    readers[door][side].first = nil
                }
            }
        }
        for door in doors.indices {
            if doors[door].wasEmergency, !isEmergency(door) { endRelease(door) }
            doors[door].wasEmergency = isEmergency(door)
        }
        for _ in 0..<3 {
            for door in doors.indices {
                let allowed = permits(door)
                doors[door].freeTurn = allowed
                if !allowed, !doors[door].opened { endRelease(door) }
                if let until = doors[door].releaseUntil, now >= until { endRelease(door) }
            }
        }
    }

    mutating func endRelease(_ door: Int) {
        guard doors[door].releaseUntil != nil else { return }
        doors[door].releaseUntil = nil
        doors[door].comers = []
    }

    mutating func release(_ door: Int, for length: Int64, isExit: Bool = false) {
        let until = now + length
        doors[door].isExitsAlone = isExit && (doors[door].releaseUntil == nil || doors[door].isExitsAlone)
        doors[door].releaseUntil = max(doors[door].releaseUntil ?? until, until)
        doors[door].opened = doors[door].contact == .open
        settle()
        if doors[door].opened { everybodyPasses(door) }
    }

    mutating func contact(_ door: Int, _ state: ContactState) {
        let before = doors[door].contact
        guard state != before else { return }
        doors[door].contact = state
        if state == .open {
            if isReleased(door) {
                everybodyPasses(door)
                if doors[door].releaseUntil != nil {
                    doors[door].opened = true
                    if doors[door].relock == .onOpen { endRelease(door) }
                }
            }
        } else if state == .closed {
            if doors[door].releaseUntil != nil, doors[door].opened, doors[door].relock == .onClose { endRelease(door) }
        }
        settle()
    }

    mutating func exit(_ door: Int, _ pressed: Bool) {
        let before = doors[door].exitPressed
        doors[door].exitPressed = pressed
        guard pressed, !before else { return settle() }
        if isEmergency(door) || doors[door].lockdown && doors[door].lockdownHoldsExit { return settle() }
        if !permits(door) { return settle() }
        if doors[door].releaseUntil == nil, isReleased(door) { return settle() }
        release(door, for: doors[door].exitUnlock, isExit: true)
    }

    mutating func fire(zone: UInt32, _ isActive: Bool) {
        if isActive { zonesActive |= 1 << zone } else { zonesActive &= ~(1 << zone) }
        for door in doors.indices where doors[door].zones >> zone & 1 != 0 {
            doors[door].fireCause = doors[door].zones & zonesActive != 0
            if doors[door].fireCause {
                doors[door].fire = true
            } else if doors[door].fireEndsWithCause, doors[door].fire {
                doors[door].fire = false
                people = [:]
            }
        }
        settle()
    }

    mutating func resetFire() {
        for door in doors.indices where doors[door].fire && !doors[door].fireCause {
            doors[door].fire = false
            people = [:]
        }
        settle()
    }

    mutating func command(_ command: DoorCommand, _ door: Int) {
        switch command {
        case .unlock:
            let isFree = doors[door].releaseUntil == nil && isReleased(door)
            if !isEmergency(door), !isLockedDown(door), !isFree, permits(door) {
                release(door, for: doors[door].unlock)
            }
        case .lock:
            if !isEmergency(door) {
                endRelease(door)
                doors[door].commandedMode = nil
            }
        case .setMode(let mode): doors[door].commandedMode = mode
        case .resume: doors[door].commandedMode = nil
        case .lockdown:
            if !doors[door].lockdown {
                doors[door].lockdown = true
                endRelease(door)
            }
        case .endLockdown: doors[door].lockdown = false
        case .resetFire:
            if doors[door].fire, !doors[door].fireCause {
                doors[door].fire = false
                people = [:]
            }
        }
        settle()
    }

    /// What the matrix orders. Its lock-down keeps nobody in.
    mutating func order(_ order: DoorOrder, _ door: Int) {
        let wasLockedDown = isLockedDown(door)
        doors[door].order = order
        if isLockedDown(door), !wasLockedDown, !doors[door].isExitsAlone { endRelease(door) }
        settle()
    }

    // MARK: People

    func occupants(_ area: UInt8) -> Int { area == 0 ? 0 : people.values.count { $0.area == area } }

    private func onTheirWay(_ area: UInt8) -> Int {
        doors.reduce(0) { $0 + $1.comers.count { $0.counts && $0.to == area } }
    }

    mutating func everybodyPasses(_ door: Int) {
        for comer in doors[door].comers {
            if let card = cards[comer.card], card.usesLeft > 0, card.usesLeft != Credential.unlimitedUses {
                cards[comer.card]?.usesLeft -= 1
            }
            if comer.from != comer.to, comer.holder != 0 {
                people[comer.holder] = Whereabouts(area: comer.to, since: now)
            }
        }
        doors[door].comers = []
    }

    mutating func expect(_ card: UInt32, _ door: Int, _ side: Int) {
        if doors[door].comers.contains(where: { $0.card == card }) { return }
        let from = side == 0 ? doors[door].outer : doors[door].inner
        let to = side == 0 ? doors[door].inner : doors[door].outer
        if doors[door].comers.count == 4 {
            let first = doors[door].comers.removeFirst()
            let rest = doors[door].comers
            doors[door].comers = [first]
            everybodyPasses(door)
            doors[door].comers = rest
        }
        let holder = cards[card]?.holder ?? 0
        let counts = from != to && holder != 0 && people[holder]?.area != to && to != 0
        doors[door].comers.append(Comer(card: card, holder: holder, from: from, to: to, counts: counts))
    }

    func areaAnswer(_ card: Credential, _ door: Int, _ side: Int, places: Int) -> DecisionReason? {
        let from = side == 0 ? doors[door].outer : doors[door].inner
        let to = side == 0 ? doors[door].inner : doors[door].outer
        guard from != to, !card.traits.contains(.passbackExempt) else { return nil }
        var soft: DecisionReason?
        if card.holder != 0, let place = people[card.holder] {
            switch antiPassback[to == 0 ? from : to] ?? .none {
            case .none: break
            case .soft: if place.area != from { soft = .grantedAgainstPassback }
            case .hard: if place.area != from { return .antiPassback }
            case .timed(let length):
                if place.area == to, to != 0, now < place.since + length.milliseconds { return .timedAntiPassback }
            }
        }
        if to != 0, let limit = limits[to], occupants(to) + onTheirWay(to) + places > limit { return .areaFull }
        return soft
    }

    // MARK: Cards

    func refusal(_ card: Credential, _ door: Int, _ side: Int) -> DecisionReason? {
        switch card.status {
        case .active: break
        case .suspended: return .suspended
        case .lost: return .lost
        case .stolen: return .stolen
        }
        if card.isLimitedInTime {
            guard let wall else { return .clockNotTrusted }
            let minute = floor(wall, 60_000)
            if card.validFromMinute != 0, minute < Int64(card.validFromMinute) { return .notYetValid }
            if card.validUntilMinute != 0, minute >= Int64(card.validUntilMinute) { return .expired }
        }
        if card.usesLeft == 0 { return .noUsesLeft }
        // Everybody of group 1 at any time, those of group 2 by day.
        if !card.groups.intersects(GroupSet(bits: 3)) { return .noRight }
        if !card.groups.intersects(GroupSet(bits: 1)), !isDay { return .outsideSchedule }
        let isKept = side == 0 ? isLockedDown(door) : doors[door].lockdown
        if isKept, !card.traits.contains(.lockdownPass) { return .lockdown }
        if mode(door) == .locked, !card.traits.contains(.lockdownPass) { return .doorLocked }
        return nil
    }

    mutating func present(_ number: UInt32, _ door: Int, _ side: Int) -> DecisionReason {
        settle()
        if isEmergency(door) { return emergency(number, door, side) }
        guard let card = cards[number] else { return .unknownCredential }
        if let reason = refusal(card, door, side) { return reason }
        if mode(door) == .cardAndPin {
            guard card.pin != nil else { return .noPin }
            readers[door][side].pinCard = number
            readers[door][side].pinUntil = now + 10_000
            return .pinRequired
        }
        return accept(number, door, side, duress: card.traits.contains(.duress))
    }

    mutating func emergency(_ number: UInt32, _ door: Int, _ side: Int) -> DecisionReason {
        if cards[number] != nil {
            expect(number, door, side)
            everybodyPasses(door)
        }
        return doors[door].fire ? .fireRelease : .emergencyExit
    }

    /// A PIN typed at a reader where a card was presented before, or nowhere.
    mutating func type(_ digits: [UInt8], _ door: Int, _ side: Int) -> DecisionReason {
        settle()
        guard let number = readers[door][side].pinCard else {
            if isEmergency(door) { return doors[door].fire ? .fireRelease : .emergencyExit }
            return mode(door) == .free ? .unknownCredential : .codeNotAccepted
        }
        readers[door][side].pinCard = nil
        guard let card = cards[number] else { return .unknownCredential }
        if isEmergency(door) { return emergency(number, door, side) }
        if let reason = refusal(card, door, side) { return reason }
        guard let pin = pins[number], card.pin != nil else { return .noPin }
        var lowered = digits
        lowered[lowered.count - 1] = (digits[digits.count - 1] + 9) % 10
        guard digits == pin || lowered == pin else { return .wrongPin }
        return accept(number, door, side, duress: digits != pin || card.traits.contains(.duress))
    }

    mutating func accept(_ number: UInt32, _ door: Int, _ side: Int, duress: Bool) -> DecisionReason {
        let card = cards[number]!
        if mode(door) == .free, isReleased(door) { return grant([number], .doorFree, door, side, duress: duress) }
        if let first = readers[door][side].first {
            let firstCard = cards[first]
            if first == number || card.holder != 0 && readers[door][side].firstHolder == card.holder {
                return .samePerson
            }
            let needsEscort = readers[door][side].firstNeedsEscort
            if needsEscort, !card.traits.contains(.mayEscort) { return .notAnEscort }
            if card.traits.contains(.needsEscort), !readers[door][side].firstMayEscort {
                return .notAnEscort
            }
            readers[door][side].first = nil
            guard let firstCard else { return .unknownCredential }
            if let reason = refusal(firstCard, door, side) { return reason }
            return grant(
                [first, number], needsEscort ? .grantedEscorted : .grantedTwoPersons, door, side, duress: duress)
        }
        if card.traits.contains(.needsEscort) || doors[door].needsTwoPersons {
            readers[door][side].first = number
            readers[door][side].firstHolder = card.holder
            readers[door][side].firstMayEscort = card.traits.contains(.mayEscort)
            readers[door][side].firstUntil = now + 15_000
            readers[door][side].firstNeedsEscort = card.traits.contains(.needsEscort)
            return card.traits.contains(.needsEscort) ? .escortRequired : .secondPersonRequired
        }
        return grant([number], .granted, door, side, duress: duress)
    }

    mutating func grant(
        _ numbers: [UInt32], _ kind: DecisionReason, _ door: Int, _ side: Int, duress: Bool
    ) -> DecisionReason {
        var reason = kind
        for (place, number) in numbers.enumerated() {
            if let answer = areaAnswer(cards[number]!, door, side, places: place + 1) {
                if answer.isDenied { return answer }
                reason = answer
            }
        }
        if kind != .doorFree, !permits(door) { return .interlock }
        let extended = numbers.contains { cards[$0]!.traits.contains(.extendedTime) }
        if reason == .granted, extended { reason = .grantedExtended }
        if duress || numbers.count == 2 && cards[numbers[0]]!.traits.contains(.duress) { reason = .grantedUnderDuress }
        if kind == .doorFree {
            expect(numbers[0], door, side)
            everybodyPasses(door)
            return reason
        }
        if doors[door].releaseUntil == nil { doors[door].comers = [] }
        let length = extended ? doors[door].extendedUnlock : doors[door].unlock
        doors[door].isExitsAlone = false
        doors[door].releaseUntil = max(doors[door].releaseUntil ?? 0, now + length)
        doors[door].opened = doors[door].contact == .open
        for number in numbers { expect(number, door, side) }
        if doors[door].opened { everybodyPasses(door) }
        settle()
        return reason
    }
}
