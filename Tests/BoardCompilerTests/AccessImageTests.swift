import AccessControl
import BoardImage
import Cryptography
import Drivers
import FixedMemory
import Foundation
import Testing
import WardenMessages

@testable import BoardCompiler

@Suite("The image says of readers, doors and cards what the file says")
struct AccessImageTests {
    static let key = HashKey([UInt8](0..<32).span)!

    private func image(_ board: String) throws -> [UInt8] {
        let checked = try #require(BoardCompiler().check(Repository.text("boards/\(board).yaml")).board)
        let keys = try ReaderKeys(Repository.text("boards/demo.readerkeys"))
        return try checked.image(key: AccessImageTests.key, readerKeys: keys.keys, generation: 1)
    }

    private func hash(_ credential: WardenMessages.Credential) -> KeyedHash { KeyedHash(credential.hash) }

    private func credentials(_ file: [UInt8]) throws -> [WardenMessages.Credential] {
        var walker = try CredentialWalker(file.span)
        var found: [WardenMessages.Credential] = []
        while let next = walker.next() { found.append(next) }
        return found
    }

    @Test("Card numbers are hashed as the reader's driver makes them, codes and files each as what they are")
    func hashes() throws {
        let entrance = try credentials(try image("apartment-entrance"))
        let frame = try #require(WiegandFormat.h10301.frame(facility: 12, card: 4711))
        let identifier = WiegandFormat.h10301.identifier(in: frame)
        let bytes = (0..<identifier.bytes.count).map { identifier.bytes[$0] }
        #expect(
            hash(entrance[0])
                == CredentialHashing.card(
                    bytes.span, technology: CardTechnology.wiegand.rawValue, bitCount: Int(identifier.bitCount),
                    key: AccessImageTests.key))
        let digits: [UInt8] = [2, 7, 1, 8, 2, 8]
        #expect(hash(entrance[4]) == CredentialHashing.code(digits.span, key: AccessImageTests.key))
        #expect(entrance[4].traits == 1 << 8)
        #expect(entrance[5].usesLeft == 2)
        let guards = try credentials(try image("mantrap"))
        let content: [UInt8] = [0, 0, 0, 0, 0, 0, 1, 1]
        #expect(
            hash(guards[2])
                == CredentialHashing.card(
                    content.span, technology: CardTechnology.authenticatedFile.rawValue, bitCount: 64,
                    key: AccessImageTests.key))
    }

    @Test("A PIN is hashed with its card")
    func pin() throws {
        let text = Repository.text("boards/lobby.yaml").replacing(
            "    note: Flat 12, Mrs Li\n", with: "    note: Flat 12, Mrs Li\n    pin: \"3141\"\n")
        let board = try #require(BoardCompiler().check(text).board)
        let first = try credentials(try board.image(key: AccessImageTests.key, generation: 1))[0]
        let digits: [UInt8] = [3, 1, 4, 1]
        #expect(first.pin == CredentialHashing.pin(digits.span, of: hash(first), key: AccessImageTests.key)?.value)
        #expect(first.pin != nil)
    }

    @Test("Keys of readers and cards lie sealed in the image, and a key that was not given is missed by name")
    func readerKeys() throws {
        let file = try image("mantrap")
        let decoded = try BoardImage(decoding: file.span)
        guard case .osdp(let options) = decoded.readers[0].interface else {
            Issue.record("the outer reader speaks OSDP")
            return
        }
        let keys = try ReaderKeys(Repository.text("boards/demo.readerkeys")).keys
        let opened = SealedKey.open(options.sealedKey, with: AccessImageTests.key)?.keyBlock
        #expect(opened == keys["mantrap_reader"]?.keyBlock)
        for key in keys.values {
            let clear = (0..<16).map { key.keyBlock[$0] }
            let isInClear = file.indices.contains { file[$0...].starts(with: clear) }
            #expect(!isInClear)
        }
        let board = try #require(BoardCompiler().check(Repository.text("boards/mantrap.yaml")).board)
        #expect(throws: CheckedBoard.BuildFailure.readerKeyMissing("mantrap_reader")) {
            try board.image(key: AccessImageTests.key, generation: 1)
        }
    }

    @Test(
        "Dates of credentials are local, in summer as in winter",
        arguments: [
            ("2026-06-30", "2026-06-30T22:00:00Z"), ("2026-12-31", "2026-12-31T23:00:00Z"),
            ("2026-07-01 08:30", "2026-07-01T06:30:00Z"),
        ])
    func summerDates(date: String, expected: String) throws {
        let text = Repository.text("boards/osdp-eight-doors.yaml").replacing(
            "    note: Flat 1\n", with: "    note: Flat 1\n    valid_until: \(date)\n")
        let keys = try ReaderKeys(Repository.text("boards/demo.readerkeys"))
        let board = try #require(BoardCompiler().check(text).board)
        let file = try board.image(key: AccessImageTests.key, readerKeys: keys.keys, generation: 1)
        let seconds = try credentials(file)[0].validUntil
        #expect(Date(timeIntervalSince1970: Double(seconds)) == ISO8601DateFormatter().date(from: expected))
    }

    @Test("Doors, areas, interlocks and holidays by their places")
    func tables() throws {
        let mantrapFile = try image("mantrap")
        let mantrap = try BoardImage(decoding: mantrapFile.span)
        #expect(mantrap.interlocks[0].doors == 0b11)
        #expect(mantrap.areas[1] == Area(name: "key_room", antiPassback: .hard, occupancyLimit: 4))
        let inner = mantrap.doors[1]
        #expect((inner.outerArea, inner.innerArea, inner.needsTwoPersons) == (0, 1, true))
        #expect(mantrap.capacities.people == 1_000)
        let entranceFile = try image("apartment-entrance")
        let entrance = try BoardImage(decoding: entranceFile.span)
        #expect(entrance.holidays[1] == Holiday(name: "christmas_eve", month: 12, day: 24, dayClass: 1))
        #expect(entrance.schedules[1].periods[1].days == 1 << 8)
        #expect(entrance.doors[0].modeRules[0] == ModeRule(schedule: 0, mode: .firstCard))
        #expect(entrance.doors[0].rules[2].onExit == false)
        #expect(entrance.accessPolicy?.wrongCodes == 3)
        // The format of the file first, then the built-in one that it names.
        let names = entrance.cardFormats.indices.map { entrance.cardFormats[$0].name }
        #expect(names == ["estate40", "h10301"])
        let garageFile = try image("garage")
        let garage = try BoardImage(decoding: garageFile.span)
        #expect(garage.doors[2].rules[1].floors == 0b011)
        #expect(garage.doors[2].floorLines.count == 3)
    }

    @Test(
        "A file of reader keys that is wrong says in which line, and shows no key",
        arguments: [
            ("a: 00112233445566778899aabbccddeeff\nb 1", 2, "no colon"),
            ("# keys\n\na: 0011", 3, "the key 'a' has 4 characters"),
            ("a b: 00112233445566778899aabbccddeeff", 1, "holds a blank"),
            ("a: 00112233445566778899aabbccddeeff\na: 00112233445566778899aabbccddeeff", 2, "is already there"),
        ] as [(String, Int, String)])
    func brokenKeys(text: String, line: Int, message: String) {
        do throws(ReaderKeys.Failure) {
            _ = try ReaderKeys(text)
            Issue.record("it was taken")
        } catch {
            #expect(error.line == line)
            #expect(error.message.contains(message))
            #expect(!(error.message + error.remedy).contains("ddeeff"))
        }
    }
}
