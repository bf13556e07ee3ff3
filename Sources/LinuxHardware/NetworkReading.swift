import CLinuxHardware
import FixedMemory
import HardwareInterface

// What the kernel says of the network. Nothing is allocated: the C library's own lists would be.
extension LinuxHardware {
    public func readNetwork(into entries: inout FixedArray<NetworkEntry>) {
        var interface = warden_interface()
        for number in 1...Int32(WARDEN_INTERFACES) where warden_interface_of(number, &interface) == 0 {
            entries.append(
                NetworkEntry(
                    .interface, NetworkReading.text(of: &interface.name), isUp: interface.is_up != 0,
                    hasLink: interface.has_link != 0, received: interface.received, sent: interface.sent))
        }
        NetworkReading.appendAddresses(to: &entries)
        for index in 0..<listenerCount {
            var name = FixedBytes<64>()
            let address = address(ofListener: index)
            // Brackets tell the colons of an address from that of the port.
            var isLong = false
            for place in 0..<address.count where address[place] == UInt8(ascii: ":") { isLong = true }
            if isLong { name.append(UInt8(ascii: "[")) }
            for place in 0..<address.count { name.append(address[place]) }
            if isLong { name.append(UInt8(ascii: "]")) }
            name.append(UInt8(ascii: ":"))
            name.appendDecimal(port(ofListener: index) ?? wantedPort(ofListener: index))
            entries.append(NetworkEntry(.listener, name, isUp: port(ofListener: index) != nil))
        }
        guard let path = localSocketPath else { return }
        var name = FixedBytes<64>()
        for place in 0..<path.count { name.append(path[place]) }
        entries.append(NetworkEntry(.socket, name))
    }
}

private enum NetworkReading {
    /// Characters of the C library up to the first 0.
    static func text<Characters: BitwiseCopyable>(of characters: inout Characters) -> FixedBytes<64> {
        withUnsafeBytes(of: &characters) { text($0) }
    }

    private static func text(_ bytes: UnsafeRawBufferPointer) -> FixedBytes<64> {
        var text = FixedBytes<64>()
        for byte in bytes {
            guard byte != 0 else { break }
            text.append(byte)
        }
        return text
    }

    static func appendAddresses(to entries: inout FixedArray<NetworkEntry>) {
        typealias Text = (
            CChar, CChar, CChar, CChar, CChar, CChar, CChar, CChar, CChar, CChar, CChar, CChar, CChar, CChar, CChar,
            CChar, CChar, CChar, CChar, CChar
        )
        let blank: Text = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
        var texts = InlineArray<8, Text>(repeating: blank)
        var span = texts.mutableSpan
        let count = span.withUnsafeMutableBufferPointer {
            Int(warden_interface_addresses($0.baseAddress!, Int32($0.count)))
        }
        for index in 0..<max(0, count) {
            var text = texts[index]
            entries.append(NetworkEntry(.address, NetworkReading.text(of: &text)))
        }
    }
}
