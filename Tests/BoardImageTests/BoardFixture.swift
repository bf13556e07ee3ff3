import BoardImage
import FixedMemory
import WardenMessages

/// A small board with one of everything, to be spoiled entry by entry.
struct BoardFixture {
    var header = BoardHeader(format: 1, name: "lobby")
    var capacities = Capacities(events: 64, credentials: 4, links: 1, consoles: 1)
    var lines = [
        Line(name: "contact", direction: .input, chip: "gpio", offset: 1),
        Line(name: "lock", direction: .output, chip: "gpio", offset: 2),
        Line(name: "siren", direction: .output, kernelName: "SIREN"),
    ]
    var buses = [Bus(name: "sensors", device: "/dev/i2c-1", timeoutMs: 100)]
    var ports = [Port(name: "port", device: "/dev/ttyS0", baud: 9_600, dataBits: 8, stopBits: 1)]
    var sensors = [
        Sensor(
            name: "probes", address: 0x48, chip: .ads1115(Ads1115Options(inputs: 0b11, fullScaleMv: 4_096))),
        Sensor(name: "climate", address: 0x76, chip: .bme280(Bme280Options())),
        Sensor(name: "wearer", address: 0x53, chip: .adxl345(Adxl345Options(rateHz: 200))),
    ]
    var points = [
        Point(
            name: "smoke", sensor: 0, channel: 0, numerator: 1, denominator: 4_000, unit: .millidecibelPerMetre,
            staleAfterMs: 2_000, minimum: 0, maximum: 1_000),
        Point(
            name: "rope", sensor: 0, channel: 1, numerator: 1, denominator: 1, unit: .microvolt, staleAfterMs: 2_000,
            minimum: 0, maximum: 4_000_000),
    ]
    var readers = [Reader(name: "reader", interface: .serialTag(SerialTagOptions(port: 0)))]
    var doors = [
        Door(
            name: "entrance", lockLine: 1, contactLine: 0, unlockMs: 5_000, extendedUnlockMs: 10_000,
            rules: list([AccessRule(groups: 1, schedule: 0, onEntry: true)]))
    ]
    var detectors = [
        Detector(
            name: "smoke", point: 0,
            kind: .smoke(SmokeOptions(preAlarmMdbPerM: 80, alarmMdbPerM: 150, verificationMs: 5_000))),
        Detector(name: "leak", point: 1, kind: .leak(LeakOptions(wetBelow: 1_500_000, openAbove: 3_100_000))),
        Detector(name: "fall", sensor: 2, kind: .fall(FallOptions(cancelWindowMs: 20_000))),
        Detector(name: "down", kind: .longLie(LongLieOptions(fallDetector: 2))),
        Detector(name: "call", line: 0, kind: .state(StateOptions(alarmActive: true))),
        Detector(name: "wet", point: 1, kind: .threshold(ThresholdOptions(alarmLimit: 1_000_000, below: true))),
    ]
    var effects = [
        Effect(
            name: "fire", combination: .any, causes: list([Cause(source: .detector(0)), Cause(source: .line(0))]),
            actions: list([
                EffectAction(action: .releaseDoor(0)), EffectAction(action: .output(OutputAction(line: 2))),
            ]))
    ]
    var schedules = [Schedule(name: "day", periods: list([SchedulePeriod(days: 1, fromMinute: 0, toMinute: 60)]))]
    var credentials = [Credential(hash: FixedBytes([UInt8](repeating: 7, count: 16).span))]
    var clientKeys = [
        ClientKey(name: "platform", publicKey: FixedBytes([UInt8](repeating: 9, count: 32).span), role: .operator)
    ]
    var localUsers = [LocalUser(who: .group(44), role: .technician)]
    var consoleUsers = [
        ConsoleUser(
            name: "caretaker", role: .operator, pinHash: FixedBytes([UInt8](repeating: 5, count: 32).span),
            pinSalt: FixedBytes([UInt8](repeating: 6, count: 16).span), passes: 3, memoryKib: 1_024)
    ]
    var cardFormats = [CardFormat(name: "estate", layout: "PCCCCCCCCCC")]
    var areas: [Area] = []
    var interlocks: [Interlock] = []
    var holidays: [Holiday] = []
    var groups: [Group] = [Group(name: "residents"), Group(name: "staff")]
    var lifts: [Lift] = []
    var network: Network?

    /// The file; the memory budget in the header is right unless `budgetError` adds to it.
    func file(budgetError: UInt64 = 0) -> [UInt8] {
        var counts = BoardCounts()
        counts[.lines] = lines.count
        counts[.buses] = buses.count
        counts[.ports] = ports.count
        counts[.sensors] = sensors.count
        counts[.points] = points.count
        counts[.readers] = readers.count
        counts[.doors] = doors.count
        counts[.detectors] = detectors.count
        counts[.effects] = effects.count
        counts[.schedules] = schedules.count
        counts[.credentials] = credentials.count
        counts[.clientKeys] = clientKeys.count
        counts[.localUsers] = localUsers.count
        counts[.consoleUsers] = consoleUsers.count
        counts[.cardFormats] = cardFormats.count
        counts[.areas] = areas.count
        counts[.interlocks] = interlocks.count
        counts[.holidays] = holidays.count
        counts[.groups] = groups.count
        counts[.lifts] = lifts.count
        var header = header
        let budget = MemoryBudget(
            counts: counts, capacities: capacities, linkPorts: ports.count { $0.use != .devices })
        header.memoryBudgetBytes = budget.total + budgetError
        var entries: [Board.Entry] = [.header(header), .capacities(capacities)]
        entries += lines.map { .lines($0) } + buses.map { .buses($0) } + ports.map { .ports($0) }
        entries += sensors.map { .sensors($0) } + points.map { .points($0) } + readers.map { .readers($0) }
        entries += doors.map { .doors($0) } + detectors.map { .detectors($0) } + effects.map { .effects($0) }
        entries += schedules.map { .schedules($0) } + credentials.map { .credentials($0) }
        entries += clientKeys.map { .clientKeys($0) } + localUsers.map { .localUsers($0) }
        entries += consoleUsers.map { .consoleUsers($0) }
        entries += cardFormats.map { .cardFormats($0) } + areas.map { .areas($0) }
        entries += interlocks.map { .interlocks($0) } + holidays.map { .holidays($0) }
        entries += groups.map { .groups($0) }
        entries += lifts.map { .lifts($0) }
        entries += network.map { [.network($0)] } ?? []
        return BoardFixture.file(of: entries)
    }

    static func file(of entries: [Board.Entry]) -> [UInt8] {
        var message = ByteBuffer(capacity: entries.reduce(0) { $0 + $1.encodedSize + 16 })
        for entry in entries { entry.encode(into: &message) }
        return envelope(around: (0..<message.count).map { message[$0] })
    }

    static func envelope(around message: [UInt8]) -> [UInt8] {
        var file = ByteBuffer(capacity: ImageEnvelope.length)
        ImageEnvelope.append(magic: BoardImage.magic, message: message.span, to: &file)
        return (0..<file.count).map { file[$0] } + message
    }
}

func list<Element: BitwiseCopyable & DefaultInitializable, let capacity: Int>(
    _ elements: [Element]
) -> FixedList<Element, capacity> {
    FixedList(elements.span)
}

/// Why a file is refused; `nil` if it is not.
func refusal(of file: [UInt8]) -> BoardImageError? {
    do throws(BoardImageError) {
        _ = try BoardImage(decoding: file.span)
        return nil
    } catch {
        return error
    }
}
