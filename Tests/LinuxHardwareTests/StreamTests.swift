import CLinuxHardware
import FakeKernel
import FixedMemory
import Glibc
import HardwareInterface
import Testing

@testable import LinuxHardware

private let stream = StreamIndex(0)

extension LinuxHardwareTests {
    @Suite(.serialized) struct Ports {
        init() { fake_kernel_reset() }

        private func bench(_ path: String) throws -> Bench {
            try Bench(LinuxConfiguration(ports: list([PortDescription(device: DevicePath(text: path))])))
        }

        @Test("bytes go both ways unchanged, whatever a terminal would make of them", arguments: [false, true])
        func bytes(isRealPort: Bool) throws {
            let terminal = PseudoTerminal()
            if isRealPort { fake_tty_add("ttyFAKE0", terminal.path) }
            let bench = try bench(isRealPort ? "/dev/ttyFAKE0" : terminal.path)
            #expect(bench.wait(for: .streamOpened(stream, .serialPort(0))) != nil)
            let all = (0...255).map { UInt8($0) } + [0x0D, 0x0A, 0x03, 0x04, 0x11, 0x13, 0xFF, 0xFF]
            terminal.write(all)
            bench.wait { _ in bench.received(on: stream).count == all.count }
            #expect(bench.received(on: stream) == all)
            #expect(bench.send([0x00, 0x0A, 0xFF, 0x13], to: stream))
            let back = terminal.read(4) { bench.settle() }
            #expect(back == [0x00, 0x0A, 0xFF, 0x13])
        }

        @Test("a port that is missing is reported closed once, and opened when it is there")
        func missing() throws {
            let link = temporaryPath("port")
            unlink(link)
            let bench = try bench(link)
            #expect(bench.wait(for: .streamClosed(stream)) != nil)
            #expect(bench.hardware.sendRoom(of: stream) == 0)
            bench.settle()
            #expect(bench.events.filter { $0 == .streamClosed(stream) }.count == 1)
            let terminal = PseudoTerminal()
            symlink(terminal.path, link)
            defer { unlink(link) }
            #expect(bench.wait(for: .streamOpened(stream, .serialPort(0))) != nil)
            terminal.write([1, 2, 3])
            bench.wait { _ in bench.received(on: stream).count == 3 }
            #expect(bench.received(on: stream) == [1, 2, 3])
        }

        @Test("a port that is pulled out is reported closed after its last bytes, and opened when it is back")
        func pulledOut() throws {
            let link = temporaryPath("pulled")
            unlink(link)
            var terminal = PseudoTerminal()
            symlink(terminal.path, link)
            defer { unlink(link) }
            let bench = try bench(link)
            #expect(bench.wait(for: .streamOpened(stream, .serialPort(0))) != nil)
            terminal.write([9, 8, 7])
            terminal.hangUp()
            #expect(bench.wait(for: .streamClosed(stream)) != nil)
            // A hang-up of a pseudo-terminal may drop what was on its way; what arrives, arrives before the end.
            #expect([[], [9, 8, 7]].contains(bench.received(on: stream)))
            terminal = PseudoTerminal()
            unlink(link)
            symlink(terminal.path, link)
            #expect(bench.wait(for: .streamOpened(stream, .serialPort(0))) != nil)
        }

        @Test("a file that is no terminal is refused, as is a device that does not exist")
        func noTerminal() throws {
            var serial = warden_serial_closed()
            var settings = warden_serial_settings(
                baud: 9_600, parity: WARDEN_PARITY_NONE, data_bits: 8, stop_bits: 1, is_rs485: false)
            #expect(warden_serial_open(&serial, "/dev/null", &settings) == -ENOTTY)
            #expect(warden_serial_open(&serial, "/etc/hostname", &settings) == -ENOTTY)
            #expect(warden_serial_open(&serial, "/dev/ttyNONE9", &settings) == -ENOENT)
            #expect(serial.fd == -1)
        }

        @Test("more than fits is refused whole, and fits again once the rest has left")
        func sendRoom() throws {
            let terminal = PseudoTerminal()
            let bench = try bench(terminal.path)
            #expect(bench.wait(for: .streamOpened(stream, .serialPort(0))) != nil)
            let room = bench.hardware.sendRoom(of: stream)
            #expect(room == 512)
            #expect(bench.send(Array(repeating: 0x55, count: 512), to: stream))
            #expect(!bench.send([1], to: stream))
            #expect(terminal.read(512) { bench.settle() } == Array(repeating: 0x55, count: 512))
            #expect(bench.hardware.sendRoom(of: stream) == 512)
        }

        @Test("a flood on a port holds up no line, and none of its bytes is lost or mixed up")
        func flood() throws {
            let chip = fake_gpio_add_chip("pinctrl", 4)
            let terminal = PseudoTerminal()
            let bench = try Bench(
                LinuxConfiguration(
                    lines: list([LineDescription(.input, chip: DevicePath("pinctrl"), offset: 1)]),
                    ports: list([PortDescription(device: DevicePath(text: terminal.path))])))
            bench.settle()
            bench.forget()
            let hardware = bench.hardware
            var input = Input()
            var received: [UInt8] = []
            var sent: [UInt8] = []
            for round in 0..<200 {
                // As much as the terminal takes, so that the port is never empty.
                while sent.count < (round + 1) * 600 {
                    let byte = UInt8(truncatingIfNeeded: sent.count)
                    guard withUnsafePointer(to: byte, { Glibc.write(terminal.master, $0, 1) }) == 1 else { break }
                    sent.append(byte)
                }
                fake_gpio_set_input(chip, 1, round % 2 == 0)
                hardware.wait(until: hardware.now)
                // The first input of the turn is the line's.
                #expect(hardware.takeInput(&input, urgentOnly: true))
                #expect(input.event == .lineChanged(LineIndex(0), isActive: round % 2 == 0))
                if hardware.takeInput(&input, urgentOnly: true), input.event == .bytesReceived(stream) {
                    received += input.array
                }
            }
            bench.wait { _ in received.count + bench.received(on: stream).count == sent.count }
            #expect(received + bench.received(on: stream) == sent)
        }
    }

    @Suite(.serialized) struct Consoles {
        init() { fake_kernel_reset() }

        @Test("a console is raw while it is open, and has its mode back after")
        func mode() throws {
            let terminal = PseudoTerminal()
            let slave = open(terminal.path, O_RDWR | O_NOCTTY)
            defer { close(slave) }
            var before = termios()
            tcgetattr(slave, &before)
            let bench = try Bench(LinuxConfiguration(consoles: list([DevicePath(text: terminal.path)])))
            #expect(bench.wait(for: .streamOpened(stream, .console)) != nil)
            var during = termios()
            tcgetattr(slave, &during)
            #expect(during.c_lflag & tcflag_t(ICANON | ECHO | ISIG) == 0)
            bench.hardware.stop()
            var after = termios()
            tcgetattr(slave, &after)
            #expect(after.c_lflag == before.c_lflag && after.c_iflag == before.c_iflag)
        }
    }

    @Suite(.serialized) struct Links {
        init() { fake_kernel_reset() }

        private func configuration(_ path: String, links: Int = 2) -> LinuxConfiguration {
            var configuration = LinuxConfiguration()
            configuration.socket = DevicePath(text: path)
            configuration.links = links
            return configuration
        }

        private func isLinkOpened(_ event: Input.Event) -> Bool {
            if case .streamOpened(_, .link) = event { true } else { false }
        }

        @Test("a connection opens a stream with the kernel's word for its user and group, and bytes go both ways")
        func bytes() throws {
            let path = temporaryPath("bytes")
            let bench = try Bench(configuration(path))
            let client = Client(path)
            #expect(client.isConnected)
            let peer = LinkPeer.localUser(userIdentifier: getuid(), groupIdentifier: getgid())
            #expect(bench.wait(for: .streamOpened(stream, .link(peer))) != nil)
            client.send([1, 2, 3])
            #expect(bench.wait(for: .bytesReceived(stream))?.array == [1, 2, 3])
            #expect(bench.send([4, 5, 6], to: stream))
            bench.settle()
            #expect(client.receive() == [4, 5, 6])
            client.close()
            #expect(bench.wait(for: .streamClosed(stream)) != nil)
        }

        @Test("one connection too many is closed at once, and a place is free again when one ends")
        func crowd() throws {
            let path = temporaryPath("crowd")
            let bench = try Bench(configuration(path))
            let first = Client(path)
            let second = Client(path)
            let third = Client(path)
            bench.settle()
            #expect(bench.events.filter(isLinkOpened).count == 2)
            #expect(third.receive() == nil)
            #expect(bench.hardware.refusedConnections == 1)
            first.close()
            #expect(bench.wait(for: .streamClosed(stream)) != nil)
            let fourth = Client(path)
            bench.forget()
            #expect(bench.wait { isLinkOpened($0.event) } != nil)
            #expect(second.receive() == [] && fourth.receive() == [])
        }

        @Test("a connection that is ended closes after what was sent has left")
        func parting() throws {
            let path = temporaryPath("parting")
            let bench = try Bench(configuration(path))
            let client = Client(path)
            bench.wait { isLinkOpened($0.event) }
            #expect(bench.send([7, 7, 7], to: stream))
            bench.hardware.close(stream)
            #expect(bench.hardware.sendRoom(of: stream) == 0)
            #expect(bench.wait(for: .streamClosed(stream)) != nil)
            #expect(client.receive() == [7, 7, 7])
            #expect(client.receive() == nil)
        }

        @Test("a client that reads nothing costs its own connection only")
        func slowClient() throws {
            let path = temporaryPath("slow")
            let bench = try Bench(configuration(path))
            let slow = Client(path)
            bench.wait { isLinkOpened($0.event) }
            let filling = [UInt8](repeating: 0xEE, count: 1_024)
            var sent = 0
            for _ in 0..<10_000 {
                guard bench.send(filling, to: stream) else {
                    bench.hardware.wait(until: bench.hardware.now)
                    if bench.hardware.sendRoom(of: stream) < 1_024 { break }
                    continue
                }
                sent += 1
            }
            #expect(bench.hardware.sendRoom(of: stream) < 1_024)
            let quick = Client(path)
            bench.forget()
            bench.wait { isLinkOpened($0.event) }
            quick.send([1])
            #expect(bench.wait(for: .bytesReceived(StreamIndex(1))) != nil)
            // Read at last, everything is there.
            var got = 0
            for _ in 0..<10_000 where got < sent * 1_024 {
                got += slow.receive()?.count ?? 0
                bench.settle()
            }
            #expect(got == sent * 1_024)
        }

        @Test("urgent inputs alone leave connections waiting")
        func urgentOnly() throws {
            let path = temporaryPath("urgent")
            let bench = try Bench(configuration(path))
            let client = Client(path)
            bench.wait { isLinkOpened($0.event) }
            client.send([1])
            var input = Input()
            for _ in 0..<10 {
                bench.hardware.wait(until: bench.hardware.now + .milliseconds(1))
                #expect(!bench.hardware.takeInput(&input, urgentOnly: true))
            }
            #expect(bench.hardware.takeInput(&input, urgentOnly: false))
            #expect(input.event == .bytesReceived(stream))
        }

        @Test("a socket in use, a file in its way and a missing folder are told apart; a stale socket is replaced")
        func socketErrors() throws {
            let path = temporaryPath("socket")
            unlink(path)
            let first = try Bench(configuration(path))
            #expect(throws: LinuxHardware.StartError.socket(EADDRINUSE)) { try Bench(configuration(path)) }
            #expect(Client(path).isConnected)
            first.hardware.stop()
            #expect(access(path, F_OK) != 0)

            let stale = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
            withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    _ = bind(stale, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            close(stale)
            #expect(access(path, F_OK) == 0)
            let again = try Bench(configuration(path))
            #expect(Client(path).isConnected)
            again.hardware.stop()

            close(creat(path, 0o600))
            #expect(throws: LinuxHardware.StartError.socket(EEXIST)) { try Bench(configuration(path)) }
            unlink(path)
            #expect(throws: LinuxHardware.StartError.socket(ENOENT)) { try Bench(configuration("/nowhere/socket")) }
            let long = "/tmp/" + String(repeating: "x", count: 110)
            #expect(throws: LinuxHardware.StartError.socket(ENAMETOOLONG)) { try Bench(configuration(long)) }
        }

        @Test("the socket file has the permissions asked for")
        func permissions() throws {
            let path = temporaryPath("mode")
            var wanted = configuration(path)
            wanted.socketMode = 0o640
            let bench = try Bench(wanted)
            var status = stat()
            stat(path, &status)
            #expect(status.st_mode & 0o777 == 0o640)
            bench.hardware.stop()
        }
    }

    @Suite(.serialized) struct Clocks {
        @Test("the wall clock is reported at start with the trust it deserves")
        func atStart() throws {
            fake_kernel_reset()
            let bench = try Bench(LinuxConfiguration())
            let report = bench.wait { if case .wallClockChanged = $0.event { true } else { false } }
            guard case .wallClockChanged(let clock) = report?.event else { return }
            #expect(clock.trust != .unset)
            #expect(abs(clock.unixMilliseconds - Int64(time(nil)) * 1_000) < 5_000)
        }

        @Test(
            "a clock from before any board was built was never set; a disciplined one is synchronised",
            arguments: [
                (0, true, ClockTrust.unset), (1_735_689_599_999, true, .unset),
                (1_735_689_600_000, false, .freeRunning), (1_735_689_600_000, true, .synchronised),
            ] as [(Int64, Bool, ClockTrust)])
        func trust(milliseconds: Int64, isSynchronised: Bool, trust: ClockTrust) {
            let clock = CivilClock.judge(
                warden_wall_clock(unix_ms: milliseconds, is_synchronised: isSynchronised))
            #expect(clock == WallClock(unixMilliseconds: milliseconds, trust: trust))
        }

        @Test("the wait ends at its deadline though nothing happens")
        func deadline() throws {
            let bench = try Bench(LinuxConfiguration())
            bench.settle()
            let deadline = bench.hardware.now + .milliseconds(30)
            bench.hardware.wait(until: deadline)
            #expect(bench.hardware.now >= deadline)
        }
    }

    @Suite struct Delays {
        @Test("a device is tried again soon, then at growing intervals up to the longest")
        func reopen() {
            var delay = ReopenDelay(firstAttemptAt: .start)
            var now = Instant.start
            var waits: [Int64] = []
            for _ in 0..<7 {
                delay.failed(at: now)
                waits.append((delay.dueAt - now).milliseconds)
                now = delay.dueAt
            }
            #expect(waits == [250, 500, 1_000, 2_000, 4_000, 4_000, 4_000])
            delay.succeeded()
            #expect(delay.dueAt == .never)
            delay.lost(at: now)
            #expect((delay.dueAt - now).milliseconds == 250)
        }
    }
}
