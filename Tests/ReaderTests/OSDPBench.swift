import Cryptography
import DeviceModels
import Drivers
import FixedMemory
import HardwareInterface

func aesKey(_ hex: String) -> AES128 { AES128(hexBytes(hex).span)! }

func randomGenerator(_ seed: UInt8 = 7) -> RandomGenerator {
    RandomGenerator(seed: [UInt8](repeating: seed, count: 32).span)!
}

/// An OSDP bus on a bench: the panel, its readers, the line between them, all on a virtual clock.
struct OSDPBench: ~Copyable {
    var bus: OSDPBus
    var output = ReaderOutput()
    var models: FixedArray<OSDPReaderModel>
    var now = Instant.start
    var reports: [(at: Instant, report: ReaderReport)] = []
    /// Everything that the panel sent, packet by packet, with the moment.
    var sent: [(at: Instant, packet: [UInt8])] = []
    var isEchoing = false
    /// Noise that comes with each reply: bytes before it.
    var noiseBefore: [UInt8] = []
    let baudRate: Int64
    /// A file that the readers may ask for.
    var file: [UInt8] = []

    init(baudRate: Int64 = 9600, timing: OSDPBus.Timing? = nil) {
        self.baudRate = baudRate
        bus = OSDPBus(timing: timing ?? OSDPBus.Timing(baudRate: baudRate), random: randomGenerator())
        models = FixedArray(capacity: 8)
    }

    @discardableResult
    mutating func add(
        _ address: UInt8, security: OSDPBus.Security = .clear, readerKey: AES128? = nil,
        check: OSDPBus.Check = .automatic, formats: [WiegandFormat] = []
    ) -> UInt8 {
        var configuration = OSDPBus.PeripheralConfiguration(address: address, security: security, check: check)
        for format in formats { precondition(configuration.addFormat(format)) }
        models.append(OSDPReaderModel(address: address, key: readerKey, baudRate: baudRate, seed: address &+ 1))
        return bus.addPeripheral(configuration)!
    }

    mutating func open() {
        bus.portOpened(at: now, into: &output)
        collect()
    }

    mutating func collect() {
        for index in output.reports.indices { reports.append((now, output.reports[index])) }
        precondition(output.reports.usage.dropped == 0 && !output.transmit.overflowed, "an output was lost")
        let packet = (0..<output.transmit.count).map { output.transmit[$0] }
        let wanted: [(UInt8, UInt32, UInt16)] = output.reports.indices.compactMap { index in
            if case .fileDataWanted(let offset, let length) = output.reports[index].event {
                return (output.reports[index].reader, offset, length)
            }
            return nil
        }
        output.removeAll()
        for (reader, offset, length) in wanted where !file.isEmpty {
            let piece = Array(file[Int(offset)..<Int(offset) + Int(length)])
            precondition(bus.provideFileData(piece.span, offset: offset, to: reader), "the piece that was asked for")
        }
        guard !packet.isEmpty else { return }
        sent.append((now, packet))
        let arrived = now + Interval(nanoseconds: Int64(packet.count) * 10_000_000_000 / baudRate)
        for index in models.indices { models[index].receive(packet.span, at: arrived) }
        if isEchoing {
            bus.receive(packet.span, at: now, into: &output)
            collect()
        }
    }

    mutating func run(_ interval: Interval) {
        let end = now + interval
        var buffer = ByteBuffer(capacity: 4_096)
        while true {
            var next = bus.deadline
            for index in models.indices { next = min(next, models[index].deadline) }
            guard next <= end else { break }
            now = max(now, next)
            for index in models.indices where models[index].deadline <= now {
                models[index].emit(until: now, into: &buffer)
                if buffer.count > 0 {
                    let isBegin = buffer[0] == 0xFF && buffer.count > 1 && buffer[1] == 0x53
                    let bytes = (isBegin ? noiseBefore : []) + (0..<buffer.count).map { buffer[$0] }
                    buffer.removeAll()
                    bus.receive(bytes.span, at: now, into: &output)
                    collect()
                }
            }
            if bus.deadline <= now {
                bus.poll(at: now, into: &output)
                collect()
                precondition(bus.deadline > now, "a poll must move the deadline")
            }
        }
        now = end
    }

    mutating func take(_ reader: UInt8 = 0) -> [ReaderEvent] {
        let events = reports.filter { $0.report.reader == reader }.map(\.report.event)
        reports.removeAll { $0.report.reader == reader }
        return events
    }

    /// The codes of the commands that went to an address, in the clear.
    func codes(to address: UInt8) -> [UInt8] {
        sent.filter { $0.packet[2] == address }.map { packet in
            let bytes = packet.packet
            return bytes[5] & 0x08 == 0 ? bytes[6] : bytes[6 + Int(bytes[6])]
        }
    }
}
