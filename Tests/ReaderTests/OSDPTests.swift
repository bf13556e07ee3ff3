import Cryptography
import DeviceModels
import FixedMemory
import HardwareInterface
import Testing

@testable import Drivers

private let defaultKeyBytes = "303132333435363738393A3B3C3D3E3F"

@Suite("OSDP: packets and secure channel agree with the specification's examples")
struct OSDPVectorTests {
    @Test("Packets of SIA OSDP annex E, with CRC and with checksum, are read")
    func packets() throws {
        for (hex, address, code, check) in [
            ("53 7F 0D 00 04 6E 00 80 25 00 00 6E 38", 0x7F, 0x6E, OSDPPacket.Check.crc),
            ("53 00 09 00 04 61 00 C0 66", 0x00, 0x61, .crc),
            ("53 7F 0C 00 00 6E 00 80 25 00 00 0F", 0x7F, 0x6E, .checksum),
            ("53 00 08 00 00 61 00 44", 0x00, 0x61, .checksum),
        ] as [(String, UInt8, UInt8, OSDPPacket.Check)] {
            let bytes = hexBytes(hex)
            guard case .packet(let layout) = OSDPPacket.parse(bytes.span) else {
                Issue.record("not read: \(hex)")
                continue
            }
            #expect(layout.address == address && bytes[layout.code] == code && layout.check == check)
            #expect(layout.length == bytes.count && !layout.isReply)
        }
    }

    @Test("A packet is written as annex E writes it")
    func writtenPackets() {
        var packet = ByteBuffer(capacity: 64)
        var session: OSDPSecureSession? = nil
        for (check, expected) in [
            (OSDPPacket.Check.crc, "FF 53 00 09 00 04 61 00 C0 66"), (.checksum, "FF 53 00 08 00 00 61 00 44"),
        ] {
            let envelope = OSDPPacket.Envelope(address: 0, sequence: 0, check: check, handshakeType: nil, keyType: 1)
            OSDPPacket.write(envelope, 0x61, [0].span, session: &session, into: &packet)
            #expect((0..<packet.count).map { packet[$0] } == hexBytes(expected))
        }
    }

    @Test("Session cryptograms and the first code are those of annex E")
    func session() {
        let panel = FixedBytes<8>(hexBytes("B0B1B2B3B4B5B6B7").span)
        let peripheral = FixedBytes<8>(hexBytes("A0A1A2A3A4A5A6A7").span)
        let session = OSDPSecureSession(key: aesKey(defaultKeyBytes), panelRandom: panel)
        #expect(
            session.panelCryptogram(panelRandom: panel, peripheralRandom: peripheral)
                == AESBlock(hexBytes("26D3356E07762D262801FC8E6665A891").span))
        #expect(
            session.peripheralCryptogram(panelRandom: panel, peripheralRandom: peripheral)
                == AESBlock(hexBytes("FDE5D2F428EC16312471EA3C02BD7796").span))
        #expect(
            session.initialReplyCode(panelCryptogram: AESBlock(hexBytes("26D3356E07762D262801FC8E6665A891").span)!)
                == AESBlock(hexBytes("B2A30057EB98BA2229EC1F875662B524").span))
        #expect(OSDPSecureSession.defaultKey.keyBlock == AESBlock(hexBytes(defaultKeyBytes).span))
    }

    @Test("Session keys are those of annex E: S-ENC, S-MAC1 and S-MAC2 encipher as the given keys do")
    func sessionKeys() {
        let panel = FixedBytes<8>(hexBytes("B0B1B2B3B4B5B6B7").span)
        let session = OSDPSecureSession(key: aesKey(defaultKeyBytes), panelRandom: panel)
        // One block under S-MAC2, two under both: the code of a message shows the keys.
        let one = [UInt8](repeating: 0, count: 16)
        let two = [UInt8](repeating: 0, count: 32)
        let first = aesKey("5E86C676603BDEE2D8BEAFE178637332")
        let second = aesKey("6FDA86E857777E81132035758239172E")
        #expect(session.code(one.span, after: AESBlock()) == second.encrypted(AESBlock()))
        #expect(session.code(two.span, after: AESBlock()) == second.encrypted(first.encrypted(AESBlock())))
        var data = FixedBytes<16>()
        for _ in 0..<16 { data.append(0) }
        var buffer = ByteBuffer(capacity: 16)
        buffer.append(data.span)
        encipher(&buffer, session)
        // The vector is the complement of the last code: all ones at the start.
        #expect(
            AESBlock(buffer.span)
                == aesKey("BF8DC2A8329ACB8C67C6D0CD9A451682").encrypted(AESBlock().complement))
    }

    private func encipher(_ buffer: inout ByteBuffer, _ session: OSDPSecureSession) {
        var span = buffer.mutableSpan(0..<16)
        session.encryptCommand(&span)
    }

    @Test("No truncation or single wrong bit of a packet is read as a packet")
    func damage() {
        let good = hexBytes("53 80 0A 00 04 48 00 01 0F A1")
        guard case .packet = OSDPPacket.parse(good.span) else {
            Issue.record("the captured packet itself is read")
            return
        }
        for length in 1..<good.count {
            if case .packet = OSDPPacket.parse(Array(good[..<length]).span) { Issue.record("cut at \(length)") }
        }
        for place in 0..<(good.count * 8) {
            var damaged = good
            damaged[place / 8] ^= 1 << UInt8(place % 8)
            if case .packet = OSDPPacket.parse(damaged.span) { Issue.record("bit \(place)") }
        }
    }
}

@Suite("OSDP: one reader")
struct OSDPReaderTests {
    static let key = aesKey("000102030405060708090A0B0C0D0E0F")
    static let otherKey = aesKey("F0E0D0C0B0A090807060504030201000")

    static let identity = ReaderEvent.identified(
        ReaderIdentity(vendor: 0x6C44CA, model: 1, version: 2, serialNumber: 0xAABB_CCDD, firmware: 0x030405))

    /// What a reader reports when its link starts and nothing is wrong.
    static let start: [ReaderEvent] =
        [identity, .online, .tamper(false), .powerFailure(false)]
        + (0..<4).map { .input($0, isActive: false) } + (0..<2).map { .output($0, isActive: false) }

    static func bench(secure: Bool, check: OSDPBus.Check = .automatic) -> OSDPBench {
        var bench = OSDPBench()
        if secure {
            bench.add(3, security: .key(ReaderKey(key)), readerKey: key, check: check)
        } else {
            bench.add(3, check: check)
        }
        bench.open()
        bench.run(.seconds(2))
        return bench
    }

    @Test(
        "The link starts with identification, capabilities and status, and goes on with polls",
        arguments: [false, true])
    func start(secure: Bool) {
        var bench = Self.bench(secure: secure)
        #expect(bench.take() == Self.start)
        #expect(bench.bus.isSecure(0) == secure)
        let codes = bench.codes(to: 3)
        #expect(Array(codes.prefix(secure ? 4 : 2)) == (secure ? [0x61, 0x62, 0x76, 0x77] : [0x61, 0x62]))
        #expect(codes.last == 0x60)
        #expect(bench.bus.capabilities(of: 0).receiveSize == 256)
        #expect(bench.bus.statistics(of: 0).malformed == 0 && bench.bus.statistics(of: 0).timeouts == 0)
        // Sequence numbers: 0 once, then 1, 2, 3 and again.
        let sequences = bench.sent.map { $0.packet[5] & 3 }
        #expect(Array(sequences.prefix(8)) == [0, 1, 2, 3, 1, 2, 3, 1])
    }

    @Test("Checksum-only and CRC-only readers are both found", arguments: [OSDPBus.Check.crc, .checksum, .automatic])
    func checks(check: OSDPBus.Check) {
        var bench = Self.bench(secure: true, check: check)
        #expect(bench.take() == Self.start)
        #expect(bench.sent.last!.packet[5] & 0x04 == (check == .checksum ? 0 : 4))
    }

    @Test("Cards, keys, inputs, outputs, tamper and supply are reported once each", arguments: [false, true])
    func events(secure: Bool) {
        var bench = Self.bench(secure: secure)
        _ = bench.take()
        let bits = hexBytes("2E C0 C8 60")
        bench.models[0].presentCard(bits.span, bitCount: 26)
        bench.models[0].press([0x31, 0x39, 0x0D, 0x7F].span)
        bench.models[0].setInputs(0b0101)
        bench.models[0].setInputs(0b0100)
        bench.models[0].setLocal(isTampered: true, hasPowerFailure: true)
        bench.models[0].setLocal(isTampered: false, hasPowerFailure: true)
        bench.models[0].presentFormattedCard([UInt8]("0042".utf8).span)
        bench.run(.seconds(2))
        var raw = FixedBytes<64>(bits.span)
        raw[3] = 0x40
        #expect(
            bench.take() == [
                .card(CardIdentifier(raw, bitCount: 26, technology: .osdpRaw)),
                .key(.digit(1)), .key(.digit(9)), .key(.enter), .key(.clear),
                .input(0, isActive: true), .input(2, isActive: true), .input(0, isActive: false),
                .tamper(true), .powerFailure(true), .tamper(false),
                .card(CardIdentifier(FixedBytes("0042"), technology: .osdpFormatted)),
            ])
    }

    @Test("A card from an OSDP reader with a Wiegand format is the same credential as from a Wiegand reader")
    func wiegandFormat() {
        var bench = OSDPBench()
        bench.add(3, formats: [.h10301])
        bench.open()
        bench.run(.seconds(2))
        _ = bench.take()
        // Facility 118, card 1603 (see the Wiegand tests), left-aligned as osdp_RAW sends it.
        bench.models[0].presentCard(hexBytes("BB 03 21 80").span, bitCount: 26)
        bench.models[0].presentCard(hexBytes("BB 03 21 C0").span, bitCount: 26)
        bench.run(.seconds(2))
        #expect(
            bench.take() == [
                .card(CardIdentifier(hex: "760643", bitCount: 24, .wiegand)),
                .card(CardIdentifier(hex: "BB0321C0", bitCount: 26, .osdpRaw)),
            ])
    }

    @Test("A card held at a reader that repeats it is one presentation")
    func holdOff() {
        var bench = Self.bench(secure: false)
        _ = bench.take()
        for _ in 0..<30 {
            bench.models[0].presentCard([1, 2, 3].span, bitCount: 24)
            bench.run(.milliseconds(500))
        }
        #expect(bench.take().count == 1)
        bench.run(.seconds(1))
        bench.models[0].presentCard([1, 2, 3].span, bitCount: 24)
        bench.run(.milliseconds(500))
        #expect(bench.take().count == 1)
    }

    @Test("Unusable card data opens nothing and is reported")
    func unusableCards() {
        let cases: [([UInt8], ReaderEvent)] = [
            // No bits; fewer and more bytes than the bits need; a stripe drawn backwards; a control character.
            ([0x50, 0, 1, 0, 0], .malformed(.length)), ([0x50, 0, 1, 26, 0, 1, 2, 3], .malformed(.length)),
            ([0x50, 0, 1, 8, 0, 1, 2], .malformed(.length)), ([0x50, 0, 1], .malformed(.length)),
            ([0x51, 0, 1, 1, 0x31], .cardRefused(.unknownFormat)), ([0x51, 0, 0, 1, 0x07], .malformed(.character)),
            ([0x53, 0, 3, 0x31], .malformed(.length)), ([0x53, 0, 1, 0x5A], .malformed(.character)),
            ([0x48, 2, 0], .malformed(.length)), ([0x49], .malformed(.length)),
        ]
        for (answer, expected) in cases {
            for secure in [false, true] {
                var bench = Self.bench(secure: secure)
                _ = bench.take()
                bench.models[0].answerNextPoll(with: answer.span)
                bench.run(.seconds(2))
                #expect(bench.take() == [expected], "\(answer)")
                #expect(bench.bus.statistics(of: 0).restarts == 1, "the link goes on")
            }
        }
    }

    @Test("Commands reach the reader as the specification lays them out", arguments: [false, true])
    func commands(secure: Bool) {
        var bench = Self.bench(secure: secure)
        _ = bench.take()
        let granted = LightCommand(
            temporary: LightPattern(on: .green, off: .off, onTime: 3, offTime: 2), temporaryTime: 0x0132,
            permanent: LightPattern(steady: .red))
        let commands: [ReaderCommand] = [
            .light(granted), .sound(SoundCommand(onTime: 2, offTime: 1, repetitions: 3)),
            .text(TextCommand(FixedBytes("Welcome"), row: 1, column: 2, seconds: 5)),
            .output(OutputCommand(output: 1, isActive: true, time: 0x0105)),
        ]
        for (index, command) in commands.enumerated() {
            #expect(bench.bus.perform(command, tag: UInt16(100 + index), on: 0, at: bench.now) == true)
        }
        bench.run(.seconds(1))
        #expect(
            bench.take() == [
                .commandDone(100), .commandDone(101), .commandDone(102), .commandDone(103), .output(1, isActive: true),
            ])
        let shown = bench.models[0].indication
        #expect(shown.light == FixedBytes(hexBytes("00 00 02 03 02 02 00 32 01 01 01 00 01 01").span))
        #expect(shown.sound == FixedBytes(hexBytes("00 02 02 01 03").span))
        #expect(shown.text == FixedBytes(hexBytes("00 03 05 01 02 07 57 65 6C 63 6F 6D 65").span))
        #expect(shown.output == FixedBytes(hexBytes("01 05 05 01").span))
    }

    @Test("Commands that make no sense are not taken; what the reader refuses is reported")
    func refusedCommands() {
        var bench = Self.bench(secure: false)
        _ = bench.take()
        let senseless: [ReaderCommand] = [
            .light(LightCommand(temporary: LightPattern(steady: .red), temporaryTime: 0)),
            .sound(SoundCommand(onTime: 0)), .text(TextCommand(FixedBytes())),
            .text(TextCommand(FixedBytes("a\u{7}"))), .installKey(ReaderKey(Self.key)),
        ]
        for command in senseless { #expect(bench.bus.perform(command, tag: 1, on: 0, at: bench.now) == false) }
        #expect(bench.bus.perform(.readInputs, tag: 1, on: 1, at: bench.now) == false, "no such reader")
        for tag in 0..<UInt16(8) {
            #expect(bench.bus.perform(.sound(SoundCommand()), tag: tag, on: 0, at: bench.now) == true)
        }
        #expect(bench.bus.perform(.sound(SoundCommand()), tag: 9, on: 0, at: bench.now) == false, "the queue is full")
        bench.run(.seconds(2))
        #expect(bench.take() == (0..<8).map { .commandDone($0) })
    }

    @Test("Another party's answer, a wrong check or a wrong code is never believed")
    func untrustedAnswers() {
        for fault in [.otherAddress, .badCheck, .badAuthentication, .silent] as [OSDPReaderModel.Fault] {
            var bench = Self.bench(secure: true)
            _ = bench.take()
            bench.models[0].set(fault, at: bench.now)
            for _ in 0..<50 {
                bench.models[0].presentCard([1, 2, 3].span, bitCount: 24)
                bench.run(.milliseconds(300))
            }
            let events = bench.take()
            #expect(!events.contains { if case .card = $0 { true } else { false } }, "\(fault)")
            let reason: OfflineReason = fault == .badAuthentication ? .secureChannelFailed : .noAnswer
            #expect(events.filter { $0 == .offline(reason) }.count == 1 && !events.contains(.online), "\(fault)")
            bench.models[0].set(.none, at: bench.now)
            bench.models[0].restart()
            bench.run(.seconds(40))
            #expect(bench.take().contains(.online), "recovers by itself after \(fault)")
            #expect(bench.bus.isSecure(0) == true)
        }
    }

    @Test("A line that damages every second answer loses no event and doubles none", arguments: [false, true])
    func damagedAnswers(secure: Bool) {
        var bench = Self.bench(secure: secure)
        _ = bench.take()
        bench.models[0].set(.everySecondDamaged, at: bench.now)
        var expected: [ReaderEvent] = []
        for number in 0..<UInt8(40) {
            bench.models[0].presentCard([number, 2, 3].span, bitCount: 24)
            expected.append(.card(CardIdentifier(FixedBytes([number, 2, 3].span), technology: .osdpRaw)))
            bench.run(.milliseconds(900))
        }
        bench.run(.seconds(2))
        let events = bench.take().filter { if case .malformed = $0 { false } else { true } }
        #expect(events == expected)
        #expect(bench.models[0].repeatCount > 30, "answers came a second time because they were asked for again")
        #expect(bench.bus.statistics(of: 0).restarts == 1, "and the link was never begun anew")
    }

    @Test("A reader that is busy is asked the same again, and does it once")
    func busy() {
        var bench = Self.bench(secure: true)
        _ = bench.take()
        let before = bench.models[0].commandCount
        bench.models[0].set(.busy, at: bench.now)
        #expect(bench.bus.perform(.sound(SoundCommand()), tag: 5, on: 0, at: bench.now) == true)
        bench.run(.seconds(3))
        #expect(bench.take() == [])
        #expect(bench.models[0].commandCount == before)
        bench.models[0].set(.none, at: bench.now)
        bench.run(.seconds(1))
        #expect(bench.take() == [.commandDone(5)])
        bench.models[0].set(.busy, at: bench.now)
        bench.run(.seconds(30))
        #expect(bench.take() == [.offline(.noAnswer)], "one that is busy for ever is lost")
    }

    @Test("A late answer within the limit counts; one after it does not disturb the next")
    func lateAnswers() {
        var bench = Self.bench(secure: true)
        _ = bench.take()
        bench.models[0].set(.late(.milliseconds(190)), at: bench.now)
        bench.run(.seconds(5))
        #expect(bench.take() == [] && bench.bus.statistics(of: 0).timeouts == 0)
        bench.models[0].set(.late(.milliseconds(230)), at: bench.now)
        bench.run(.seconds(5))
        bench.models[0].set(.none, at: bench.now)
        bench.run(.seconds(5))
        #expect(bench.take().filter { if case .malformed = $0 { false } else { true } } == [])
        #expect(bench.bus.statistics(of: 0).timeouts > 0)
        #expect(bench.bus.isSecure(0) == true)
    }

    @Test("A reader that restarts is taken up again, with a new secure channel", arguments: [false, true])
    func restart(secure: Bool) {
        var bench = Self.bench(secure: secure)
        _ = bench.take()
        bench.models[0].restart()
        bench.run(.seconds(2))
        bench.models[0].presentCard([1, 2, 3].span, bitCount: 24)
        bench.run(.seconds(1))
        let events = bench.take().filter { if case .malformed = $0 { false } else { true } }
        #expect(events.last == .card(CardIdentifier(FixedBytes([1, 2, 3].span), technology: .osdpRaw)))
        #expect(!events.contains(.offline(.noAnswer)), "a restart shorter than eight seconds is no loss")
        #expect(bench.bus.isSecure(0) == secure)
    }

    @Test("Silence for eight seconds is a loss, told once; probes come ever more slowly; the return is told")
    func loss() {
        var bench = Self.bench(secure: false)
        _ = bench.take()
        bench.models[0].set(.silent, at: bench.now)
        let start = bench.now
        bench.run(.milliseconds(7_000))
        #expect(bench.take() == [])
        bench.run(.milliseconds(2_000))
        #expect(bench.take() == [.offline(.noAnswer)])
        bench.run(.minutes(10))
        #expect(bench.take() == [])
        let probes = bench.sent.filter { $0.at > start + .seconds(200) }
        #expect(probes.count <= 15, "one in thirty seconds")
        bench.models[0].set(.none, at: bench.now)
        bench.run(.seconds(32))
        #expect(bench.take() == Self.start)
    }

    @Test("A lost port is a loss of every reader at once; its return starts the links")
    func portLost() {
        var bench = Self.bench(secure: true)
        _ = bench.take()
        bench.bus.portClosed(at: bench.now, into: &bench.output)
        bench.collect()
        #expect(bench.take() == [.offline(.portClosed)])
        bench.run(.seconds(20))
        #expect(bench.take() == [])
        bench.models[0].restart()
        bench.open()
        bench.run(.seconds(2))
        #expect(bench.take() == Self.start)
    }

    @Test("An adapter that echoes what is sent, and noise before each answer, do no harm")
    func echoAndNoise() {
        var bench = Self.bench(secure: true)
        _ = bench.take()
        bench.isEchoing = true
        bench.noiseBefore = hexBytes("00 FF 53 FF 53 83 00")
        bench.run(.seconds(5))
        bench.models[0].presentCard([1, 2, 3].span, bitCount: 24)
        bench.run(.seconds(1))
        let events = bench.take().filter { if case .malformed = $0 { false } else { true } }
        #expect(events == [.card(CardIdentifier(FixedBytes([1, 2, 3].span), technology: .osdpRaw))])
    }
}

@Suite("OSDP: keys")
struct OSDPKeyTests {
    static let key = OSDPReaderTests.key
    static let otherKey = OSDPReaderTests.otherKey

    @Test("A reader with another key, or without secure channel, stays offline; nothing in the clear is believed")
    func wrongKey() {
        for kind in 0..<3 {
            var bench = OSDPBench()
            bench.add(3, security: .key(ReaderKey(Self.key)), readerKey: kind == 0 ? Self.otherKey : nil)
            bench.models[0].hasSecureChannel = kind != 2
            bench.open()
            for _ in 0..<60 {
                bench.models[0].presentCard([1, 2, 3].span, bitCount: 24)
                bench.run(.seconds(1))
            }
            let events = bench.take()
            #expect(events.filter { $0 == .offline(.secureChannelFailed) }.count == 1, "\(kind)")
            #expect(!events.contains { if case .card = $0 { true } else { false } })
            #expect(!events.contains(.online))
            #expect(!bench.codes(to: 3).contains(0x60), "no poll without a channel")
            // The right key comes into the reader, and all is well without anybody's doing.
            bench.models[0].setKey(Self.key)
            bench.models[0].hasSecureChannel = true
            bench.run(.minutes(5))
            #expect(bench.take().contains(.online))
        }
    }

    @Test("A factory-new reader is given its key in install mode and from then on takes no other")
    func installation() {
        var bench = OSDPBench()
        bench.add(3, security: .keyToBeInstalled)
        bench.open()
        bench.run(.seconds(10))
        #expect(bench.take().contains(.offline(.secureChannelFailed)))
        #expect(bench.bus.perform(.beginInstallation(ReaderKey(Self.key)), tag: 77, on: 0, at: bench.now) == true)
        bench.run(.seconds(3))
        let events = bench.take()
        #expect(events.contains(.keyInstalled) && events.contains(.commandDone(77)) && events.contains(.online))
        #expect(bench.models[0].key?.keyBlock == Self.key.keyBlock)
        #expect(bench.bus.isSecure(0) == true)
        // The default key is history.
        bench.models[0].setKey(nil)
        bench.run(.minutes(1))
        #expect(bench.take().contains(.offline(.secureChannelFailed)))
    }

    @Test("Install mode ends after a minute, and fails plainly at a reader that has a key")
    func installationEnds() {
        var bench = OSDPBench()
        bench.add(3, security: .keyToBeInstalled, readerKey: Self.otherKey)
        bench.open()
        bench.run(.seconds(10))
        _ = bench.take()
        #expect(bench.bus.perform(.beginInstallation(ReaderKey(Self.key)), tag: 1, on: 0, at: bench.now) == true)
        bench.run(.seconds(10))
        #expect(bench.take().contains(.commandRefused(1, .notSecure)))
        bench.models[0].set(.silent, at: bench.now)
        bench.run(.minutes(2))
        _ = bench.take()
        #expect(bench.bus.perform(.beginInstallation(ReaderKey(Self.key)), tag: 2, on: 0, at: bench.now) == true)
        bench.run(.minutes(2))
        #expect(bench.take().contains(.commandRefused(2, .notSecure)))
    }

    @Test("A key is exchanged over the standing channel, and the new one is in use at once")
    func exchange() {
        var bench = OSDPBench()
        bench.add(3, security: .key(ReaderKey(Self.key)), readerKey: Self.key)
        bench.open()
        bench.run(.seconds(2))
        _ = bench.take()
        #expect(bench.bus.perform(.installKey(ReaderKey(Self.otherKey)), tag: 9, on: 0, at: bench.now) == true)
        bench.run(.seconds(2))
        let events = bench.take()
        #expect(events.contains(.keyInstalled) && events.contains(.commandDone(9)))
        #expect(!events.contains { if case .offline = $0 { true } else { false } })
        #expect(bench.models[0].key?.keyBlock == Self.otherKey.keyBlock && bench.bus.isSecure(0))
    }

    @Test("A new key whose acknowledgement is lost is found in use when the reader is back")
    func lostAcknowledgement() {
        var bench = OSDPBench()
        bench.add(3, security: .key(ReaderKey(Self.key)), readerKey: Self.key)
        bench.open()
        bench.run(.seconds(2))
        _ = bench.take()
        // The reader takes the key, but nothing that it says arrives any more.
        bench.models[0].set(.otherAddress, at: bench.now)
        #expect(bench.bus.perform(.installKey(ReaderKey(Self.otherKey)), tag: 9, on: 0, at: bench.now) == true)
        bench.run(.seconds(20))
        #expect(bench.models[0].key?.keyBlock == Self.otherKey.keyBlock)
        #expect(bench.take().contains(.commandRefused(9, .lost)))
        bench.models[0].set(.none, at: bench.now)
        bench.run(.seconds(40))
        let events = bench.take()
        #expect(events.contains(.keyInstalled) && events.contains(.online))
        #expect(bench.bus.isSecure(0) == true)
    }

    @Test("A key worked out from the estate's key and the reader's identifier opens the channel")
    func masterKey() {
        var client = FixedBytes<8>()
        for index in 0..<UInt8(8) { client.append(0xC0 + index + 3) }
        let own = OSDPSecureSession.diversifiedKey(master: Self.otherKey, clientIdentifier: client)
        var bench = OSDPBench()
        bench.add(3, security: .masterKey(ReaderKey(Self.otherKey)), readerKey: own)
        bench.open()
        bench.run(.seconds(2))
        #expect(bench.take() == OSDPReaderTests.start)
        #expect(bench.bus.isSecure(0) == true)
    }

    @Test("A reader that insists on the secure channel works over it, and in the clear is offline with the reason")
    func insistent() {
        var bench = OSDPBench()
        bench.add(3, security: .key(ReaderKey(Self.key)), readerKey: Self.key)
        bench.add(4)
        bench.models[0].insistsOnSecureChannel = true
        bench.models[1].insistsOnSecureChannel = true
        bench.open()
        bench.run(.seconds(60))
        #expect(bench.take(0) == OSDPReaderTests.start)
        let events = bench.take(1)
        #expect(events.filter { $0 == .offline(.secureChannelFailed) }.count == 1 && !events.contains(.online))
    }

    @Test("A technician's restart of the link in the middle of an answer is survived")
    func restartCommand() {
        for step in 0..<60 {
            var bench = OSDPReaderTests.bench(secure: true)
            bench.run(.milliseconds(Int64(step * 3)))
            _ = bench.take()
            #expect(bench.bus.perform(.restartLink, tag: 1, on: 0, at: bench.now) == true)
            bench.run(.seconds(2))
            bench.models[0].presentCard([1, 2, 3].span, bitCount: 24)
            bench.run(.seconds(1))
            #expect(
                bench.take().last == .card(CardIdentifier(FixedBytes([1, 2, 3].span), technology: .osdpRaw)),
                "\(step)")
        }
    }
}

@Suite("OSDP: file transfer")
struct OSDPFileTests {
    @Test("A file arrives whole, in pieces that fit, while cards go on being read", arguments: [false, true])
    func transfer(secure: Bool) {
        var bench = OSDPReaderTests.bench(secure: secure)
        _ = bench.take()
        var generator = SeededGenerator(5)
        bench.file = (0..<5_000).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        bench.models[0].fileFinishingRounds = 5
        #expect(bench.bus.beginFileTransfer(size: 5_000, to: 0) == true)
        bench.run(.seconds(3))
        #expect(bench.bus.fileProgress(of: 0)!.confirmed > 1_000)
        bench.models[0].presentCard([1, 2, 3].span, bitCount: 24)
        bench.run(.seconds(30))
        let events = bench.take()
        #expect(events.last == .fileTransferEnded(.processed))
        #expect(events.contains(.card(CardIdentifier(FixedBytes([1, 2, 3].span), technology: .osdpRaw))))
        #expect((0..<bench.models[0].file.count).map { bench.models[0].file[$0] } == bench.file)
        #expect(bench.sent.allSatisfy { $0.packet.count <= 257 })
        #expect(bench.bus.fileProgress(of: 0) == nil)
    }

    @Test("A reader that is lost, and a board that gives up, end the transfer with the reason")
    func interrupted() {
        var bench = OSDPReaderTests.bench(secure: true)
        _ = bench.take()
        bench.file = [UInt8](repeating: 1, count: 5_000)
        #expect(bench.bus.beginFileTransfer(size: 5_000, to: 0) == true)
        #expect(bench.bus.beginFileTransfer(size: 5_000, to: 0) == false, "one at a time")
        bench.run(.seconds(2))
        bench.models[0].set(.silent, at: bench.now)
        bench.run(.seconds(15))
        #expect(bench.take().contains(.fileTransferEnded(.lost)))
        bench.models[0].set(.none, at: bench.now)
        bench.run(.seconds(40))
        _ = bench.take()
        #expect(bench.bus.beginFileTransfer(size: 5_000, to: 0) == true)
        bench.run(.seconds(2))
        bench.bus.cancelFileTransfer(to: 0, into: &bench.output)
        bench.collect()
        bench.run(.seconds(1))
        #expect(bench.take().last == .fileTransferEnded(.cancelled))
        #expect(bench.models[0].file.count == 0, "the reader was told")
    }

    @Test("A piece that was not asked for is not taken")
    func wrongPieces() {
        var bench = OSDPReaderTests.bench(secure: false)
        #expect(bench.bus.provideFileData([1].span, offset: 0, to: 0) == false)
        #expect(bench.bus.beginFileTransfer(size: 10, to: 0) == true)
        #expect(bench.bus.provideFileData([1].span, offset: 0, to: 0) == false, "not asked for yet")
        bench.run(.seconds(1))
        #expect(bench.bus.provideFileData([1].span, offset: 3, to: 0) == false)
        #expect(bench.bus.provideFileData([UInt8](repeating: 0, count: 11).span, offset: 0, to: 0) == false)
        #expect(bench.bus.provideFileData([UInt8](repeating: 0, count: 10).span, offset: 0, to: 0) == true)
    }
}

@Suite("OSDP: several readers on one bus")
struct OSDPBusTests {
    static func bus(_ count: UInt8, baudRate: Int64 = 9600) -> OSDPBench {
        var bench = OSDPBench(baudRate: baudRate)
        for address in 0..<count {
            if address.isMultiple(of: 2) {
                bench.add(address, security: .key(ReaderKey(OSDPReaderTests.key)), readerKey: OSDPReaderTests.key)
            } else {
                bench.add(address)
            }
        }
        bench.open()
        bench.run(.seconds(10))
        return bench
    }

    @Test("Eight readers, secured and in the clear, are all online and each card comes from its reader")
    func eight() {
        var bench = Self.bus(8)
        for place in 0..<UInt8(8) { #expect(bench.take(place) == OSDPReaderTests.start) }
        for place in 0..<8 { bench.models[place].presentCard([UInt8(place), 2, 3].span, bitCount: 24) }
        bench.run(.seconds(1))
        for place in 0..<UInt8(8) {
            #expect(
                bench.take(place)
                    == [.card(CardIdentifier(FixedBytes([place, 2, 3].span), technology: .osdpRaw))])
        }
    }

    @Test("No two packets overlap on the line, and there are two characters of quiet between them")
    func spacing() {
        let bench = Self.bus(8)
        for (earlier, later) in zip(bench.sent, bench.sent.dropFirst()) {
            let wire = Interval(nanoseconds: Int64(earlier.packet.count + 2) * 1_041_667)
            #expect(earlier.at + wire <= later.at)
        }
    }

    /// The longest time for which reader 0 was not asked anything, from now on.
    private static func longestWait(_ bench: inout OSDPBench, over interval: Interval) -> Interval {
        var last = bench.now
        let count = bench.sent.count
        bench.run(interval)
        var longest = Interval.zero
        for packet in bench.sent[count...] where packet.packet[2] == 0 {
            longest = max(longest, packet.at - last)
            last = packet.at
        }
        return max(longest, bench.now - last)
    }

    static let faults: [OSDPReaderModel.Fault] = [
        .silent, .badCheck, .badAuthentication, .busy, .late(.milliseconds(250)),
    ]

    @Test("A reader that fails never delays the others by more than one reply time-out", arguments: faults)
    func failing(fault: OSDPReaderModel.Fault) {
        var sound = Self.bus(8)
        let usual = Self.longestWait(&sound, over: .seconds(60))
        for place in 1..<8 {
            var bench = Self.bus(8)
            bench.models[place].set(fault, at: bench.now)
            let longest = Self.longestWait(&bench, over: .seconds(60))
            // 200 ms, 40 ms of patience with the port, and at most 25 bytes of packet.
            #expect(longest <= usual + .milliseconds(270), "\(longest.milliseconds) ms, reader \(place)")
        }
    }

    @Test(
        "Seven of eight readers that fail at once, as by a cut cable, delay the eighth by less than a second once",
        arguments: faults)
    func failingTogether(fault: OSDPReaderModel.Fault) {
        var bench = Self.bus(8)
        for place in 1..<8 { bench.models[place].set(fault, at: bench.now) }
        let first = Self.longestWait(&bench, over: .seconds(2))
        #expect(first < .milliseconds(1_000), "\(first.milliseconds) ms")
        let then = Self.longestWait(&bench, over: .seconds(60))
        // Now the bus is idle: the poll interval, and one reply time-out now and then.
        #expect(then <= .milliseconds(100 + 260), "\(then.milliseconds) ms")
        bench.reports.removeAll()
        bench.models[0].presentCard([9, 2, 3].span, bitCount: 24)
        let presented = bench.now
        bench.run(.seconds(1))
        let card = bench.reports.first { if case .card = $0.report.event { true } else { false } }
        #expect(card != nil && card!.at - presented <= .milliseconds(450))
    }

    @Test("A reader that babbles on the line is survived: the others come back when it stops")
    func babbling() {
        var bench = Self.bus(3)
        _ = bench.take(0)
        bench.models[2].set(.babbling, at: bench.now)
        bench.run(.seconds(30))
        bench.models[2].set(.none, at: bench.now)
        bench.run(.seconds(40))
        for place in 0..<UInt8(3) {
            let events = bench.take(place)
            #expect(!events.contains { if case .card = $0 { true } else { false } })
            bench.models[Int(place)].presentCard([place, 7, 7].span, bitCount: 24)
        }
        bench.run(.seconds(1))
        for place in 0..<UInt8(3) {
            #expect(
                bench.take(place).contains(
                    .card(CardIdentifier(FixedBytes([place, 7, 7].span), technology: .osdpRaw))), "\(place)")
        }
        #expect(bench.bus.strayBytes > 10_000)
    }

    @Test("An address is given once, and a ninth reader is refused")
    func capacity() {
        var bench = OSDPBench()
        for address in 0..<UInt8(8) { bench.add(address) }
        #expect(bench.bus.addPeripheral(.init(address: 9, security: .clear)) == nil)
        bench = OSDPBench()
        bench.add(1)
        #expect(bench.bus.addPeripheral(.init(address: 1, security: .clear)) == nil)
    }

    @Test("Random bytes at random times give no card and lose no reader for ever", arguments: 0..<3)
    func noise(seed: UInt64) {
        var generator = SeededGenerator(seed)
        var bench = Self.bus(3)
        for place in 0..<UInt8(3) { _ = bench.take(place) }
        for _ in 0..<3_000 {
            let count = Int.random(in: 1...60, using: &generator)
            var bytes = (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            if Bool.random(using: &generator) {
                // What a packet of a reader begins with.
                bytes.insert(contentsOf: [0x53, 0x80 | UInt8.random(in: 0..<3, using: &generator), 20, 0, 4], at: 0)
            }
            bench.bus.receive(bytes.span, at: bench.now, into: &bench.output)
            bench.collect()
            bench.run(.milliseconds(Int64.random(in: 0...40, using: &generator)))
        }
        for place in 0..<UInt8(3) {
            #expect(!bench.take(place).contains { if case .card = $0 { true } else { false } })
        }
        bench.run(.seconds(60))
        for place in 0..<UInt8(3) {
            _ = bench.take(place)
            bench.models[Int(place)].presentCard([place, 7, 7].span, bitCount: 24)
        }
        bench.run(.seconds(1))
        for place in 0..<UInt8(3) { #expect(bench.take(place).count == 1, "reader \(place) reads again") }
    }
}
