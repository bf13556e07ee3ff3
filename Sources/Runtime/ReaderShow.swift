import AccessControl
import Drivers
import FixedMemory
import WardenMessages

/// What the lamp and buzzer of a reader on a bus do for each thing that a door has to say (SIA OSDP 2.2, sections 6.10
/// and 6.11). Red is locked, green released, amber waits for more.
enum ReaderShow: UInt8, Equatable, BitwiseCopyable {
    case ready = 0
    case closed
    case released
    case granted
    case denied
    case pinWanted
    case secondWanted

    init(_ indication: ReaderIndication) {
        switch indication {
        case .ready: self = .ready
        case .closed: self = .closed
        case .released, .emergency: self = .released
        case .granted: self = .granted
        case .denied: self = .denied
        case .pinWanted: self = .pinWanted
        case .secondCardWanted: self = .secondWanted
        }
    }

    /// Whether it answers nobody: the display may be used for something else.
    var isIdle: Bool {
        switch self {
        case .ready, .closed, .released: true
        case .granted, .denied, .pinWanted, .secondWanted: false
        }
    }

    var light: LightCommand {
        switch self {
        case .ready: LightCommand(permanent: LightPattern(steady: .red))
        // A short flash every two seconds: alive, and closed to everybody.
        case .closed: LightCommand(permanent: LightPattern(on: .red, off: .off, onTime: 2, offTime: 18))
        case .released, .granted: LightCommand(permanent: LightPattern(steady: .green))
        case .denied: LightCommand(permanent: LightPattern(on: .red, off: .off, onTime: 2, offTime: 2))
        case .pinWanted, .secondWanted:
            LightCommand(permanent: LightPattern(on: .amber, off: .off, onTime: 5, offTime: 5))
        }
    }

    /// `nil` where it makes no sound.
    var sound: SoundCommand? {
        switch self {
        case .ready, .closed, .released: nil
        case .granted: SoundCommand(onTime: 2, offTime: 1, repetitions: 1)
        case .denied: SoundCommand(onTime: 1, offTime: 1, repetitions: 3)
        case .pinWanted, .secondWanted: SoundCommand(onTime: 1, offTime: 1, repetitions: 1)
        }
    }
}

/// What a reader's display says for each thing that a door has to say (SIA OSDP 2.2, section 6.12).
///
/// All texts are as long as the longest, so that each one covers what stood there before.
struct ReaderTexts: BitwiseCopyable {
    private let ready: FixedBytes<32>
    private let closed: FixedBytes<32>
    private let open: FixedBytes<32>
    private let granted: FixedBytes<32>
    private let denied: FixedBytes<32>
    private let pin: FixedBytes<32>
    private let second: FixedBytes<32>

    /// - Parameter announces: whether the board announces anything on its displays, which may fill them.
    init(_ texts: OsdpTexts, announces: Bool) {
        var length = announces ? 32 : 1
        length = max(length, max(texts.ready.count, texts.closed.count))
        length = max(length, max(texts.open.count, texts.granted.count))
        length = max(length, max(texts.denied.count, max(texts.pin.count, texts.second.count)))
        ready = ReaderTexts.filled(texts.ready, length)
        closed = ReaderTexts.filled(texts.closed, length)
        open = ReaderTexts.filled(texts.open, length)
        granted = ReaderTexts.filled(texts.granted, length)
        denied = ReaderTexts.filled(texts.denied, length)
        pin = ReaderTexts.filled(texts.pin, length)
        second = ReaderTexts.filled(texts.second, length)
    }

    /// What a display shows of an announcement: its first 32 characters, and nothing of one that is not ASCII alone, for
    /// which displays have no signs (SIA OSDP 2.2, section 6.12).
    static func announcement(_ text: FixedBytes<64>) -> FixedBytes<32>? {
        var shown = FixedBytes<32>()
        for place in 0..<text.count {
            guard (0x20...0x7E).contains(text[place]) else { return nil }
            if place < 32 { shown.append(text[place]) }
        }
        return filled(shown, 32)
    }

    private static func filled(_ text: FixedBytes<32>, _ length: Int) -> FixedBytes<32> {
        var filled = text
        while filled.count < length { filled.append(0x20) }
        return filled
    }

    subscript(show: ReaderShow) -> FixedBytes<32> {
        switch show {
        case .ready: ready
        case .closed: closed
        case .released: open
        case .granted: granted
        case .denied: denied
        case .pinWanted: pin
        case .secondWanted: second
        }
    }
}
