import Cryptography
import DeviceModels
import FixedMemory
import HardwareInterface
import Testing

@testable import Drivers

/// A PN532 on a bench: driver, chip, cards, a virtual clock.
struct PN532Bench: ~Copyable {
    var reader: PN532Reader
    var model = PN532Model()
    var output = ReaderOutput()
    var now = Instant.start
    var events: [ReaderEvent] = []
    var sent: [UInt8] = []

    init(_ credential: PN532Reader.Credential) {
        reader = PN532Reader(.init(credential: credential), random: randomGenerator())
        reader.portOpened(at: now, into: &output)
        collect()
    }

    mutating func collect() {
        for index in output.reports.indices { events.append(output.reports[index].event) }
        precondition(output.reports.usage.dropped == 0 && !output.transmit.overflowed)
        let bytes = (0..<output.transmit.count).map { output.transmit[$0] }
        output.removeAll()
        guard !bytes.isEmpty else { return }
        sent += bytes
        model.receive(bytes.span, at: now + .microseconds(Int64(bytes.count) * 87))
    }

    mutating func run(_ interval: Interval) {
        let end = now + interval
        var buffer = ByteBuffer(capacity: 65_536)
        while true {
            let next = min(reader.deadline, model.deadline)
            guard next <= end else { break }
            now = max(now, next)
            model.emit(until: now, into: &buffer)
            var place = 0
            while place < buffer.count {
                let piece = (place..<min(place + 64, buffer.count)).map { buffer[$0] }
                reader.receive(piece.span, at: now, into: &output)
                collect()
                place += 64
            }
            buffer.removeAll()
            if reader.deadline <= now {
                reader.poll(at: now, into: &output)
                collect()
                precondition(reader.deadline > now, "a poll must move the deadline")
            }
        }
        now = end
    }

    mutating func take() -> [ReaderEvent] {
        defer { events = [] }
        return events
    }
}

private func blockOf(_ hex: String) -> AESBlock { AESBlock(hexBytes(hex).span)! }

@Suite("DESFire: authentication, session and key derivation agree with recorded sessions")
struct DESFireVectorTests {
    @Test(
        "Three passes of AES authentication (DESFire EV1 Communication Examples, sotechcllc/RFDoorLock)",
        arguments: [
            (
                "00000000000000000000000000000000", "F44B26F5686F3A391CD38EBD10772281",
                "B969FDFE56FD91FC9DE6F6F213B8FD1E",
                "36AAD7DF6E436BA08D18613830A70D5AD43E3D3F4A8D47541EEE623A934E4774",
                "800DB680BC146BD121D6578F2D2E2059", "F44B26F5C05DDD7110772281C4D066E8"
            ),
            (
                "10182028303840485058606870788088", "40E7D27174CBA675E8EFBAB99C530E3D",
                "B351CB2465D4F33AC627FD6E87A168F2",
                "044B6CAC343A0865895149649CA8DDE1F5AC4EC67BD208900AF02F049E05F0B0",
                "A2EE144B1012FBEB7B2F11132D95A454", "40E7D271626FFBD49C530E3D304F5B17"
            ),
        ])
    func authentication(
        key: String, panelRandom: String, challenge: String, answer: String, proof: String, session: String
    ) {
        var handshake = DESFireHandshake(key: aesKey(key), panelRandom: blockOf(panelRandom))
        #expect(handshake.answer(to: blockOf(challenge)) == FixedBytes(hexBytes(answer).span))
        #expect(handshake.session(proof: blockOf(proof))?.key.keyBlock == blockOf(session))
        var wrong = blockOf(proof)
        wrong[3] ^= 1
        #expect(handshake.session(proof: wrong) == nil)
    }

    @Test("A session's codes run on over every command and answer (the same examples, file of 80 bytes)")
    func sessionCodes() {
        var handshake = DESFireHandshake(
            key: aesKey("10182028303840485058606870788088"), panelRandom: blockOf("40E7D27174CBA675E8EFBAB99C530E3D"))
        _ = handshake.answer(to: blockOf("B351CB2465D4F33AC627FD6E87A168F2"))
        var session = handshake.session(proof: blockOf("A2EE144B1012FBEB7B2F11132D95A454"))!
        let numbers = (0..<80).map { format(UInt8($0)) }
        let messages: [(command: String, data: String, code: String)] = [
            ("CD 05 00 11 00 50 00 00", "", "A7 53 16 AD 15 96 B9 53"),
            ("6F", "05", "2D 5F F6 7F FE C9 D2 D3"),
            ("F5 05", "00 00 11 00 50 00 00", "2A AC 75 17 02 4E 09 DC"),
            ("3D 05 00 00 00 34 00 00" + numbers[..<52].joined(), "", "76 5C 9D AA 50 EC B6 2F"),
            ("3D 05 34 00 00 1C 00 00" + numbers[52...].joined(), "", "3E 0A ED 98 6B 8B 0F 37"),
            ("BD 05 00 00 00 30 00 00", numbers[..<48].joined(), "4C 65 F1 F8 42 26 2B AC"),
            ("BD 05 30 00 00 20 00 00", numbers[48...].joined(), "F0 22 05 CF 91 3C 03 C9"),
            ("DF 05", "", "1B EF 0D 32 B6 D1 D7 F9"),
        ]
        for message in messages {
            session.note(hexBytes(message.command).span)
            let answer = hexBytes(message.data) + [0x00]
            let code = hexBytes(message.code)
            let isAccepted = session.accepts(answer.span, code: code.span)
            #expect(isAccepted, "\(message.command.prefix(2))")
        }
    }

    private func format(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }

    @Test("The checksum is that of the same examples: of a new key's message and of a key")
    func checksum() {
        let key = hexBytes("00102030405060708090A0B0B0A09080")
        #expect(DESFireSession.checksum(key.span) == 0x1979_E3BF)
        let message = hexBytes("C400 00102030405060708090A0B0B0A09080 10")
        #expect(DESFireSession.checksum(message.span) == 0x6BE6_C6D2)
    }

    @Test("A card's own key is that of NXP AN10922, section 2.2.1")
    func diversification() {
        let input = hexBytes("04782E21801D80 3042F5 4E585020416275")
        let key = DESFireDiversification.key(
            master: aesKey("00112233445566778899AABBCCDDEEFF"), input: input.span)
        #expect(key.keyBlock == blockOf("A8DD63A3B89D54B37CA802473FDA9175"))
    }
}

@Suite("PN532: frames")
struct PN532FrameTests {
    @Test("Frames of UM0701-02 and of recorded sessions are read")
    func frames() {
        func parsed(_ hex: String) -> PN532Frame.Parse { PN532Frame.parse(hexBytes(hex).span) }
        #expect(parsed("00 FF 00 FF 00") == .acknowledge(length: 4))
        #expect(parsed("00 FF FF 00 00") == .notAcknowledge(length: 4))
        #expect(parsed("00 FF 01 FF 7F 81 00") == .error(length: 6))
        #expect(parsed("00 FF 06 FA D5 03 32 01 06 07 E8 00") == .answer(length: 11, code: 5, dataEnd: 10))
        #expect(
            parsed("00 FF 14 EC D5 41 00 AF B9 69 FD FE 56 FD 91 FC 9D E6 F6 F2 13 B8 FD 1E ED 00")
                == .answer(length: 25, code: 5, dataEnd: 24))
        #expect(parsed("00 FF FF FF 00 06 FA D5 03 32 01 06 07 E8 00") == .answer(length: 14, code: 8, dataEnd: 13))
        #expect(parsed("00 00 FF 00 FF 00") == .noise(length: 1))
        #expect(parsed("55 55 00 FF") == .noise(length: 2))
        #expect(parsed("00 FF 06 FB") == .damaged(length: 2, .length))
        #expect(parsed("00 FF FF FF 01 0A F5") == .damaged(length: 2, .length), "longer than any")
        #expect(parsed("00 FF 06 FA D5 03 32 01 06 08 E8 00") == .damaged(length: 11, .checksum))
        #expect(parsed("00 FF 06 FA D4 03 32 01 06 07 E9 00") == .damaged(length: 11, .unexpected))
    }

    @Test("Commands are written as a recorded session has them")
    func commands() {
        var buffer = ByteBuffer(capacity: 64)
        PN532Frame.write(hexBytes("40 01 AA 00").span, into: &buffer)
        #expect((0..<buffer.count).map { buffer[$0] } == hexBytes("00 00 FF 05 FB D4 40 01 AA 00 41 00"))
    }

    @Test("A frame cut anywhere is not read as one, and no single wrong bit of its data is accepted")
    func damage() {
        let good = hexBytes("00 FF 14 EC D5 41 00 AF B9 69 FD FE 56 FD 91 FC 9D E6 F6 F2 13 B8 FD 1E ED")
        for length in 1..<good.count { #expect(PN532Frame.parse(Array(good[..<length]).span) == .incomplete) }
        for place in 0..<(good.count * 8) {
            var damaged = good
            damaged[place / 8] ^= 1 << UInt8(place % 8)
            if case .answer = PN532Frame.parse(damaged.span) { Issue.record("bit \(place)") }
        }
    }

    @Test("Targets with identifiers of 4, 7 and 10 bytes are read; others are not")
    func targets() {
        func parsed(_ hex: String) -> (Int, String, Bool)? {
            guard let (count, first) = PN532Target.parse(hexBytes(hex).span) else { return nil }
            let hex = first.map { target in
                (0..<target.identifier.count).map { String(target.identifier[$0], radix: 16) }.joined(separator: " ")
            }
            return (count, hex ?? "", first?.hasProtocol ?? false)
        }
        let cases: [(String, (Int, String, Bool)?)] = [
            ("00", (0, "", false)), ("01 01 00 04 08 04 9c 59 9b 32", (1, "9c 59 9b 32", false)),
            // A real DESFire EV1 (nfc-tools/libnfc#267).
            (
                "01 01 03 44 20 07 04 1e 20 61 80 1d 80 06 75 77 81 02 80",
                (1, "4 1e 20 61 80 1d 80", true)
            ),
            ("01 01 00 44 00 0A 01 02 03 04 05 06 07 08 09 0A", (1, "1 2 3 4 5 6 7 8 9 a", false)),
            ("01 01 00 04 08 05 01 02 03 04 05", nil), ("01 01 00 04 08 04 01 02 03", nil), ("", nil), ("01", nil),
        ]
        for (hex, expected) in cases {
            let result = parsed(hex)
            #expect(result?.0 == expected?.0 && result?.1 == expected?.1 && result?.2 == expected?.2, "\(hex)")
        }
    }
}

@Suite("PN532: reading cards")
struct PN532ReaderTests {
    static let fileKey = aesKey("10182028303840485058606870788088")
    static let content = [UInt8]("RESIDENT-0042".utf8)

    static func desfire(
        _ protection: ContactlessCardModel.Protection = .enciphered, key: AES128 = fileKey,
        content: [UInt8] = content, application: UInt32 = 0xF51234
    ) -> ContactlessCardModel {
        ContactlessCardModel(
            identifier: hexBytes("041E2061801D80").span, application: application, keyNumber: 2, key: key,
            fileNumber: 5, content: content.span, protection: protection)
    }

    static func file(
        _ protection: DESFireProtection = .enciphered, length: Int = content.count, system: StaticString? = nil
    ) -> PN532Reader.Credential {
        .file(
            PN532Reader.File(
                application: 0xF51234, keyNumber: 2, key: ReaderKey(fileKey),
                systemIdentifier: system.map { FixedBytes($0) }, number: 5, length: length, protection: protection))
    }

    static let read = ReaderEvent.card(
        CardIdentifier(FixedBytes(content.span), technology: .authenticatedFile))

    @Test("The chip is woken with 55 55 and zeros, configured, identified, and then looks for cards within bounds")
    func start() {
        var bench = PN532Bench(.identifier)
        bench.run(.seconds(1))
        #expect(bench.take() == [.online])
        let begin =
            hexBytes("55 55") + [UInt8](repeating: 0, count: 14) + hexBytes("00 00 FF 05 FB D4 14 01 00 01 16 00")
        #expect(Array(bench.sent.prefix(begin.count)) == begin)
        #expect(bench.model.isAsleep == false)
        #expect(bench.reader.statistics.malformed == 0)
        #expect(bench.model.commandCount > 8)
    }

    @Test("Identifiers of 4, 7 and 10 bytes are read once a presentation, and their going is reported")
    func identifiers() {
        for hex in ["9C599B32", "041E2061801D80", "0102030405060708090A"] {
            var bench = PN532Bench(.identifier)
            bench.run(.seconds(1))
            _ = bench.take()
            bench.model.present(ContactlessCardModel(identifier: hexBytes(hex).span), at: bench.now)
            bench.run(.minutes(2))
            #expect(bench.take() == [.card(CardIdentifier(hex: hex, .contactlessIdentifier))])
            bench.model.removeCards()
            bench.run(.seconds(2))
            #expect(bench.take() == [.cardRemoved])
        }
    }

    @Test("A card that draws its identifier anew is refused where identifiers count; two cards together are refused")
    func refusals() {
        var bench = PN532Bench(.identifier)
        var card = Self.desfire()
        card.hasRandomIdentifier = true
        bench.model.present(card, at: bench.now)
        bench.run(.seconds(20))
        #expect(bench.take() == [.online, .cardRefused(.randomIdentifier)])
        bench.model.removeCards()
        bench.run(.seconds(2))
        _ = bench.take()
        bench.model.present(ContactlessCardModel(identifier: [1, 2, 3, 4].span), at: bench.now)
        bench.model.present(ContactlessCardModel(identifier: [5, 6, 7, 8].span), at: bench.now)
        bench.run(.seconds(10))
        #expect(bench.take() == [.cardRefused(.severalCards)])
    }

    @Test(
        "A protected file is read in each protection, short and longer than one answer",
        arguments: [DESFireProtection.plain, .authenticated, .enciphered], [1, 12, 13, 16, 28, 52, 60, 64])
    func files(protection: DESFireProtection, length: Int) {
        let content = (0..<length).map { UInt8(truncatingIfNeeded: $0 * 7 + 3) }
        var bench = PN532Bench(Self.file(protection, length: length))
        bench.run(.seconds(1))
        let model = ContactlessCardModel.Protection(rawValue: protection.rawValue)!
        bench.model.present(Self.desfire(model, content: content), at: bench.now)
        bench.run(.minutes(1))
        #expect(
            bench.take() == [.online, .card(CardIdentifier(FixedBytes(content.span), technology: .authenticatedFile))])
    }

    @Test("A card with a key of its own, derived from the estate's, is read; the estate's key itself opens nothing")
    func diversified() {
        let input = hexBytes("041E2061801D80 F51234") + [UInt8]("Estate 7".utf8)
        let own = DESFireDiversification.key(master: Self.fileKey, input: input.span)
        for (key, expected) in [(own, Self.read), (Self.fileKey, .cardRefused(.authenticationFailed))] {
            var bench = PN532Bench(Self.file(system: "Estate 7"))
            bench.model.present(Self.desfire(key: key), at: bench.now)
            bench.run(.seconds(3))
            #expect(bench.take() == [.online, expected])
        }
    }

    @Test("A copied identifier opens nothing: no protocol, no application, another key, another file protection")
    func copies() {
        let cases: [(ContactlessCardModel, CardRefusal)] = [
            (ContactlessCardModel(identifier: hexBytes("041E2061801D80").span), .applicationMissing),
            (Self.desfire(application: 0x123456), .applicationMissing),
            (Self.desfire(key: aesKey("00000000000000000000000000000000")), .authenticationFailed),
            (Self.desfire(.plain), .authenticationFailed), (Self.desfire(content: [1, 2]), .applicationMissing),
        ]
        for (card, refusal) in cases {
            var bench = PN532Bench(Self.file())
            bench.model.present(card, at: bench.now)
            bench.run(.minutes(1))
            #expect(bench.take() == [.online, .cardRefused(refusal)], "told once while the card stays")
        }
    }

    @Test("A card with a random identifier is one presentation by its file, however often it is drawn anew")
    func randomIdentifier() {
        var bench = PN532Bench(Self.file())
        var card = Self.desfire()
        card.hasRandomIdentifier = true
        bench.model.present(card, at: bench.now)
        bench.run(.minutes(5))
        #expect(bench.take() == [.online, Self.read])
    }

    @Test("A card pulled away early is tried again while it is there, then refused; laid on again it is read")
    func interrupted() {
        for exchanges in 0..<5 {
            var bench = PN532Bench(Self.file(.plain, length: 64))
            bench.run(.seconds(1))
            _ = bench.take()
            let content = [UInt8](repeating: 9, count: 64)
            var card = Self.desfire(.plain, content: content)
            card.leavesAfter = exchanges
            bench.model.present(card, at: bench.now)
            bench.run(.seconds(10))
            #expect(bench.take() == [.cardRefused(.interrupted)], "after \(exchanges)")
            bench.model.removeCards()
            bench.run(.seconds(2))
            _ = bench.take()
            bench.model.present(Self.desfire(.plain, content: content), at: bench.now)
            bench.run(.seconds(2))
            #expect(
                bench.take() == [.card(CardIdentifier(FixedBytes(content.span), technology: .authenticatedFile))])
        }
    }

    @Test("Damaged and refused frames are repeated; extended frames are read; no event is lost or doubled")
    func damagedFrames() {
        for fault in [.everySecondDamaged, .everySecondRefused, .extendedFrames] as [PN532Model.Fault] {
            var bench = PN532Bench(Self.file())
            bench.model.set(fault, at: bench.now)
            bench.model.present(Self.desfire(), at: bench.now)
            bench.run(.seconds(20))
            #expect(
                bench.take().filter { if case .malformed = $0 { false } else { true } } == [.online, Self.read],
                "\(fault)")
            if fault == .everySecondDamaged { #expect(bench.reader.statistics.malformed > 20) }
        }
    }

    @Test(
        "A chip that falls silent, loses its supply or babbles is offline, is probed ever more slowly, and comes back")
    func silence() {
        for fault in [.silent, .neverAnswers, .babbling] as [PN532Model.Fault] {
            var bench = PN532Bench(Self.file())
            bench.model.present(Self.desfire(), at: bench.now)
            bench.run(.seconds(2))
            #expect(bench.take() == [.online, Self.read])
            bench.model.set(fault, at: bench.now)
            bench.run(fault == .babbling ? .seconds(20) : .minutes(10))
            let events = bench.take().filter { if case .malformed = $0 { false } else { true } }
            #expect(events == [.cardRemoved, .offline(.noAnswer)], "\(fault)")
            bench.model.set(.none, at: bench.now)
            bench.run(.seconds(35))
            #expect(bench.take() == [.online, Self.read])
        }
        var bench = PN532Bench(.identifier)
        bench.run(.seconds(1))
        _ = bench.take()
        bench.model.restart()
        bench.model.present(ContactlessCardModel(identifier: [1, 2, 3, 4].span), at: bench.now)
        bench.run(.seconds(3))
        #expect(
            bench.take() == [.card(CardIdentifier(hex: "01020304", .contactlessIdentifier))],
            "a chip that sleeps after a brown-out is woken without ado")
    }

    @Test("Another chip, a lost port and a missing reader are told for what they are")
    func otherTroubles() {
        var bench = PN532Bench(.identifier)
        bench.model.set(.otherChip, at: bench.now)
        bench.run(.minutes(2))
        #expect(bench.take() == [.offline(.wrongDevice)])
        bench.model.set(.none, at: bench.now)
        bench.run(.seconds(35))
        #expect(bench.take() == [.online])
        bench.reader.portClosed(at: bench.now, into: &bench.output)
        bench.collect()
        bench.run(.minutes(1))
        #expect(bench.take() == [.offline(.portClosed)])
        bench.reader.portOpened(at: bench.now, into: &bench.output)
        bench.collect()
        bench.run(.seconds(1))
        #expect(bench.take() == [.online])
        bench = PN532Bench(.identifier)
        bench.model.set(.silent, at: bench.now)
        bench.run(.minutes(10))
        #expect(bench.take() == [.offline(.noAnswer)])
    }

    @Test("Random bytes instead of answers give no card and do no lasting harm", arguments: 0..<3)
    func garbage(seed: UInt64) {
        var generator = SeededGenerator(seed)
        var bench = PN532Bench(Self.file())
        for _ in 0..<2_000 {
            var bytes = (0..<Int.random(in: 1...80, using: &generator)).map { _ in
                UInt8.random(in: .min ... .max, using: &generator)
            }
            if Bool.random(using: &generator) { bytes.insert(contentsOf: [0x00, 0x00, 0xFF], at: 0) }
            bench.reader.receive(bytes.span, at: bench.now, into: &bench.output)
            bench.collect()
            bench.run(.milliseconds(Int64.random(in: 0...60, using: &generator)))
        }
        #expect(!bench.take().contains { if case .card = $0 { true } else { false } })
        bench.run(.seconds(40))
        _ = bench.take()
        bench.model.present(Self.desfire(), at: bench.now)
        bench.run(.seconds(2))
        #expect(bench.take() == [Self.read])
    }
}
