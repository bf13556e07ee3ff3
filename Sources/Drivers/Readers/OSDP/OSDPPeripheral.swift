import Cryptography
import FixedMemory
import HardwareInterface

/// One peripheral on an OSDP bus, seen from the control panel: its link, its secure channel, what it last said.
struct OSDPPeripheral: ~Copyable {
    /// What the panel does next with the peripheral.
    enum Phase: UInt8 {
        case identifying
        case readingCapabilities
        case challenging
        case authenticating
        case installingKey
        case online
    }

    /// What the packet that is on its way is for.
    enum Purpose: Equatable {
        case link
        case poll
        case status(UInt8)
        case command
        case file
    }

    /// What the board was last told of the peripheral.
    enum Reported: Equatable {
        case nothing
        case online
        case offline(OfflineReason)
    }

    struct QueuedCommand: Sendable, BitwiseCopyable {
        var code: UInt8
        var data: FixedBytes<40>
        var tag: UInt16
        var newKey: ReaderKey?
    }

    /// Commands that may wait for one peripheral.
    static var queueCapacity: Int { 8 }
    /// The longest packet that is sent: enough for a useful piece of a file, and four times what must be taken.
    static var sendLimit: Int { 512 }
    /// Header, security block, code, file header, padding, authentication code and CRC around a piece of a file.
    static var fileOverhead: Int { 5 + 2 + 1 + 11 + 16 + 4 + 2 }
    /// For how long the default key is accepted after `beginInstallation`.
    static var installationTime: Interval { .minutes(1) }

    let place: UInt8
    let configuration: OSDPBus.PeripheralConfiguration
    let timing: OSDPBus.Timing

    private(set) var phase = Phase.identifying
    private(set) var reported = Reported.nothing
    private var security: OSDPBus.Security
    private var check: OSDPPacket.Check
    private var nextSequence: UInt8 = 0
    private var sentSequence: UInt8 = 0
    private var purpose = Purpose.link
    /// The last packet, kept to be sent again as it was.
    private(set) var packet: ByteBuffer
    private(set) var mustRepeat = false

    private(set) var due = Instant.start
    private(set) var misses = 0
    private var busyReplies = 0
    /// The last valid answer.
    private(set) var lastHeard = Instant.start
    /// The last answer that shows the link to be as it should be: over the secure channel where there is one.
    private var lastProof = Instant.start
    private(set) var sentAt = Instant.start
    private var probeDelay: Interval
    private var secureDelay: Interval

    private var session: OSDPSecureSession? = nil
    private var handshake: OSDPSecureSession? = nil
    private var handshakeReplyCode = AESBlock()
    private var panelRandom = FixedBytes<8>()
    private var panelCryptogram = AESBlock()
    /// A key that was sent with KEYSET and not yet confirmed by the peripheral.
    private var unconfirmedKey: ReaderKey? = nil
    private var installation: (key: ReaderKey, tag: UInt16, until: Instant)? = nil

    private(set) var capabilities = OSDPCapabilities()
    private(set) var identity: ReaderIdentity? = nil
    /// Bit 0 local status, bit 1 inputs, bit 2 outputs: to be asked for.
    private var wantedStatus: UInt8 = 0
    private var isTampered: Bool? = nil
    private var hasPowerFailure: Bool? = nil
    private var inputs: UInt32? = nil
    /// When the inputs were last asked for.
    private var inputsAskedAt = Instant.start
    private var outputs: UInt32? = nil
    private var presented: PresentationFilter
    private var queue: Ring<QueuedCommand>
    private var malformedReporter = MalformedReporter()
    private(set) var statistics = OSDPStatistics()

    private(set) var file = OSDPFileTransfer()

    init(_ configuration: OSDPBus.PeripheralConfiguration, place: UInt8, timing: OSDPBus.Timing) {
        self.place = place
        self.configuration = configuration
        self.timing = timing
        security = configuration.security
        check = configuration.check == .checksum ? .checksum : .crc
        packet = ByteBuffer(capacity: OSDPPeripheral.sendLimit + 1)
        probeDelay = timing.shortestProbe
        secureDelay = timing.shortestSecureRetry
        presented = PresentationFilter(holdOff: configuration.holdOff)
        queue = Ring(capacity: OSDPPeripheral.queueCapacity)
    }

    var isSecure: Bool { session != nil }

    /// When the peripheral counts as lost if it stays silent; `.never` once that was said.
    var lossDeadline: Instant {
        switch reported {
        case .offline: .never
        case .nothing, .online: lastProof + timing.offlineAfter
        }
    }
}

// MARK: - The link as a whole

extension OSDPPeripheral {
    mutating func portOpened(at now: Instant) {
        lastHeard = now
        lastProof = now
        due = now
        misses = 0
        probeDelay = timing.shortestProbe
        restartLink(at: now)
    }

    mutating func portClosed(at now: Instant, into output: inout ReaderOutput) {
        goOffline(.portClosed, at: now, into: &output)
        reported = .nothing
    }

    /// Begins anew with sequence number 0, which makes the peripheral forget its secure channel.
    private mutating func restartLink(at now: Instant, keepingIdentity: Bool = false) {
        nextSequence = 0
        mustRepeat = false
        session = nil
        handshake = nil
        busyReplies = 0
        phase = keepingIdentity && security.isSecure ? .challenging : .identifying
        due = now
        statistics.restarts &+= 1
    }

    /// Restarts the link of a peripheral that answers, but out of step; what was on its way is lost.
    private mutating func resynchronise(at now: Instant, into output: inout ReaderOutput) {
        loseOutstanding(into: &output)
        restartLink(at: now)
        // A peripheral that is out of step at every attempt must not take the bus for itself.
        misses += 1
        due = now + retryDelay
    }

    private mutating func loseOutstanding(into output: inout ReaderOutput) {
        if purpose == .command, let lost = queue.pop() {
            output.report(.commandRefused(lost.tag, .lost), reader: place)
        }
        purpose = .link
    }

    private mutating func goOffline(_ reason: OfflineReason, at now: Instant, into output: inout ReaderOutput) {
        purpose = .link
        while let lost = queue.pop() { output.report(.commandRefused(lost.tag, .lost), reader: place) }
        endFile(.lost, into: &output)
        endInstallation(.lost, into: &output)
        restartLink(at: now)
        presented.removeAll()
        inputs = nil
        outputs = nil
        isTampered = nil
        hasPowerFailure = nil
        wantedStatus = 0
        if reported != .offline(reason) {
            reported = .offline(reason)
            output.report(.offline(reason), reader: place)
        }
    }

    private mutating func endInstallation(_ refusal: CommandRefusal, into output: inout ReaderOutput) {
        guard let ended = installation else { return }
        installation = nil
        output.report(.commandRefused(ended.tag, refusal), reader: place)
    }

    /// The peripheral does not know the key, or refuses the secure channel.
    private mutating func failSecureChannel(at now: Instant, into output: inout ReaderOutput) {
        if installation != nil {
            endInstallation(.notSecure, into: &output)
            restartLink(at: now)
            return
        }
        goOffline(.secureChannelFailed, at: now, into: &output)
        due = now + secureDelay
        secureDelay = min(secureDelay + secureDelay, timing.longestSecureRetry)
    }

    /// The link stands; the reader counts as online with its first answer on it.
    private mutating func goOnline(at now: Instant) {
        phase = .online
        due = now
        wantedStatus = 1 | (capabilities.inputs > 0 ? 2 : 0) | (capabilities.outputs > 0 ? 4 : 0)
    }

    /// Notes an answer on a link that stands.
    private mutating func noteProof(at now: Instant, into output: inout ReaderOutput) {
        lastProof = now
        probeDelay = timing.shortestProbe
        secureDelay = timing.shortestSecureRetry
        guard reported != .online else { return }
        reported = .online
        output.report(.online, reader: place)
    }

    /// How long to wait after `misses` answers that did not come.
    private var retryDelay: Interval {
        var delay = timing.shortestRetry
        for _ in 1..<max(2, min(misses, 16)) where delay < timing.longestRetry { delay = delay + delay }
        return min(delay, timing.longestRetry)
    }

    /// Notes that no answer came in time.
    mutating func noAnswer(at now: Instant, into output: inout ReaderOutput) {
        statistics.timeouts &+= 1
        misses += 1
        if case .offline = reported {
            restartLink(at: now)
            alternateCheck()
            due = now + probeDelay
            probeDelay = min(probeDelay + probeDelay, timing.longestProbe)
            return
        }
        if phase == .online || phase == .installingKey {
            mustRepeat = true
        } else {
            // Nothing is established yet: begin again, from time to time with the other check.
            restartLink(at: now)
            alternateCheck()
        }
        due = now + retryDelay
    }

    private mutating func alternateCheck() {
        guard configuration.check == .automatic else { return }
        check = check == .crc ? .checksum : .crc
    }

    /// Notes that time has passed without any transmission.
    mutating func poll(at now: Instant, into output: inout ReaderOutput) {
        if lossDeadline <= now {
            // It answers, but not over a channel that holds.
            let answersOtherwise = security.isSecure && lastHeard + timing.offlineAfter > now
            goOffline(answersOtherwise ? .secureChannelFailed : .noAnswer, at: now, into: &output)
            due = now + probeDelay
            probeDelay = min(probeDelay + probeDelay, timing.longestProbe)
        }
        if let until = installation?.until, until <= now {
            endInstallation(.notSecure, into: &output)
            restartLink(at: now)
        }
        if file.isAbandoned(at: now) { cancelFile(into: &output) }
        presented.expire(at: now)
    }

    mutating func malformed(_ reason: MalformedReason, at now: Instant, into output: inout ReaderOutput) {
        malformedReporter.note(reason, reader: place, at: now, into: &output)
        statistics.malformed = malformedReporter.count
    }
}

// MARK: - Commands of the board

extension OSDPPeripheral {
    /// Takes a command of the board.
    ///
    /// - Returns: `false` if it cannot be taken: the reader is not online, the queue is full, or it makes no sense.
    mutating func perform(_ command: ReaderCommand, tag: UInt16, at now: Instant) -> Bool {
        switch command {
        case .restartLink:
            restartLink(at: now)
            return true
        case .beginInstallation(let key):
            guard security.isSecure, installation == nil else { return false }
            installation = (key, tag, now + OSDPPeripheral.installationTime)
            restartLink(at: now)
            return true
        case .readLocalStatus: return want(1)
        case .readInputs: return want(2)
        case .readOutputs: return want(4)
        case .installKey(let key):
            guard isSecure else { return false }
            return enqueue(OSDPPeripheral.keySet(key, tag))
        case .light(let light):
            guard let data = light.encoded else { return false }
            return enqueue(QueuedCommand(code: OSDPCode.led, data: data, tag: tag, newKey: nil))
        case .sound(let sound):
            guard let data = sound.encoded else { return false }
            return enqueue(QueuedCommand(code: OSDPCode.buzzer, data: data, tag: tag, newKey: nil))
        case .text(let text):
            guard let data = text.encoded else { return false }
            return enqueue(QueuedCommand(code: OSDPCode.text, data: data, tag: tag, newKey: nil))
        case .output(let output):
            return enqueue(QueuedCommand(code: OSDPCode.output, data: output.encoded, tag: tag, newKey: nil))
        }
    }

    private mutating func want(_ status: UInt8) -> Bool {
        guard phase == .online else { return false }
        wantedStatus |= status
        return true
    }

    private mutating func enqueue(_ command: QueuedCommand) -> Bool {
        guard phase == .online else { return false }
        return queue.push(command)
    }

    /// Key type 1 (SCBK), length, key (section 6.17).
    private static func keySet(_ key: ReaderKey, _ tag: UInt16) -> QueuedCommand {
        var data = FixedBytes<40>()
        data.append(1)
        data.append(UInt8(AES128.keyLength))
        data.append(key.key.keyBlock.span)
        return QueuedCommand(code: OSDPCode.keySet, data: data, tag: tag, newKey: key)
    }

    /// Begins to send a file; data is asked for with `fileDataWanted`.
    mutating func beginFile(type: UInt8, size: UInt32) -> Bool {
        guard phase == .online, !file.isActive, size > 0 else { return false }
        file.begin(type: type, size: size, pieceLimit: pieceLimit)
        return true
    }

    /// Takes the part of the file that was asked for.
    mutating func provideFileData(_ data: Span<UInt8>, offset: UInt32) -> Bool { file.provide(data, offset: offset) }

    mutating func cancelFile(into output: inout ReaderOutput) {
        guard file.isActive else { return }
        _ = queue.push(QueuedCommand(code: OSDPCode.abort, data: FixedBytes(), tag: 0, newKey: nil))
        endFile(.cancelled, into: &output)
    }

    private var pieceLimit: Int {
        min(Int(capabilities.receiveSize), OSDPPeripheral.sendLimit) - OSDPPeripheral.fileOverhead
    }

    private mutating func endFile(_ outcome: FileTransferOutcome, into output: inout ReaderOutput) {
        guard file.isActive else { return }
        file.end()
        output.report(.fileTransferEnded(outcome), reader: place)
    }
}

// MARK: - Sending

extension OSDPPeripheral {
    /// Makes the packet that is to be sent now, or leaves the last one to be sent again.
    ///
    /// - Returns: `false` if there is nothing to send after all; `due` is then later.
    mutating func preparePacket(
        at now: Instant, random: inout RandomGenerator, into output: inout ReaderOutput
    ) -> Bool {
        if !mustRepeat && !buildPacket(at: now, random: &random, into: &output) {
            due = now + timing.pollInterval
            return false
        }
        mustRepeat = false
        sentAt = now
        due = now + timing.pollInterval
        statistics.sent &+= 1
        return true
    }

    private mutating func buildPacket(
        at now: Instant, random: inout RandomGenerator, into output: inout ReaderOutput
    ) -> Bool {
        purpose = .link
        var zero = FixedBytes<40>()
        zero.append(0)
        switch phase {
        case .identifying:
            write(OSDPCode.identify, zero)
        case .readingCapabilities:
            write(OSDPCode.capabilities, zero)
        case .challenging:
            let bytes = random.bytes(8)
            panelRandom = FixedBytes(bytes.span)
            write(OSDPCode.challenge, FixedBytes(bytes.span), handshakeBlock: OSDPPacket.Security.challenge)
        case .authenticating:
            let data = FixedBytes<40>(panelCryptogram.span)
            write(OSDPCode.panelCryptogram, data, handshakeBlock: OSDPPacket.Security.panelCryptogram)
        case .installingKey:
            guard let installation else {
                restartLink(at: now)
                return false
            }
            let command = OSDPPeripheral.keySet(installation.key, installation.tag)
            unconfirmedKey = installation.key
            write(command.code, command.data)
        case .online:
            file.requestData(at: now, reader: place, into: &output)
            if configuration.watchesInputs, capabilities.inputs > 0, inputsAskedAt + .seconds(1) <= now {
                inputsAskedAt = now
                wantedStatus |= 2
            }
            if let command = queue.first {
                purpose = .command
                if let key = command.newKey { unconfirmedKey = key }
                write(command.code, command.data)
            } else if wantedStatus != 0 {
                let bit = wantedStatus & (0 &- wantedStatus)
                purpose = .status(bit)
                let codes = (OSDPCode.localStatus, OSDPCode.inputStatus, OSDPCode.outputStatus)
                write(bit == 1 ? codes.0 : bit == 2 ? codes.1 : codes.2, FixedBytes())
            } else if file.takesTurn(at: now) {
                purpose = .file
                let envelope = envelope()
                file.write(envelope, session: &session, into: &packet)
            } else {
                purpose = .poll
                write(OSDPCode.poll, FixedBytes())
            }
        }
        return true
    }

    private mutating func write(_ code: UInt8, _ data: FixedBytes<40>, handshakeBlock: UInt8? = nil) {
        let envelope = envelope(handshakeBlock: handshakeBlock)
        OSDPPacket.write(envelope, code, data.span, session: &session, into: &packet)
    }

    /// The envelope of the next packet; takes the next sequence number.
    private mutating func envelope(handshakeBlock: UInt8? = nil) -> OSDPPacket.Envelope {
        sentSequence = nextSequence
        return OSDPPacket.Envelope(
            address: configuration.address, sequence: sentSequence, check: check, handshakeType: handshakeBlock,
            keyType: installation == nil ? 1 : 0)
    }
}

// MARK: - Receiving

extension OSDPPeripheral {
    /// Takes a packet that came while this peripheral's answer was awaited.
    ///
    /// - Parameter received: begins with the packet; its data is deciphered in place.
    /// - Returns: whether it was the answer; `false` leaves the panel waiting.
    mutating func take(
        _ layout: OSDPPacket.Layout, in received: inout ByteBuffer, at now: Instant, into output: inout ReaderOutput
    ) -> Bool {
        let code = received[layout.code]
        // A busy peripheral answers in the clear with sequence number 0 (section 7.20).
        if code == OSDPCode.busy && layout.securityType == nil
            && (layout.sequence == 0 || layout.sequence == sentSequence)
        {
            takeBusy(at: now, into: &output)
            return true
        }
        guard layout.sequence == sentSequence else {
            malformed(.unexpected, at: now, into: &output)
            return false
        }
        var dataEnd = layout.dataEnd
        if session != nil {
            guard layout.isAuthenticated else {
                return takeClearReply(code, layout, received.span, at: now, into: &output)
            }
            guard let end = openSecured(layout, &received) else {
                malformed(.authentication, at: now, into: &output)
                resynchronise(at: now, into: &output)
                return true
            }
            dataEnd = end
        } else if layout.isAuthenticated {
            // A peripheral that thinks a channel stands that this panel knows nothing of.
            malformed(.unexpected, at: now, into: &output)
            resynchronise(at: now, into: &output)
            return true
        }
        noteAnswer(at: now)
        do throws(MalformedReason) {
            let reply = try OSDPReply.decode(code, received.span.extracting((layout.code + 1)..<dataEnd))
            take(reply, layout, at: now, into: &output)
        } catch {
            // The packet is intact and ours, so that the sequence goes on; only its content is unusable.
            if phase == .online { noteProof(at: now, into: &output) }
            malformed(error, at: now, into: &output)
            skipOutstanding(into: &output)
        }
        return true
    }

    private mutating func noteAnswer(at now: Instant) {
        lastHeard = now
        misses = 0
        busyReplies = 0
        mustRepeat = false
        nextSequence = sentSequence == 3 ? 1 : sentSequence + 1
        statistics.replies &+= 1
        statistics.lastTurnaround = now - sentAt
        statistics.longestTurnaround = max(statistics.longestTurnaround, now - sentAt)
    }

    /// Checks a secured packet's code and deciphers its data.
    ///
    /// - Returns: where the data ends; `nil` if the code or the padding does not fit.
    private mutating func openSecured(_ layout: OSDPPacket.Layout, _ received: inout ByteBuffer) -> Int? {
        guard
            layout.securityType == OSDPPacket.Security.replyAuthenticated
                || layout.securityType == OSDPPacket.Security.replyEnciphered
        else { return nil }
        let code = FixedBytes<4>(
            received.span.extracting(layout.dataEnd..<(layout.dataEnd + OSDPPacket.authenticationCodeLength)))
        let dataStart = layout.code + 1
        // The data's vector is the last command's code, which a reply's code does not replace.
        guard session?.acceptsReply(received.span.extracting(0..<layout.dataEnd), code: code.span) == true else {
            return nil
        }
        guard layout.securityType == OSDPPacket.Security.replyEnciphered, dataStart < layout.dataEnd else {
            return layout.dataEnd
        }
        guard (layout.dataEnd - dataStart).isMultiple(of: AESBlock.length) else { return nil }
        if let session { OSDPPacket.decipher(dataStart..<layout.dataEnd, of: &received, with: session) }
        var end = layout.dataEnd - 1
        while end > dataStart && received[end] == 0 { end -= 1 }
        return received[end] == 0x80 ? end : nil
    }

    /// Takes a reply in the clear while a secure channel stands: the peripheral has lost it, or someone else answers.
    private mutating func takeClearReply(
        _ code: UInt8, _ layout: OSDPPacket.Layout, _ received: Span<UInt8>, at now: Instant,
        into output: inout ReaderOutput
    ) -> Bool {
        // A peripheral may give up the old channel before it acknowledges its new key.
        let setsKey = phase == .installingKey || (purpose == .command && queue.first?.newKey != nil)
        if code == OSDPCode.acknowledge && setsKey {
            noteAnswer(at: now)
            take(.acknowledged, layout, at: now, into: &output)
            return true
        }
        if code != OSDPCode.refuse { malformed(.authentication, at: now, into: &output) }
        resynchronise(at: now, into: &output)
        return true
    }

    private mutating func takeBusy(at now: Instant, into output: inout ReaderOutput) {
        statistics.busyReplies &+= 1
        lastHeard = now
        // In the clear, so that it proves nothing; but a busy reader is no lost one, until it has been so for too long.
        if phase == .online { lastProof = now }
        misses = 0
        busyReplies += 1
        mustRepeat = true
        due = now + timing.shortestRetry
        if busyReplies >= timing.busyLimit {
            goOffline(.noAnswer, at: now, into: &output)
            due = now + probeDelay
        }
    }

    /// Goes on after an answer that could not be used.
    private mutating func skipOutstanding(into output: inout ReaderOutput) {
        switch purpose {
        case .command:
            if let command = queue.pop() {
                output.report(.commandRefused(command.tag, .notSupported), reader: place)
            }
        case .status(let bit): wantedStatus &= ~bit
        case .file: endFile(.malformed, into: &output)
        case .link, .poll: break
        }
        purpose = .poll
    }

    private mutating func take(
        _ reply: OSDPReply, _ layout: OSDPPacket.Layout, at now: Instant, into output: inout ReaderOutput
    ) {
        if case .refused(let reason) = reply {
            takeRefusal(reason, at: now, into: &output)
            return
        }
        switch phase {
        case .identifying:
            guard case .identification(let identity) = reply else { return }
            self.identity = identity
            output.report(.identified(identity), reader: place)
            phase = .readingCapabilities
            due = now
        case .readingCapabilities:
            guard case .capabilities(let capabilities) = reply else { return }
            self.capabilities = capabilities
            if configuration.check == .automatic && capabilities.hasCRC { check = .crc }
            afterCapabilities(at: now, into: &output)
        case .challenging: takeChallengeAnswer(reply, layout, at: now, into: &output)
        case .authenticating: takeInitialCode(reply, layout, at: now, into: &output)
        case .installingKey:
            guard case .acknowledged = reply, let done = installation else { return }
            installation = nil
            keyTaken(done.key, tag: done.tag, at: now, into: &output)
        case .online: takeOnline(reply, at: now, into: &output)
        }
    }

    private mutating func afterCapabilities(at now: Instant, into output: inout ReaderOutput) {
        if security.isSecure {
            phase = .challenging
            due = now
        } else {
            goOnline(at: now)
        }
    }

    /// What a refusal means depends on what was asked (reasons: section 7.3, table 47).
    private mutating func takeRefusal(_ reason: UInt8, at now: Instant, into output: inout ReaderOutput) {
        statistics.refusals &+= 1
        let wrongSequence: UInt8 = 4
        let securityNotSupported: UInt8 = 5
        let securityRequired: UInt8 = 6
        if reason == wrongSequence {
            resynchronise(at: now, into: &output)
            return
        }
        switch phase {
        case .identifying, .readingCapabilities:
            // Some peripherals say who they are over the secure channel only.
            if !security.isSecure && reason == securityRequired {
                failSecureChannel(at: now, into: &output)
            } else {
                phase = .readingCapabilities
                afterCapabilities(at: now, into: &output)
            }
        case .challenging, .authenticating:
            failSecureChannel(at: now, into: &output)
        case .installingKey:
            endInstallation(.notSecure, into: &output)
            unconfirmedKey = nil
            restartLink(at: now)
        case .online:
            if isSecure && (reason == securityNotSupported || reason == securityRequired) {
                resynchronise(at: now, into: &output)
                return
            }
            if !isSecure && reason == securityRequired {
                // It answers nothing in the clear, and in the clear is how it is configured.
                failSecureChannel(at: now, into: &output)
                return
            }
            noteProof(at: now, into: &output)
            refuseOutstanding(reason, into: &output)
        }
    }

    private mutating func refuseOutstanding(_ reason: UInt8, into output: inout ReaderOutput) {
        let unknownCommand: UInt8 = 3
        switch purpose {
        case .command:
            guard let command = queue.pop() else { break }
            if command.newKey != nil { unconfirmedKey = nil }
            if command.code == OSDPCode.abort { break }
            output.report(
                .commandRefused(command.tag, reason == unknownCommand ? .notSupported : .badValues), reader: place)
        case .status(let bit): wantedStatus &= ~bit
        case .file: endFile(reason == unknownCommand ? .notSupported : .stoppedByReader, into: &output)
        case .poll, .link: break
        }
        purpose = .poll
    }

    // MARK: Secure channel

    private mutating func takeChallengeAnswer(
        _ reply: OSDPReply, _ layout: OSDPPacket.Layout, at now: Instant, into output: inout ReaderOutput
    ) {
        let expectedKeyType: UInt8 = installation == nil ? 1 : 0
        guard case .challengeAnswer(let client, let random, let cryptogram) = reply,
            layout.securityType == OSDPPacket.Security.challengeAnswer, layout.securityData == expectedKeyType
        else {
            failSecureChannel(at: now, into: &output)
            return
        }
        // A new key whose acknowledgement was lost may be in use already: the cryptogram tells.
        for candidate in 0..<2 {
            guard let key = key(candidate, clientIdentifier: client) else { continue }
            let session = OSDPSecureSession(key: key, panelRandom: panelRandom)
            let expected = session.peripheralCryptogram(panelRandom: panelRandom, peripheralRandom: random)
            guard expected == cryptogram else { continue }
            if candidate == 1, let key = unconfirmedKey {
                security = .key(key)
                unconfirmedKey = nil
                output.report(.keyInstalled, reader: place)
            }
            panelCryptogram = session.panelCryptogram(panelRandom: panelRandom, peripheralRandom: random)
            handshakeReplyCode = session.initialReplyCode(panelCryptogram: panelCryptogram)
            handshake = session
            if case .masterKey(let master) = security, installation != nil {
                installation?.key = ReaderKey(
                    OSDPSecureSession.diversifiedKey(master: master.key, clientIdentifier: client))
            }
            phase = .authenticating
            due = now
            return
        }
        failSecureChannel(at: now, into: &output)
    }

    /// The key that the peripheral should have (0), and the one that it may have taken last (1).
    private func key(_ candidate: Int, clientIdentifier: FixedBytes<8>) -> AES128? {
        if installation != nil { return candidate == 0 ? OSDPSecureSession.defaultKey : nil }
        if candidate == 1 { return unconfirmedKey?.key }
        switch security {
        case .clear, .keyToBeInstalled: return nil
        case .key(let key): return key.key
        case .masterKey(let master):
            return OSDPSecureSession.diversifiedKey(master: master.key, clientIdentifier: clientIdentifier)
        }
    }

    private mutating func takeInitialCode(
        _ reply: OSDPReply, _ layout: OSDPPacket.Layout, at now: Instant, into output: inout ReaderOutput
    ) {
        guard case .initialCode(let code) = reply, layout.securityType == OSDPPacket.Security.initialCode,
            layout.securityData == 1, code == handshakeReplyCode, var established = handshake
        else {
            failSecureChannel(at: now, into: &output)
            return
        }
        established.begin(initialReplyCode: code)
        session = established
        handshake = nil
        if installation != nil {
            phase = .installingKey
            due = now
        } else {
            goOnline(at: now)
        }
    }

    /// The peripheral has a new key: the channel is built anew with it.
    private mutating func keyTaken(
        _ key: ReaderKey, tag: UInt16, at now: Instant, into output: inout ReaderOutput
    ) {
        if case .masterKey = security {} else { security = .key(key) }
        unconfirmedKey = nil
        output.report(.keyInstalled, reader: place)
        output.report(.commandDone(tag), reader: place)
        restartLink(at: now, keepingIdentity: true)
    }

    // MARK: Online

    private mutating func takeOnline(_ reply: OSDPReply, at now: Instant, into output: inout ReaderOutput) {
        noteProof(at: now, into: &output)
        switch reply {
        case .localStatus(let isTampered, let hasPowerFailure):
            if self.isTampered != isTampered { output.report(.tamper(isTampered), reader: place) }
            if self.hasPowerFailure != hasPowerFailure { output.report(.powerFailure(hasPowerFailure), reader: place) }
            self.isTampered = isTampered
            self.hasPowerFailure = hasPowerFailure
        case .inputs(let levels, let count):
            reportChanges(from: inputs, to: levels, count: count, isInput: true, into: &output)
            inputs = levels
        case .outputs(let levels, let count):
            reportChanges(from: outputs, to: levels, count: count, isInput: false, into: &output)
            outputs = levels
        case .rawCard(let bits, let card):
            var identifier = card
            if let bits, let format = configuration.format(for: bits) { identifier = format.identifier(in: bits) }
            if presented.isNew(identifier, at: now) { output.report(.card(identifier), reader: place) }
        case .formattedCard(let card):
            if presented.isNew(card, at: now) { output.report(.card(card), reader: place) }
        case .unusableCard:
            output.report(.cardRefused(.unknownFormat), reader: place)
        case .keys(let characters):
            for index in 0..<characters.count {
                if let key = OSDPReply.key(characters[index]) {
                    output.report(.key(key), reader: place)
                } else {
                    malformed(.character, at: now, into: &output)
                }
            }
        case .fileStatus(let status):
            takeFileStatus(status, at: now, into: &output)
        case .acknowledged, .refused, .busy, .identification, .capabilities, .challengeAnswer, .initialCode, .other:
            break
        }
        finishOutstanding(at: now, into: &output)
    }

    /// What was asked for is answered.
    private mutating func finishOutstanding(at now: Instant, into output: inout ReaderOutput) {
        switch purpose {
        case .command:
            guard let command = queue.pop() else { break }
            if let key = command.newKey {
                keyTaken(key, tag: command.tag, at: now, into: &output)
            } else if command.code != OSDPCode.abort {
                output.report(.commandDone(command.tag), reader: place)
            }
        case .status(let bit): wantedStatus &= ~bit
        case .poll, .file, .link: break
        }
        purpose = .poll
        if !queue.isEmpty || wantedStatus != 0 || file.isReady(at: now) { due = now }
    }

    private func reportChanges(
        from old: UInt32?, to levels: UInt32, count: Int, isInput: Bool, into output: inout ReaderOutput
    ) {
        for index in 0..<min(count, 32) {
            let mask: UInt32 = 1 << UInt32(index)
            if let old, (old ^ levels) & mask == 0 { continue }
            let isActive = levels & mask != 0
            output.report(
                isInput
                    ? .input(UInt8(index), isActive: isActive) : .output(UInt8(index), isActive: isActive),
                reader: place)
        }
    }

    private mutating func takeFileStatus(
        _ status: OSDPFileStatus, at now: Instant, into output: inout ReaderOutput
    ) {
        guard purpose == .file else { return }
        if status.receiveSize > 0 {
            let limit = min(Int(status.receiveSize), OSDPPeripheral.sendLimit) - OSDPPeripheral.fileOverhead
            file.pieceLimit = max(1, min(limit, OSDPFileTransfer.pieceCapacity))
        }
        if let outcome = file.take(status, at: now) { endFile(outcome, into: &output) }
        file.requestData(at: now, reader: place, into: &output)
    }
}

// MARK: - Data of commands

extension LightCommand {
    /// Reader, light, temporary setting (7 bytes), permanent setting (5 bytes) (section 6.10).
    var encoded: FixedBytes<40>? {
        if temporary != nil && temporaryTime == 0 { return nil }
        var data = FixedBytes<40>()
        data.append(0)
        data.append(light)
        data.append(temporary == nil ? 0 : 2)
        append(temporary, to: &data)
        data.appendLittleEndian(temporary == nil ? UInt16(0) : temporaryTime)
        data.append(permanent == nil ? 0 : 1)
        append(permanent, to: &data)
        return data
    }

    private func append(_ pattern: LightPattern?, to data: inout FixedBytes<40>) {
        data.append(pattern?.onTime ?? 0)
        data.append(pattern?.offTime ?? 0)
        data.append(pattern?.onColour.rawValue ?? 0)
        data.append(pattern?.offColour.rawValue ?? 0)
    }
}

extension SoundCommand {
    /// Reader, tone (1 off, 2 default), on, off, repetitions (section 6.11).
    var encoded: FixedBytes<40>? {
        if isOn && onTime == 0 { return nil }
        var data = FixedBytes<40>()
        data.append(0)
        data.append(isOn ? 2 : 1)
        data.append(isOn ? onTime : 0)
        data.append(isOn ? offTime : 0)
        data.append(isOn ? repetitions : 0)
        return data
    }
}

extension TextCommand {
    /// Reader, command (1 permanent, 3 temporary, both without wrapping), time, row, column, length, characters
    /// (section 6.12).
    var encoded: FixedBytes<40>? {
        guard !text.isEmpty else { return nil }
        for index in 0..<text.count where text[index] < 0x20 || text[index] > 0x7E { return nil }
        var data = FixedBytes<40>()
        data.append(0)
        data.append(seconds == 0 ? 1 : 3)
        data.append(seconds)
        data.append(row)
        data.append(column)
        data.append(UInt8(text.count))
        data.append(text.span)
        return data
    }
}

extension OutputCommand {
    /// Output, control, time (section 6.9, table 15): 1 off and 2 on for good, 5 on and 6 off for the time.
    var encoded: FixedBytes<40> {
        var data = FixedBytes<40>()
        data.append(output)
        data.append(time == 0 ? (isActive ? 2 : 1) : (isActive ? 5 : 6))
        data.appendLittleEndian(time)
        return data
    }
}
