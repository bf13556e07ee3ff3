import Cryptography
import FixedMemory
import HardwareInterface

/// A PN532 on a serial port (115,200 baud, 8 data bits, no parity): contactless cards of ISO/IEC 14443 type A.
///
/// What counts of a card is either its identifier, which anyone can copy, or a protected file of a DESFire EV1 card that
/// is read after card and board have proved to each other that they know the file's AES key.
///
/// The chip is woken, asked who it is, and told to look for a card a bounded number of times; then it looks, and the field
/// is switched off again, so that a card that stays is found anew. Every command has its acknowledgement and its answer in
/// time or the chip is woken anew; a damaged answer is asked for again (UM0701-02, section 6.2.1.4).
///
/// Limits: one card at a time (two in the field are refused), 64 bytes of a file, three attempts a presentation.
public struct PN532Reader: ~Copyable {
    /// A file of a DESFire EV1 card.
    public struct File: Sendable, BitwiseCopyable {
        /// 24 bits.
        public var application: UInt32
        /// 0 to 13.
        public var keyNumber: UInt8
        /// The key, or the estate's key of which each card has its own (AN10922) where `systemIdentifier` is set.
        public var key: ReaderKey
        /// Up to 16 bytes that make the estate's keys its own; `nil` if `key` is the card's key itself.
        public var systemIdentifier: FixedBytes<16>?
        /// 0 to 31.
        public var number: UInt8
        public var offset: UInt32
        /// 1 to 64 bytes.
        public var length: Int
        public var protection: DESFireProtection

        public init(
            application: UInt32, keyNumber: UInt8, key: ReaderKey, systemIdentifier: FixedBytes<16>? = nil,
            number: UInt8, offset: UInt32 = 0, length: Int, protection: DESFireProtection = .enciphered
        ) {
            precondition(application < 1 << 24 && offset < 1 << 24, "24 bits")
            precondition(length >= 1 && length <= CardIdentifier.byteLimit, "1 to 64 bytes")
            self.application = application
            self.keyNumber = keyNumber
            self.key = key
            self.systemIdentifier = systemIdentifier
            self.number = number
            self.offset = offset
            self.length = length
            self.protection = protection
        }
    }

    /// What counts of a card.
    public enum Credential: Sendable, BitwiseCopyable {
        case identifier
        case file(File)
    }

    public struct Configuration: Sendable, BitwiseCopyable {
        public var credential: Credential
        /// A card must not be read for this long before reading it again is a new presentation.
        public var holdOff: Interval
        /// From the end of one look for a card to the begin of the next.
        public var pollInterval: Interval
        /// From a command to its acknowledgement (UM0701-02, section 6.2.1.3: 15 ms), with what an adapter adds.
        public var acknowledgeTimeout: Interval
        /// From the acknowledgement to the answer.
        public var answerTimeout: Interval
        /// Waiting between attempts while the chip does not answer: doubles from the first to the second.
        public var shortestProbe: Interval
        public var longestProbe: Interval

        public init(credential: Credential) {
            self.credential = credential
            holdOff = .seconds(1)
            pollInterval = .milliseconds(100)
            acknowledgeTimeout = .milliseconds(100)
            answerTimeout = .seconds(1)
            shortestProbe = .seconds(1)
            longestProbe = .seconds(30)
        }
    }

    /// What is being asked of the chip.
    private enum Step: Equatable {
        case waking
        case identifying
        case limitingAttempts
        case looking
        case exchanging(DESFireTransaction.Step)
        case switchingFieldOff
    }

    private enum Waiting: Equatable {
        case nothing
        case acknowledgement
        case answer
    }

    private enum Reported: Equatable {
        case nothing
        case online
        case offline(OfflineReason)
    }

    /// Failures in a row after which the reader is offline.
    private static var failureLimit: Int { 3 }
    /// How often a read that was interrupted is tried again while the card is there.
    private static var retryLimit: Int { 2 }
    /// How often a damaged answer is asked for again.
    private static var repeatLimit: Int { 2 }

    private let configuration: Configuration
    private var random: RandomGenerator
    private var received: ByteBuffer
    private var isOpen = false
    private var reported = Reported.nothing
    private var mustWake = true
    private var step = Step.waking
    private var waiting = Waiting.nothing
    private var waitDeadline = Instant.never
    private var due = Instant.start
    private var command = FixedBytes<80>()
    private var repeats = 0
    private var failures = 0
    private var probeDelay: Interval

    private var presented: PresentationFilter
    private var granted: PresentationFilter
    private var removalOwed = false
    private var retriesLeft = 0
    private var retries: FixedBytes<64>? = nil
    private var lastRefusal: CardRefusal? = nil
    private var refusalUntil = Instant.start
    private var target: PN532Target? = nil
    private var transaction = DESFireTransaction()

    private var malformed = MalformedReporter()
    private var validFrames: UInt64 = 0
    private var discardedBytes: UInt64 = 0

    /// - Parameter random: seeds the challenges to cards; secret.
    public init(_ configuration: Configuration, random: RandomGenerator) {
        self.configuration = configuration
        self.random = random
        received = ByteBuffer(capacity: 2 * PN532Frame.frameLimit)
        probeDelay = configuration.shortestProbe
        presented = PresentationFilter(holdOff: configuration.holdOff)
        granted = PresentationFilter(holdOff: configuration.holdOff)
    }

    public var statistics: ReaderStatistics {
        ReaderStatistics(validFrames: validFrames, malformed: malformed.count, discardedBytes: discardedBytes)
    }
}

extension PN532Reader: ReaderDriver {
    // Inlined: a call copies the whole of the value first.
    @inline(__always)
    public var deadline: Instant {
        guard isOpen else { return .never }
        return min(min(waiting == .nothing ? due : waitDeadline, presented.deadline), granted.deadline)
    }

    public mutating func portOpened(at now: Instant, into output: inout ReaderOutput) {
        guard !isOpen else { return }
        isOpen = true
        startAnew(at: now)
        failures = 0
        probeDelay = configuration.shortestProbe
    }

    public mutating func portClosed(at now: Instant, into output: inout ReaderOutput) {
        guard isOpen else { return }
        isOpen = false
        startAnew(at: now)
        forgetCards(into: &output)
        reported = .nothing
        output.report(.offline(.portClosed))
    }

    public mutating func receive(_ bytes: Span<UInt8>, at now: Instant, into output: inout ReaderOutput) {
        guard isOpen else { return }
        guard waiting != .nothing else {
            discardedBytes &+= UInt64(bytes.count)
            return
        }
        for index in bytes.indices {
            // What is longer than any frame is no frame; a new one may begin in it.
            if received.room == 0 { drop(1) }
            received.append(bytes[index])
        }
        takeReceived(at: now, into: &output)
    }

    public mutating func poll(at now: Instant, into output: inout ReaderOutput) {
        guard isOpen else { return }
        if presented.expire(at: now) && removalOwed {
            removalOwed = false
            output.report(.cardRemoved)
        }
        granted.expire(at: now)
        if waiting != .nothing && waitDeadline <= now { commandFailed(at: now, into: &output) }
        if waiting == .nothing && due <= now {
            if mustWake {
                wake(at: now, into: &output)
            } else {
                look(at: now, into: &output)
            }
        }
    }
}

// MARK: - The link to the chip

extension PN532Reader {
    private mutating func startAnew(at now: Instant) {
        mustWake = true
        waiting = .nothing
        received.removeAll()
        target = nil
        due = now
    }

    private mutating func forgetCards(into output: inout ReaderOutput) {
        presented.removeAll()
        granted.removeAll()
        retries = nil
        if removalOwed {
            removalOwed = false
            output.report(.cardRemoved)
        }
    }

    /// Wakes the chip: it sleeps after power-on, and after a brown-out without telling. Two bytes 55 and a long run of
    /// zeros, then SAMConfiguration, which must be the first command (UM0701-02, sections 6.3.2.3 and 7.2.10).
    private mutating func wake(at now: Instant, into output: inout ReaderOutput) {
        output.transmit.append(0x55)
        output.transmit.append(0x55)
        for _ in 0..<14 { output.transmit.append(0x00) }
        mustWake = false
        // Normal mode, no time-out, no interrupt line.
        send(.waking, [PN532Command.configureSecurityModule, 0x01, 0x00, 0x01], at: now, into: &output)
    }

    private mutating func look(at now: Instant, into output: inout ReaderOutput) {
        // Up to two cards, so that a second one is noticed; 106 kbit/s type A.
        send(.looking, [PN532Command.listPassiveTarget, 0x02, 0x00], at: now, into: &output)
    }

    private mutating func send<let count: Int>(
        _ step: Step, _ bytes: InlineArray<count, UInt8>, at now: Instant, into output: inout ReaderOutput
    ) {
        send(step, FixedBytes(bytes), at: now, into: &output)
    }

    private mutating func send(
        _ step: Step, _ command: FixedBytes<80>, at now: Instant, into output: inout ReaderOutput
    ) {
        self.step = step
        self.command = command
        repeats = 0
        received.removeAll()
        transmitCommand(at: now, into: &output)
    }

    private mutating func transmitCommand(at now: Instant, into output: inout ReaderOutput) {
        PN532Frame.write(command.span, into: &output.transmit)
        waiting = .acknowledgement
        waitDeadline = now + configuration.acknowledgeTimeout
    }

    /// No acknowledgement, no answer, or one that makes no sense: the command is given up and the chip woken anew.
    private mutating func commandFailed(at now: Instant, into output: inout ReaderOutput) {
        discardedBytes &+= UInt64(received.count)
        // An acknowledgement from the host stops whatever the chip is at (UM0701-02, section 6.2.1.3).
        output.transmit.append(PN532Frame.acknowledge.span)
        if case .exchanging = step { interrupted(at: now, into: &output) }
        startAnew(at: now)
        failures += 1
        if failures < PN532Reader.failureLimit {
            due = now + configuration.acknowledgeTimeout
            return
        }
        goOffline(.noAnswer, into: &output)
        due = now + probeDelay
        probeDelay = min(probeDelay + probeDelay, configuration.longestProbe)
    }

    private mutating func goOffline(_ reason: OfflineReason, into output: inout ReaderOutput) {
        forgetCards(into: &output)
        guard reported != .offline(reason) else { return }
        reported = .offline(reason)
        output.report(.offline(reason))
    }

    private mutating func drop(_ length: Int) {
        discardedBytes &+= UInt64(length)
        received.removeFirst(length)
    }

    private mutating func takeReceived(at now: Instant, into output: inout ReaderOutput) {
        while received.count > 0 && waiting != .nothing {
            switch PN532Frame.parse(received.span) {
            case .incomplete:
                return
            case .noise(let length):
                received.removeFirst(length)
            case .damaged(let length, let reason):
                malformed.note(reason, at: now, into: &output)
                drop(length)
                if reason == .checksum { askAgain(at: now, into: &output) }
            case .acknowledge(let length):
                received.removeFirst(length)
                guard waiting == .acknowledgement else { continue }
                waiting = .answer
                waitDeadline = now + configuration.answerTimeout
            case .notAcknowledge(let length):
                received.removeFirst(length)
                sendAgain(at: now, into: &output)
            case .error(let length):
                received.removeFirst(length)
                commandFailed(at: now, into: &output)
            case .answer(let length, let code, let dataEnd):
                guard received[code] == command[0] &+ 1 else {
                    // The answer to something that was given up.
                    drop(length)
                    continue
                }
                let data = FixedBytes<280>(received.span.extracting((code + 1)..<dataEnd))
                received.removeFirst(length)
                waiting = .nothing
                validFrames &+= 1
                take(data, at: now, into: &output)
            }
        }
    }

    private mutating func askAgain(at now: Instant, into output: inout ReaderOutput) {
        guard waiting == .answer, repeats < PN532Reader.repeatLimit else { return }
        repeats += 1
        output.transmit.append(PN532Frame.notAcknowledge.span)
        waitDeadline = now + configuration.answerTimeout
    }

    private mutating func sendAgain(at now: Instant, into output: inout ReaderOutput) {
        guard repeats < PN532Reader.repeatLimit else {
            commandFailed(at: now, into: &output)
            return
        }
        repeats += 1
        transmitCommand(at: now, into: &output)
    }
}

// MARK: - Answers

extension PN532Reader {
    private mutating func take(_ data: FixedBytes<280>, at now: Instant, into output: inout ReaderOutput) {
        switch step {
        case .waking:
            send(.identifying, [PN532Command.getFirmwareVersion], at: now, into: &output)
        case .identifying:
            let isPN532 = data.count == 4 && data[0] == 0x32
            guard isPN532 else {
                goOffline(.wrongDevice, into: &output)
                startAnew(at: now)
                due = now + probeDelay
                probeDelay = min(probeDelay + probeDelay, configuration.longestProbe)
                return
            }
            // Item 5: tries for ATR_REQ and PSL_REQ as after reset; one further try to find a card (section 7.3.1).
            let limits: InlineArray<5, UInt8> = [PN532Command.configureRadio, 0x05, 0xFF, 0x01, 0x01]
            send(.limitingAttempts, limits, at: now, into: &output)
        case .limitingAttempts:
            failures = 0
            probeDelay = configuration.shortestProbe
            if reported != .online {
                reported = .online
                output.report(.online)
            }
            due = now
            look(at: now, into: &output)
        case .looking:
            failures = 0
            takeTargets(data, at: now, into: &output)
        case .exchanging(let exchange):
            takeExchange(exchange, data, at: now, into: &output)
        case .switchingFieldOff:
            due = now + configuration.pollInterval
        }
    }

    /// Switches the field off, so that every card begins anew with the next look (section 7.3.1, item 1).
    private mutating func rest(at now: Instant, into output: inout ReaderOutput) {
        target = nil
        send(.switchingFieldOff, [PN532Command.configureRadio, 0x01, 0x00], at: now, into: &output)
    }

    private mutating func takeTargets(_ data: FixedBytes<280>, at now: Instant, into output: inout ReaderOutput) {
        guard let (count, first) = PN532Target.parse(data.span) else {
            malformed.note(.length, at: now, into: &output)
            rest(at: now, into: &output)
            return
        }
        guard let first else {
            due = now + configuration.pollInterval
            return
        }
        guard count == 1 else {
            refuse(.severalCards, at: now, into: &output)
            rest(at: now, into: &output)
            return
        }
        let card = CardIdentifier(first.identifier, technology: .contactlessIdentifier)
        let isNew = presented.isNew(card, at: now)
        removalOwed = true
        switch configuration.credential {
        case .identifier:
            if first.isRandom {
                refuse(.randomIdentifier, at: now, into: &output)
            } else if isNew {
                output.report(.card(card))
            }
            rest(at: now, into: &output)
        case .file(let file):
            if isNew {
                retriesLeft = PN532Reader.retryLimit
            } else if retries != first.identifier {
                rest(at: now, into: &output)
                return
            }
            retries = nil
            guard first.hasProtocol else {
                refuse(.applicationMissing, at: now, into: &output)
                rest(at: now, into: &output)
                return
            }
            target = first
            let challenge = random.block()
            exchange(
                transaction.begin(file, identifier: first.identifier, panelRandom: challenge), at: now, into: &output)
        }
    }

    /// Tells of a card that opens nothing; once while it stays.
    private mutating func refuse(_ refusal: CardRefusal, at now: Instant, into output: inout ReaderOutput) {
        let isRepeated = lastRefusal == refusal && now < refusalUntil
        lastRefusal = refusal
        refusalUntil = now + configuration.holdOff
        if !isRepeated { output.report(.cardRefused(refusal)) }
    }

    private mutating func exchange(
        _ next: DESFireTransaction.Command, at now: Instant, into output: inout ReaderOutput
    ) {
        guard let target else { return }
        var bytes = FixedBytes<80>()
        bytes.append(PN532Command.exchangeData)
        bytes.append(target.number)
        bytes.append(next.message.span)
        send(.exchanging(next.step), bytes, at: now, into: &output)
    }

    private mutating func takeExchange(
        _ step: DESFireTransaction.Step, _ data: FixedBytes<280>, at now: Instant, into output: inout ReaderOutput
    ) {
        // Bits 0 to 5: what went wrong on the air; bit 6: more follows, which no DESFire answer needs (section 7.1).
        guard data.count >= 1, data[0] == 0 else {
            interrupted(at: now, into: &output)
            rest(at: now, into: &output)
            return
        }
        switch transaction.take(data.span.extracting(1..<data.count), at: step) {
        case .next(let command):
            exchange(command, at: now, into: &output)
            return
        case .done(let content):
            let card = CardIdentifier(content, technology: .authenticatedFile)
            if granted.isNew(card, at: now) { output.report(.card(card)) }
        case .refused(let refusal):
            refuse(refusal, at: now, into: &output)
        case .interrupted:
            interrupted(at: now, into: &output)
        }
        rest(at: now, into: &output)
    }

    /// A read that was broken off: tried again while the card is there, then refused.
    private mutating func interrupted(at now: Instant, into output: inout ReaderOutput) {
        transaction.forget()
        guard let target else { return }
        if retriesLeft > 0 {
            retriesLeft -= 1
            retries = target.identifier
        } else {
            refuse(.interrupted, at: now, into: &output)
        }
    }
}
