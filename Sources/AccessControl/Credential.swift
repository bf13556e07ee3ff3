import Cryptography
import FixedMemory

/// What a credential may do besides passing doors of its groups, and what it needs to do so.
public struct CredentialTraits: OptionSet, Hashable, Sendable, BitwiseCopyable {
    public var rawValue: UInt16
    @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// Its holder needs longer: extended unlock and open times.
    public static var extendedTime: CredentialTraits { CredentialTraits(rawValue: 1 << 0) }
    /// Passes only together with an escort.
    public static var needsEscort: CredentialTraits { CredentialTraits(rawValue: 1 << 1) }
    /// May escort others.
    public static var mayEscort: CredentialTraits { CredentialTraits(rawValue: 1 << 2) }
    /// Passes only together with a second person, at every door.
    public static var needsSecondPerson: CredentialTraits { CredentialTraits(rawValue: 1 << 3) }
    /// Anti-passback and occupancy limits do not hold it back (fire brigade, caretaker).
    public static var passbackExempt: CredentialTraits { CredentialTraits(rawValue: 1 << 4) }
    /// Its grant starts the free period of a first-card door.
    public static var firstCard: CredentialTraits { CredentialTraits(rawValue: 1 << 5) }
    /// Passes in lockdown.
    public static var lockdownPass: CredentialTraits { CredentialTraits(rawValue: 1 << 6) }
    /// Using it at all is a call for help: a second card or code handed out for duress.
    public static var duress: CredentialTraits { CredentialTraits(rawValue: 1 << 7) }
    /// A code typed without a card, not a card; counted for the rule on how many codes may be issued.
    public static var code: CredentialTraits { CredentialTraits(rawValue: 1 << 8) }
}

/// Whether a credential counts.
public enum CredentialStatus: UInt8, Sendable, BitwiseCopyable {
    case active = 0
    case suspended = 1
    case lost = 2
    case stolen = 3
}

/// A PIN as the board keeps it: 24 bits of its keyed hash together with the card's, never the digits.
///
/// A guess is right by chance once in 16,777,216, which is far rarer than guessing one of 10,000 four-digit PINs; and
/// without the board's key the hash says nothing about the digits.
public struct PinHash: Hashable, Sendable, BitwiseCopyable {
    /// 0 to 0xFF_FFFF.
    public var value: UInt32
    @inlinable public init(_ value: UInt32) { self.value = value & 0xFF_FFFF }

    /// Compares in a time that does not depend on where the two differ.
    public func matches(_ other: PinHash) -> Bool {
        let left: InlineArray<3, UInt8> = [
            UInt8(truncatingIfNeeded: value), UInt8(truncatingIfNeeded: value >> 8),
            UInt8(truncatingIfNeeded: value >> 16),
        ]
        let right: InlineArray<3, UInt8> = [
            UInt8(truncatingIfNeeded: other.value), UInt8(truncatingIfNeeded: other.value >> 8),
            UInt8(truncatingIfNeeded: other.value >> 16),
        ]
        return equalInConstantTime(left.span, right.span)
    }
}

/// Everything that the board knows about a card or code, apart from its keyed hash.
public struct Credential: Equatable, Sendable, BitwiseCopyable {
    /// The largest `holder`.
    public static var holderLimit: UInt32 { 0xFF_FFFF }
    /// `usesLeft` of a credential without a limit.
    public static var unlimitedUses: UInt8 { 255 }

    /// Number of its holder, 1 to 16,777,215, given by the platform: the same for all cards of one person, the base of
    /// anti-passback and of the roll call. 0 where there is none; such a credential is not tracked.
    public var holder: UInt32
    /// Groups it belongs to.
    public var groups: GroupSet
    public var traits: CredentialTraits
    public var status: CredentialStatus
    /// First minute of validity, in minutes since 1970-01-01T00:00Z; 0 for always.
    public var validFromMinute: UInt32
    /// First minute after its validity, in minutes since 1970-01-01T00:00Z; 0 for never. 2083 and later count as never.
    public var validUntilMinute: UInt32
    /// Passages left, 0 to 254; 255 for any number.
    public var usesLeft: UInt8
    /// Its PIN, if it has one.
    public var pin: PinHash?

    public init(
        holder: UInt32 = 0, groups: GroupSet = .none, traits: CredentialTraits = [],
        status: CredentialStatus = .active, validFromMinute: UInt32 = 0, validUntilMinute: UInt32 = 0,
        usesLeft: UInt8 = Credential.unlimitedUses, pin: PinHash? = nil
    ) {
        self.holder = holder
        self.groups = groups
        self.traits = traits
        self.status = status
        self.validFromMinute = validFromMinute
        self.validUntilMinute = validUntilMinute
        self.usesLeft = usesLeft
        self.pin = pin
    }

    /// Whether validity depends on the time.
    @inlinable public var isLimitedInTime: Bool { validFromMinute != 0 || validUntilMinute != 0 }
}

extension CredentialTraits: Carried {}
extension CredentialStatus: Carried {}

extension Credential: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&holder)
        state.carry(&groups)
        state.carry(&traits)
        state.carry(&status)
        state.carry(&validFromMinute)
        state.carry(&validUntilMinute)
        state.carry(&usesLeft)
        state.carry(&pin, blank: PinHash(0))
    }
}

extension PinHash: Carried {
    public mutating func carry(_ state: inout StateCarrier) { state.carry(&value) }
}
