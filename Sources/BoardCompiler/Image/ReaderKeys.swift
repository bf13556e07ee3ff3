import Cryptography

/// Keys of readers and cards by the names that board files use for them.
///
/// One line a key: `NAME: 32 hexadecimal digits`; blank lines and lines that begin with `#` do not count.
public struct ReaderKeys {
    public private(set) var keys: [String: AES128] = [:]

    /// A line that is no key. What it says is never shown.
    public struct Failure: Error, Equatable {
        /// Counted from 1.
        public var line: Int
        public var message: String
        public var remedy: String
    }

    public init(_ text: String) throws(Failure) {
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let line = line.trimmingBlanks().replacing("\r", with: "")
            if line.isEmpty || line.hasPrefix("#") { continue }
            guard let colon = line.firstIndex(of: ":") else {
                throw Failure(line: index + 1, message: "no colon", remedy: "write NAME: 32 hexadecimal digits")
            }
            let name = String(line[..<colon]).trimmingBlanks()
            if let complaint = NameRule.complaint(name) {
                throw Failure(line: index + 1, message: complaint.message, remedy: complaint.remedy)
            }
            let digits = Array(line[line.index(after: colon)...].trimmingBlanks())
            guard digits.count == 2 * AES128.keyLength, digits.allSatisfy(\.isHexDigit) else {
                throw Failure(
                    line: index + 1, message: "the key '\(name)' has \(digits.count) characters",
                    remedy: "write 32 hexadecimal digits; make a key with: head -c 16 /dev/urandom | xxd -p")
            }
            guard keys[name] == nil else {
                throw Failure(
                    line: index + 1, message: "the key '\(name)' is already there", remedy: "remove one of them")
            }
            let bytes = stride(from: 0, to: digits.count, by: 2).map { UInt8(String(digits[$0...$0 + 1]), radix: 16)! }
            keys[name] = AES128(bytes.span)
        }
    }
}
