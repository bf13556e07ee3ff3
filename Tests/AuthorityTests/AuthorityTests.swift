import Authority
import FixedMemory
import HardwareInterface
import Testing
import WardenMessages

@Suite struct AuthorityTests {
    static let operatorKey = ClientKey(name: "gate", publicKey: key(1), role: .operator, expires: 1_000)
    static let observerKey = ClientKey(name: "watch", publicKey: key(2), role: .observer)
    static let before = WallClock(unixMilliseconds: 999_999, trust: .freeRunning)
    static let after = WallClock(unixMilliseconds: 1_000_000, trust: .synchronised)

    static func key(_ byte: UInt8) -> FixedBytes<32> { FixedBytes([UInt8](repeating: byte, count: 32).span) }

    static func principal(withKey byte: UInt8) -> Principal? {
        let key = key(byte)
        return withTable { $0.principal(forKey: key.span) }
    }

    static func withTable<Result>(_ body: (inout AccessTable) -> Result) -> Result {
        var table = AccessTable(keys: 3, users: 3, ownUser: 500)
        _ = table.add(operatorKey)
        _ = table.add(observerKey)
        _ = table.add(LocalUser(who: .user(1000), role: .operator))
        _ = table.add(LocalUser(who: .group(50), role: .technician))
        return body(&table)
    }

    @Test(arguments: [
        (CommandKind.doorUnlock, true), (.doorLock, true), (.doorFree, true), (.doorLockdown, true),
        (.doorRestore, true), (.alarmAcknowledge, true), (.alarmSilence, true), (.alarmReset, true),
        (.fireReset, true), (.fallCancel, true), (.none, false), (.unrecognised(99), false),
    ])
    func anOperatorMayCommandWhatThisVersionKnowsAndAnObserverNothing(kind: CommandKind, may: Bool) throws {
        let byOperator = try #require(Self.principal(withKey: 1))
        let byObserver = try #require(Self.principal(withKey: 2))
        let command = Command(kind: kind, target: 0)
        #expect((byOperator.authorise(command, at: Self.before) != nil) == may)
        #expect(byObserver.authorise(command, at: Self.before) == nil)
    }

    @Test func anExpiredKeyMayNothing() throws {
        let principal = try #require(Self.principal(withKey: 1))
        #expect(principal.role(at: Self.before) == .operator)
        #expect(principal.role(at: Self.after) == nil)
        #expect(principal.authorise(Command(kind: .doorUnlock), at: Self.after) == nil)
    }

    @Test func aKeyThatExpiresOnlyObservesWhileTheClockIsNotSet() throws {
        let principal = try #require(Self.principal(withKey: 1))
        #expect(principal.role(at: .unset) == .observer)
        #expect(principal.authorise(Command(kind: .doorUnlock), at: .unset) == nil)
    }

    @Test func anUnknownKeyIsNobody() {
        #expect(Self.principal(withKey: 3) == nil)
    }

    @Test(arguments: [
        (user: UInt32(0), group: UInt32(0), Role.administrator), (500, 500, .administrator), (1000, 1000, .operator),
        (1000, 50, .technician), (1001, 50, .technician), (1001, 1001, .observer),
    ])
    func aLocalUserHasTheHighestRoleThatFits(user: UInt32, group: UInt32, role: Role) {
        let principal = Self.withTable { $0.principal(forUser: user, group: group) }
        #expect(principal.role == role)
        #expect(principal.actor == Actor(kind: .link, index: LocalUser.actorIndex, user: user))
    }

    @Test(arguments: [
        ClientKey(name: "short", publicKey: FixedBytes("short"), role: .operator),
        ClientKey(name: "no role", publicKey: key(9)),
        ClientKey(name: "unknown role", publicKey: key(9), role: .unrecognised(7)),
        ClientKey(name: "listed twice", publicKey: key(1), role: .administrator),
    ])
    func aKeyThatMakesNoSenseIsNotTaken(key: ClientKey) {
        let taken = Self.withTable { $0.add(key) }
        #expect(!taken)
    }
}
