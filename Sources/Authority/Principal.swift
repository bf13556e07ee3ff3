import HardwareInterface
import WardenMessages

/// Somebody whom the board knows, with a role.
///
/// There is no public initializer: a principal comes from `AccessTable` alone, which makes one only for a key, a user or
/// a console that it lists. Whoever holds one has been recognised.
public struct Principal: Equatable, Sendable, BitwiseCopyable {
    public let role: Role
    /// As events name them.
    public let actor: Actor
    /// Seconds since 1970 from which on the role is void; `nil` for never.
    public let expires: UInt32?
    /// Keeps apart what different principals keep at the board under names of their own choice, over restarts.
    public let scope: UInt32

    init(role: Role, actor: Actor, scope: UInt32, expires: UInt32? = nil) {
        self.role = role
        self.actor = actor
        self.scope = scope
        self.expires = expires
    }

    /// The role at a moment.
    ///
    /// An expiry needs a clock: while the clock is not set, a role that can expire lets its holder observe, no more.
    ///
    /// - Returns: `nil` once expired.
    public func role(at clock: WallClock) -> Role? {
        guard let expires else { return role }
        guard clock.trust != .unset else { return .observer }
        return clock.unixMilliseconds < Int64(expires) * 1_000 ? role : nil
    }

    /// Makes the permission to carry out an action, the only way there is to one.
    ///
    /// - Returns: `nil` if the action is one that nobody may ask for, or the role is too low or has expired.
    public func authorise<Action: RoleBound>(_ action: Action, at clock: WallClock) -> Authorised<Action>? {
        guard let required = action.requiredRole, let role = role(at: clock), role >= required else { return nil }
        return Authorised(action: action, actor: actor)
    }
}

/// Something that only certain roles may ask for.
public protocol RoleBound {
    /// The lowest role that may; `nil` if nobody may.
    var requiredRole: Role? { get }
}

/// An action together with the proof that the one who asked for it may.
///
/// What actuates takes this instead of the bare action, so that actuation without an authenticated role does not
/// compile. Made by `Principal.authorise`.
public struct Authorised<Action> {
    public let action: Action
    /// Who asked, for the audit event.
    public let actor: Actor

    init(action: Action, actor: Actor) {
        self.action = action
        self.actor = actor
    }
}

extension Authorised: BitwiseCopyable where Action: BitwiseCopyable {}
extension Authorised: Sendable where Action: Sendable {}
