import BoardImage
import CKernelWorld
import FixedMemory
import Glibc
import WardenMessages

/// The serial ports of a board: USB gadgets of which the board has one end, with all that termios asks of a real port.
struct PortDevices {
    private static let configuration = "/sys/kernel/config/usb_gadget"

    /// The far ends, by the place of the port; -1 while it is unplugged, which hangs the far end up too.
    private(set) var descriptors: [Int32] = []
    private var farEnds: [String] = []
    private var isPluggedIn: [Bool] = []

    init(_ image: borrowing BoardImage) throws(Failure) {
        for place in image.ports.indices {
            let folder = "\(PortDevices.configuration)/warden\(place)"
            try KernelFile.makeFolder(folder)
            // A vendor number for tests of the Linux Foundation's gadgets.
            try KernelFile.write("0x1d6b", to: "\(folder)/idVendor")
            try KernelFile.makeFolder("\(folder)/configs/serial.1")
            try KernelFile.makeFolder("\(folder)/functions/acm.\(place)")
            guard symlink("\(folder)/functions/acm.\(place)", "\(folder)/configs/serial.1/acm") == 0 else {
                throw Failure(what: "\(folder): the function cannot be added", status: -Int(errno))
            }
            isPluggedIn.append(false)
            descriptors.append(-1)
            farEnds.append("/dev/ttyGS" + trimmed(try KernelFile.read("\(folder)/functions/acm.\(place)/port_num")))
            try plug(place, in: true)
            try PortDevices.link("/dev/ttyACM\(place)", as: text(image.ports[place].device.span))
        }
    }

    /// The port's name as the board file has it; the kernel's own appears when the host side has found the gadget.
    private static func link(_ device: String, as path: String) throws(Failure) {
        for _ in 0..<2_000 where access(device, F_OK) != 0 { usleep(1_000) }
        guard access(device, F_OK) == 0 else { throw Failure(what: "\(device) did not appear") }
        if path == device { return }
        unlink(path)
        guard symlink(device, path) == 0 else { throw Failure(what: path, status: -Int(errno)) }
    }

    /// Plugs a port in or unplugs it, as a cable does.
    mutating func plug(_ place: Int, in isIn: Bool) throws(Failure) {
        guard isPluggedIn[place] != isIn else { return }
        isPluggedIn[place] = isIn
        if !isIn { kernel_world_close(descriptors[place]) }
        descriptors[place] = -1
        try KernelFile.write(
            isIn ? "dummy_udc.\(place)" : "\n", to: "\(PortDevices.configuration)/warden\(place)/UDC")
        if isIn { descriptors[place] = try Failure.check(kernel_world_serial_open(farEnds[place]), farEnds[place]) }
    }
}
