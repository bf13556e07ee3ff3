import Cryptography
import FixedMemory
import HardwareInterface
import WardenMessages

/// Whom the board knows: client keys, users of its own system, consoles.
///
/// Recognising is all that it does; transports prove who somebody is.
public struct AccessTable: ~Copyable {
    private var keys: FixedArray<ClientKey>
    private var users: FixedArray<LocalUser>
    /// Roles of those who may log in at a console, in the places of the image.
    private var consoleRoles: FixedArray<Role>
    /// The runtime's own user, who is an administrator as root is.
    private let ownUser: UInt32

    /// The role of whoever sits at a console and has not logged in.
    private let consoleRole: Role

    public init(keys: Int, users: Int, ownUser: UInt32, consoleUsers: Int = 0, consoleRole: Role = .observer) {
        self.consoleRole = consoleRole
        self.keys = FixedArray(capacity: keys)
        self.users = FixedArray(capacity: users)
        self.ownUser = ownUser
        consoleRoles = FixedArray(capacity: consoleUsers)
    }

    /// - Returns: `false` if the key is not 32 bytes, has no role that this version knows, is listed already, or the
    ///   table is full.
    public mutating func add(_ key: ClientKey) -> Bool {
        guard key.publicKey.count == 32, Role(key.role) != nil, index(ofKey: key.publicKey.span) == nil else {
            return false
        }
        return keys.append(key)
    }

    /// - Returns: `false` if the entry names nobody or no role that this version knows, or the table is full.
    public mutating func add(_ user: LocalUser) -> Bool {
        guard user.who != nil, Role(user.role) != nil else { return false }
        return users.append(user)
    }

    /// - Returns: `false` if the entry has no role that this version knows, or the table is full.
    public mutating func add(_ user: ConsoleUser) -> Bool {
        guard let role = Role(user.role) else { return false }
        return consoleRoles.append(role)
    }

    /// Client keys listed.
    public var keyCount: Int { keys.count }

    /// The key at a place. Traps outside `0..<keyCount`.
    public func key(at index: Int) -> ClientKey { keys[index] }

    /// The holder of a client key, once a handshake has proved that they hold it.
    ///
    /// - Returns: `nil` if the key is not listed.
    public func principal(forKey publicKey: Span<UInt8>) -> Principal? {
        guard let index = index(ofKey: publicKey), let role = Role(keys[index].role) else { return nil }
        let expires = keys[index].expires
        // A key is as good as random; its place in the table may change.
        var scope: UInt32 = 0
        for byte in 0..<4 { scope |= UInt32(publicKey[byte]) << UInt32(8 * byte) }
        return Principal(
            role: role, actor: Actor(kind: .link, index: UInt32(index)), scope: scope,
            expires: expires == 0 ? nil : expires)
    }

    /// A process of this board, by the kernel's word for its user and group. The highest role of all entries that fit;
    /// a user without entry observes.
    public func principal(forUser user: UInt32, group: UInt32) -> Principal {
        var role = user == 0 || user == ownUser ? Role.administrator : .observer
        for index in users.indices {
            switch users[index].who {
            case .user(user)?, .group(group)?: role = max(role, Role(users[index].role) ?? role)
            default: break
            }
        }
        return Principal(role: role, actor: Actor(kind: .link, index: LocalUser.actorIndex, user: user), scope: user)
    }

    /// Whoever sits at a console.
    ///
    /// - Parameter user: place of the console user who has logged in there; without one, the role that the board gives
    ///   whoever sits there.
    public func principal(atConsole console: Int, user: Int?) -> Principal {
        var role = consoleRole
        var number: UInt32 = 0
        if let user, user >= 0, user < consoleRoles.count {
            role = consoleRoles[user]
            number = UInt32(user) + 1
        }
        return Principal(
            role: role, actor: Actor(kind: .console, index: UInt32(console), user: number), scope: UInt32(console))
    }

    /// The role of a console user; `nil` after the last.
    public func consoleRole(ofUser user: Int) -> Role? {
        user >= 0 && user < consoleRoles.count ? consoleRoles[user] : nil
    }

    /// The program around the board, a simulation's script such as: nobody who would have to prove anything.
    public static func program(atConsole console: Int) -> Principal {
        Principal(role: .technician, actor: Actor(kind: .console, index: UInt32(console)), scope: UInt32(console))
    }

    /// Every key is compared, each in constant time, so that timing tells nothing of the table.
    private func index(ofKey publicKey: Span<UInt8>) -> Int? {
        var found: Int? = nil
        for index in keys.indices where equalInConstantTime(keys[index].publicKey.span, publicKey) { found = index }
        return found
    }
}

extension LocalUser {
    /// What events have for the place in the key table where a local user asked, who has none.
    public static var actorIndex: UInt32 { UInt32.max }
}

extension Role {
    /// - Returns: `nil` for none, and for a number that this version does not know.
    public init?(_ role: AccessRole) {
        switch role {
        case .observer: self = .observer
        case .operator: self = .operator
        case .technician: self = .technician
        case .administrator: self = .administrator
        case .none, .unrecognised: return nil
        }
    }
}
