import FixedMemory

/// A door in the board's door table, counted from 0; at most `DoorSet.capacity` doors.
public struct DoorIndex: Hashable, Sendable, BitwiseCopyable {
    public var value: UInt8
    @inlinable public init(_ value: UInt8) { self.value = value }
}

/// A set of doors of one board, one bit a door.
public struct DoorSet: Hashable, Sendable, BitwiseCopyable {
    /// Doors that one board can have.
    public static var capacity: Int { 64 }

    /// Bit n set: door n is a member.
    public var bits: UInt64

    @inlinable public init(bits: UInt64 = 0) { self.bits = bits }
    @inlinable public init(_ door: DoorIndex) { bits = 1 << UInt64(door.value & 63) }

    public static var all: DoorSet { DoorSet(bits: .max) }

    @inlinable public var isEmpty: Bool { bits == 0 }
    @inlinable public func contains(_ door: DoorIndex) -> Bool { bits >> UInt64(door.value & 63) & 1 != 0 }
    @inlinable public func union(_ other: DoorSet) -> DoorSet { DoorSet(bits: bits | other.bits) }
    @inlinable public func subtracting(_ other: DoorSet) -> DoorSet { DoorSet(bits: bits & ~other.bits) }
    @inlinable public func intersects(_ other: DoorSet) -> Bool { bits & other.bits != 0 }
}

/// Groups that a credential belongs to, one bit a group: a flat, a staircase, the cleaners, a lift floor.
public struct GroupSet: Hashable, Sendable, BitwiseCopyable {
    /// Groups that one board can tell apart.
    public static var capacity: Int { 64 }

    /// Bit n set: group n is a member.
    public var bits: UInt64

    @inlinable public init(bits: UInt64 = 0) { self.bits = bits }

    public static var none: GroupSet { GroupSet() }
    public static var all: GroupSet { GroupSet(bits: .max) }

    @inlinable public var isEmpty: Bool { bits == 0 }
    @inlinable public func intersects(_ other: GroupSet) -> Bool { bits & other.bits != 0 }
}

/// On which side of a door a reader, keypad or person stands.
public enum ReaderSide: UInt8, Sendable, BitwiseCopyable {
    /// Outside, asking to come in.
    case entry = 0
    /// Inside, asking to leave.
    case exit = 1
}

/// A space whose occupants the board keeps track of; area 0 is the outside and always exists.
public struct AreaIndex: Hashable, Sendable, BitwiseCopyable {
    public var value: UInt8
    @inlinable public init(_ value: UInt8) { self.value = value }

    /// Outside of every tracked area.
    public static var outside: AreaIndex { AreaIndex(0) }
}

/// A schedule in the board's schedule table, or one of the two that need none.
public struct ScheduleIndex: Hashable, Sendable, BitwiseCopyable {
    public var value: UInt8
    @inlinable public init(_ value: UInt8) { self.value = value }

    /// Active at every moment, whatever the clock says.
    public static var always: ScheduleIndex { ScheduleIndex(255) }
    /// Active at no moment.
    public static var never: ScheduleIndex { ScheduleIndex(254) }
}

/// Who asked for something. Recorded with every decision and every change of a door.
public struct Requester: Hashable, Sendable, BitwiseCopyable {
    /// What kind of asker; the numbers are those of the protocol's `ActorKind`.
    public enum Kind: UInt8, Sendable, BitwiseCopyable {
        /// The board itself: a time ran out, a start, a restored state.
        case board = 0
        /// A card or code at a reader; `index` is the reader's side of the door.
        case credential = 1
        /// A request-to-exit button, handle or motion sensor, or an emergency call point.
        case button = 2
        /// A technician's console; `index` is the session, `user` who is logged in.
        case console = 3
        /// A client of the platform link; `index` is the connection, `user` its key.
        case link = 4
        /// A schedule; `index` is its place.
        case schedule = 5
        /// The cause-and-effect matrix: a fire or another detector; `index` is the row.
        case matrix = 6
        /// The fire release that a door is in, where its begin is not what is told of.
        case fire = 7
    }

    public var kind: Kind
    public var index: UInt16
    /// Who, where the asker has users; 0 where not.
    public var user: UInt32

    @inlinable
    public init(_ kind: Kind, index: UInt16 = 0, user: UInt32 = 0) {
        self.kind = kind
        self.index = index
        self.user = user
    }

    public static var board: Requester { Requester(.board) }
}

extension ReaderSide: Carried {}
extension Requester.Kind: Carried {}

extension AreaIndex: Carried {
    public mutating func carry(_ state: inout StateCarrier) { state.carry(&value) }
}

extension GroupSet: Carried {
    public mutating func carry(_ state: inout StateCarrier) { state.carry(&bits) }
}

extension Requester: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&kind)
        state.carry(&index)
        state.carry(&user)
    }
}
