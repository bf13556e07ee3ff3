import FixedMemory

/// Where Warden Link is offered in a network, as people write it: "0.0.0.0", "192.0.2.7:7321", "::1" or "[::]:7321".
public struct NetworkPlace: Equatable, Sendable {
    /// The port of Warden Link (not registered).
    public static var standardPort: UInt16 { 7_321 }

    /// Where in the text the address stands. Whether it is one is the operating system's to say.
    public let address: Range<Int>
    public let port: UInt16

    /// - Returns: `nil` if the port is none, or the brackets do not fit.
    public init?(_ text: Span<UInt8>) {
        guard text.count > 0 else { return nil }
        var colons = 0
        var lastColon = 0
        for index in text.indices where text[index] == UInt8(ascii: ":") {
            colons += 1
            lastColon = index
        }
        let isBracketed = text[0] == UInt8(ascii: "[")
        var end = text.count
        var port = NetworkPlace.standardPort
        let hasPort = isBracketed ? text[text.count - 1] != UInt8(ascii: "]") : colons == 1
        if hasPort {
            guard colons > 0, let number = NetworkPlace.port(text, from: lastColon + 1) else { return nil }
            port = number
            end = lastColon
        }
        if isBracketed {
            // An address of several parts, or the brackets would mean nothing.
            guard end > 2, text[end - 1] == UInt8(ascii: "]"), colons - (hasPort ? 1 : 0) > 0 else { return nil }
            end -= 1
        }
        let start = isBracketed ? 1 : 0
        guard start < end else { return nil }
        address = start..<end
        self.port = port
    }

    private static func port(_ text: Span<UInt8>, from start: Int) -> UInt16? {
        guard start < text.count else { return nil }
        var value: UInt32 = 0
        for index in start..<text.count {
            guard text[index] >= 0x30, text[index] <= 0x39, value < 65_536 else { return nil }
            value = 10 * value + UInt32(text[index] - 0x30)
        }
        return UInt16(exactly: value)
    }
}
