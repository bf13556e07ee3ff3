import BoardImage
import FixedMemory
import HardwareInterface
import LinuxHardware
import ProgramSupport
import WardenMessages

/// The hardware tables of a board image as Linux needs them, entry for entry.
enum HardwareTables {
    /// Connections that wait while the board decides who makes room for them.
    private static var spareLinks: Int { 2 }

    static func configuration(
        _ image: borrowing BoardImage, _ arguments: borrowing Arguments, journal: JournalFile?, store: BoardStore?
    ) -> LinuxConfiguration {
        var lines = FixedArray<LineDescription>(capacity: image.lines.count)
        for index in image.lines.indices { lines.append(line(image.lines[index])) }
        for index in image.readers.indices {
            guard case .wiegand(let options)? = image.readers[index].interface else { continue }
            lines[Int(options.data0Line)].reportsEachEdge = true
            lines[Int(options.data1Line)].reportsEachEdge = true
        }
        var buses = FixedArray<BusDescription>(capacity: image.buses.count)
        for index in image.buses.indices { buses.append(bus(image.buses[index])) }
        var ports = FixedArray<PortDescription>(capacity: image.ports.count)
        for index in image.ports.indices { ports.append(port(image.ports[index])) }
        var terminals = FixedArray<DevicePath>(capacity: arguments.consoles.count)
        for index in arguments.consoles.indices { terminals.append(path(arguments.consoles[index])) }
        let listeners = listeners(image, arguments)
        let isReached = arguments.socket != nil || !listeners.isEmpty

        var configuration = LinuxConfiguration(
            lines: lines, buses: buses, ports: ports, consoles: terminals, listeners: listeners)
        configuration.socket = arguments.socket.map { path($0) }
        configuration.links = isReached ? Int(image.capacities.links) + spareLinks : 0
        configuration.medium = journal.map { $0.description }
        configuration.store = store.map { $0.description(image, memoryLimit: arguments.memoryLimit) }
        if let status = arguments.updateStatus { configuration.store?.updateStatus = path(status) }
        configuration.takesSignals = true
        return configuration
    }

    /// Where the board is reached over networks: nowhere without a key to be recognised with.
    private static func listeners(
        _ image: borrowing BoardImage, _ arguments: borrowing Arguments
    ) -> FixedArray<ListenerDescription> {
        let named = image.network?.listen.count ?? 0
        var listeners = FixedArray<ListenerDescription>(capacity: named + arguments.listeners.count)
        guard arguments.linkKey != nil else { return listeners }
        if let network = image.network {
            for index in network.listen.indices {
                let entry = network.listen[index]
                listeners.append(
                    ListenerDescription(address: path(entry.address), port: UInt16(truncatingIfNeeded: entry.port)))
            }
        }
        for index in arguments.listeners.indices { listeners.append(arguments.listeners[index]) }
        return listeners
    }

    static func line(_ entry: WardenMessages.Line) -> LineDescription {
        LineDescription(
            entry.direction == .output ? .output : .input, chip: path(entry.chip), kernelName: path(entry.kernelName),
            offset: entry.offset, isActiveLow: entry.activeLow, bias: bias(entry.bias),
            debounce: .microseconds(Int64(entry.debounceUs)), startsActive: entry.activeAtStart,
            exitState: exitState(entry.atExit), isElsewhere: entry.readerInput != nil)
    }

    private static func bias(_ bias: LineBias) -> LineDescription.Bias {
        switch bias {
        case .asIs, .unrecognised: .asIs
        case .disabled: .disabled
        case .pullUp: .pullUp
        case .pullDown: .pullDown
        }
    }

    private static func exitState(_ state: LineExit) -> LineDescription.ExitState {
        switch state {
        case .inactive, .unrecognised: .inactive
        case .active: .active
        case .keep: .keep
        }
    }

    static func bus(_ entry: WardenMessages.Bus) -> BusDescription {
        BusDescription(device: path(entry.device), timeout: .milliseconds(Int64(entry.timeoutMs)))
    }

    static func port(_ entry: WardenMessages.Port) -> PortDescription {
        PortDescription(
            device: path(entry.device), baud: entry.baud, parity: parity(entry.parity),
            dataBits: UInt8(truncatingIfNeeded: entry.dataBits), stopBits: UInt8(truncatingIfNeeded: entry.stopBits),
            isRS485: entry.rs485, carriesLink: entry.use != .devices)
    }

    private static func parity(_ parity: Parity) -> PortDescription.Parity {
        switch parity {
        case .none, .unrecognised: .none
        case .even: .even
        case .odd: .odd
        }
    }

    static func path<let capacity: Int>(_ bytes: FixedBytes<capacity>) -> DevicePath { DevicePath(bytes.span) }

    static func path(_ text: CText) -> DevicePath {
        var path = DevicePath()
        text.append(to: &path)
        return path
    }
}
