/// What is known of a board that one can buy: its GPIO chips, the pins of its headers, its buses and ports.
///
/// A board file that names its hardware writes pins by the names printed on it; without it, the file describes the chips
/// itself or uses the kernel's line names.
public struct HardwareModel: Sendable {
    public struct Chip: Sendable {
        /// The name for use in the file.
        public var name: String
        /// What the kernel calls it: label or name.
        public var match: String
        public var lineCount: Int
    }

    /// What a pin does between power-on and the moment when the runtime claims it.
    public enum BootState: String, Sendable {
        case low = "pulled low"
        case high = "pulled high"
        case floating = "floating"
        case unknown = "not documented"
    }

    public struct Pin: Sendable {
        public var name: String
        /// Index into `chips`.
        public var chip: Int
        public var offset: Int
        /// The kernel's line name where it is the same on every kernel; the image then asks for it.
        public var kernelName: String
        /// The connector and the position on it: "header 11".
        public var position: String
        public var boot: BootState
        /// What else uses the pin, or what to beware of.
        public var note: String
        /// What must be set for it to be free; empty where nothing must.
        public var setting = ""
    }

    public struct Device: Sendable {
        public var name: String
        public var device: String
        /// Pins that it takes.
        public var pins: [String]
        /// What must be set for it to exist.
        public var note: String
    }

    /// What stands behind `hardware:`.
    public var identifier: String
    public var title: String
    public var chips: [Chip]
    public var pins: [Pin]
    public var buses: [Device]
    public var ports: [Device]
    /// Settings and warnings for whoever installs it.
    public var notes: [String]

    public static let all: [HardwareModel] = [
        .raspberryPi4, .raspberryPi5, .raspberryPiZero2W, .beaglePlay, .orangePiZero3, .verdinIMX8MMini,
        .aspeedEvaluationBoard, .qemuVirt,
    ]

    public static func named(_ identifier: String) -> HardwareModel? { all.first { $0.identifier == identifier } }
}
