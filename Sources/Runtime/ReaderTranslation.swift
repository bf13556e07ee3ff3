import BoardImage
import Cryptography
import Drivers
import FixedMemory
import HardwareInterface
import WardenMessages

/// The image's readers as drivers. Nothing is decided here.
enum ReaderTranslation {
    /// All drivers of an image.
    ///
    /// - Parameters:
    ///   - secret: what the keys in the image are sealed with.
    ///   - random: seeds challenges to readers and cards; secret.
    static func bank(
        _ image: borrowing BoardImage, secret: HashKey, random: inout RandomGenerator
    ) throws(StartError) -> ReaderBank {
        var bank = ReaderBank(capacity: image.readers.count, serial: capacities(image))
        // The place of each reader, filled port by port, then for those on lines.
        var devices = FixedArray<Int>(repeating: -1, count: image.readers.count)
        var places = FixedArray<UInt8>(repeating: 0, count: image.readers.count)
        for index in image.readers.indices where devices[index] < 0 {
            let entry = image.readers[index]
            guard let port = BoardTranslation.port(of: entry) else { continue }
            devices[index] = bank.deviceCount
            if case .osdp? = entry.interface {
                let bus = try osdpBus(image, port, first: index, secret, &random, &devices, &places)
                bank.add(bus, on: StreamIndex(port))
            } else {
                try add(entry, index, secret, &random, on: StreamIndex(port), to: &bank)
            }
        }
        for index in image.readers.indices {
            guard case .wiegand(let options)? = image.readers[index].interface else { continue }
            devices[index] = bank.deviceCount
            bank.add(
                try wiegandReader(image, image.readers[index], options, index),
                dataZero: LineIndex(UInt16(truncatingIfNeeded: options.data0Line)),
                dataOne: LineIndex(UInt16(truncatingIfNeeded: options.data1Line)))
        }
        var announces = false
        for index in image.effects.indices where !image.effects[index].announcement.isEmpty { announces = true }
        for index in image.readers.indices {
            guard devices[index] >= 0 else { throw .unknownReader(index) }
            guard case .osdp(let options)? = image.readers[index].interface else {
                bank.addMember(device: devices[index], place: places[index])
                continue
            }
            bank.addMember(
                device: devices[index], place: places[index],
                texts: options.texts.map { ReaderTexts($0, announces: announces) },
                exitInput: options.exitInput.map { UInt8(truncatingIfNeeded: $0) },
                releasedOutput: options.releasedOutput.map { UInt8(truncatingIfNeeded: $0) })
        }
        return bank
    }

    private static func capacities(_ image: borrowing BoardImage) -> SerialReaders.Capacities {
        var capacities = SerialReaders.Capacities()
        for index in image.readers.indices {
            switch image.readers[index].interface {
            case .serialTag?: capacities.tags += 1
            case .textLine?: capacities.lines += 1
            case .osdp?: capacities.buses += 1
            case .pn532?: capacities.contactless += 1
            case .wiegand?, nil: break
            }
        }
        // Several readers share a bus, which takes a port.
        capacities.buses = min(capacities.buses, image.ports.count)
        return capacities
    }

    private static func holdOff(_ entry: WardenMessages.Reader) -> Interval {
        .milliseconds(Int64(entry.holdOffMs == 0 ? 1_000 : entry.holdOffMs))
    }

    // MARK: Ports

    private static func add(
        _ entry: WardenMessages.Reader, _ index: Int, _ secret: HashKey, _ random: inout RandomGenerator,
        on stream: StreamIndex, to bank: inout ReaderBank
    ) throws(StartError) {
        switch entry.interface {
        case .serialTag(let options)?:
            let configuration = SerialTagReader.Configuration(
                checksum: SerialTagReader.ChecksumForm(rawValue: UInt8(truncatingIfNeeded: options.checksum.rawValue))
                    ?? .automatic,
                presence: SerialTagReader.Presence(rawValue: UInt8(truncatingIfNeeded: options.presence.rawValue))
                    ?? .repeatedFrames,
                holdOff: holdOff(entry))
            bank.add(SerialTagReader(configuration), on: stream)
        case .textLine(let options)?:
            bank.add(try lineReader(entry, options, index), on: stream)
        case .pn532(let options)?:
            bank.add(try pn532Reader(entry, options, index, secret, &random), on: stream)
        case .wiegand?, .osdp?, nil:
            throw .unknownReader(index)
        }
    }

    private static func lineReader(
        _ entry: WardenMessages.Reader, _ options: TextLineOptions, _ index: Int
    ) throws(StartError) -> LineReader {
        var configuration = LineReader.Configuration(
            prefix: options.prefix, suffix: options.suffix, minimumLength: Int(options.minimumLength),
            maximumLength: Int(options.maximumLength), holdOff: holdOff(entry),
            byteTimeout: .milliseconds(Int64(options.byteTimeoutMs)))
        switch options.lineEnd {
        case .carriageReturnOrLineFeed, .unrecognised: configuration.lineEnd = .carriageReturnOrLineFeed
        case .byte: configuration.lineEnd = .byte(UInt8(truncatingIfNeeded: options.endByte))
        case .pause: configuration.lineEnd = .pause
        }
        if !options.pattern.isEmpty {
            let text = buffer(options.pattern)
            do throws(LinePattern.PatternError) {
                configuration.pattern = try LinePattern(text.span)
            } catch {
                throw .defectiveReader(index)
            }
        }
        return LineReader(configuration)
    }

    private static func pn532Reader(
        _ entry: WardenMessages.Reader, _ options: Pn532Options, _ index: Int, _ secret: HashKey,
        _ random: inout RandomGenerator
    ) throws(StartError) -> PN532Reader {
        var configuration = PN532Reader.Configuration(credential: .identifier)
        if let file = options.file {
            guard let key = SealedKey.open(file.sealedKey, with: secret) else { throw .defectiveReader(index) }
            let protection: DESFireProtection =
                switch file.protection {
                case .plain: .plain
                case .authenticated: .authenticated
                case .enciphered, .unrecognised: .enciphered
                }
            configuration.credential = .file(
                PN532Reader.File(
                    application: file.application, keyNumber: UInt8(truncatingIfNeeded: file.keyNumber),
                    key: ReaderKey(key), systemIdentifier: file.diversified ? file.systemIdentifier : nil,
                    number: UInt8(truncatingIfNeeded: file.number), offset: file.offset, length: Int(file.length),
                    protection: protection))
        }
        configuration.holdOff = holdOff(entry)
        return PN532Reader(configuration, random: try generator(&random, index))
    }

    /// A generator of its own for each driver.
    private static func generator(
        _ random: inout RandomGenerator, _ index: Int
    ) throws(StartError) -> RandomGenerator {
        let seed = random.bytes(RandomGenerator.seedLength)
        guard let generator = RandomGenerator(seed: seed.span) else { throw .defectiveReader(index) }
        return generator
    }

    // MARK: OSDP

    private static func osdpBus(
        _ image: borrowing BoardImage, _ port: UInt16, first: Int, _ secret: HashKey, _ random: inout RandomGenerator,
        _ devices: inout FixedArray<Int>, _ places: inout FixedArray<UInt8>
    ) throws(StartError) -> OSDPBus {
        let timing = OSDPBus.Timing(baudRate: Int64(image.ports[Int(port)].baud))
        var bus = OSDPBus(timing: timing, random: try generator(&random, first))
        for index in first..<image.readers.count {
            let entry = image.readers[index]
            guard case .osdp(let options)? = entry.interface, UInt16(options.port) == port else { continue }
            var configuration = OSDPBus.PeripheralConfiguration(
                address: UInt8(truncatingIfNeeded: options.address),
                security: try security(options, secret, index),
                check: OSDPBus.Check(rawValue: UInt8(truncatingIfNeeded: options.packetCheck.rawValue)) ?? .automatic,
                holdOff: holdOff(entry))
            configuration.watchesInputs = options.exitInput != nil
            for line in image.lines.indices where image.lines[line].readerInput?.reader == UInt32(index) {
                configuration.watchesInputs = true
            }
            for place in options.formats.indices {
                let format = try wiegandFormat(image.cardFormats[Int(options.formats[place])], index)
                guard configuration.addFormat(format) else { throw .defectiveReader(index) }
            }
            guard let place = bus.addPeripheral(configuration) else { throw .defectiveReader(index) }
            devices[index] = devices[first]
            places[index] = place
        }
        return bus
    }

    private static func security(
        _ options: OsdpOptions, _ secret: HashKey, _ index: Int
    ) throws(StartError) -> OSDPBus.Security {
        if options.security == .clear { return .clear }
        guard let key = SealedKey.open(options.sealedKey, with: secret) else { throw .defectiveReader(index) }
        switch options.security {
        case .masterKey: return .masterKey(ReaderKey(key))
        // A reader that has its key already opens its channel with it; a factory-new one gets it on an order.
        case .key, .install: return .key(ReaderKey(key))
        case .clear, .unrecognised: throw .defectiveReader(index)
        }
    }

    /// The key that a factory-new reader is to be given, or the estate's that it is worked out from; `nil` where the image
    /// does not say that the board may.
    static func installationKey(_ entry: WardenMessages.Reader, _ secret: HashKey) -> ReaderKey? {
        guard case .osdp(let options)? = entry.interface,
            options.security == .install || options.security == .masterKey,
            let key = SealedKey.open(options.sealedKey, with: secret)
        else { return nil }
        return ReaderKey(key)
    }

    // MARK: Wiegand

    private static func wiegandReader(
        _ image: borrowing BoardImage, _ entry: WardenMessages.Reader, _ options: WiegandOptions, _ index: Int
    ) throws(StartError) -> WiegandReader {
        let keypad = WiegandReader.Keypad(rawValue: UInt8(truncatingIfNeeded: options.keypad.rawValue)) ?? .none
        var reader = WiegandReader(
            WiegandReader.Configuration(
                timing: options.timing == .specification ? .specification : .standard, keypad: keypad,
                holdOff: holdOff(entry)))
        for place in options.formats.indices {
            let format = try wiegandFormat(image.cardFormats[Int(options.formats[place])], index)
            guard reader.addFormat(format) else { throw .defectiveReader(index) }
        }
        return reader
    }

    private static func wiegandFormat(_ entry: CardFormat, _ index: Int) throws(StartError) -> WiegandFormat {
        do throws(WiegandFormat.DescriptionError) {
            let layout = buffer(entry.layout)
            var format = try WiegandFormat(layout: layout.span)
            for place in entry.parities.indices {
                let line = buffer(entry.parities[place].line)
                try format.addParity(line.span)
            }
            return format
        } catch {
            throw .defectiveReader(index)
        }
    }

    /// The bytes in memory of their own: a span over a part of a message is not to be had in every build.
    private static func buffer(_ bytes: FixedBytes<128>) -> ByteBuffer {
        var buffer = ByteBuffer(capacity: 128)
        for index in 0..<bytes.count { buffer.append(bytes[index]) }
        return buffer
    }
}
