import BoardImage
import FixedMemory
import WardenMessages

/// Commands of a scenario as a technician types them: on a kernel the board is reached as everybody reaches it.
enum Typing {
    /// - Returns: `nil` for a command that no console offers.
    static func line(_ command: Command, _ image: borrowing BoardImage) -> String? {
        let place = Int(command.target)
        switch command.kind {
        case .doorUnlock: return door(place, "unlock", image)
        case .doorLock: return door(place, "lock", image)
        case .doorFree: return door(place, "free --yes", image)
        case .doorLockdown: return door(place, "lockdown --yes", image)
        case .doorRestore: return door(place, "restore", image)
        case .alarmAcknowledge: return alarm(place, "acknowledge", image)
        case .alarmSilence: return alarm(place, "silence", image)
        case .alarmReset: return alarm(place, "reset", image)
        case .fallCancel: return alarm(place, "cancel", image)
        case .alarmBypass: return alarm(place, "bypass --yes", image)
        case .alarmRestore: return alarm(place, "restore", image)
        case .detectorHush: return alarm(place, "hush\(seconds(command)) --yes", image)
        case .residentAway: return alarm(place, "away\(seconds(command)) --yes", image)
        case .residentReturned: return alarm(place, "returned", image)
        case .detectorCleaned: return alarm(place, "cleaned --yes", image)
        case .detectorServiced: return alarm(place, "serviced", image)
        case .walkTestBegin: return walkTest(place, duration(command), image)
        case .walkTestEnd: return walkTest(place, " end", image)
        case .walkTestBeginAll: return "walktest all\(duration(command)) --yes"
        case .walkTestEndAll: return "walktest all end"
        case .fireReset: return "fire reset --yes"
        case .readerInstall:
            guard place < image.readers.count else { return nil }
            let name = text(image.readers[place].name.span)
            return "reader \(name) install --yes"
        default: return nil
        }
    }

    private static func door(_ place: Int, _ verb: String, _ image: borrowing BoardImage) -> String? {
        guard place < image.doors.count else { return nil }
        let name = text(image.doors[place].name.span)
        return "door \(name) \(verb)"
    }

    private static func alarm(_ place: Int, _ verb: String, _ image: borrowing BoardImage) -> String? {
        guard place < image.detectors.count else { return nil }
        let name = text(image.detectors[place].name.span)
        return "alarm \(name) \(verb)"
    }

    private static func walkTest(_ place: Int, _ rest: String, _ image: borrowing BoardImage) -> String? {
        guard place < image.detectors.count else { return nil }
        let name = text(image.detectors[place].name.span)
        return "walktest \(name)\(rest) --yes"
    }

    private static func seconds(_ command: Command) -> String { command.seconds == 0 ? "" : " \(command.seconds)s" }

    /// The console takes whole minutes.
    private static func duration(_ command: Command) -> String {
        command.seconds == 0 ? "" : " \((command.seconds + 59) / 60)"
    }
}
