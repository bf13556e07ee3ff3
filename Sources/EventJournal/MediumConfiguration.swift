import Cryptography
import FixedMemory
import HardwareInterface

/// What the journal is told about its medium when it is made.
public struct MediumConfiguration: Sendable, BitwiseCopyable {
    public var layout: MediumLayout
    /// Key of the hash chain, for this purpose alone.
    public var key: HashKey
    /// Identity to write if the medium is blank; from a random source.
    public var identity: JournalIdentity
    /// Segments of each class that no other class may take, at least 1 each. What they leave is shared: it goes to
    /// whoever needs it, and the lowest class gives it up first.
    public var reservedSegments: PerClass<Int>
    public var times: JournalTimes
    /// Pages of `EventJournal.mediumPages` that are for somebody else who uses the same medium, behind the journal's own.
    public var otherPages = 0

    /// - Returns: `nil` if a class reserves nothing or all together reserve more than there is.
    public init?(
        layout: MediumLayout, key: HashKey, identity: JournalIdentity, reservedSegments: PerClass<Int>,
        times: JournalTimes = JournalTimes()
    ) {
        var sum = 0
        for index in 0..<EventClass.count {
            guard reservedSegments[index] >= 1, reservedSegments[index] <= layout.segments else { return nil }
            sum += reservedSegments[index]
        }
        // One segment must be left over, so that a class that reserved all but its open one can open the next.
        guard sum < layout.segments else { return nil }
        self.layout = layout
        self.key = key
        self.identity = identity
        self.reservedSegments = reservedSegments
        self.times = times
    }

    /// The key of the hash chain, from the secret that the board hashes cards with: the two halves are its keyed hashes of
    /// "warden journal 1" and "warden journal 2". Knowing one key does not help to find the other.
    public static func chainKey(from secret: HashKey) -> HashKey {
        let halves =
            [
                secret.hash(FixedBytes<16>("warden journal 1").span),
                secret.hash(FixedBytes<16>("warden journal 2").span),
            ] as InlineArray<2, KeyedHash>
        var bytes = FixedBytes<32>()
        for index in 0..<2 {
            bytes.appendLittleEndian(halves[index].low)
            bytes.appendLittleEndian(halves[index].high)
        }
        guard let key = HashKey(bytes.span) else { preconditionFailure("two hashes are as long as a key") }
        return key
    }

    /// Reserves a sensible share for each class: a quarter each for alarms and access, less for the rest, and leaves
    /// about a quarter shared.
    public static func standardReserve(_ layout: MediumLayout) -> PerClass<Int> {
        func share(_ parts: Int) -> Int { max(1, layout.segments * parts / 32) }
        return PerClass(
            alarm: share(6), access: share(8), trouble: share(3), audit: share(3), system: share(1),
            telemetry: share(3))
    }
}

/// How long the journal may take.
public struct JournalTimes: Sendable, BitwiseCopyable {
    /// How long an event may be volatile on a medium that keeps up; alarms go at once.
    public var volatileLimit: Interval
    /// How long a lazy change of state, such as a reader's position, may be volatile.
    public var lazyLimit: Interval
    /// How long the end of a class's records may go without being written into the state store as well. Who takes away the
    /// newest records is found out up to there; an orderly end writes it at once.
    public var attestationLimit: Interval
    /// A commit that takes longer makes the medium count as slow.
    public var slowLimit: Interval
    /// First pause before a failed commit is tried again; it doubles up to `retryLimit`.
    public var retry: Interval
    public var retryLimit: Interval

    public init(
        volatileLimit: Interval = .milliseconds(50), lazyLimit: Interval = .seconds(5),
        attestationLimit: Interval = .seconds(60), slowLimit: Interval = .seconds(1),
        retry: Interval = .milliseconds(100), retryLimit: Interval = .seconds(10)
    ) {
        self.volatileLimit = volatileLimit
        self.lazyLimit = lazyLimit
        self.attestationLimit = attestationLimit
        self.slowLimit = slowLimit
        self.retry = retry
        self.retryLimit = retryLimit
    }
}
