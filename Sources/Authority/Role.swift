/// What somebody may do at a board. Each role may do what the roles before it may.
///
/// The steps are those of the access levels that fire alarm systems have (EN 54-2, annex A): see, operate, maintain,
/// change who may do what.
public enum Role: UInt8, Comparable, Sendable, BitwiseCopyable {
    /// Sees states and events.
    case observer = 1
    /// Releases and locks doors; acknowledges, silences and resets alarms.
    case `operator` = 2
    /// Tests, reads out and updates: log level, recorder, board image, clock.
    case technician = 3
    /// Changes credentials and keys.
    case administrator = 4

    public static func < (left: Role, right: Role) -> Bool { left.rawValue < right.rawValue }
}
