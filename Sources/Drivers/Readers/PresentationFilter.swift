import HardwareInterface

/// Turns repeated reads of a card into one presentation.
///
/// A card is present from its first read until it has not been read for the hold-off. Up to `capacity` cards may be
/// present together, so that two cards which a reader sees in turn give two presentations and not hundreds. A further
/// card takes the place of the one that was read longest ago.
public struct PresentationFilter: Sendable, BitwiseCopyable {
    /// Cards that are followed at once.
    public static var capacity: Int { 4 }

    private struct Presence: Sendable, BitwiseCopyable {
        var card: CardIdentifier
        var lastRead: Instant
    }

    /// How long a card must not be read before it counts as gone.
    public let holdOff: Interval
    private var present: InlineArray<4, Presence?>

    public init(holdOff: Interval) {
        self.holdOff = holdOff
        present = InlineArray(repeating: nil)
    }

    /// Whether any card is present.
    public var isOccupied: Bool {
        for index in present.indices where present[index] != nil { return true }
        return false
    }

    /// When the next card counts as gone, unless it is read again; `.never` if none is present.
    // Inlined: a call copies the whole of the value first.
    @inline(__always)
    public var deadline: Instant {
        var earliest = Instant.never
        for index in present.indices {
            if let presence = present[index] { earliest = min(earliest, presence.lastRead + holdOff) }
        }
        return earliest
    }

    /// Notes that `card` was read.
    ///
    /// - Returns: whether this is a new presentation.
    public mutating func isNew(_ card: CardIdentifier, at now: Instant) -> Bool {
        expire(at: now)
        var place = 0
        var oldest = Instant.never
        for index in present.indices {
            guard let presence = present[index] else {
                // A free place is older than any card.
                place = index
                oldest = Instant(nanoseconds: .min)
                continue
            }
            if presence.card == card {
                present[index] = Presence(card: card, lastRead: now)
                return false
            }
            if presence.lastRead < oldest {
                place = index
                oldest = presence.lastRead
            }
        }
        present[place] = Presence(card: card, lastRead: now)
        return true
    }

    /// Forgets cards that have not been read for the hold-off.
    ///
    /// - Returns: whether the last card went with this call.
    @discardableResult
    public mutating func expire(at now: Instant) -> Bool {
        let wasOccupied = isOccupied
        for index in present.indices {
            if let presence = present[index], presence.lastRead + holdOff <= now { present[index] = nil }
        }
        return wasOccupied && !isOccupied
    }

    /// Forgets all cards at once.
    ///
    /// - Returns: whether any was present.
    @discardableResult
    public mutating func removeAll() -> Bool {
        let wasOccupied = isOccupied
        present = InlineArray(repeating: nil)
        return wasOccupied
    }
}
