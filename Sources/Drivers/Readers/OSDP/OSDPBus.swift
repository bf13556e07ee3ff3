import Cryptography
import FixedMemory
import HardwareInterface

/// What passed between the panel and one peripheral since start; for the technician.
public struct OSDPStatistics: Equatable, Sendable, BitwiseCopyable {
    /// Packets sent, repeats included.
    public var sent: UInt64 = 0
    /// Valid answers.
    public var replies: UInt64 = 0
    /// Answers that did not come in time.
    public var timeouts: UInt64 = 0
    /// Answers "busy".
    public var busyReplies: UInt64 = 0
    /// Answers "no" (osdp_NAK).
    public var refusals: UInt64 = 0
    /// Packets that were damaged or out of place.
    public var malformed: UInt64 = 0
    /// How often the link was begun anew.
    public var restarts: UInt64 = 0
    /// From the moment a packet was handed to the port to the moment its answer was whole.
    public var lastTurnaround = Interval.zero
    public var longestTurnaround = Interval.zero
}

/// An OSDP control panel on one RS-485 bus (SIA OSDP 2.2, IEC 60839-11-5): up to eight peripherals, each in the clear or
/// over a secure channel.
///
/// The panel speaks and one peripheral answers. Each peripheral is due at its own times; of those that are due the one
/// that answered last time and has waited longest is asked first, so that a dead one costs the others one reply time-out
/// (200 ms) now and then: it is asked after growing delays, and at most once a second while others are due.
///
/// A packet that is not answered is sent again byte for byte with the same sequence number, which makes a peripheral
/// repeat its answer and not its action (section 5.7). Whatever is out of step, be it sequence, code or key, ends in a new
/// start with sequence number 0 and, where asked for, a new secure channel. In a bus position that is configured secure
/// nothing that comes outside of the channel is believed.
///
/// Limits: 8 peripherals, 1,440 bytes received a packet, 512 sent, 8 waiting commands a peripheral, 64 bytes a card.
public struct OSDPBus: ~Copyable {
    /// Peripherals that fit.
    public static var peripheralLimit: Int { 8 }

    /// How a peripheral's packets are protected.
    public enum Security: Sendable, BitwiseCopyable {
        /// Not at all: anyone at the cable can read and send cards.
        case clear
        /// With this key of its own (SCBK).
        case key(ReaderKey)
        /// With its own key, worked out from the estate's (annex D.4.2).
        case masterKey(ReaderKey)
        /// With a key that is still to be installed (`ReaderCommand.beginInstallation`); offline until then.
        case keyToBeInstalled

        var isSecure: Bool {
            if case .clear = self { return false }
            return true
        }
    }

    /// The check at the end of packets.
    public enum Check: UInt8, Equatable, Sendable, BitwiseCopyable {
        /// Whichever the peripheral answers to; a CRC once it says that it has one.
        case automatic = 0
        case crc = 1
        case checksum = 2
    }

    /// One position on the bus.
    public struct PeripheralConfiguration: Sendable, BitwiseCopyable {
        /// 0 to 126.
        public var address: UInt8
        public var security: Security
        public var check: Check
        /// A card must not be read for this long before reading it again is a new presentation.
        public var holdOff: Interval
        /// Whether its inputs are asked for every second: not every reader tells of a change by itself.
        public var watchesInputs = false
        private var formats: InlineArray<4, WiegandFormat?>

        public init(
            address: UInt8, security: Security, check: Check = .automatic, holdOff: Interval = .seconds(1)
        ) {
            precondition(address < OSDPPacket.broadcastAddress, "an address is 0 to 126")
            self.address = address
            self.security = security
            self.check = check
            self.holdOff = holdOff
            formats = InlineArray(repeating: nil)
        }

        /// Adds a format: raw card data that fits is the same identifier as from a Wiegand reader with that format, so
        /// that an estate may have both. Data that fits none is an identifier as it is.
        ///
        /// - Returns: `false` if there are four already.
        public mutating func addFormat(_ format: WiegandFormat) -> Bool {
            for index in formats.indices where formats[index] == nil {
                formats[index] = format
                return true
            }
            return false
        }

        func format(for bits: WiegandBits) -> WiegandFormat? {
            for index in formats.indices {
                if let format = formats[index], format.match(bits) == .matches { return format }
            }
            return nil
        }
    }

    public struct Timing: Equatable, Sendable, BitwiseCopyable {
        /// Bits a second: 9600 to 230400 (section 5.1).
        public var baudRate: Int64
        /// From one packet to a peripheral to the next while all is well.
        public var pollInterval: Interval
        /// From the end of a packet to the begin of its answer (section 5.7: 200 ms).
        public var replyTimeout: Interval
        /// The longest pause within an answer. The specification says 20 ms (section 5.7); a serial port that gathers 16
        /// bytes adds 17 at 9600 baud, a USB adapter 16.
        public var byteTimeout: Interval
        /// A peripheral that gives no valid answer for this long is offline (section 5.7: 8 s).
        public var offlineAfter: Interval
        /// Waiting after answers that did not come: doubles from the first to the second.
        public var shortestRetry: Interval
        public var longestRetry: Interval
        /// The same for a peripheral that is offline.
        public var shortestProbe: Interval
        public var longestProbe: Interval
        /// The same for a peripheral whose secure channel failed.
        public var shortestSecureRetry: Interval
        public var longestSecureRetry: Interval
        /// Answers "busy" in a row after which a peripheral is offline.
        public var busyLimit: Int

        public init(baudRate: Int64 = 9600) {
            self.baudRate = baudRate
            pollInterval = .milliseconds(100)
            replyTimeout = .milliseconds(200)
            byteTimeout = .milliseconds(40)
            offlineAfter = .seconds(8)
            shortestRetry = .milliseconds(100)
            longestRetry = .seconds(1)
            shortestProbe = .seconds(1)
            longestProbe = .seconds(30)
            shortestSecureRetry = .seconds(5)
            longestSecureRetry = .minutes(5)
            busyLimit = 100
        }

        /// How long `count` bytes take on the wire: start bit, eight bits, stop bit.
        func wireTime(_ count: Int) -> Interval {
            Interval(nanoseconds: Int64(count) * 10_000_000_000 / baudRate)
        }
    }

    private let timing: Timing
    private var peripherals: FixedArray<OSDPPeripheral>
    private var received: ByteBuffer
    private var random: RandomGenerator
    private var isOpen = false
    /// The peripheral whose answer is awaited.
    private var awaited: Int? = nil
    private var replyDeadline = Instant.never
    /// The moment after which no answer is waited for, however it dribbles.
    private var lastReplyDeadline = Instant.never
    /// The bus is quiet from here on (section 5.7: two characters between packets).
    private var freeAt = Instant.start
    private var lastDoubtfulTurn = Instant.start
    /// Whether the last packet was not answered.
    private var wasUnanswered = false
    /// When a packet was sent to a peripheral that had answered so far and did not answer to this one.
    private var lastFailure = Instant(nanoseconds: -1_000_000_000)
    /// Bytes that came when nobody was to speak, or that belonged to no packet.
    public private(set) var strayBytes: UInt64 = 0

    /// - Parameter random: seeds the challenges of the secure channel; secret.
    public init(timing: Timing = Timing(), random: RandomGenerator) {
        self.timing = timing
        self.random = random
        peripherals = FixedArray(capacity: OSDPBus.peripheralLimit)
        received = ByteBuffer(capacity: OSDPPacket.maximumLength + Int(256))
    }

    /// Adds a peripheral; at start only.
    ///
    /// - Returns: its place in reports and commands, or `nil` if the bus is full or the address taken.
    public mutating func addPeripheral(_ configuration: PeripheralConfiguration) -> UInt8? {
        for index in peripherals.indices where peripherals[index].configuration.address == configuration.address {
            return nil
        }
        let place = UInt8(peripherals.count)
        return peripherals.append(OSDPPeripheral(configuration, place: place, timing: timing)) ? place : nil
    }

    public var peripheralCount: Int { peripherals.count }

    /// What passed between the panel and a peripheral.
    public func statistics(of place: UInt8) -> OSDPStatistics { peripherals[Int(place)].statistics }
    /// Who the peripheral said it is; `nil` until it did.
    public func identity(of place: UInt8) -> ReaderIdentity? { peripherals[Int(place)].identity }
    /// What the peripheral said it can do.
    public func capabilities(of place: UInt8) -> OSDPCapabilities { peripherals[Int(place)].capabilities }
    /// Whether a secure channel stands.
    public func isSecure(_ place: UInt8) -> Bool { peripherals[Int(place)].isSecure }
    /// Bytes of a running file transfer that the peripheral has confirmed, and the file's size.
    public func fileProgress(of place: UInt8) -> (confirmed: UInt32, size: UInt32)? {
        guard peripherals[Int(place)].file.isActive else { return nil }
        return (peripherals[Int(place)].file.offset, peripherals[Int(place)].file.size)
    }

    /// Asks something of a peripheral. The answer comes as `commandDone` or `commandRefused` with the same tag.
    ///
    /// - Returns: `false` if it was not taken: no such peripheral, not online, no room.
    public mutating func perform(_ command: ReaderCommand, tag: UInt16, on place: UInt8, at now: Instant) -> Bool {
        guard Int(place) < peripherals.count else { return false }
        let isTaken = peripherals[Int(place)].perform(command, tag: tag, at: now)
        switch command {
        case .restartLink, .beginInstallation:
            // An answer that is on its way belongs to the link that was given up; it has its time to pass.
            guard isTaken, awaited == Int(place) else { break }
            stopWaiting()
            freeAt = max(freeAt, now + timing.replyTimeout)
        default: break
        }
        return isTaken
    }

    /// Begins to send a file. Each part is asked for with `fileDataWanted`; `fileTransferEnded` says how it went.
    ///
    /// - Parameters:
    ///   - type: 1 for the maker's own format (section 6.26), 128 to 255 private.
    ///   - size: bytes, 1 or more.
    /// - Returns: `false` if the peripheral is not online or is being sent a file.
    public mutating func beginFileTransfer(type: UInt8 = 1, size: UInt32, to place: UInt8) -> Bool {
        guard Int(place) < peripherals.count else { return false }
        return peripherals[Int(place)].beginFile(type: type, size: size)
    }

    /// Hands over the part of the file that was asked for; shorter is allowed.
    ///
    /// - Returns: `false` if it is not the part that is waited for.
    public mutating func provideFileData(_ data: Span<UInt8>, offset: UInt32, to place: UInt8) -> Bool {
        guard Int(place) < peripherals.count else { return false }
        return peripherals[Int(place)].provideFileData(data, offset: offset)
    }

    /// Gives up a file transfer.
    public mutating func cancelFileTransfer(to place: UInt8, into output: inout ReaderOutput) {
        guard Int(place) < peripherals.count else { return }
        peripherals[Int(place)].cancelFile(into: &output)
    }
}

extension OSDPBus: ReaderDriver {
    public var deadline: Instant {
        guard isOpen else { return .never }
        var earliest = replyDeadline
        var nextTurn = Instant.never
        for index in peripherals.indices {
            earliest = min(earliest, peripherals[index].lossDeadline)
            nextTurn = min(nextTurn, peripherals[index].due)
        }
        if awaited == nil { earliest = min(earliest, max(nextTurn, freeAt)) }
        return earliest
    }

    public mutating func portOpened(at now: Instant, into output: inout ReaderOutput) {
        guard !isOpen else { return }
        isOpen = true
        freeAt = now
        stopWaiting()
        for index in peripherals.indices { peripherals[index].portOpened(at: now) }
    }

    public mutating func portClosed(at now: Instant, into output: inout ReaderOutput) {
        guard isOpen else { return }
        isOpen = false
        stopWaiting()
        for index in peripherals.indices { peripherals[index].portClosed(at: now, into: &output) }
    }

    public mutating func receive(_ bytes: Span<UInt8>, at now: Instant, into output: inout ReaderOutput) {
        guard isOpen else { return }
        guard let place = awaited else {
            strayBytes &+= UInt64(bytes.count)
            freeAt = max(freeAt, now + timing.wireTime(2))
            return
        }
        received.append(bytes)
        takeReceived(for: place, at: now, into: &output)
    }

    public mutating func poll(at now: Instant, into output: inout ReaderOutput) {
        guard isOpen else { return }
        if let place = awaited, replyDeadline <= now {
            strayBytes &+= UInt64(received.count)
            if peripherals[place].misses == 0 { lastFailure = peripherals[place].sentAt }
            wasUnanswered = true
            peripherals[place].noAnswer(at: now, into: &output)
            stopWaiting()
            freeAt = max(freeAt, now + timing.wireTime(2))
        }
        for index in peripherals.indices { peripherals[index].poll(at: now, into: &output) }
        while awaited == nil && freeAt <= now {
            guard let place = nextPeripheral(at: now) else { return }
            send(to: place, at: now, into: &output)
        }
    }
}

// MARK: - Turns

extension OSDPBus {
    private mutating func stopWaiting() {
        awaited = nil
        replyDeadline = .never
        received.removeAll()
    }

    /// Who is asked next: of those that are due, one that answered last time before one that did not.
    ///
    /// After an answer that did not come each of the others may have failed as well (a cable cut in the middle), so that
    /// the one that was heard last has the next turn; otherwise the one that has waited longest.
    private mutating func nextPeripheral(at now: Instant) -> Int? {
        var sound: Int? = nil
        var doubtful: Int? = nil
        for index in peripherals.indices where peripherals[index].due <= now {
            if peripherals[index].misses > 0 {
                if doubtful == nil || peripherals[index].due < peripherals[doubtful!].due { doubtful = index }
            } else if sound == nil {
                sound = index
            } else if wasUnanswered
                ? peripherals[index].lastHeard > peripherals[sound!].lastHeard
                : peripherals[index].due < peripherals[sound!].due
            {
                sound = index
            }
        }
        // On a bus that is never idle one that fails still has its turn, once a second.
        if let doubtful, sound == nil || (!wasUnanswered && lastDoubtfulTurn + .seconds(1) <= now) {
            lastDoubtfulTurn = now
            return doubtful
        }
        return sound
    }

    /// How long to wait for a peripheral's answer.
    private func patience(with place: Int, at now: Instant) -> Interval {
        // The port hands an answer's first bytes over some time after they came.
        let longest = timing.replyTimeout + timing.byteTimeout
        guard peripherals[place].misses == 0, now - lastFailure < .seconds(1),
            peripherals[place].lastHeard <= lastFailure
        else { return longest }
        // It may have failed with another one. If it is sound it answers in its usual time; if not, it is asked again.
        let usual = peripherals[place].statistics.longestTurnaround
        return min(longest, usual + usual)
    }

    private mutating func send(to place: Int, at now: Instant, into output: inout ReaderOutput) {
        guard peripherals[place].preparePacket(at: now, random: &random, into: &output) else { return }
        output.transmit.append(peripherals[place].packet.span)
        let sent = now + timing.wireTime(peripherals[place].packet.count)
        awaited = place
        received.removeAll()
        replyDeadline = sent + patience(with: place, at: now)
        lastReplyDeadline = replyDeadline + timing.wireTime(OSDPPacket.maximumLength) + timing.byteTimeout
    }

    /// Looks for the answer in what was received. Everything that is not the answer is dropped.
    private mutating func takeReceived(for place: Int, at now: Instant, into output: inout ReaderOutput) {
        while !received.isEmpty {
            switch OSDPPacket.parse(received.span) {
            case .noise(let length):
                drop(length)
            case .damaged(let reason):
                peripherals[place].malformed(reason, at: now, into: &output)
                drop(1)
            case .incomplete(let missing):
                guard isFromAwaited(place) else {
                    drop(1)
                    continue
                }
                // The answer has begun: what is missing has its time on the wire, but not for ever.
                let extended = now + timing.wireTime(missing) + timing.byteTimeout
                replyDeadline = min(max(replyDeadline, extended), lastReplyDeadline)
                return
            case .packet(let layout):
                let address = peripherals[place].configuration.address
                // The panel's own packet comes back where an adapter echoes.
                guard layout.isReply, layout.address == address else {
                    strayBytes &+= UInt64(layout.length)
                    received.removeFirst(layout.length)
                    continue
                }
                if peripherals[place].take(layout, in: &received, at: now, into: &output) {
                    wasUnanswered = false
                    stopWaiting()
                    freeAt = now + timing.wireTime(2)
                    return
                }
                received.removeFirst(min(layout.length, received.count))
            }
        }
    }

    /// Whether what has come of a packet may be the answer that is awaited, or the panel's own echo.
    private func isFromAwaited(_ place: Int) -> Bool {
        guard received.count >= 2 else { return true }
        return received[1] & ~OSDPPacket.replyFlag == peripherals[place].configuration.address
    }

    private mutating func drop(_ length: Int) {
        strayBytes &+= UInt64(length)
        received.removeFirst(length)
    }
}

extension ByteBuffer {
    var isEmpty: Bool { count == 0 }
}
