import Foundation

/// A serial port of this machine, as a client of Warden Link uses it: 8N1, raw, not blocking.
enum SerialPort {
    /// Rates of termios(3) by bits a second.
    private static let rates: [(Int, speed_t)] = [
        (9_600, speed_t(B9600)), (19_200, speed_t(B19200)), (38_400, speed_t(B38400)), (57_600, speed_t(B57600)),
        (115_200, speed_t(B115200)), (230_400, speed_t(B230400)), (460_800, speed_t(B460800)),
        (921_600, speed_t(B921600)),
    ]

    /// Bits a second that can be asked for, as people read them.
    static var rateList: String { rates.map { "\($0.0)" }.joined(separator: ", ") }

    static func isRate(_ baud: Int) -> Bool { rates.contains { $0.0 == baud } }

    /// Opens a port for this process alone.
    ///
    /// - Parameter isHalfDuplex: the kernel switches an RS-485 transmitter, where the port's driver can; others switch
    ///   themselves.
    static func open(_ path: String, baud: Int, isHalfDuplex: Bool) throws -> Int32 {
        let descriptor = Glibc.open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(path, errno) }
        var settings = termios()
        guard tcgetattr(descriptor, &settings) == 0, let rate = rates.first(where: { $0.0 == baud })?.1 else {
            close(descriptor)
            throw Failure(
                status: .usage, message: "\(path): this is no serial port",
                remedy: "Give a device such as /dev/ttyUSB0 or /dev/serial/by-id/…")
        }
        cfmakeraw(&settings)
        settings.c_cflag |= tcflag_t(CLOCAL | CREAD)
        settings.c_cflag &= ~tcflag_t(CSTOPB | PARENB)
        cfsetispeed(&settings, rate)
        cfsetospeed(&settings, rate)
        guard tcsetattr(descriptor, TCSANOW, &settings) == 0, ioctl(descriptor, UInt(TIOCEXCL)) == 0 else {
            let error = errno
            close(descriptor)
            throw failure(path, error)
        }
        if isHalfDuplex { switchTransmitter(descriptor) }
        tcflush(descriptor, TCIOFLUSH)
        return descriptor
    }

    /// TIOCSRS485 with SER_RS485_ENABLED and SER_RS485_RTS_ON_SEND (include/uapi/linux/serial.h); eight words.
    private static func switchTransmitter(_ descriptor: Int32) {
        var settings: [UInt32] = [0b11, 0, 0, 0, 0, 0, 0, 0]
        _ = settings.withUnsafeMutableBytes { ioctl(descriptor, 0x542F, $0.baseAddress!) }
    }

    private static func failure(_ path: String, _ error: Int32) -> Failure {
        let text = String(cString: strerror(error))
        switch error {
        case EACCES, EPERM:
            return Failure(
                status: .notPermitted, message: "\(path): \(text)",
                remedy:
                    "Ask for membership in the group that owns the port, often dialout: 'ls -l \(path)' shows which.")
        case EBUSY:
            return Failure(
                status: .unavailable, message: "\(path): \(text)", remedy: "End the program that has the port open.")
        default:
            return Failure(
                status: .unavailable, message: "\(path): \(text)",
                remedy: "Check the cable and the name: 'ls /dev/serial/by-id' lists what is there.")
        }
    }
}
