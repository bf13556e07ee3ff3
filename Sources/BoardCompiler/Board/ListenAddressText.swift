import FixedMemory
import Glibc
import HardwareInterface
import WardenMessages

extension ListenAddress {
    init?(text: String) {
        let bytes = Array(text.utf8)
        guard let place = NetworkPlace(bytes.span), place.port > 0 else { return nil }
        let host = String(decoding: bytes[place.address], as: UTF8.self)
        guard ListenAddress.isNumeric(host) else { return nil }
        self.init(address: fixedBytes(host), port: UInt32(place.port))
    }

    private static func isNumeric(_ host: String) -> Bool {
        var bytes: (UInt64, UInt64) = (0, 0)
        return inet_pton(host.contains(":") ? AF_INET6 : AF_INET, host, &bytes) == 1
    }
}
