import CLinuxHardware
import FakeKernel
import FixedMemory
import Glibc
import HardwareInterface
import Testing

@testable import LinuxHardware

private let stream = StreamIndex(0)

extension LinuxHardwareTests {
    @Suite(.serialized) struct Networks {
        init() { fake_kernel_reset() }

        private func bench(_ listeners: [ListenerDescription]) throws -> Bench {
            var configuration = LinuxConfiguration(listeners: list(listeners))
            configuration.links = 2
            return try Bench(configuration)
        }

        private func listener(_ address: String, _ port: UInt16 = 0) -> ListenerDescription {
            ListenerDescription(address: DevicePath(text: address), port: port)
        }

        @Test(
            "a connection over IPv4 or IPv6 opens a stream of nobody yet, and bytes go both ways",
            arguments: ["127.0.0.1", "::1"])
        func bytes(address: String) throws {
            let bench = try bench([listener(address)])
            let port = try #require(bench.hardware.port(ofListener: 0))
            let client = Client(connected: warden_tcp_connect(address, port))
            #expect(bench.wait(for: .streamOpened(stream, .link(.unauthenticated))) != nil)
            client.send([1, 2, 3])
            #expect(bench.wait(for: .bytesReceived(stream))?.array == [1, 2, 3])
            #expect(bench.send([4, 5, 6], to: stream))
            bench.settle()
            #expect(client.receive() == [4, 5, 6])
            client.close()
            #expect(bench.wait(for: .streamClosed(stream)) != nil)
        }

        @Test("interfaces, addresses and listeners are told to whoever asks, as often as they do")
        func networkEntries() throws {
            let bench = try bench([listener("127.0.0.1"), listener("::1")])
            let port = try #require(bench.hardware.port(ofListener: 0))
            var entries = FixedArray<NetworkEntry>(capacity: 24)
            for _ in 0..<200 {
                entries.removeAll()
                bench.hardware.readNetwork(into: &entries)
            }
            var words: [String] = []
            for index in entries.indices {
                let name = entries[index].name
                words.append(
                    "\(entries[index].kind) \(String(decoding: (0..<name.count).map { name[$0] }, as: UTF8.self)) "
                        + "\(entries[index].isUp)")
            }
            #expect(words.contains("interface lo true"), "\(words)")
            #expect(words.contains("address 127.0.0.1/8 true"))
            #expect(words.contains("listener 127.0.0.1:\(port) true"))
            #expect(words.contains { $0.hasPrefix("listener [::1]:") })
        }

        @Test("both kinds of address have the same port, each for its own kind")
        func sameport() throws {
            let first = try bench([listener("0.0.0.0")])
            let port = try #require(first.hardware.port(ofListener: 0))
            let second = try bench([listener("::", port)])
            #expect(second.hardware.port(ofListener: 0) == port)
        }

        @Test("an address that another process has is tried again until it is free")
        func busy() throws {
            let first = try bench([listener("127.0.0.1")])
            let port = try #require(first.hardware.port(ofListener: 0))
            var troubles: [Int32] = []
            var configuration = LinuxConfiguration(listeners: list([listener("127.0.0.1", port)]))
            configuration.links = 1
            let second = try LinuxHardware(configuration) { trouble in troubles.append(trouble.error) }
            #expect(troubles == [EADDRINUSE] && second.port(ofListener: 0) == nil)
            first.hardware.stop()
            let giveUp = second.now + .seconds(10)
            while second.port(ofListener: 0) == nil, second.now < giveUp {
                second.wait(until: second.now + .milliseconds(20))
            }
            #expect(second.port(ofListener: 0) == port)
        }

        @Test("an address that the board does not have yet is listened on; text that is none is refused")
        func addresses() {
            // 192.0.2.0/24 is for documentation (RFC 5737): no machine has it.
            let descriptor = warden_tcp_listen("192.0.2.1", 0)
            #expect(descriptor >= 0)
            warden_close(descriptor)
            for text in ["", "localhost", "127.0.0", "127.0.0.1:80", "[::1]", "::1%lo"] {
                #expect(warden_tcp_listen(text, 0) == -EINVAL, "\(text)")
            }
        }

        @Test("a port that carries Warden Link is not urgent, one with a reader is")
        func linkPort() throws {
            let link = PseudoTerminal()
            let reader = PseudoTerminal()
            let bench = try Bench(
                LinuxConfiguration(
                    ports: list([
                        PortDescription(device: DevicePath(text: link.path), carriesLink: true),
                        PortDescription(device: DevicePath(text: reader.path)),
                    ])))
            bench.settle()
            bench.forget()
            link.write([1])
            reader.write([2])
            #expect(bench.wait(urgentOnly: true) { $0.event == .bytesReceived(StreamIndex(1)) } != nil)
            #expect(bench.events == [.bytesReceived(StreamIndex(1))])
            #expect(bench.wait(for: .bytesReceived(stream))?.array == [1])
        }
    }

    @Suite struct Protections {
        @Test(
            "a key is secret, and an image trusted, as owner and permissions say",
            arguments: [
                (0o600, true, true), (0o400, true, true), (0o640, false, true), (0o644, false, true),
                (0o660, false, false), (0o602, false, false), (0o604, false, true),
            ] as [(mode_t, Bool, Bool)])
        func look(mode: mode_t, isSecret: Bool, isTrusted: Bool) {
            let path = temporaryPath("protected")
            let descriptor = creat(path, 0o600)
            defer {
                close(descriptor)
                unlink(path)
            }
            fchmod(descriptor, mode)
            var found = warden_file_protection(is_secret: false, is_trusted: false)
            #expect(warden_file_look(descriptor, &found) == 0)
            #expect(found.is_secret == isSecret && found.is_trusted == isTrusted)
        }

        @Test("a file of another user's is neither")
        func otherUser() {
            guard geteuid() == 0 else { return }
            let path = temporaryPath("foreign")
            let descriptor = creat(path, 0o600)
            defer {
                close(descriptor)
                unlink(path)
            }
            fchown(descriptor, 12_345, 0)
            var found = warden_file_protection(is_secret: true, is_trusted: true)
            #expect(warden_file_look(descriptor, &found) == 0)
            #expect(!found.is_secret && !found.is_trusted)
        }
    }
}
