import AccessControl
import Cryptography
import FixedMemory

@testable import Runtime

extension BoardUnderTest {
    /// Whose the credential with this hash is in the list that holds; `nil` if it is nobody's.
    func holder(ofCredential hash: FixedBytes<16>) -> UInt32? {
        var words: [UInt64] = [0, 0]
        for byte in 0..<16 { words[byte / 8] |= UInt64(hash[byte]) << UInt64(8 * (byte % 8)) }
        return runtime.core.access.credentials.credential(KeyedHash(low: words[0], high: words[1]))?.holder
    }
}
