import Glibc
import WardenMessages

extension ListenAddress {
    /// The port of Warden Link (not registered).
    private static let standardPort: UInt32 = 7_321

    init?(text: String) {
        var host = Substring(text)
        var port = Substring()
        if text.hasPrefix("[") {
            guard let bracket = text.lastIndex(of: "]") else { return nil }
            host = text[text.index(after: text.startIndex)..<bracket]
            let rest = text[text.index(after: bracket)...]
            guard rest.isEmpty || rest.first == ":", host.contains(":") else { return nil }
            port = rest.dropFirst()
            if rest.first == ":", port.isEmpty { return nil }
        } else if text.count(where: { $0 == ":" }) == 1, let colon = text.firstIndex(of: ":") {
            host = text[..<colon]
            port = text[text.index(after: colon)...]
            if port.isEmpty { return nil }
        }
        let number =
            port.isEmpty ? ListenAddress.standardPort : UInt32(port).flatMap { (1...65_535).contains($0) ? $0 : nil }
        guard let number, ListenAddress.isNumeric(String(host)) else { return nil }
        self.init(address: fixedBytes(String(host)), port: number)
    }

    private static func isNumeric(_ host: String) -> Bool {
        var bytes: (UInt64, UInt64) = (0, 0)
        return inet_pton(host.contains(":") ? AF_INET6 : AF_INET, host, &bytes) == 1
    }
}
