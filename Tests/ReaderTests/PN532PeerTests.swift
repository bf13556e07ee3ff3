import Cryptography
import DeviceModels
import FixedMemory
import Foundation
import HardwareInterface
import Testing

@testable import Drivers

/// The simulated PN532 on one end of a pseudo-terminal, in real time, while another maker's program uses the other.
@Suite("PN532 model: other makers' programs as the host", .serialized)
struct PN532PeerTests {
    /// Runs a program against the model until it ends, for at most a minute.
    ///
    /// - Returns: what it printed and its exit code.
    static func run(
        _ executable: String, _ arguments: (String) -> [String], card: ContactlessCardModel,
        fault: PN532Model.Fault = .none,
        environment: (String) -> [String: String] = { _ in [:] }
    ) throws -> (text: String, complaint: String, exitCode: Int32) {
        let line = PseudoTerminal()
        let clock = RealClock()
        var model = PN532Model()
        model.set(fault, at: .start)
        model.present(card, at: .start)
        let peer = try PeerProcess(executable, arguments(line.path), environment: environment(line.path))
        var buffer = ByteBuffer(capacity: 4_096)
        let end = clock.elapsed + 60_000_000_000
        while peer.isRunning && clock.elapsed < end {
            let now = Instant(nanoseconds: clock.elapsed)
            let wait = min(max(0, (model.deadline - now).nanoseconds / 1_000_000), 5)
            let bytes = line.read(waiting: Int32(wait))
            if !bytes.isEmpty { model.receive(bytes.span, at: Instant(nanoseconds: clock.elapsed)) }
            model.emit(until: Instant(nanoseconds: clock.elapsed), into: &buffer)
            line.write((0..<buffer.count).map { buffer[$0] })
            buffer.removeAll()
            peer.listen()
        }
        peer.listen()
        return (peer.everything, peer.complaint, peer.exitCode)
    }

    /// A program's path, or `nil` with a word why the test skips.
    static func program(_ name: String) -> String? {
        let path = "/usr/bin/\(name)"
        if FileManager.default.isExecutableFile(atPath: path) { return path }
        print("SKIPPED: no \(name): run `make peers`")
        #expect(!Peers.areRequired, "\(name) is required here")
        return nil
    }

    static func python(_ modules: String...) -> String? {
        for module in modules {
            guard Peers.python(with: module) != nil else {
                #expect(!Peers.areRequired, "\(module) is required here")
                return nil
            }
        }
        return Peers.python(with: modules[0])
    }

    static let classic = ContactlessCardModel(identifier: hexBytes("9C599B32").span)

    @Test(
        "nfc-list of libnfc finds cards with identifiers of 4 and 7 bytes, in normal and in extended frames",
        arguments: [false, true], [PN532Model.Fault.none, .extendedFrames])
    func libnfc(isDESFire: Bool, fault: PN532Model.Fault) throws {
        guard let program = Self.program("nfc-list") else { return }
        let card = isDESFire ? PN532ReaderTests.desfire() : Self.classic
        let result = try Self.run(
            program, { _ in ["-t", "1"] }, card: card, fault: fault,
            environment: { ["LIBNFC_DEFAULT_DEVICE": "pn532_uart:\($0)", "LIBNFC_AUTO_SCAN": "false"] })
        let wanted =
            isDESFire
            ? ["UID (NFCID1): 04  1e  20  61  80  1d  80", "ATQA (SENS_RES): 03  44", "SAK (SEL_RES): 20"]
            : ["UID (NFCID1): 9c  59  9b  32", "ATQA (SENS_RES): 00  04", "SAK (SEL_RES): 08"]
        for text in wanted { #expect(result.text.contains(text), "\(result)") }
        #expect(result.exitCode == 0)
    }

    @Test("nfcpy finds the chip and the card")
    func nfcpy() throws {
        guard let python = Self.python("nfc") else { return }
        let script = Peers.folder.appendingPathComponent("pn532_nfcpy.py").path
        let result = try Self.run(python, { [script, $0] }, card: PN532ReaderTests.desfire())
        // nfcpy turns SENS_RES round, to the order in which it is sent over the air.
        #expect(result.text.contains("PN532v1.6"), "\(result)")
        #expect(result.text.contains("4403 20 041e2061801d80"), "\(result)")
        #expect(result.exitCode == 0)
    }

    @Test("Adafruit's driver finds the chip and the card")
    func adafruit() throws {
        guard let python = Self.python("serial") else { return }
        let script = Peers.folder.appendingPathComponent("pn532_adafruit.py").path
        let result = try Self.run(python, { [script, $0] }, card: Self.classic)
        #expect(result.text.contains("50 1 6 7") && result.text.contains("9c599b32"), "\(result)")
        #expect(result.exitCode == 0)
    }

    @Test(
        "libfreefare authenticates with the simulated DESFire card and reads its file; with a wrong key it is refused")
    func libfreefare() throws {
        guard let python = Self.python("ctypes") else { return }
        guard FileManager.default.fileExists(atPath: "/usr/lib/x86_64-linux-gnu/libfreefare.so.0") else {
            print("SKIPPED: no libfreefare0: run `make peers`")
            #expect(!Peers.areRequired, "libfreefare0 is required here")
            return
        }
        let script = Peers.folder.appendingPathComponent("desfire_libfreefare.py").path
        let key = "10182028303840485058606870788088"
        let long = (0..<64).map { UInt8(truncatingIfNeeded: $0 * 5 + 1) }
        let cases: [(ContactlessCardModel.Protection, [UInt8])] = [
            (.plain, PN532ReaderTests.content), (.authenticated, PN532ReaderTests.content),
            (.enciphered, PN532ReaderTests.content), (.enciphered, long),
        ]
        for (protection, content) in cases {
            let result = try Self.run(
                python,
                { [script, $0, "F51234", "2", key, "5", String(content.count), String(protection.rawValue)] },
                card: PN532ReaderTests.desfire(protection, content: content))
            let hex = content.map { String(format: "%02x", $0) }.joined()
            #expect(result.text.contains(hex) && result.exitCode == 0, "\(protection) \(result)")
        }
        let wrong = try Self.run(
            python, { [script, $0, "F51234", "2", String(repeating: "00", count: 16), "5", "13", "3"] },
            card: PN532ReaderTests.desfire())
        #expect(wrong.exitCode == 1 && wrong.complaint.contains("refused"), "\(wrong)")
    }
}
