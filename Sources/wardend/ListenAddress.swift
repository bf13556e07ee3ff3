import FixedMemory
import HardwareInterface
import LinuxHardware
import ProgramSupport

extension ListenerDescription {
    /// An address as people write it; see `NetworkPlace`.
    init?(_ text: CText) {
        let bytes = HardwareTables.path(text)
        let span = bytes.span
        guard !bytes.overflowed, let place = NetworkPlace(span) else { return nil }
        self.init(address: DevicePath(span.extracting(place.address)), port: place.port)
    }
}
