import AccessControl
import BoardImage
import Cryptography
import Drivers
import FixedMemory
import WardenMessages

/// Writes a checked description as a board image.
struct ImageWriter {
    var board: BoardDescription
    var key: HashKey?
    /// AES-128 keys of readers and cards by their names.
    var readerKeys: [String: AES128]
    var generation: UInt32

    func image() -> [UInt8] {
        var message = ByteCollector()
        for entry in entries { entry.encode(into: &message) }
        var file = ByteCollector()
        ImageEnvelope.append(magic: BoardImage.magic, message: message.bytes.span, to: &file)
        return file.bytes + message.bytes
    }

    private var header: BoardHeader {
        let budget = MemoryBudget(
            counts: board.counts, capacities: board.capacities, linkPorts: board.linkPortCount)
        return BoardHeader(
            format: BoardImage.format, name: fixedBytes(board.name), description: fixedBytes(board.summary),
            generation: generation, memoryBudgetBytes: budget.total, hashKeyCheck: key?.checkValue ?? 0,
            utcOffsetMinutes: Int32(board.utcOffsetMinutes), standbySupply: board.standbySupply,
            hardwareWatchdog: board.hardwareWatchdog, consoleRole: board.consoleRole,
            daylightSaving: board.daylightSaving)
    }

    /// All entries in the order of the schema.
    private var entries: [Board.Entry] {
        var entries: [Board.Entry] = [.header(header), .capacities(board.capacities)]
        entries += board.lines.map { line in
            var message = line.value.message
            message.name = fixedBytes(line.name)
            return .lines(message)
        }
        entries += board.buses.map { bus in
            var message = bus.value
            message.name = fixedBytes(bus.name)
            return .buses(message)
        }
        entries += board.ports.map { port in
            var message = port.value
            message.name = fixedBytes(port.name)
            return .ports(message)
        }
        entries += board.sensors.map { sensor in
            var message = sensor.value
            message.name = fixedBytes(sensor.name)
            return .sensors(message)
        }
        entries += board.points.map { point in
            var message = point.value.message
            message.name = fixedBytes(point.name)
            return .points(message)
        }
        entries += board.readers.map { reader in
            var message = sealed(reader.value)
            message.name = fixedBytes(reader.name)
            return .readers(message)
        }
        entries += board.doors.map { door in
            var message = door.value
            message.name = fixedBytes(door.name)
            return .doors(message)
        }
        entries += board.detectors.map { detector in
            var message = detector.value.message
            message.name = fixedBytes(detector.name)
            return .detectors(message)
        }
        entries += board.effects.map { effect in
            var message = effect.value.message
            message.name = fixedBytes(effect.name)
            return .effects(message)
        }
        entries += board.schedules.map { schedule in
            var message = schedule.value
            message.name = fixedBytes(schedule.name)
            return .schedules(message)
        }
        entries += board.credentials.map { .credentials(hashed($0.value)) }
        entries += board.clients.map { client in
            var message = client.value.message
            message.name = fixedBytes(client.name)
            return .clientKeys(message)
        }
        entries += board.localUsers.map { .localUsers($0.value) }
        entries += board.cardFormats.map { format in
            var message = format.value
            message.name = fixedBytes(format.name)
            return .cardFormats(message)
        }
        entries += board.areas.map { area in
            var message = area.value
            message.name = fixedBytes(area.name)
            return .areas(message)
        }
        entries += board.interlocks.map { interlock in
            var message = interlock.value
            message.name = fixedBytes(interlock.name)
            return .interlocks(message)
        }
        entries += board.holidays.map { holiday in
            var message = holiday.value
            message.name = fixedBytes(holiday.name)
            return .holidays(message)
        }
        entries += board.groups.map { .groups(Group(name: fixedBytes($0))) }
        entries += board.lifts.map { lift in
            var message = lift.value
            message.name = fixedBytes(lift.name)
            return .lifts(message)
        }
        if let policy = board.accessPolicy { entries.append(.accessPolicy(policy)) }
        if !board.listenAddresses.isEmpty {
            var network = Network()
            for address in board.listenAddresses { network.listen.append(address) }
            entries.append(.network(network))
        }
        entries += board.consoleUsers.map { user in
            var message = user.value
            message.name = fixedBytes(user.name)
            return .consoleUsers(message)
        }
        return entries
    }

    /// The places of two credentials with one hash: one of them would be lost without a word.
    var sameCard: (Int, Int)? {
        var known: [[UInt8]: Int] = [:]
        for (place, credential) in board.credentials.enumerated() {
            let hash = hashed(credential.value).hash
            let bytes = (0..<hash.count).map { hash[$0] }
            if let other = known[bytes] { return (other, place) }
            known[bytes] = place
        }
        return nil
    }

    // MARK: Secrets

    /// A reader with the key that it names, sealed.
    private func sealed(_ reader: ReaderDescription) -> WardenMessages.Reader {
        var message = reader.message
        guard let name = reader.keyName, let readerKey = readerKeys[name], let key else { return message }
        let sealed = SealedKey.seal(readerKey, with: key)
        switch message.interface {
        case .osdp(var options):
            options.sealedKey = sealed
            message.interface = .osdp(options)
        case .pn532(var options):
            options.file?.sealedKey = sealed
            message.interface = .pn532(options)
        default: break
        }
        return message
    }

    /// A credential with its hashes in place of what makes it.
    private func hashed(_ credential: CredentialDescription) -> WardenMessages.Credential {
        var message = credential.message
        guard let identity = credential.identity else { return message }
        if case .hash(let bytes) = identity {
            message.hash = FixedBytes(bytes.span)
        } else if let hash = keyedHash(of: identity) {
            message.hash = FixedBytes()
            message.hash.appendLittleEndian(hash.low)
            message.hash.appendLittleEndian(hash.high)
        }
        if let pin = credential.pin, message.hash.count == 16 {
            message.pin = pinHash(pin, of: KeyedHash(message.hash))
        }
        return message
    }

    private func keyedHash(of identity: CredentialIdentity) -> KeyedHash? {
        switch identity {
        case .tag(let bytes): return hash(bytes, .lowFrequencyTag, bits: bytes.count * 8)
        case .contactless(let bytes): return hash(bytes, .contactlessIdentifier, bits: bytes.count * 8)
        case .file(let bytes): return hash(bytes, .authenticatedFile, bits: bytes.count * 8)
        case .text(let text):
            let bytes = Array(text.utf8)
            return hash(bytes, .text, bits: bytes.count * 8)
        case .code(let digits): return hash(code: digits)
        case .number(let format, let facility, let number):
            return board.identifier(format: format, facility: facility, card: number).flatMap {
                hash($0.bytes, .wiegand, bits: $0.bitCount)
            }
        case .hash: return nil
        }
    }

    private func hash(_ bytes: [UInt8], _ technology: CardTechnology, bits: Int) -> KeyedHash? {
        guard let key else { return nil }
        return CredentialHashing.card(bytes.span, technology: technology.rawValue, bitCount: bits, key: key)
    }

    private func hash(code digits: String) -> KeyedHash? {
        guard let key else { return nil }
        let values = digits.utf8.map { $0 - 0x30 }
        return CredentialHashing.code(values.span, key: key)
    }

    private func pinHash(_ digits: String, of card: KeyedHash) -> UInt32? {
        guard let key else { return nil }
        let values = digits.utf8.map { $0 - 0x30 }
        return CredentialHashing.pin(values.span, of: card, key: key)?.value
    }
}

extension BoardDescription {
    /// The identifier that a Wiegand reader makes of a card of a format; `nil` if a number does not fit.
    func identifier(format: UInt32, facility: UInt64, card: UInt64) -> (bytes: [UInt8], bitCount: Int)? {
        guard let driver = try? ReaderFields.driverFormat(cardFormats[Int(format)].value),
            let frame = driver.frame(facility: facility, card: card)
        else { return nil }
        let identifier = driver.identifier(in: frame)
        return ((0..<identifier.bytes.count).map { identifier.bytes[$0] }, Int(identifier.bitCount))
    }
}

extension KeyedHash {
    /// The hash as it lies in an image: sixteen bytes, little endian.
    init(_ bytes: FixedBytes<16>) {
        func word(_ start: Int) -> UInt64 {
            (0..<8).reduce(0) { $0 | UInt64(bytes[start + $1]) << UInt64(8 * $1) }
        }
        self.init(low: word(0), high: word(8))
    }
}
