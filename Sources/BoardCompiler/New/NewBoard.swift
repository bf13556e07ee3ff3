/// What somebody answers who wants a board file of their own; makes the file.
///
/// The file is complete: it passes the compiler's checks as it is, and says in comments what to look at next. Pins are
/// chosen from those that the hardware leaves free; outputs get the ones that are pulled low at power-on, as far as there
/// are any.
public struct NewBoard: Sendable {
    public enum Purpose: String, CaseIterable, Sendable {
        case entrance
        case doors
        case flat

        public var title: String {
            switch self {
            case .entrance: "one entrance door with a reader, an exit button and the fire panel's contact"
            case .doors: "several doors with OSDP readers on one bus"
            case .flat: "a flat of somebody who lives alone: fall, call cord, silence"
            }
        }
    }

    public enum Reader: String, CaseIterable, Sendable {
        case serialTag = "serial-tag"
        case wiegand
        case osdp
        case pn532

        public var title: String {
            switch self {
            case .serialTag: "125 kHz tags over a serial line (RDM6300, ID-12LA)"
            case .wiegand: "two data lines, 26-bit cards"
            case .osdp: "OSDP on RS-485, secure channel"
            case .pn532: "contactless cards (PN532 over a serial line)"
            }
        }
    }

    /// Why there is no file.
    public enum Failure: Error, Equatable {
        /// The hardware has fewer free pins than the purpose needs.
        case pinsMissing(needed: Int, free: Int)
        /// The hardware has no serial port, or no I2C bus, that the compiler knows.
        case deviceMissing(String)
    }

    public var name: String
    public var hardware: HardwareModel
    public var purpose: Purpose
    /// For `.entrance`; the other purposes bring theirs.
    public var reader: Reader
    /// For `.doors`: 1 to 8.
    public var doorCount: Int
    /// As the file writes it: `+01:00`.
    public var utcOffset: String

    public init(
        name: String, hardware: HardwareModel, purpose: Purpose, reader: Reader = .osdp, doorCount: Int = 2,
        utcOffset: String = "+00:00"
    ) {
        self.name = name
        self.hardware = hardware
        self.purpose = purpose
        self.reader = reader
        self.doorCount = doorCount
        self.utcOffset = utcOffset
    }

    /// The file.
    public func text() throws(Failure) -> String {
        var draft = BoardDraft(hardware: hardware)
        switch purpose {
        case .entrance: try draft.addEntrance(reader)
        case .doors: try draft.addDoors(doorCount)
        case .flat: try draft.addFlat()
        }
        guard draft.neededPins <= draft.freePins else {
            throw .pinsMissing(needed: draft.neededPins, free: draft.freePins)
        }
        return """
            # yaml-language-server: $schema=board.schema.json
            #
            # \(title)
            #
            #   wardenctl board check \(name).yaml            what is wrong with it, if anything
            #   wardenctl board draw \(name).yaml             the wiring on one page
            #   wardenctl board explain --html \(name).yaml   everything about it as a page
            #   wardenctl board build \(name).yaml\(buildOptions)
            #
            # Every key: boards/README.md. Keep site.hashkey and site.readerkeys secret; make them with
            #   head -c 32 /dev/urandom | xxd -p -c 64 > site.hashkey

            board: \(name)
            description: \(title)
            hardware: \(hardware.identifier)
            utc_offset: "\(utcOffset)"
            # daylight_saving: europe

            \(draft.text())
            """
    }

    private var title: String {
        switch purpose {
        case .entrance: "Entrance door"
        case .doors: doorCount == 1 ? "A door with an OSDP reader" : "\(doorCount) doors with OSDP readers on one bus"
        case .flat: "Flat of somebody who lives alone"
        }
    }

    private var buildOptions: String {
        switch purpose {
        case .flat: ""
        case .doors: " --hash-key site.hashkey --reader-keys site.readerkeys"
        case .entrance:
            reader == .osdp ? " --hash-key site.hashkey --reader-keys site.readerkeys" : " --hash-key site.hashkey"
        }
    }
}
