import Cryptography
import FixedMemory

/// The hash of a PIN as board files have it: `argon2id:PASSES:KIB:SALT:HASH`, salt and hash in hexadecimal digits.
public struct PinHashText: Equatable, Sendable {
    public var passes: UInt32
    public var memoryKib: UInt32
    public var salt: FixedBytes<16>
    public var hash: FixedBytes<32>

    static let pattern = "^argon2id:[0-9]{1,2}:[0-9]{1,5}:[0-9a-f]{32}:[0-9a-f]{64}$"

    /// Hashes a PIN.
    ///
    /// - Parameters:
    ///   - pin: 4 to 32 bytes.
    ///   - key: the board's hash key.
    ///   - salt: 16 random bytes.
    /// - Returns: `nil` if there is not the memory that the hash takes.
    public init?(pin: [UInt8], key: HashKey, salt: FixedBytes<16>) {
        passes = PinHash.usualPasses
        memoryKib = PinHash.usualMemoryKib
        self.salt = salt
        let secret = PinHash.secret(pin: pin.span, key: key)
        guard let hash = PinHash.hash(secret, salt: salt, passes: passes, memoryKib: memoryKib) else { return nil }
        self.hash = hash
    }

    /// Reads what `text` writes; `nil` for anything else, and for costs that no board takes.
    init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 5, parts[0] == "argon2id", let passes = UInt32(parts[1]), (1...16).contains(passes),
            let memoryKib = UInt32(parts[2]), (8...65_536).contains(memoryKib),
            let salt: FixedBytes<16> = PinHashText.bytes(parts[3]), salt.count == PinHash.saltLength,
            let hash: FixedBytes<32> = PinHashText.bytes(parts[4]), hash.count == PinHash.length
        else { return nil }
        self.passes = passes
        self.memoryKib = memoryKib
        self.salt = salt
        self.hash = hash
    }

    public var text: String {
        "argon2id:\(passes):\(memoryKib):\(PinHashText.digits(salt)):\(PinHashText.digits(hash))"
    }

    private static func digits<let capacity: Int>(_ bytes: FixedBytes<capacity>) -> String {
        (0..<bytes.count).map { (bytes[$0] < 16 ? "0" : "") + String(bytes[$0], radix: 16) }.joined()
    }

    private static func bytes<let capacity: Int>(_ text: String) -> FixedBytes<capacity>? {
        guard text.count == 2 * capacity, text.allSatisfy(\.isHexDigit) else { return nil }
        let characters = Array(text)
        var bytes = FixedBytes<capacity>()
        for index in 0..<capacity {
            guard let byte = UInt8(String(characters[2 * index...2 * index + 1]), radix: 16) else { return nil }
            bytes.append(byte)
        }
        return bytes
    }
}

extension ValueKind<PinHashText> {
    /// The hash of a PIN.
    static var pinHash: ValueKind {
        let schema = JSONValue.object([("type", .string("string")), ("pattern", .string(PinHashText.pattern))])
        return ValueKind(summary: "hash as `wardenctl console-pin` prints it", schema: schema) { node, context in
            guard let text = ValueKind<String>.text(maximumBytes: 160).read(node, context) else { return nil }
            if let hash = PinHashText(text) { return hash }
            // What was written is not shown: it may be the PIN itself.
            context.report(
                node, "this is not the hash of a PIN",
                remedy: "run 'wardenctl console-pin --hash-key FILE' and write what it prints; never the PIN itself")
            return nil
        }
    }
}
