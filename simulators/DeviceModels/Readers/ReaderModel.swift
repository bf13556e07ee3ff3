import Cryptography
import FixedMemory
import HardwareInterface

/// A card, tag or code as somebody holds it at a reader.
public enum PresentedCard: Sendable, BitwiseCopyable {
    /// Version byte and identifier of a 125 kHz tag.
    case tag(InlineArray<5, UInt8>)
    /// What a Wiegand or OSDP reader makes of a card, parity bits included; the first bit in the highest of the first byte.
    case bits(FixedBytes<16>, count: Int)
    case contactless(ContactlessCardModel)
    /// A line of text, without its end.
    case text(FixedBytes<96>)
}

/// A simulated card reader of any kind: cards and keys in, bytes or edges out.
public enum ReaderModel: ~Copyable {
    case serialTag(SerialTagReaderModel)
    case wiegand(WiegandReaderModel)
    case textLine(TextLineReaderModel)
    case osdp(OSDPReaderModel)
    case pn532(PN532Model)

    /// What can be wrong with a reader as a whole.
    public enum Fault: UInt8, Sendable, BitwiseCopyable, CaseIterable {
        case none = 0
        /// Says nothing: no supply, cable cut.
        case silent = 1
        /// Sends nonsense without end.
        case babbling = 2
        /// Its checksums are wrong.
        case badChecksum = 3
        /// A data line is held, or its answers come too late.
        case held = 4
    }

    /// When it has something to send next; `.never` if not.
    public var deadline: Instant {
        switch self {
        case .serialTag(let model): return model.deadline
        case .wiegand(let model): return model.deadline
        case .textLine(let model): return model.deadline
        case .osdp(let model): return model.deadline
        case .pn532(let model): return model.deadline
        }
    }

    /// Puts a card to the reader.
    ///
    /// - Returns: `false` if the reader cannot read such a card, or has no room for another one.
    public mutating func present(_ card: PresentedCard, at now: Instant) -> Bool {
        var isTaken = true
        switch consume self {
        case .serialTag(var model):
            if case .tag(let tag) = card { model.present(tag, at: now) } else { isTaken = false }
            self = .serialTag(model)
        case .wiegand(var model):
            if case .bits(let bytes, let count) = card {
                for place in 0..<count {
                    model.send(bit: bytes[place / 8] >> UInt8(7 - place % 8) & 1 == 1, at: now)
                }
            } else {
                isTaken = false
            }
            self = .wiegand(model)
        case .textLine(var model):
            if case .text(let text) = card { model.present(text, at: now) } else { isTaken = false }
            self = .textLine(model)
        case .osdp(var model):
            if case .bits(let bytes, let count) = card {
                model.presentCard(bytes.span, bitCount: UInt16(count))
            } else {
                isTaken = false
            }
            self = .osdp(model)
        case .pn532(var model):
            if case .contactless(let card) = card { isTaken = model.present(card, at: now) } else { isTaken = false }
            self = .pn532(model)
        }
        return isTaken
    }

    /// Takes the card away; nothing for readers that send a card once.
    public mutating func removeCards() {
        switch consume self {
        case .serialTag(var model):
            model.remove()
            self = .serialTag(model)
        case .wiegand(let model): self = .wiegand(model)
        case .textLine(let model): self = .textLine(model)
        case .osdp(let model): self = .osdp(model)
        case .pn532(var model):
            model.removeCards()
            self = .pn532(model)
        }
    }

    /// Presses a key: a digit, `*` or `#`.
    ///
    /// - Returns: `false` if the reader has no keys, or not this one.
    public mutating func press(_ key: UInt8, at now: Instant) -> Bool {
        var isTaken = true
        let number: UInt8? =
            switch key {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): key - UInt8(ascii: "0")
            case UInt8(ascii: "*"): 10
            case UInt8(ascii: "#"): 11
            default: nil
            }
        switch consume self {
        case .wiegand(var model):
            if let number {
                model.press(number, eightBits: false, at: now)
                // A burst ends with a pause of the line.
                model.pause(.milliseconds(60))
            } else {
                isTaken = false
            }
            self = .wiegand(model)
        case .osdp(var model):
            // Keys as OSDP sends them: digits as ASCII, * as DEL, # as CR (section 7.12).
            if number != nil {
                let character: InlineArray<1, UInt8> = [
                    key == UInt8(ascii: "*") ? 0x7F : key == UInt8(ascii: "#") ? 0x0D : key
                ]
                model.press(character.span)
            } else {
                isTaken = false
            }
            self = .osdp(model)
        case .serialTag(let model):
            isTaken = false
            self = .serialTag(model)
        case .textLine(let model):
            isTaken = false
            self = .textLine(model)
        case .pn532(let model):
            isTaken = false
            self = .pn532(model)
        }
        return isTaken
    }

    /// Sets or ends a fault.
    ///
    /// - Returns: `false` if this kind of reader cannot have it.
    public mutating func set(_ fault: Fault, at now: Instant) -> Bool {
        var isKnown = true
        switch consume self {
        case .serialTag(var model):
            let wanted: SerialTagReaderModel.Fault? =
                switch fault {
                case .none: SerialTagReaderModel.Fault.none
                case .silent: .silent
                case .babbling: .babbling
                case .badChecksum: .badChecksum
                case .held: nil
                }
            if let wanted { model.set(wanted, at: now) } else { isKnown = false }
            self = .serialTag(model)
        case .wiegand(var model):
            switch fault {
            case .none: model.hold(dataOne: false, isActive: false, at: now)
            case .held: model.hold(dataOne: false, isActive: true, at: now)
            case .silent, .babbling, .badChecksum: isKnown = false
            }
            self = .wiegand(model)
        case .textLine(let model):
            isKnown = fault == .none
            self = .textLine(model)
        case .osdp(var model):
            switch fault {
            case .none: model.set(.none, at: now)
            case .silent: model.set(.silent, at: now)
            case .babbling: model.set(.babbling, at: now)
            case .badChecksum: model.set(.badCheck, at: now)
            case .held: model.set(.busy, at: now)
            }
            self = .osdp(model)
        case .pn532(var model):
            switch fault {
            case .none: model.set(.none, at: now)
            case .silent: model.set(.silent, at: now)
            case .babbling: model.set(.babbling, at: now)
            case .badChecksum: model.set(.everySecondDamaged, at: now)
            case .held: model.set(.neverAnswers, at: now)
            }
            self = .pn532(model)
        }
        return isKnown
    }

    /// Takes the supply away for a moment.
    public mutating func restart() {
        switch consume self {
        case .osdp(var model):
            model.restart()
            self = .osdp(model)
        case .pn532(var model):
            model.restart()
            self = .pn532(model)
        case .serialTag(let model): self = .serialTag(model)
        case .wiegand(let model): self = .wiegand(model)
        case .textLine(let model): self = .textLine(model)
        }
    }

    /// Opens or closes the case.
    ///
    /// - Returns: `false` if the reader does not tell of it itself.
    public mutating func setTampered(_ isTampered: Bool) -> Bool {
        changeBusModel { $0.setLocal(isTampered: isTampered, hasPowerFailure: $0.hasPowerFailure) }
    }

    /// Fails or restores the supply, while a battery in the reader goes on.
    ///
    /// - Returns: `false` if the reader does not tell of it.
    public mutating func setPowerFailure(_ hasPowerFailure: Bool) -> Bool {
        changeBusModel { $0.setLocal(isTampered: $0.isTampered, hasPowerFailure: hasPowerFailure) }
    }

    /// Activates inputs of the reader, one bit each.
    ///
    /// - Returns: `false` if it has none.
    public mutating func setInputs(_ levels: UInt8) -> Bool {
        changeBusModel { $0.setInputs(levels) }
    }

    /// What the board last had the reader show; `nil` for a reader that shows nothing by itself.
    public var indication: OSDPReaderModel.Indication? {
        switch self {
        case .osdp(let model): return model.indication
        default: return nil
        }
    }

    /// Changes what only readers on a bus have.
    ///
    /// - Returns: `false` for any other reader.
    private mutating func changeBusModel(_ change: (inout OSDPReaderModel) -> Void) -> Bool {
        switch consume self {
        case .osdp(var model):
            change(&model)
            self = .osdp(model)
            return true
        case .serialTag(let model): self = .serialTag(model)
        case .wiegand(let model): self = .wiegand(model)
        case .textLine(let model): self = .textLine(model)
        case .pn532(let model): self = .pn532(model)
        }
        return false
    }

    /// Gives the reader a key, or takes it away as in one from the factory.
    ///
    /// - Returns: `false` if the reader knows no keys.
    public mutating func setKey(_ key: AES128?) -> Bool {
        changeBusModel { $0.setKey(key) }
    }

    /// Takes bytes of the board; nothing for readers that only speak.
    public mutating func receive(_ bytes: Span<UInt8>, at now: Instant) {
        switch consume self {
        case .osdp(var model):
            model.receive(bytes, at: now)
            self = .osdp(model)
        case .pn532(var model):
            model.receive(bytes, at: now)
            self = .pn532(model)
        case .serialTag(let model): self = .serialTag(model)
        case .wiegand(let model): self = .wiegand(model)
        case .textLine(let model): self = .textLine(model)
        }
    }

    /// Writes the bytes that have left the reader by `now`; none for one on data lines.
    public mutating func emit<Sink: ByteSink & ~Copyable>(until now: Instant, into sink: inout Sink) {
        switch consume self {
        case .serialTag(var model):
            model.emit(until: now, into: &sink)
            self = .serialTag(model)
        case .textLine(var model):
            model.emit(until: now, into: &sink)
            self = .textLine(model)
        case .osdp(var model):
            model.emit(until: now, into: &sink)
            self = .osdp(model)
        case .pn532(var model):
            model.emit(until: now, into: &sink)
            self = .pn532(model)
        case .wiegand(let model): self = .wiegand(model)
        }
    }

    /// Takes the next edge of a reader on data lines that has come by `now`.
    public mutating func takeEdge(until now: Instant) -> WiegandReaderModel.Edge? {
        switch consume self {
        case .wiegand(var model):
            let edge = model.takeEdge(until: now)
            self = .wiegand(model)
            return edge
        case .serialTag(let model): self = .serialTag(model)
        case .textLine(let model): self = .textLine(model)
        case .osdp(let model): self = .osdp(model)
        case .pn532(let model): self = .pn532(model)
        }
        return nil
    }
}

/// A scanner that sends each code as a line of text, once.
public struct TextLineReaderModel: Sendable, BitwiseCopyable {
    private let prefix: FixedBytes<16>
    private let suffix: FixedBytes<16>
    /// What ends a line; empty for a scanner that only pauses.
    private let lineEnd: FixedBytes<2>
    private var waiting = FixedBytes<130>()
    private var sendsAt = Instant.never

    public init(prefix: FixedBytes<16>, suffix: FixedBytes<16>, lineEnd: FixedBytes<2>) {
        self.prefix = prefix
        self.suffix = suffix
        self.lineEnd = lineEnd
    }

    public var deadline: Instant { sendsAt }

    public mutating func present(_ text: FixedBytes<96>, at now: Instant) {
        for index in 0..<prefix.count { waiting.append(prefix[index]) }
        for index in 0..<text.count { waiting.append(text[index]) }
        for index in 0..<suffix.count { waiting.append(suffix[index]) }
        for index in 0..<lineEnd.count { waiting.append(lineEnd[index]) }
        sendsAt = now
    }

    public mutating func emit<Sink: ByteSink & ~Copyable>(until now: Instant, into sink: inout Sink) {
        guard sendsAt <= now else { return }
        sendsAt = .never
        for index in 0..<waiting.count { sink.append(waiting[index]) }
        waiting.removeAll()
    }
}
