import Drivers
import FixedMemory
import HardwareInterface

/// The board's card readers and the drivers that speak with them.
///
/// A reader of the image is one place of one device: a driver on a serial port, which may be a bus with several readers,
/// or a driver on two data lines. Devices on ports come first, in the order of their first reader; those on lines follow.
struct ReaderBank: ~Copyable {
    /// What is known of one reader of the image.
    struct Member: BitwiseCopyable {
        let device: Int
        /// Its place in the device's reports and commands.
        let place: UInt8
        /// What its lamp and buzzer were last told to show; `nil` before that, or while it is not certain.
        var shown: ReaderShow?
        /// Whether it was then told that the door is released.
        var shownReleased = false
        /// Why it cannot be relied on; `nil` while it can.
        var loss: OfflineReason?
        /// Its supply failed, and it says so itself.
        var hasPowerFailure = false
        /// What its display says; `nil` for one without.
        let texts: ReaderTexts?
        /// Its input that is the door's request to exit.
        let exitInput: UInt8?
        /// Its output that is active while the door is released.
        let releasedOutput: UInt8?
        /// Cards that it has read since start.
        var cards: UInt64 = 0
        /// Frames that it turned away since start.
        var malformed: UInt64 = 0
    }

    /// The port of a driver.
    struct Port: BitwiseCopyable {
        let stream: StreamIndex
        var isOpen = false
    }

    struct LineDevice: ~Copyable {
        var reader: WiegandReader
        /// Data 0 and data 1.
        let lines: (LineIndex, LineIndex)
        /// Lines that cannot be read, bit 0 data 0, bit 1 data 1.
        var missing: UInt8 = 0
    }

    /// What commands about keys carry; the others carry 0.
    static var installationTag: UInt16 { 1 }
    /// The trouble of a reader whose supply failed, beside the numbers of `OfflineReason`.
    static var supplyFailed: UInt8 { 16 }

    private var serial: SerialReaders
    private var ports: FixedArray<Port>
    private var wired: FixedArray<LineDevice>
    private var members: FixedArray<Member>
    /// What the displays say instead of that a reader waits or is open.
    private var announcement: FixedBytes<32>?
    var output = ReaderOutput()

    /// - Parameters:
    ///   - capacity: readers of the image.
    ///   - serial: drivers on ports among them.
    init(capacity: Int, serial capacities: SerialReaders.Capacities) {
        serial = SerialReaders(capacities)
        ports = FixedArray(capacity: capacity)
        wired = FixedArray(capacity: capacity)
        members = FixedArray(capacity: capacity)
    }

    /// Readers of which others tell what they reported.
    init(withoutDrivers count: Int) {
        self.init(capacity: count, serial: SerialReaders.Capacities())
        for place in 0..<count { addMember(device: 0, place: UInt8(truncatingIfNeeded: place)) }
    }

    /// Readers of the image.
    var count: Int { members.count }
    var deviceCount: Int { serial.count + wired.count }

    var deadline: Instant {
        var earliest = Instant.never
        for index in ports.indices { earliest = min(earliest, serial.deadline(of: index)) }
        for index in wired.indices { earliest = min(earliest, wired[index].reader.deadline) }
        return earliest
    }

    // MARK: Building

    /// Adds the driver of a port.
    mutating func add(_ reader: consuming SerialTagReader, on stream: StreamIndex) {
        serial.add(reader)
        addPort(stream)
    }

    mutating func add(_ reader: consuming LineReader, on stream: StreamIndex) {
        serial.add(reader)
        addPort(stream)
    }

    mutating func add(_ bus: consuming OSDPBus, on stream: StreamIndex) {
        serial.add(bus)
        addPort(stream)
    }

    mutating func add(_ reader: consuming PN532Reader, on stream: StreamIndex) {
        serial.add(reader)
        addPort(stream)
    }

    private mutating func addPort(_ stream: StreamIndex) {
        let added = ports.append(Port(stream: stream))
        precondition(added, "the bank is sized for every reader of the image")
    }

    /// Adds the driver of two data lines, after all drivers of ports.
    mutating func add(_ reader: consuming WiegandReader, dataZero: LineIndex, dataOne: LineIndex) {
        let added = wired.append(LineDevice(reader: reader, lines: (dataZero, dataOne)))
        precondition(added, "the bank is sized for every reader of the image")
    }

    /// Adds the next reader of the image.
    mutating func addMember(
        device: Int, place: UInt8, texts: ReaderTexts? = nil, exitInput: UInt8? = nil, releasedOutput: UInt8? = nil
    ) {
        let added = members.append(
            Member(device: device, place: place, texts: texts, exitInput: exitInput, releasedOutput: releasedOutput))
        precondition(added, "the bank is sized for every reader of the image")
    }

    // MARK: Finding

    /// The device on a stream; `nil` if there is none.
    func device(of stream: StreamIndex) -> Int? {
        for index in ports.indices where ports[index].stream == stream { return index }
        return nil
    }

    /// The device on data lines that counts so many devices on lines before it.
    func device(ofLines index: Int) -> Int { serial.count + index }

    /// The port of a device; `nil` for one on lines.
    func stream(of device: Int) -> StreamIndex? { device < serial.count ? ports[device].stream : nil }

    /// The image's reader at a place of a device; `nil` if the image names none there.
    func reader(at place: UInt8, of device: Int) -> Int? {
        for index in members.indices where members[index].device == device && members[index].place == place {
            return index
        }
        return nil
    }

    func device(of reader: Int) -> Int { members[reader].device }

    /// Whether a reader's port is open, or its lines can be read.
    func isOpen(_ reader: Int) -> Bool {
        let device = members[reader].device
        return device < serial.count ? ports[device].isOpen : wired[device - serial.count].missing == 0
    }

    /// What is wrong with a reader: the number of its `OfflineReason`, `supplyFailed`, or 0.
    func trouble(of reader: Int) -> UInt8 {
        members[reader].loss?.rawValue ?? (members[reader].hasPowerFailure ? ReaderBank.supplyFailed : 0)
    }

    /// Whether it can be relied on.
    func isOnline(_ reader: Int) -> Bool { isOpen(reader) && members[reader].loss == nil }

    mutating func setLoss(_ reader: Int, _ reason: OfflineReason?) {
        members[reader].loss = reason
        // It tells of its supply anew when it is back.
        if reason != nil { members[reader].hasPowerFailure = false }
    }

    mutating func setPowerFailure(_ reader: Int, _ isActive: Bool) { members[reader].hasPowerFailure = isActive }

    /// Where a reader on a serial line is: its port, and its place on that line; `nil` for one on lines of its own.
    private func serialPlace(of reader: Int) -> (device: Int, place: UInt8)? {
        let device = members[reader].device
        return device < serial.count ? (device, members[reader].place) : nil
    }

    func exitInput(of reader: Int) -> UInt8? { members[reader].exitInput }

    /// Inputs that a reader on a bus says it has; 0 for any other.
    func inputCount(of reader: Int) -> Int {
        guard let (device, place) = serialPlace(of: reader) else { return 0 }
        return serial.inputCount(on: device, place)
    }

    func cards(of reader: Int) -> UInt64 { members[reader].cards }
    func malformed(of reader: Int) -> UInt64 { members[reader].malformed }

    mutating func countCard(_ reader: Int) { members[reader].cards &+= 1 }
    mutating func countMalformed(_ reader: Int) { members[reader].malformed &+= 1 }

    // MARK: Inputs

    mutating func opened(_ device: Int, at now: Instant) {
        output.removeAll()
        ports[device].isOpen = true
        serial.portOpened(device, at: now, into: &output)
    }

    mutating func closed(_ device: Int, at now: Instant) {
        output.removeAll()
        ports[device].isOpen = false
        serial.portClosed(device, at: now, into: &output)
    }

    mutating func receive(_ bytes: Span<UInt8>, on device: Int, at now: Instant) {
        output.removeAll()
        serial.receive(bytes, on: device, at: now, into: &output)
    }

    /// Takes an edge of a data line.
    mutating func edge(
        _ line: WiegandReader.DataLine, isActive: Bool, on device: Int, at moment: Instant
    ) {
        output.removeAll()
        wired[device - serial.count].reader.edge(line, isActive: isActive, at: moment, into: &output)
    }

    /// A data line can no longer be read, or can again; a reader with one line alone cannot be read.
    mutating func setAvailable(_ line: WiegandReader.DataLine, _ isAvailable: Bool, on device: Int, at now: Instant) {
        output.removeAll()
        let index = device - serial.count
        let bit: UInt8 = 1 << line.rawValue
        let before = wired[index].missing
        wired[index].missing = isAvailable ? before & ~bit : before | bit
        if before == 0, wired[index].missing != 0 {
            wired[index].reader.linesLost(at: now, into: &output)
        } else if before != 0, wired[index].missing == 0 {
            wired[index].reader.linesAvailable(at: now, into: &output)
        }
    }

    /// Begins to read the data lines of a device, which are claimed when the board starts.
    mutating func linesClaimed(_ device: Int, at now: Instant) {
        output.removeAll()
        wired[device - serial.count].reader.linesAvailable(at: now, into: &output)
    }

    mutating func tagInRange(_ isInRange: Bool, on device: Int, at now: Instant) {
        output.removeAll()
        serial.tagInRange(isInRange, on: device, at: now, into: &output)
    }

    /// Lets the next device that is due act.
    ///
    /// - Parameter includingLines: whether those on data lines may: not while edges wait that came before `now`.
    /// - Returns: the device; `nil` if none is due.
    mutating func runNextDue(at now: Instant, includingLines: Bool) -> Int? {
        for index in ports.indices where serial.deadline(of: index) <= now {
            output.removeAll()
            serial.poll(index, at: now, into: &output)
            return index
        }
        guard includingLines else { return nil }
        for index in wired.indices where wired[index].reader.deadline <= now {
            output.removeAll()
            wired[index].reader.poll(at: now, into: &output)
            return serial.count + index
        }
        return nil
    }

    // MARK: Lamps, buzzers and keys of readers on a bus

    /// Has a reader show something, if its protocol can and it was not told so already. What it could not take now is
    /// told again at its next report.
    ///
    /// - Parameter isReleased: whether its door is released, for its output.
    mutating func show(_ indication: ReaderShow, isReleased: Bool, at reader: Int, now: Instant) {
        let isOutputRight = members[reader].releasedOutput == nil || members[reader].shownReleased == isReleased
        guard members[reader].shown != indication || !isOutputRight else { return }
        let device = members[reader].device
        guard device < serial.count, serial.isBus(device) else {
            members[reader].shown = indication
            return
        }
        let place = members[reader].place
        guard serial.perform(.light(indication.light), tag: 0, on: device, place, at: now) else { return }
        if let text = text(indication, at: reader) {
            guard serial.perform(.text(TextCommand(text)), tag: 0, on: device, place, at: now) else { return }
        }
        if let output = members[reader].releasedOutput {
            let command = OutputCommand(output: output, isActive: isReleased)
            guard serial.perform(.output(command), tag: 0, on: device, place, at: now) else { return }
        }
        // An answer sounds once, however often the door is released meanwhile.
        if members[reader].shown != indication, let sound = indication.sound {
            _ = serial.perform(.sound(sound), tag: 0, on: device, place, at: now)
        }
        members[reader].shown = indication
        members[reader].shownReleased = isReleased
    }

    private func text(_ indication: ReaderShow, at reader: Int) -> FixedBytes<32>? {
        guard let texts = members[reader].texts else { return nil }
        return indication.isIdle ? announcement ?? texts[indication] : texts[indication]
    }

    /// Has the displays say something until they are told otherwise; an answer to a card is shown all the same.
    ///
    /// - Parameter text: as wide as a display; `nil` for their own texts.
    mutating func announce(_ text: FixedBytes<32>?) {
        guard text != announcement else { return }
        announcement = text
        for reader in members.indices where members[reader].texts != nil {
            if let shown = members[reader].shown, shown.isIdle { members[reader].shown = nil }
        }
    }

    /// A reader forgot what it shows.
    mutating func forgetShown(_ reader: Int) { members[reader].shown = nil }

    /// Begins to send a file to a reader on a bus; each part is asked for with `fileDataWanted`.
    ///
    /// - Returns: `false` if the reader takes no files, is not online, or is being sent one.
    mutating func beginFile(type: UInt8, size: UInt32, to reader: Int) -> Bool {
        guard let (device, place) = serialPlace(of: reader) else { return false }
        return serial.beginFileTransfer(type: type, size: size, to: device, place)
    }

    /// Hands over the part of a file that was asked for.
    ///
    /// - Returns: `false` if it is not that one.
    mutating func provideFileData(_ data: Span<UInt8>, offset: UInt32, to reader: Int) -> Bool {
        guard let (device, place) = serialPlace(of: reader) else { return false }
        return serial.provideFileData(data, offset: offset, to: device, place)
    }

    /// Gives up sending a file; its end is reported.
    mutating func cancelFile(to reader: Int) {
        guard let (device, place) = serialPlace(of: reader) else { return }
        output.removeAll()
        serial.cancelFileTransfer(to: device, place, into: &output)
    }

    /// Bytes of a file that a reader has taken; `nil` while none is sent to it.
    func confirmedFileBytes(of reader: Int) -> UInt32? {
        guard let (device, place) = serialPlace(of: reader) else { return nil }
        return serial.confirmedFileBytes(on: device, place)
    }

    /// Gives a factory-new reader on a bus the key that the board has for it.
    ///
    /// - Returns: `false` if the reader takes no keys or is busy.
    mutating func beginInstallation(_ key: ReaderKey, at reader: Int, now: Instant) -> Bool {
        guard let (device, place) = serialPlace(of: reader) else { return false }
        return serial.perform(
            .beginInstallation(key), tag: ReaderBank.installationTag, on: device, place, at: now)
    }
}
