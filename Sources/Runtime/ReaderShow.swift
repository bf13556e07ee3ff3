import AccessControl
import Drivers

/// What the lamp and buzzer of a reader on a bus do for each thing that a door has to say (SIA OSDP 2.2, sections 6.10
/// and 6.11). Red is locked, green released, amber waits for more.
enum ReaderShow: UInt8, Equatable, BitwiseCopyable {
    case ready = 0
    case closed
    case released
    case granted
    case denied
    case moreWanted

    init(_ indication: ReaderIndication) {
        switch indication {
        case .ready: self = .ready
        case .closed: self = .closed
        case .released, .emergency: self = .released
        case .granted: self = .granted
        case .denied: self = .denied
        case .pinWanted, .secondCardWanted: self = .moreWanted
        }
    }

    var light: LightCommand {
        switch self {
        case .ready: LightCommand(permanent: LightPattern(steady: .red))
        // A short flash every two seconds: alive, and closed to everybody.
        case .closed: LightCommand(permanent: LightPattern(on: .red, off: .off, onTime: 2, offTime: 18))
        case .released, .granted: LightCommand(permanent: LightPattern(steady: .green))
        case .denied: LightCommand(permanent: LightPattern(on: .red, off: .off, onTime: 2, offTime: 2))
        case .moreWanted: LightCommand(permanent: LightPattern(on: .amber, off: .off, onTime: 5, offTime: 5))
        }
    }

    /// `nil` where it makes no sound.
    var sound: SoundCommand? {
        switch self {
        case .ready, .closed, .released: nil
        case .granted: SoundCommand(onTime: 2, offTime: 1, repetitions: 1)
        case .denied: SoundCommand(onTime: 1, offTime: 1, repetitions: 3)
        case .moreWanted: SoundCommand(onTime: 1, offTime: 1, repetitions: 1)
        }
    }
}
