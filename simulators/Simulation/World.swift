import DeviceModels
import FixedMemory
import HardwareInterface
import VirtualBoard
import WardenMessages

/// The world around a board as a scenario moves it: what sensors feel, who holds a card at which reader, what breaks.
///
/// It acts on a virtual board and knows nothing of who listens there: the runtime of a simulation, or devices of a kernel
/// that are worked from outside.
public struct World: ~Copyable {
    private var stimuli: StimulusTable

    /// - Parameter sensors: how many the board has.
    public init(sensors: Int) {
        stimuli = StimulusTable(devices: sensors, capacity: max(1, sensors * Quantity.allCases.count))
    }

    /// When something moves by itself next; `.never` if nothing does.
    public var deadline: Instant { stimuli.deadline }

    /// Lets everything move on that moves by itself.
    public mutating func advance(
        to now: Instant, of scenario: borrowing ScenarioTables, on board: inout VirtualBoard
    ) {
        stimuli.advance(to: now, tracks: scenario.values, on: &board)
    }

    /// Does what a step does to the world. What it expects, says, types or commands is not the world's.
    public mutating func perform(
        _ step: Step, of scenario: borrowing ScenarioTables, on board: inout VirtualBoard
    ) {
        switch step.action {
        case .set(let set)?: performSet(set, of: scenario, on: &board)
        case .play(let play)?: performPlay(play, of: scenario, on: &board)
        case .line(let input)?:
            board.setInput(LineIndex(UInt16(truncatingIfNeeded: input.line)), isActive: input.active)
        case .serial(let serial)?:
            board.transmit(serial.data.span, to: StreamIndex(UInt16(truncatingIfNeeded: serial.port)))
        case .fault(let fault)?: World.perform(fault, on: &board)
        case .clock(let clock)?:
            board.setWallClock(
                WallClock(
                    unixMilliseconds: clock.unixMs,
                    trust: ClockTrust(rawValue: UInt8(truncatingIfNeeded: clock.trust.rawValue)) ?? .unset))
        case .present(let present)?: World.perform(present, on: &board)
        case .keys(let keys)?:
            for index in 0..<keys.keys.count { board.press(keys.keys[index], at: Int(keys.reader)) }
        case .expect?, .remark?, .console?, .command?, nil: break
        }
    }

    private mutating func performSet(
        _ set: SetQuantity, of scenario: borrowing ScenarioTables, on board: inout VirtualBoard
    ) {
        guard let quantity = DeviceModels.Quantity(rawValue: UInt8(truncatingIfNeeded: set.quantity.rawValue)) else {
            return
        }
        if set.overMs == 0 {
            stimuli.set(Int(set.sensor), quantity, set.value, on: &board)
        } else {
            stimuli.ramp(
                Int(set.sensor), quantity, to: set.value, over: .milliseconds(Int64(set.overMs)), at: board.now)
            stimuli.advance(to: board.now, tracks: scenario.values, on: &board)
        }
    }

    private mutating func performPlay(
        _ play: PlayTrack, of scenario: borrowing ScenarioTables, on board: inout VirtualBoard
    ) {
        let track = Int(play.track)
        guard track < scenario.motions.count else { return }
        if let motion = scenario.motions[track] {
            let start = board.now
            board.withDevice(Int(play.sensor)) { $0.play(motion, from: start, repeats: play.repeat) }
            return
        }
        guard let quantity = DeviceModels.Quantity(rawValue: UInt8(truncatingIfNeeded: play.quantity.rawValue)) else {
            return
        }
        stimuli.play(track, Int(play.sensor), quantity, repeats: play.repeat, at: board.now)
        stimuli.advance(to: board.now, tracks: scenario.values, on: &board)
    }

    private static func perform(_ fault: Fault, on board: inout VirtualBoard) {
        switch fault.target {
        case .sensor(let sensor)?:
            let now = board.now
            board.withDevice(Int(sensor)) { World.apply(fault, to: &$0, at: now) }
        case .bus(let bus)?:
            let bus = BusIndex(UInt8(truncatingIfNeeded: bus))
            switch fault.kind {
            case .held: board.setBusHeld(bus, fault.active)
            case .slow: board.setBusDelay(bus, fault.active ? .milliseconds(50) : .zero)
            default: board.setBusAbsent(bus, fault.active)
            }
        case .port(let port)?:
            board.setStreamOpen(StreamIndex(UInt16(truncatingIfNeeded: port)), !fault.active)
        case .reader(let reader)?: perform(fault, onReader: Int(reader), of: &board)
        case .line(let line)?:
            board.setLineAvailable(LineIndex(UInt16(truncatingIfNeeded: line)), !fault.active)
        case nil: break
        }
    }

    private static func perform(_ fault: Fault, onReader reader: Int, of board: inout VirtualBoard) {
        switch fault.kind {
        case .absent: board.setReader(reader, fault.active ? .silent : .none)
        case .nonsense: board.setReader(reader, fault.active ? .babbling : .none)
        case .checksum: board.setReader(reader, fault.active ? .badChecksum : .none)
        case .held: board.setReader(reader, fault.active ? .held : .none)
        case .tamper: board.setReader(reader, isTampered: fault.active)
        case .supply: board.setReader(reader, hasPowerFailure: fault.active)
        case .factoryNew: board.setReader(reader, isFactoryNew: fault.active)
        case .reset: if fault.active { board.restartReader(reader) }
        case .frozen, .slow, .jammed, .unrecognised: break
        }
    }

    private static func perform(_ present: PresentCard, on board: inout VirtualBoard) {
        let card: PresentedCard
        let reader = Int(present.reader)
        switch present.card {
        case .tag(let tag)?:
            guard tag.count == 5 else { return }
            card = .tag(InlineArray { tag[$0] })
        case .bits(let bits)?: card = .bits(bits.bytes, count: Int(bits.count))
        case .contactless(let contactless)?: card = .contactless(cardModel(contactless, at: reader, of: board))
        case .text(let text)?: card = .text(text)
        case nil: return
        }
        board.present(card, at: reader, for: .milliseconds(Int64(present.forMs)))
    }

    /// A card as a scenario describes it; one with a file has it where the reader looks for it.
    private static func cardModel(
        _ card: ContactlessCard, at reader: Int, of board: borrowing VirtualBoard
    ) -> ContactlessCardModel {
        let identifier = card.identifier
        guard !card.file.isEmpty,
            let model = board.card(
                identifier: identifier, file: card.file, at: reader, hasForeignKey: card.foreignKey)
        else { return ContactlessCardModel(identifier: identifier.span) }
        return model
    }

    private static func apply(_ fault: Fault, to device: inout DeviceModel, at now: Instant) -> Bool {
        switch fault.kind {
        case .absent: device.faults.isAbsent = fault.active
        case .held: device.faults.isHeld = fault.active
        case .jammed: device.faults.isJammed = fault.active
        case .frozen: device.defects.isFrozen = fault.active
        case .nonsense: device.faults.distortion = fault.active ? .nonsense : .none
        case .checksum: device.faults.distortion = fault.active ? .flippedBits : .none
        case .slow: device.defects.conversionPercent = fault.active ? 400 : 100
        case .reset: if fault.active { device.powerOn(at: now) }
        case .tamper, .supply, .factoryNew, .unrecognised: return false
        }
        return true
    }
}
