import FixedMemory

/// Work that takes too long for the thread that decides: whether a secret, hashed slowly, gives the expected hash.
///
/// The hash is Argon2id (RFC 9106). What is handed over is never the secret itself, only its keyed hash.
public struct SecretCheck: Sendable, BitwiseCopyable {
    /// Comes back with the outcome.
    public var tag: UInt16
    public var secret: FixedBytes<16>
    public var salt: FixedBytes<16>
    /// What the slow hash is if the secret is right.
    public var hash: FixedBytes<32>
    public var passes: UInt32
    /// Memory that the slow hash takes meanwhile, in KiB.
    public var memoryKib: UInt32

    public init(
        tag: UInt16, secret: FixedBytes<16>, salt: FixedBytes<16>, hash: FixedBytes<32>, passes: UInt32,
        memoryKib: UInt32
    ) {
        self.tag = tag
        self.secret = secret
        self.salt = salt
        self.hash = hash
        self.passes = passes
        self.memoryKib = memoryKib
    }
}
