import AccessControl
import Authority
import BoardImage
import CauseAndEffect
import Console
import Cryptography
import EventJournal
import FixedMemory
import Recording
import HardwareInterface
import LifeSafety
import WardenMessages

// Commands of people, from wherever they come. Only what a principal authorised gets here.
extension BoardCore {
    /// Carries out a command, records who asked and what became of it.
    mutating func execute(_ command: Authorised<Command>) -> CommandAnswer {
        if case .readerInstall = command.action.kind {
            // What becomes of it the reader says, and a recording knows no reader.
            let answer = perform(command.action, command.actor)
            audit(command.action, command.actor, answer.result)
            return answer
        }
        recordCommand(command.action, command.actor)
        return carryOut(command.action, command.actor)
    }

    /// Carries out a command that somebody may give.
    mutating func carryOut(_ command: Command, _ actor: Actor) -> CommandAnswer {
        var command = command
        // The record says how long it really is.
        if command.seconds == 0 {
            switch command.kind {
            case .pointForce: command.seconds = BoardCore.usualForce
            case .walkTestBegin, .walkTestBeginAll: command.seconds = BoardCore.usualTest
            case .residentAway: command.seconds = BoardCore.usualAbsence
            default: break
            }
        }
        let answer = perform(command, actor)
        publishAudit(command, actor, answer.result)
        return answer
    }

    /// Records a command that was refused before it came to `execute`.
    mutating func refused(_ command: Command, by actor: Actor, with result: CommandResult) {
        audit(command, actor, result)
    }

    /// Records who asked for something that `carryOut` does not do, and what became of it.
    ///
    /// - Parameter tag: of the credential that it was about.
    mutating func audit(_ command: Command, _ actor: Actor, _ result: CommandResult, tag: UInt64 = 0) {
        recordAudit(command, actor, result, tag: tag)
        publishAudit(command, actor, result, tag: tag)
    }

    mutating func publishAudit(_ command: Command, _ actor: Actor, _ result: CommandResult, tag: UInt64 = 0) {
        publish(
            .audit,
            .command(
                CommandAudit(
                    actor: actor, command: UInt32(bitPattern: command.kind.rawValue), target: command.target,
                    result: result, value: command.value, seconds: command.seconds, credentialTag: tag)), at: now)
    }

    private mutating func perform(_ command: Command, _ actor: Actor) -> CommandAnswer {
        switch command.kind {
        case .doorUnlock, .doorLock, .doorFree, .doorLockdown, .doorRestore:
            return commandDoor(command, actor)
        case .alarmAcknowledge, .alarmSilence, .alarmReset, .fallCancel, .alarmBypass, .alarmRestore, .walkTestBegin,
            .walkTestEnd, .detectorHush, .residentAway, .residentReturned, .detectorCleaned, .detectorServiced:
            return commandAlarm(command, actor)
        case .walkTestBeginAll, .walkTestEndAll:
            return commandAllTests(command, actor)
        case .fireReset:
            return resetFire(actor)
        case .readerInstall:
            return installKey(ofReader: Int(command.target), actor)
        case .pointForce, .pointRelease: return commandPoint(command, actor)
        case .pointCalibrate: return CommandAnswer(result: calibratePoint(command, actor))
        case .pointUncalibrate: return CommandAnswer(result: uncalibratePoint(command))
        case .testAnswer: return CommandAnswer(result: answerTest(command, actor))
        case .testReset:
            forgetTestAnswers()
            return CommandAnswer(result: .done)
        case .recorderMark: return CommandAnswer(result: markRecording(command))
        case .configSave: return CommandAnswer(result: saveSettings(command))
        case .boardRestart:
            isRestartAsked = true
            return CommandAnswer(result: .done)
        case .none, .consoleLogin, .consoleLogout, .clockSet, .credentialsChange, .logLevelSet,
            .imageChange, .imageStage, .imageApply, .imageConfirm, .imageRollBack, .imageDrop, .systemUpdate,
            .recorderRead,
            .readerFileSend, .credentialEnrol, .consoleOpen, .unrecognised:
            return CommandAnswer(result: .unknownCommand)
        }
    }

    private mutating func commandDoor(_ command: Command, _ actor: Actor) -> CommandAnswer {
        guard Int(command.target) < access.doorCount else { return CommandAnswer(result: .unknownTarget) }
        let action: DoorCommand =
            switch command.kind {
            case .doorUnlock: .unlock
            case .doorLock: .lock
            case .doorFree: .setMode(.free)
            case .doorLockdown: .lockdown
            default: .resume
            }
        var decision = access.command(
            action, DoorIndex(UInt8(command.target)), by: BoardCore.requester(actor), now: now, into: &accessOutput)
        if command.kind == .doorRestore {
            let ended = access.command(
                .endLockdown, DoorIndex(UInt8(command.target)), by: BoardCore.requester(actor), now: now,
                into: &accessOutput)
            // A door that had either a commanded mode or a lockdown is restored.
            if !decision.isGranted { decision = ended }
        }
        settleAccess()
        evaluateMatrix()
        return CommandAnswer(
            result: decision.isGranted ? .done : .refused, reason: UInt32(decision.reason.rawValue))
    }

    /// How long a detector stays out of service unless it is brought back: a bypass that is forgotten must end.
    private static var bypassTime: Interval { .hours(1) }

    private mutating func commandAlarm(_ command: Command, _ actor: Actor) -> CommandAnswer {
        guard Int(command.target) < monitor.count else { return CommandAnswer(result: .unknownTarget) }
        guard command.kind != .walkTestBegin || command.seconds <= CommandLimits.longestTest else {
            return CommandAnswer(result: .outOfRange)
        }
        let detector = DetectorIndex(UInt16(command.target))
        let end = command.seconds == 0 ? .never : now + .seconds(Int64(command.seconds))
        let outcome =
            switch command.kind {
            case .alarmAcknowledge: monitor.acknowledge(detector, at: now, into: &alarmOutput)
            case .alarmSilence: monitor.silence(detector, at: now, into: &alarmOutput)
            case .alarmReset: monitor.reset(detector, at: now, into: &alarmOutput)
            case .alarmBypass:
                monitor.bypass(detector, until: now + BoardCore.bypassTime, at: now, into: &alarmOutput)
            case .alarmRestore: monitor.endBypass(detector, at: now, into: &alarmOutput)
            case .walkTestBegin:
                monitor.beginTest(detector, until: end, at: now, into: &alarmOutput)
            case .walkTestEnd: monitor.endTest(detector, at: now, into: &alarmOutput)
            case .detectorHush: monitor.perform(.hush(until: end), on: detector, at: now, into: &alarmOutput)
            case .residentAway: monitor.perform(.away(until: end), on: detector, at: now, into: &alarmOutput)
            case .residentReturned: monitor.perform(.returned, on: detector, at: now, into: &alarmOutput)
            case .detectorCleaned: monitor.perform(.cleaned, on: detector, at: now, into: &alarmOutput)
            case .detectorServiced: monitor.perform(.serviced, on: detector, at: now, into: &alarmOutput)
            default: monitor.perform(.cancel, on: detector, at: now, into: &alarmOutput)
            }
        settleAlarms(by: actor)
        evaluateMatrix()
        var isDone = outcome == .done
        // What stays until reset ends by nothing else, and not by a reset that is refused. Behind a detector that is quiet
        // again by itself its effects may have stayed.
        if command.kind == .alarmReset, isDone || outcome == .notApplicable, resetMatrix() { isDone = true }
        return CommandAnswer(result: isDone ? .done : .refused)
    }

    /// How long a walk test lasts that is given no time, s: a floor of a staircase and the way there.
    private static var usualTest: UInt32 { 1_800 }
    /// How long nobody is expected who did not say when they come back, s: who forgets to is watched again tomorrow.
    private static var usualAbsence: UInt32 { 86_400 }

    /// Begins the test of every detector but those that call for help for one person, or ends the tests of all; refused if
    /// that changes none.
    private mutating func commandAllTests(_ command: Command, _ actor: Actor) -> CommandAnswer {
        guard command.seconds <= CommandLimits.longestTest else { return CommandAnswer(result: .outOfRange) }
        let end = now + .seconds(Int64(command.seconds))
        var isDone = false
        for index in 0..<monitor.count {
            let detector = DetectorIndex(UInt16(index))
            if command.kind == .walkTestBeginAll, monitor.isOfPerson(detector) { continue }
            let outcome =
                command.kind == .walkTestBeginAll
                ? monitor.beginTest(detector, until: end, at: now, into: &alarmOutput)
                : monitor.endTest(detector, at: now, into: &alarmOutput)
            if outcome == .done { isDone = true }
            settleAlarms(by: actor)
        }
        evaluateMatrix()
        return CommandAnswer(result: isDone ? .done : .refused)
    }

    /// Ends what latched in the matrix and has no cause any more.
    ///
    /// - Returns: whether there was any.
    @discardableResult
    private mutating func resetMatrix() -> Bool {
        evaluateMatrix()
        let hasEnded = matrix.reset(causes, at: now)
        evaluateMatrix()
        return hasEnded
    }

    private mutating func resetFire(_ actor: Actor) -> CommandAnswer {
        resetMatrix()
        let decision = access.resetFire(by: BoardCore.requester(actor), now: now, into: &accessOutput)
        settleAccess()
        evaluateMatrix()
        return CommandAnswer(
            result: decision.isGranted ? .done : .refused, reason: UInt32(decision.reason.rawValue))
    }

    /// Has a factory-new reader take the key that the image has for it; how it ended comes with `installationEnded`.
    private mutating func installKey(ofReader index: Int, _ actor: Actor) -> CommandAnswer {
        guard index < image.readers.count else { return CommandAnswer(result: .unknownTarget) }
        guard let key = ReaderTranslation.installationKey(image.readers[index], hashKey), readers.isOpen(index) else {
            return CommandAnswer(result: .refused)
        }
        guard installers[index] == nil, readers.beginInstallation(key, at: index, now: now) else {
            return CommandAnswer(result: .busy)
        }
        installers[index] = actor
        return CommandAnswer(result: .started)
    }

    /// A reader has taken its key, or has not; nothing if nobody asked.
    mutating func installationEnded(ofReader index: Int, isDone: Bool) {
        guard let actor = installers[index] else { return }
        installers[index] = nil
        audit(
            Command(kind: .readerInstall, target: UInt32(index)), actor, isDone ? .done : .refused)
    }

    static func requester(_ actor: Actor) -> Requester {
        let index = UInt16(truncatingIfNeeded: actor.index)
        switch actor.kind {
        case .console: return Requester(.console, index: index, user: actor.user)
        case .link: return Requester(.link, index: index, user: actor.user)
        default: return .board
        }
    }
}

extension BoardCore: ConsoleSubject {
    mutating func execute(_ command: Command, fromConsole console: Int, user: Int?) -> CommandAnswer {
        execute(command, by: consoleAccess.principal(atConsole: console, user: user))
    }

    mutating func execute(_ command: Command, by principal: Principal) -> CommandAnswer {
        guard let authorised = principal.authorise(command, at: wallClock) else {
            refused(command, by: principal.actor, with: .notPermitted)
            return CommandAnswer(result: .notPermitted)
        }
        return execute(authorised)
    }

    mutating func setClock(_ setting: ClockSetting, fromConsole console: Int, user: Int?) -> CommandResult {
        let principal = consoleAccess.principal(atConsole: console, user: user)
        if let authorised = principal.authorise(setting, at: wallClock) { return setClock(authorised) }
        refused(Command(kind: .clockSet), by: principal.actor, with: .notPermitted)
        return .notPermitted
    }

    mutating func setLogLevel(_ level: LogLevel, fromConsole console: Int, user: Int?) -> CommandResult {
        let principal = consoleAccess.principal(atConsole: console, user: user)
        let setting = LogLevelSetting(level: level)
        if let authorised = principal.authorise(setting, at: wallClock) { return setLogLevel(authorised) }
        refused(Command(kind: .logLevelSet), by: principal.actor, with: .notPermitted)
        return .notPermitted
    }

    mutating func rollBackImage(fromConsole console: Int, user: Int?) -> CommandResult {
        let principal = consoleAccess.principal(atConsole: console, user: user)
        let transfer = ImageTransfer(step: .action(.rollBack))
        if let authorised = principal.authorise(transfer, at: wallClock) {
            return transferImage(authorised).result
        }
        refused(Command(kind: .imageRollBack), by: principal.actor, with: .notPermitted)
        return .notPermitted
    }

    func consoleRole(ofUser user: Int) -> Role? { consoleAccess.consoleRole(ofUser: user) }

    mutating func checkPin(_ pin: Span<UInt8>, ofUser user: Int?, atConsole console: Int) -> Bool {
        guard secretCheck == nil, image.consoleUsers.count > 0 else { return false }
        // For a name that nobody has the first one's costs count, and a hash that no PIN gives.
        let entry = image.consoleUsers[user ?? 0]
        secretCheck = SecretCheck(
            tag: UInt16(console), secret: PinHash.secret(pin: pin, key: hashKey), salt: entry.pinSalt,
            hash: user == nil ? FixedBytes() : entry.pinHash, passes: entry.passes, memoryKib: entry.memoryKib)
        return true
    }

    mutating func recordLogin(_ kind: CommandKind, user: Int?, _ result: CommandResult, atConsole console: Int) {
        // What was typed as a name that nobody has may be a PIN: it is recorded as nobody's.
        let actor = consoleAccess.principal(atConsole: console, user: user).actor
        audit(Command(kind: kind), actor, result)
    }
}
