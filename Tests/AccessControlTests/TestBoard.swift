import AccessControl
import Cryptography
import FixedMemory
import HardwareInterface

/// A board under test: its clock is the test's, and everything that happens is written down as words.
final class TestBoard {
    var controller: AccessController
    var output: AccessOutput
    private(set) var now: Instant = .start
    var clock: WallClock
    let key: HashKey
    /// What happened, in order: "granted", "released granted", "opened", …
    private(set) var log: [String] = []
    private(set) var events: [AccessEvent] = []
    private(set) var changes: [AccessChange] = []
    /// Fire zones that a door stands in, one bit each; those not named here stand in zone 0.
    var fireZones: [Int: UInt32] = [:]
    private var zonesActive: UInt32 = 0

    /// Monday 2024-01-01 12:00 UTC.
    static let monday = WallClock(unixMilliseconds: 1_704_110_400_000, trust: .synchronised)

    init(
        capacities: AccessCapacities = .small, policy: AccessPolicy = AccessPolicy(), zone: TimeZoneRule = .utc,
        clock: WallClock = TestBoard.monday
    ) {
        key = HashKey([UInt8](0..<32).span)!
        controller = AccessController(capacities: capacities, policy: policy, zone: zone, hashKey: key)
        output = AccessOutput(doors: capacities.doors)
        self.clock = clock
    }

    // MARK: Setting up

    @discardableResult
    func door(_ configure: (inout DoorConfiguration) -> Void = { _ in }) -> DoorIndex {
        var configuration = DoorConfiguration(lock: LockWiring(kind: .maglock))
        configure(&configuration)
        let door = try! controller.addDoor(configuration)!
        precondition(controller.addRight(AccessRight(door: door, groups: .all)))
        return door
    }

    func right(_ right: AccessRight) { precondition(controller.addRight(right)) }

    func interlock(_ doors: [UInt8]) -> Bool { controller.addInterlock(TestBoard.set(doors)) }

    static func set(_ doors: [UInt8]) -> DoorSet {
        doors.reduce(DoorSet()) { $0.union(DoorSet(DoorIndex($1))) }
    }

    func addModeRule(_ door: DoorIndex, _ schedule: ScheduleIndex, _ mode: DoorMode) -> Bool {
        controller.addModeRule(DoorModeRule(door: door, schedule: schedule, mode: mode))
    }

    func card(_ number: UInt32) -> KeyedHash {
        let bytes = withUnsafeBytes(of: number.bigEndian) { [UInt8]($0) }
        return CredentialHashing.card(bytes.span, technology: 2, bitCount: 32, key: key)!
    }

    @discardableResult
    func enrol(_ number: UInt32, _ configure: (inout Credential) -> Void = { _ in }) -> KeyedHash {
        var credential = Credential(holder: number, groups: .all)
        configure(&credential)
        let hash = card(number)
        precondition(controller.credentials.upsert(hash, credential) == .done)
        return hash
    }

    func enrol(_ number: UInt32, pin: [UInt8], _ configure: (inout Credential) -> Void = { _ in }) {
        let hash = card(number)
        enrol(number) {
            $0.pin = CredentialHashing.pin(pin.span, of: hash, key: key)
            configure(&$0)
        }
    }

    func enrolCode(_ digits: [UInt8], holder: UInt32, _ configure: (inout Credential) -> Void = { _ in }) {
        var credential = Credential(holder: holder, groups: .all, traits: .code)
        configure(&credential)
        let hash = CredentialHashing.code(digits.span, key: key)!
        precondition(controller.credentials.upsert(hash, credential) == .done)
    }

    func start() {
        controller.start(at: now, clock: clock, into: &output)
        take()
        for index in 0..<controller.doorCount where controller.configuration(of: DoorIndex(UInt8(index))).hasContact {
            contact(.closed, DoorIndex(UInt8(index)))
        }
        forgetLog()
    }

    // MARK: What people do

    @discardableResult
    func present(_ number: UInt32, _ door: DoorIndex = DoorIndex(0), _ side: ReaderSide = .entry) -> DecisionReason {
        let decision = controller.present(card(number), at: door, side, now: now, into: &output)
        take()
        return decision.reason
    }

    @discardableResult
    func type(
        _ digits: [UInt8], _ door: DoorIndex = DoorIndex(0), _ side: ReaderSide = .entry
    ) -> DecisionReason? {
        var result: DecisionReason?
        for digit in digits + [11] {
            result = controller.press(digit, at: door, side, now: now, into: &output)?.reason ?? result
        }
        take()
        return result
    }

    func contact(_ state: ContactState, _ door: DoorIndex = DoorIndex(0), second: Bool = false) {
        controller.contact(door, state, isSecondLeaf: second, at: now, now: now, into: &output)
        take()
    }

    func open(_ door: DoorIndex = DoorIndex(0)) {
        contact(.open, door)
        wait(.milliseconds(30))
    }

    func close(_ door: DoorIndex = DoorIndex(0)) {
        contact(.closed, door)
        wait(.milliseconds(30))
    }

    func exitButton(_ isActive: Bool, _ door: DoorIndex = DoorIndex(0)) {
        controller.requestToExit(door, isActive: isActive, at: now, now: now, into: &output)
        take()
    }

    func pressExit(_ door: DoorIndex = DoorIndex(0)) {
        exitButton(true, door)
        wait(.milliseconds(100))
        exitButton(false, door)
        wait(.milliseconds(30))
    }

    @discardableResult
    func command(_ command: DoorCommand, _ door: DoorIndex = DoorIndex(0)) -> DecisionReason {
        let decision = controller.command(
            command, door, by: Requester(.console, index: 1, user: 7), now: now, into: &output)
        take()
        return decision.reason
    }

    /// A row of the matrix that releases a fire zone comes on or goes off.
    func fire(_ isActive: Bool, zone: UInt8 = 0) {
        if isActive { zonesActive |= 1 << zone } else { zonesActive &= ~(1 << zone) }
        // A door of two zones is released until both rows are off.
        let doors = (0..<UInt8(controller.doorCount)).filter {
            let zones = fireZones[Int($0)] ?? 1
            return zones >> zone & 1 != 0 && (zones & zonesActive != 0) == isActive
        }
        matrixFire(doors, isActive)
    }

    func matrixFire(_ doors: [UInt8], _ isActive: Bool) {
        controller.setFire(
            doors: TestBoard.set(doors), isActive: isActive, by: Requester(.matrix, index: 3), now: now, into: &output)
        take()
    }

    func order(_ order: DoorOrder, _ door: DoorIndex = DoorIndex(0)) {
        controller.follow(order, door, by: Requester(.matrix, index: 4), now: now, into: &output)
        take()
    }

    func callPoint(_ isActive: Bool, _ door: DoorIndex = DoorIndex(0)) {
        controller.emergencyExit(door, isActive: isActive, now: now, into: &output)
        take()
    }

    @discardableResult
    func resetFire() -> DecisionReason {
        let decision = controller.resetFire(by: Requester(.console, index: 1, user: 7), now: now, into: &output)
        take()
        return decision.reason
    }

    /// Presents a card and, where granted, goes through and closes the door.
    @discardableResult
    func pass(_ number: UInt32, _ door: DoorIndex, _ side: ReaderSide) -> DecisionReason {
        let reason = present(number, door, side)
        if reason.isGranted {
            open(door)
            close(door)
        }
        return reason
    }

    @discardableResult
    func pass(_ number: UInt32, _ side: ReaderSide = .entry) -> DecisionReason { pass(number, DoorIndex(0), side) }

    // MARK: Time

    /// Lets time pass as the runtime does: from deadline to deadline.
    func wait(_ interval: Interval) {
        let end = now + interval
        while controller.deadline <= end {
            let due = max(controller.deadline, now)
            elapse(to: due)
            controller.advance(to: now, clock: clock, into: &output)
            take()
            // A deadline in the past would keep a real board busy for ever.
            precondition(controller.deadline > due, "the deadline does not move on")
        }
        elapse(to: end)
        controller.advance(to: now, clock: clock, into: &output)
        take()
    }

    func wait(seconds: Int64) { wait(.seconds(seconds)) }

    /// Sets the wall clock as a time server or a technician does.
    func setClock(_ newClock: WallClock) {
        clock = newClock
        controller.advance(to: now, clock: clock, into: &output)
        take()
    }

    private func elapse(to moment: Instant) {
        if clock.trust != .unset { clock.unixMilliseconds += (moment - now).milliseconds }
        now = moment
    }

    // MARK: What is seen

    func outputs(_ door: DoorIndex = DoorIndex(0)) -> DoorOutputs { controller.outputs(of: door) }
    func isReleased(_ door: DoorIndex = DoorIndex(0)) -> Bool { controller.outputs(of: door).isReleased }
    func state(_ door: DoorIndex = DoorIndex(0)) -> Door { controller.door(door) }

    /// What happened since the last call.
    func happened() -> [String] {
        let result = log
        forgetLog()
        return result
    }

    func forgetLog() {
        log = []
        events = []
    }

    private func take() {
        for index in output.events.indices {
            let event = output.events[index]
            events.append(event)
            log.append(TestBoard.word(event))
        }
        for index in output.changes.indices { changes.append(output.changes[index]) }
        precondition(output.usage.dropped == 0, "an event was lost")
        output.removeAll()
    }

    private static func word(_ event: AccessEvent) -> String {
        switch event.kind {
        case .decision: "\(event.reason)"
        case .released, .opened, .fireReset: "\(event.kind) \(event.reason)"
        case .modeChanged: "mode \(DoorMode(rawValue: event.detail)!)"
        case .passage: "holder \(event.holder) from \(event.otherArea.value) to \(event.area.value)"
        case .contactFault, .contactRestored: "\(event.kind) \(ContactState(rawValue: event.detail)!)"
        case .tamper, .tamperRestored: "\(event.kind) \(TamperSource(rawValue: event.detail)!)"
        case .guessingEnded: "guessingEnded \(event.count)"
        default: "\(event.kind)"
        }
    }
}

extension AccessCapacities {
    /// Enough for a test.
    static var small: AccessCapacities {
        var capacities = AccessCapacities()
        capacities.doors = 4
        capacities.credentials = 500
        capacities.profiles = 64
        capacities.people = 32
        return capacities
    }
}
