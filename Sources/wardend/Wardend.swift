import BoardImage
import CLinuxHardware
import Cryptography
import FixedMemory
import HardwareInterface
import LinuxHardware
import ProgramSupport
import Runtime
import WardenLink
import WardenMessages

/// `wardend`: the board's program. Reads the image, claims the hardware, and turns the runtime until it is told to end.
@main
enum Wardend {
    static func main() {
        if StagedCheck.isAsked {
            StagedCheck.run()
            warden_exit(ExitCode.success.rawValue)
        }
        let code: ExitCode
        do throws(ProgramFailure) {
            let arguments = try Arguments()
            code = try perform(arguments)
        } catch {
            error.report(as: "wardend")
            code = error.code
        }
        warden_exit(code.rawValue)
    }

    private static func perform(_ arguments: borrowing Arguments) throws(ProgramFailure) -> ExitCode {
        var output = TextOutput.standardOutput()
        switch arguments.task {
        case .help: Arguments.writeHelp(to: &output)
        case .version:
            output.append("wardend ")
            output.append(WardenVersion.text)
            output.append("\n")
        case .check: try check(arguments, &output)
        case .run: return try run(arguments)
        }
        output.flush()
        guard output.status == 0 else {
            throw ProgramFailure(.cannotWrite, "standard output cannot be written", systemError: -output.status)
        }
        return .success
    }

    // MARK: Reading

    /// The board's own key of Warden Link; `nil` where none is named.
    private static func readLinkKey(_ arguments: borrowing Arguments) throws(ProgramFailure) -> PrivateKey? {
        guard let path = arguments.linkKey else { return nil }
        return try InputFile.readPrivateKey(path)
    }

    /// The image says whose keys are let in: where anybody is, nobody else may be able to change it.
    private static func readFile(
        _ path: CText, _ arguments: borrowing Arguments
    ) throws(ProgramFailure) -> ByteBuffer {
        try InputFile.read(path, limit: BoardStore.imageLimit, protection: arguments.linkKey == nil ? .none : .trusted)
    }

    private static func readImage(_ path: CText, _ file: borrowing ByteBuffer) throws(ProgramFailure) -> BoardImage {
        do throws(BoardImageError) {
            return try BoardImage(decoding: file.span)
        } catch {
            say { output in
                output.append(path)
                output.append(": ")
                error.describe(into: &output)
                output.append(".\n  ")
                output.append(error.remedy)
            }
            throw ProgramFailure(
                .invalidInput, "is refused; no output is claimed, so every lock is as without power to its relay",
                about: path)
        }
    }

    private static func check(_ arguments: borrowing Arguments, _ output: inout TextOutput) throws(ProgramFailure) {
        guard let imagePath = arguments.image, let keyPath = arguments.hashKey else { return }
        let linkKey = try readLinkKey(arguments)
        let file = try readFile(imagePath, arguments)
        let image = try readImage(imagePath, file)
        let key = try InputFile.readHashKey(keyPath)
        guard key.checkValue == image.header.hashKeyCheck else {
            throw ProgramFailure(.wrongKey, "is not the key that the image's cards were hashed with", about: keyPath)
        }
        output.append(imagePath)
        output.append(": ")
        describe(image, to: &output)
        output.append("\n")
        if let linkKey { describe(linkKey.publicKey, to: &output) }
        if linkKey == nil, isReached(image) { output.append(unreached) }
    }

    /// Whether the board file offers Warden Link beyond the UNIX socket.
    private static func isReached(_ image: borrowing BoardImage) -> Bool {
        for index in image.ports.indices where image.ports[index].use != .devices { return true }
        return image.network.map { !$0.listen.isEmpty } ?? false
    }

    private static var unreached: StaticString {
        "the board file offers Warden Link over a network or a line, but there is no --link-key: nobody is let in there\n"
    }

    private static func describe(_ key: PublicKey, to output: inout TextOutput) {
        output.append("board key ")
        output.appendHexadecimal(key.span)
        output.append(", which clients need to recognise the board\n")
    }

    private static func describe(_ image: borrowing BoardImage, to output: inout TextOutput) {
        output.append("board '")
        output.append(image.header.name.span)
        output.append("', generation ")
        output.appendDecimal(image.header.generation)
        output.append(": ")
        output.appendDecimal(image.doors.count)
        output.append(" doors, ")
        output.appendDecimal(image.readers.count)
        output.append(" readers, ")
        output.appendDecimal(image.sensors.count)
        output.append(" sensors, ")
        output.appendDecimal(image.detectors.count)
        output.append(" detectors, ")
        output.appendDecimal(image.lines.count)
        output.append(" lines, ")
        output.appendDecimal(image.counts[.credentials])
        output.append(" cards")
    }

    // MARK: Running

    private static func run(_ arguments: borrowing Arguments) throws(ProgramFailure) -> ExitCode {
        guard let imagePath = arguments.image, let keyPath = arguments.hashKey else { return .usage }
        let linkKey = try readLinkKey(arguments)
        let named = try readFile(imagePath, arguments)
        let key = try InputFile.readHashKey(keyPath)
        guard let state = arguments.state else {
            var none: BoardStore?
            return try run(arguments, named, key, linkKey, &none)
        }
        var store: BoardStore? = try BoardStore(state)
        let file = store!.chooseImage(named: named, key)
        let isOnTrial = store!.isOnTrial
        do throws(ProgramFailure) {
            return try run(arguments, file, key, linkKey, &store)
        } catch {
            guard isOnTrial else { throw error }
            // Whatever stands in the way of an image on trial ends the trial.
            error.report(as: "wardend")
            store?.giveUpTrial()
            throw restart()
        }
    }

    /// Starts the program anew; comes back only if that cannot be done.
    private static func restart() -> ProgramFailure {
        say { $0.append("starting anew") }
        return ProgramFailure(.systemError, "cannot be started anew", systemError: -warden_program_restart())
    }

    /// Starts the program anew while its outputs stay claimed, in the state that they start in.
    private static func restart(_ hardware: LinuxHardware) -> ProgramFailure {
        hardware.stopForRestart()
        // The lines are claimed for as long as the hardware is there.
        return withExtendedLifetime(hardware) { restart() }
    }

    private static func run(
        _ arguments: borrowing Arguments, _ file: borrowing ByteBuffer, _ key: HashKey, _ linkKey: PrivateKey?,
        _ store: inout BoardStore?
    ) throws(ProgramFailure) -> ExitCode {
        guard let imagePath = arguments.image, let keyPath = arguments.hashKey else { return .usage }
        let image = try readImage(imagePath, file)
        guard arguments.consoles.count <= Int(image.capacities.consoles) else {
            throw ProgramFailure(.usage, "more consoles are named than the board has capacity for")
        }
        let journal = arguments.journal.map { JournalFile($0, size: arguments.journalSize) }
        let kept = store?.keptCredentials(key) ?? ByteBuffer(capacity: 0)
        var contents = store?.contents(
            runningChecksum: Checksum.crc32c(file.span), trialTime: arguments.trialTime,
            memoryLimit: arguments.memoryLimit, hasCredentials: kept.count > 0)
        contents?.takesUpdates = arguments.updateStatus != nil
        let hardware = try claimHardware(image, arguments, journal, store)
        var supervision = try Supervision(watchdog: arguments.watchdog)
        say { output in
            output.append(imagePath)
            output.append(": ")
            describe(image, to: &output)
            if contents?.phase == .trial { output.append(", on trial") }
        }
        reportLinks(hardware, image, linkKey)
        var runtime: Runtime<LinuxHardware>
        do throws(StartError) {
            runtime = try Runtime(
                hardware: hardware, image: image, file: file.span, hashKey: key, random: .system(),
                ownUser: warden_user(), medium: journal?.medium,
                linkIdentity: linkKey.map { LinkIdentity(key: $0, random: .system()) }, store: contents,
                credentials: kept.count > 0 ? kept.span : nil)
        } catch {
            let failure = refused(error, imagePath, keyPath)
            if contents?.phase == .trial {
                failure.report(as: "wardend")
                store?.giveUpTrial()
                throw restart(hardware)
            }
            return hold(hardware, failure)
        }
        claimProcessor(arguments)
        // Made here, because nothing is allocated from now on.
        var log = TextOutput.standardError()
        say("ready", to: &log)
        var events = EventLog(from: runtime.lastEventSequence + 1)
        supervision.begin(at: hardware.now)
        if let path = arguments.journal {
            var place = FixedBytes<128>()
            path.append(to: &place)
            runtime.setJournalPlace(place)
        }
        while !hardware.isStopRequested && !runtime.wantsRestart && !runtime.isRestartAsked {
            runtime.turn()
            let hasMore = events.write(runtime)
            hardware.wait(until: hasMore ? hardware.now : min(runtime.deadline, supervision.deadline))
            if supervision.beat(at: hardware.now, areWorkersAlive: hardware.areWorkersAlive) {
                let status = runtime.boardStatus
                supervision.tell(alarms: status.alarms, troubles: status.troubles)
            }
        }
        if runtime.wantsRestart && !hardware.isStopRequested {
            runtime.stop()
            rest(&runtime, hardware)
            supervision.restart()
            throw restart(hardware)
        }
        supervision.end()
        runtime.stop()
        rest(&runtime, hardware)
        hardware.stop()
        say("ended in order; every output is left as the board file says", to: &log)
        return runtime.isRestartAsked && !hardware.isStopRequested ? .restart : .success
    }

    /// Memory and processor before others, as far as they are asked for and allowed.
    private static func claimProcessor(_ arguments: borrowing Arguments) {
        if arguments.locksMemory { note("memory cannot be locked: ", warden_memory_lock()) }
        if let priority = arguments.realTimePriority {
            note("there is no real-time priority: ", warden_real_time(priority))
        }
    }

    private static func note(_ failure: StaticString, _ status: Int32) {
        guard status != 0 else { return }
        say { output in
            output.append(failure)
            output.append(CText(systemError: -status))
            output.append("; it goes on without")
        }
    }

    /// Lets the journal make durable what happened last; a medium that does not answer must not hold up the end.
    private static func rest(_ runtime: inout Runtime<LinuxHardware>, _ hardware: LinuxHardware) {
        let end = hardware.now + .seconds(2)
        while !(runtime.isAtRest && runtime.isRecorderAtRest), hardware.now < end {
            runtime.turn()
            hardware.wait(until: min(runtime.deadline, end))
        }
    }

    private static func claimHardware(
        _ image: borrowing BoardImage, _ arguments: borrowing Arguments, _ journal: JournalFile?,
        _ store: BoardStore?
    ) throws(ProgramFailure) -> LinuxHardware {
        let configuration = HardwareTables.configuration(image, arguments, journal: journal, store: store)
        let listeners = configuration.listeners.count
        // Nothing of the table can be lent to a closure that the compiler must be able to keep; names are few.
        var troubles = FixedArray<LinuxHardware.StartTrouble>(
            capacity: image.lines.count + image.ports.count + arguments.consoles.count + listeners)
        let hardware: LinuxHardware
        do throws(LinuxHardware.StartError) {
            hardware = try LinuxHardware(configuration) { troubles.append($0) }
        } catch {
            throw failure(error, arguments.socket)
        }
        for index in troubles.indices { report(troubles[index], image, arguments) }
        return hardware
    }

    private static func failure(_ error: LinuxHardware.StartError, _ socket: CText?) -> ProgramFailure {
        switch error {
        case .kernel(let number):
            return ProgramFailure(
                .systemError, "the operating system gives no thread or descriptor", systemError: number)
        case .socket(let number):
            // EADDRINUSE, EACCES and EPERM; include/uapi/asm-generic/errno.h and errno-base.h.
            let code: ExitCode =
                number == 98 ? .unavailable : number == 13 || number == 1 ? .notPermitted : .cannotWrite
            return ProgramFailure(
                code,
                number == 98 ? "another process listens there; is wardend running already?" : "cannot be listened on",
                about: socket, systemError: number)
        }
    }

    private static func report(
        _ trouble: LinuxHardware.StartTrouble, _ image: borrowing BoardImage, _ arguments: borrowing Arguments
    ) {
        var output = TextOutput.standardError()
        output.append("wardend: ")
        switch trouble.device {
        case .line(let index):
            output.append("line '")
            output.append(image.lines[index].name.span)
            output.append("' cannot be claimed: ")
        case .port(let index):
            output.append("port '")
            output.append(image.ports[index].name.span)
            output.append("' (")
            output.append(image.ports[index].device.span)
            output.append(") cannot be opened: ")
        case .console(let index):
            output.append("console ")
            output.append(arguments.consoles[index])
            output.append(" cannot be opened: ")
        case .listener(let index):
            appendListener(index, image, arguments, to: &output)
            output.append(" cannot be listened on: ")
        }
        output.append(CText(systemError: trouble.error))
        output.append("; it is tried again\n")
    }

    /// The address of a listener: those of the board file come first.
    private static func appendListener(
        _ index: Int, _ image: borrowing BoardImage, _ arguments: borrowing Arguments, to output: inout TextOutput
    ) {
        let named = image.network?.listen.count ?? 0
        if let network = image.network, index < named {
            let address = network.listen[index].address
            output.append(address.span)
        } else {
            let listener = arguments.listeners[index - named]
            output.append(listener.address.span)
        }
    }

    /// Says where the board is reached, and by which key it is recognised.
    private static func reportLinks(
        _ hardware: LinuxHardware, _ image: borrowing BoardImage, _ key: PrivateKey?
    ) {
        guard let key else {
            if isReached(image) { say { $0.append(unreached) } }
            return
        }
        for index in 0..<hardware.listenerCount {
            guard let port = hardware.port(ofListener: index) else { continue }
            say { output in
                let address = hardware.address(ofListener: index)
                var isIPv6 = false
                for place in 0..<address.count where address[place] == UInt8(ascii: ":") { isIPv6 = true }
                output.append(isIPv6 ? "Warden Link on [" : "Warden Link on ")
                output.append(address.span)
                output.append(isIPv6 ? "]:" : ":")
                output.appendDecimal(UInt32(port))
            }
        }
        say { describe(key.publicKey, to: &$0) }
    }

    private static func refused(_ error: StartError, _ image: CText, _ key: CText) -> ProgramFailure {
        switch error {
        case .wrongHashKey:
            ProgramFailure(.wrongKey, "is not the key that the image's cards were hashed with", about: key)
        case .unknownSensor, .unknownReader, .unknownDetector:
            ProgramFailure(.invalidInput, "has a device that this version does not know; update wardend", about: image)
        default:
            ProgramFailure(.invalidInput, "contradicts itself; 'wardenctl board check' says where", about: image)
        }
    }

    /// Holds every output in its safe state, deciding nothing, until told to end.
    private static func hold(_ hardware: LinuxHardware, _ failure: ProgramFailure) -> ExitCode {
        failure.report(as: "wardend")
        say { $0.append("nothing is decided; every output is held in its safe state until wardend is told to end") }
        var input = Input()
        while !hardware.isStopRequested {
            while hardware.takeInput(&input, urgentOnly: false) {}
            hardware.wait(until: .never)
        }
        hardware.stop()
        return failure.code
    }

    private static func say(_ text: StaticString, to log: inout TextOutput) {
        log.append("wardend: ")
        log.append(text)
        log.append("\n")
    }

    private static func say(_ write: (inout TextOutput) -> Void) {
        var output = TextOutput.standardError()
        output.append("wardend: ")
        write(&output)
        output.append("\n")
    }
}
