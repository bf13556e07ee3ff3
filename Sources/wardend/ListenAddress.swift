import FixedMemory
import LinuxHardware
import ProgramSupport

extension ListenerDescription {
    /// The port of Warden Link (not registered).
    private static var standardPort: UInt16 { 7_321 }

    /// An address as people write it: "0.0.0.0", "192.0.2.7:7321", "::1" or "[::]:7321".
    ///
    /// - Returns: `nil` if the port is none. Whether the rest is an address is the operating system's to say.
    init?(_ text: CText) {
        var colons = 0
        var lastColon = 0
        for index in 0..<text.count where text[index] == UInt8(ascii: ":") {
            colons += 1
            lastColon = index
        }
        let isBracketed = text[0] == UInt8(ascii: "[")
        var end = text.count
        var port = ListenerDescription.standardPort
        let hasPort = isBracketed ? text[text.count - 1] != UInt8(ascii: "]") : colons == 1
        if hasPort {
            guard colons > 0, let number = ListenerDescription.port(text, from: lastColon + 1) else { return nil }
            port = number
            end = lastColon
        }
        if isBracketed {
            guard end > 2, text[end - 1] == UInt8(ascii: "]") else { return nil }
            end -= 1
        }
        var address = DevicePath()
        for index in (isBracketed ? 1 : 0)..<end { address.append(text[index]) }
        guard !address.isEmpty else { return nil }
        self.init(address: address, port: port)
    }

    private static func port(_ text: CText, from start: Int) -> UInt16? {
        guard start < text.count else { return nil }
        var value: UInt32 = 0
        for index in start..<text.count {
            guard text[index] >= 0x30, text[index] <= 0x39, value < 65_536 else { return nil }
            value = 10 * value + UInt32(text[index] - 0x30)
        }
        return UInt16(exactly: value)
    }
}
