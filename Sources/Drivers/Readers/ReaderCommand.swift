import Cryptography
import FixedMemory

/// What the board can ask of a reader. A reader that cannot do it refuses.
public enum ReaderCommand: Sendable, BitwiseCopyable {
    case light(LightCommand)
    case sound(SoundCommand)
    case text(TextCommand)
    case output(OutputCommand)
    /// Ask for tamper and supply, inputs, or outputs; the answer comes as events where something changed.
    case readLocalStatus
    case readInputs
    case readOutputs
    /// Give the reader a new key over the secure channel that stands.
    case installKey(ReaderKey)
    /// Give a factory-new reader its key: for one minute the default key, which everybody knows, is accepted from it. A
    /// technician's doing, at a bus that nobody else can reach.
    case beginInstallation(ReaderKey)
    /// Forget what this driver keeps of the reader's link and begin anew.
    case restartLink
}

/// A reader's secret key. Its descriptions are masked.
public struct ReaderKey: Sendable, BitwiseCopyable {
    var key: AES128

    public init(_ key: AES128) { self.key = key }
}

/// Colours of a reader's light (SIA OSDP 2.2, section 6.10, table 17).
public enum LightColour: UInt8, Equatable, Sendable, BitwiseCopyable {
    case off = 0
    case red = 1
    case green = 2
    case amber = 3
    case blue = 4
    case magenta = 5
    case cyan = 6
    case white = 7
}

/// A light's pattern: two colours in turn, in tenths of a second.
public struct LightPattern: Equatable, Sendable, BitwiseCopyable {
    public var onColour: LightColour
    public var offColour: LightColour
    /// How long each colour shows, in tenths of a second; not both 0.
    public var onTime: UInt8
    public var offTime: UInt8

    /// One colour without blinking.
    public init(steady colour: LightColour) {
        self.init(on: colour, off: colour, onTime: 1, offTime: 0)
    }

    public init(on onColour: LightColour, off offColour: LightColour, onTime: UInt8, offTime: UInt8) {
        precondition(onTime > 0 || offTime > 0, "a pattern shows something")
        self.onColour = onColour
        self.offColour = offColour
        self.onTime = onTime
        self.offTime = offTime
    }
}

/// What a reader's light shows (osdp_LED).
public struct LightCommand: Equatable, Sendable, BitwiseCopyable {
    /// 0 is the first.
    public var light: UInt8
    /// What it shows for `temporaryTime`, then falls back; `nil` leaves it.
    public var temporary: LightPattern?
    /// Tenths of a second, 1 or more.
    public var temporaryTime: UInt16
    /// What it shows from now on; `nil` leaves it.
    public var permanent: LightPattern?

    public init(
        light: UInt8 = 0, temporary: LightPattern? = nil, temporaryTime: UInt16 = 0, permanent: LightPattern? = nil
    ) {
        self.light = light
        self.temporary = temporary
        self.temporaryTime = temporaryTime
        self.permanent = permanent
    }
}

/// What a reader's buzzer does (osdp_BUZ).
public struct SoundCommand: Equatable, Sendable, BitwiseCopyable {
    /// Whether it sounds at all; `false` silences it.
    public var isOn: Bool
    /// Tenths of a second; `onTime` is 1 or more unless the buzzer is silenced.
    public var onTime: UInt8
    public var offTime: UInt8
    /// How often; 0 until told otherwise.
    public var repetitions: UInt8

    public init(isOn: Bool = true, onTime: UInt8 = 2, offTime: UInt8 = 1, repetitions: UInt8 = 1) {
        self.isOn = isOn
        self.onTime = onTime
        self.offTime = offTime
        self.repetitions = repetitions
    }
}

/// What a reader's display shows (osdp_TEXT).
public struct TextCommand: Equatable, Sendable, BitwiseCopyable {
    /// Row and column of the first character; 1 is the first.
    public var row: UInt8
    public var column: UInt8
    /// Seconds for which it shows; 0 from now on.
    public var seconds: UInt8
    /// Printable ASCII, 1 to 32 characters.
    public var text: FixedBytes<32>

    public init(_ text: FixedBytes<32>, row: UInt8 = 1, column: UInt8 = 1, seconds: UInt8 = 0) {
        self.text = text
        self.row = row
        self.column = column
        self.seconds = seconds
    }
}

/// What a reader's output does (osdp_OUT).
public struct OutputCommand: Equatable, Sendable, BitwiseCopyable {
    /// 0 is the first.
    public var output: UInt8
    public var isActive: Bool
    /// Tenths of a second after which it falls back; 0 from now on.
    public var time: UInt16

    public init(output: UInt8 = 0, isActive: Bool, time: UInt16 = 0) {
        self.output = output
        self.isActive = isActive
        self.time = time
    }
}

/// Why a command was not done.
public enum CommandRefusal: UInt8, Equatable, Sendable, BitwiseCopyable {
    /// The reader does not know the command or has not what it is about.
    case notSupported = 1
    /// The reader takes the command, but not these values.
    case badValues = 2
    /// The reader was lost before it answered, or restarted its link.
    case lost = 3
    /// The command needs a secure channel, or the reader did not accept the key.
    case notSecure = 4
}

/// How a file transfer ended.
public enum FileTransferOutcome: UInt8, Equatable, Sendable, BitwiseCopyable {
    /// The reader has processed the file.
    case processed = 0
    /// The reader has the file and restarts; its loss for a while is no fault.
    case restarting = 1
    /// The reader stopped it.
    case stoppedByReader = 2
    /// The reader does not understand the file.
    case notUnderstood = 3
    /// The reader found it malformed.
    case malformed = 4
    /// The reader was lost, or gave no status in time.
    case lost = 5
    /// The board stopped it.
    case cancelled = 6
    /// The reader takes no files.
    case notSupported = 7
}

#if !hasFeature(Embedded)
    extension ReaderKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
        public var description: String { "key (masked)" }
        public var debugDescription: String { description }
        public var customMirror: Mirror { Mirror(self, children: []) }
    }
#endif
