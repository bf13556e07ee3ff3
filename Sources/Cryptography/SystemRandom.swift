import CSodium

/// Random bytes of the operating system, for what must be unlike everything before it: keys, identities, seeds.
public enum SystemRandom {
    /// Eight bytes (libsodium `randombytes_buf`, on Linux getrandom(2)).
    public static func word() -> UInt64 {
        var word: UInt64 = 0
        withUnsafeMutableBytes(of: &word) { randombytes_buf($0.baseAddress!, $0.count) }
        return word
    }
}
