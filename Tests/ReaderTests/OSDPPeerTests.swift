import Cryptography
import Drivers
import FixedMemory
import Foundation
import HardwareInterface
import Testing

/// The panel in virtual time and readers by libosdp in a process of their own, turn by turn: what the panel sends, the
/// readers' answer to it, and only then the clock goes on. However slow the machine is, no packet comes late.
struct OSDPPeerBench: ~Copyable {
    var bus: OSDPBus
    var output = ReaderOutput()
    let peer: PeerProcess
    private(set) var now = Instant.start
    private var sent: [UInt8] = []
    var reports: [ReaderReport] = []
    var file: [UInt8] = []

    init(python: String) throws {
        var timing = OSDPBus.Timing(baudRate: 115_200)
        timing.pollInterval = .milliseconds(20)
        timing.shortestSecureRetry = .seconds(1)
        timing.offlineAfter = .seconds(3)
        bus = OSDPBus(timing: timing, random: randomGenerator(7))
        peer = try PeerProcess(python, [Peers.folder.appendingPathComponent("osdp_peripherals.py").path])
    }

    mutating func add(_ address: UInt8, _ security: OSDPBus.Security) {
        precondition(bus.addPeripheral(.init(address: address, security: security)) != nil)
    }

    mutating func collect() {
        for index in output.reports.indices { reports.append(output.reports[index]) }
        for index in 0..<output.transmit.count { sent.append(output.transmit[index]) }
        for index in output.reports.indices {
            guard case .fileDataWanted(let offset, let length) = output.reports[index].event else { continue }
            let piece = Array(file[Int(offset)..<Int(offset) + Int(length)])
            precondition(bus.provideFileData(piece.span, offset: offset, to: output.reports[index].reader))
        }
        output.removeAll()
    }

    /// Gives the readers what the panel has sent, waits for their answer and lets the panel hear it.
    ///
    /// - Returns: whether the peer still runs.
    mutating func turn() -> Bool {
        let wait = min(max(bus.deadline - now, .milliseconds(1)), .milliseconds(20))
        now = now + wait
        bus.poll(at: now, into: &output)
        collect()
        peer.tell(["do": "turn", "line": hexadecimal(sent)])
        sent = []
        guard let heard = peer.await("line") as? String else { return false }
        let bytes = hexBytes(heard)
        if !bytes.isEmpty { bus.receive(bytes.span, at: now, into: &output) }
        collect()
        return true
    }

    /// Runs until the condition holds, for at most two minutes of the panel's time.
    mutating func run(
        until condition: (_ reports: [ReaderReport], _ told: [[String: Any]]) -> Bool
    ) -> Bool {
        let end = now + .seconds(120)
        while now < end {
            guard turn() else { return false }
            if condition(reports, peer.lines) { return true }
        }
        return false
    }

    mutating func open() {
        bus.portOpened(at: now, into: &output)
        collect()
    }

    /// Runs until every event has come from its reader.
    mutating func runUntil(_ wanted: (UInt8, ReaderEvent)...) -> Bool {
        run { reports, _ in wanted.allSatisfy { reports.contains(ReaderReport($0.1, reader: $0.0)) } }
    }
}

@Suite("OSDP: libosdp as the peripheral", .serialized)
struct OSDPPeerTests {
    static let key = "000102030405060708090A0B0C0D0E0F"
    static let otherKey = "F0E0D0C0B0A090807060504030201000"

    static func bench() throws -> OSDPPeerBench? {
        guard let python = Peers.python(with: "osdp_sys") else {
            #expect(!Peers.areRequired, "libosdp is required here")
            return nil
        }
        return try OSDPPeerBench(python: python)
    }

    static func card(_ hex: String, _ bits: Int) -> ReaderEvent {
        .card(CardIdentifier(hex: hex, bitCount: bits, .osdpRaw))
    }

    @Test("In the clear and over the secure channel: identification, cards, keys, status and every command")
    func conversation() throws {
        guard var bench = try Self.bench() else { return }
        bench.add(5, .clear)
        bench.add(6, .key(ReaderKey(aesKey(Self.key))))
        bench.peer.tell(["do": "add", "address": 5])
        bench.peer.tell(["do": "add", "address": 6, "scbk": Self.key, "secure": true])
        bench.open()
        #expect(bench.runUntil((0, .online), (1, .online)) == true)
        #expect(bench.bus.isSecure(1) == true && bench.bus.isSecure(0) == false)
        for place in 0..<UInt8(2) {
            let identity = bench.bus.identity(of: place)
            #expect(identity?.serialNumber == 1005 + UInt32(place) && identity?.vendor == 0x123456)
            #expect(identity?.model == 9 && identity?.version == 7 && identity?.firmware == 0x010203)
            let capabilities = bench.bus.capabilities(of: place)
            #expect(capabilities.inputs == 4 && capabilities.outputs == 2 && capabilities.lights == 1)
            #expect(capabilities.hasCRC && capabilities.hasSecureChannel && capabilities.receiveSize == 256)
        }
        for (place, address) in [(0, 5), (1, 6)] as [(UInt8, Int)] {
            bench.reports = []
            bench.peer.tell(["do": "card", "address": address, "bits": 26, "data": "BB032180"])
            bench.peer.tell(["do": "keys", "address": address, "data": "31320D"])
            bench.peer.tell(["do": "local", "address": address, "data": "0100"])
            bench.peer.tell(["do": "inputs", "address": address, "data": "00010000"])
            bench.peer.tell(["do": "outputs", "address": address, "data": "0001"])
            #expect(
                bench.runUntil(
                    (place, Self.card("BB032180", 26)), (place, .key(.digit(1))), (place, .key(.digit(2))),
                    (place, .key(.enter)), (place, .tamper(true)), (place, .input(1, isActive: true)),
                    (place, .output(1, isActive: true))) == true)
            let commands: [ReaderCommand] = [
                .light(
                    LightCommand(
                        temporary: LightPattern(on: .green, off: .red, onTime: 3, offTime: 2), temporaryTime: 300,
                        permanent: LightPattern(steady: .blue))),
                .sound(SoundCommand(onTime: 4, offTime: 5, repetitions: 6)),
                .text(TextCommand(FixedBytes("Hello"), row: 2, column: 3, seconds: 7)),
                .output(OutputCommand(output: 1, isActive: true, time: 0x0203)),
            ]
            for (tag, command) in commands.enumerated() {
                #expect(bench.bus.perform(command, tag: UInt16(tag), on: place, at: bench.now) == true)
            }
            #expect(
                bench.runUntil(
                    (place, .commandDone(0)), (place, .commandDone(1)), (place, .commandDone(2)),
                    (place, .commandDone(3))) == true)
            let told = bench.peer.lines.compactMap { line -> [String: Any]? in
                line["address"] as? Int == address ? line["told"] as? [String: Any] : nil
            }
            func number(_ values: [String: Any], _ name: String) -> Int { values[name] as? Int ?? -1 }
            #expect(told.contains { number($0, "output_no") == 1 && number($0, "timer_count") == 0x0203 })
            #expect(
                told.contains {
                    number($0, "on_count") == 4 && number($0, "off_count") == 5 && number($0, "rep_count") == 6
                })
            #expect(
                told.contains {
                    number($0, "offset_row") == 2 && number($0, "offset_col") == 3 && number($0, "temp_time") == 7
                        && ($0["data"] as? String) == "Hello"
                })
            #expect(
                told.contains {
                    number($0, "led_number") == 0 && number($0, "timer_count") == 300
                        && number($0, "on_color") == 2 && number($0, "off_color") == 1
                }, "\(told)")
        }
        // Damaged packets would show here: nothing was lost or misunderstood on a clean line.
        for place in 0..<UInt8(2) { #expect(bench.bus.statistics(of: place).malformed == 0) }
    }

    @Test("Install mode gives a new reader its key; the key is exchanged; a wrong key never opens the channel")
    func keys() throws {
        guard var bench = try Self.bench() else { return }
        bench.add(9, .keyToBeInstalled)
        bench.peer.tell(["do": "add", "address": 9])
        bench.open()
        #expect(bench.runUntil((0, .offline(.secureChannelFailed))) == true)
        bench.reports = []
        #expect(
            bench.bus.perform(.beginInstallation(ReaderKey(aesKey(Self.key))), tag: 1, on: 0, at: bench.now) == true)
        #expect(bench.runUntil((0, .keyInstalled), (0, .commandDone(1)), (0, .online)) == true)
        #expect(bench.bus.isSecure(0) == true)
        #expect(
            bench.run { _, told in
                told.contains { (($0["told"] as? [String: Any])?["data"] as? String)?.uppercased() == Self.key }
            } == true, "libosdp was given the key")

        bench.reports = []
        #expect(bench.bus.perform(.installKey(ReaderKey(aesKey(Self.otherKey))), tag: 2, on: 0, at: bench.now) == true)
        #expect(bench.runUntil((0, .keyInstalled), (0, .commandDone(2))) == true)
        bench.peer.tell(["do": "card", "address": 9, "bits": 24, "data": "010203"])
        #expect(bench.runUntil((0, Self.card("010203", 24))) == true)
        #expect(bench.bus.isSecure(0) == true)

        // Another reader in its place, with the old key.
        bench.reports = []
        bench.peer.tell(["do": "remove", "address": 9])
        bench.peer.tell(["do": "add", "address": 9, "scbk": Self.key, "secure": true])
        #expect(bench.runUntil((0, .offline(.secureChannelFailed))) == true)
        bench.peer.tell(["do": "card", "address": 9, "bits": 24, "data": "0A0B0C"])
        bench.peer.tell(["do": "remove", "address": 9])
        bench.peer.tell(["do": "add", "address": 9, "scbk": Self.otherKey, "secure": true])
        #expect(bench.runUntil((0, .online)) == true)
        #expect(!bench.reports.contains { if case .card = $0.event { true } else { false } })
    }

    @Test("Four on one bus: noise, lost packets and a restart are survived; every card comes once, from its reader")
    func bus() throws {
        guard var bench = try Self.bench() else { return }
        for address in 0..<UInt8(4) {
            let isSecure = address.isMultiple(of: 2)
            bench.add(address, isSecure ? .key(ReaderKey(aesKey(Self.key))) : .clear)
            bench.peer.tell([
                "do": "add", "address": Int(address), "scbk": isSecure ? Self.key : NSNull(), "secure": isSecure,
            ])
        }
        bench.open()
        #expect(bench.runUntil((0, .online), (1, .online), (2, .online), (3, .online)) == true)
        bench.peer.tell(["do": "drop", "every": 7])
        var generator = SeededGenerator(3)
        for round in 0..<8 {
            bench.reports = []
            let noise = (0..<20).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            bench.peer.tell(["do": "noise", "data": hexadecimal(noise)])
            if round == 4 {
                bench.peer.tell(["do": "remove", "address": 2])
                bench.peer.tell(["do": "add", "address": 2, "scbk": Self.key, "secure": true])
            }
            for address in 0..<4 {
                bench.peer.tell([
                    "do": "card", "address": address, "bits": 24, "data": String(format: "%02x%02x77", address, round),
                ])
            }
            let wanted = (0..<4).map { address in
                ReaderReport(Self.card(String(format: "%02x%02x77", address, round), 24), reader: UInt8(address))
            }
            let came = bench.run { reports, _ in wanted.allSatisfy { reports.contains($0) } }
            #expect(came, "round \(round)")
            let cards = bench.reports.filter { if case .card = $0.event { true } else { false } }
            #expect(cards.count == 4, "each once")
        }
        #expect(bench.bus.isSecure(0) == true && bench.bus.isSecure(2) == true)
    }

    @Test("A file arrives whole over the secure channel")
    func file() throws {
        guard var bench = try Self.bench() else { return }
        bench.add(1, .key(ReaderKey(aesKey(Self.key))))
        bench.peer.tell(["do": "add", "address": 1, "scbk": Self.key, "secure": true])
        bench.open()
        #expect(bench.runUntil((0, .online)) == true)
        var generator = SeededGenerator(8)
        bench.file = (0..<4_096).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        #expect(bench.bus.beginFileTransfer(type: 13, size: 4_096, to: 0) == true)
        #expect(bench.runUntil((0, .fileTransferEnded(.processed))) == true)
        let hex = hexadecimal(bench.file)
        #expect(bench.run { _, told in told.contains { $0["file"] as? String == hex } } == true)
    }
}
