import BoardImage
import Cryptography
import FixedMemory
import WardenMessages

/// Writes a checked description as a board image.
struct ImageWriter {
    var board: BoardDescription
    var key: HashKey?
    var generation: UInt32

    func image() -> [UInt8] {
        var message = ByteCollector()
        for entry in entries { entry.encode(into: &message) }
        var file = ByteCollector()
        ImageEnvelope.append(magic: BoardImage.magic, message: message.bytes.span, to: &file)
        return file.bytes + message.bytes
    }

    private var header: BoardHeader {
        let budget = MemoryBudget(counts: board.counts, capacities: board.capacities)
        return BoardHeader(
            format: BoardImage.format, name: fixedBytes(board.name), description: fixedBytes(board.summary),
            generation: generation, memoryBudgetBytes: budget.total, hashKeyCheck: key.map(hashKeyCheck) ?? 0,
            utcOffsetMinutes: Int32(board.utcOffsetMinutes))
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
            var message = reader.value
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
        entries += board.credentials.map { credential in
            var message = credential.value.message
            if let tag = credential.value.tag, let key {
                message.hash = CredentialHash.lowFrequencyTag(tag, key: key)
            }
            return .credentials(message)
        }
        entries += board.clients.map { client in
            var message = client.value.message
            message.name = fixedBytes(client.name)
            return .clientKeys(message)
        }
        entries += board.localUsers.map { .localUsers($0.value) }
        return entries
    }
}

/// First eight bytes of the keyed hash of "warden hash key": tells whether two keys are the same without showing either.
func hashKeyCheck(_ key: HashKey) -> UInt64 { key.hash(FixedBytes<16>("warden hash key").span).low }

/// How identifiers become keyed hashes; the board does the same when a card is presented.
enum CredentialHash {
    /// Technology byte 1, the number of bits (uint16, little endian), the five bytes of the tag.
    static func lowFrequencyTag(_ tag: [UInt8], key: HashKey) -> FixedBytes<16> {
        var message = ByteCollector()
        message.append(1)
        message.appendLittleEndian(UInt16(tag.count * 8))
        message.append(tag.span)
        let hash = key.hash(message.bytes.span)
        var bytes = FixedBytes<16>()
        bytes.appendLittleEndian(hash.low)
        bytes.appendLittleEndian(hash.high)
        return bytes
    }
}
