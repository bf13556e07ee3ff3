import FixedMemory
import HardwareInterface

/// Microchip MCP23017 from the bus and at its pins: both register orders, sequential addressing, pull-ups, inversion,
/// latches, interrupt capture.
///
/// Source: Microchip DS20001952D, sections 3.2 to 3.6. The interrupt pins are not wired to anything.
public struct MCP23017Model: ChipModel {
    public var defects = ChipDefects()
    /// Bit n set: the world drives pin n so hard that an output cannot move it.
    public var shortedPins: UInt16 = 0
    /// Bit n set: nothing drives pin n; it reads its pull-up, else low.
    public var floatingPins: UInt16 = 0

    private var world: UInt16 = 0
    private var pointer: UInt8 = 0
    /// In the order of BANK = 0: pairs for ports A and B, IOCON twice.
    private var registers = InlineArray<22, UInt8>(repeating: 0)
    private var frozen: UInt16 = 0

    public init() { powerOn(at: .start) }

    public mutating func powerOn(at now: Instant) {
        registers = InlineArray(repeating: 0)
        registers[0] = 0xFF
        registers[1] = 0xFF
        pointer = 0
        frozen = pins
    }

    public mutating func set(_ quantity: Quantity, to value: Int32) -> Bool {
        guard quantity == .pins else { return false }
        let before = pins
        world = UInt16(truncatingIfNeeded: value)
        capture(before)
        return true
    }

    private func pair(_ register: Int) -> UInt16 { UInt16(registers[register + 1]) << 8 | UInt16(registers[register]) }

    private var directions: UInt16 { pair(0x00) }
    /// What the output drivers put on their pins.
    public var drivenLevels: UInt16 { pair(0x14) & ~directions }
    /// Which pins are outputs.
    public var drivenPins: UInt16 { ~directions }

    /// The levels at the pins.
    public var pins: UInt16 {
        let inputs = (world & ~floatingPins) | (pair(0x0C) & floatingPins)
        let free = (inputs & directions) | drivenLevels
        return (free & ~shortedPins) | (world & shortedPins)
    }

    /// Interrupt on change, against the last level or the comparison register.
    private mutating func capture(_ before: UInt16) {
        let now = pins
        let changed = (now ^ before) & ~pair(0x08)
        let unequal = (now ^ pair(0x06)) & pair(0x08)
        let flags = (changed | unequal) & pair(0x04)
        guard flags != 0, pair(0x0E) == 0 else { return }
        registers[0x0E] = UInt8(truncatingIfNeeded: flags)
        registers[0x0F] = UInt8(flags >> 8)
        registers[0x10] = UInt8(truncatingIfNeeded: now)
        registers[0x11] = UInt8(now >> 8)
    }

    private var isBanked: Bool { registers[0x0A] & 0x80 != 0 }
    private var countsUp: Bool { registers[0x0A] & 0x20 == 0 }

    /// The place of a bus address in the order of BANK = 0; `nil` where there is none.
    private func place(_ address: UInt8) -> Int? {
        guard isBanked else { return address < 22 ? Int(address) : nil }
        let register = Int(address & 0x0F)
        guard register < 11, address < 0x1B else { return nil }
        return 2 * register + (address >= 0x10 ? 1 : 0)
    }

    private func following(_ address: UInt8) -> UInt8 {
        // Byte mode toggles between the two registers of a pair when they lie side by side.
        guard countsUp else { return isBanked ? address : address ^ 1 }
        guard !isBanked else { return address == 0x1A ? 0 : address &+ 1 }
        return address == 0x15 ? 0 : address &+ 1
    }

    public mutating func transact<Sink: ByteSink & ~Copyable>(
        write: Span<UInt8>, read count: Int, into sink: inout Sink, at now: Instant
    ) -> BusOutcome {
        if !defects.isFrozen { frozen = pins }
        if write.count >= 1 { pointer = write[0] }
        for offset in 1..<max(write.count, 1) {
            let address = pointer
            pointer = following(pointer)
            store(write[offset], at: address)
        }
        for _ in 0..<count {
            sink.append(load(pointer))
            pointer = following(pointer)
        }
        return .done
    }

    private mutating func store(_ value: UInt8, at address: UInt8) {
        guard let place = place(address) else { return }
        switch place {
        case 0x0A, 0x0B:
            registers[0x0A] = value & 0xFE
            registers[0x0B] = value & 0xFE
        // Flags and captures are read-only; writing the port writes the latch.
        case 0x0E...0x11: break
        case 0x12, 0x13: registers[place + 2] = value
        default: registers[place] = value
        }
    }

    private mutating func load(_ address: UInt8) -> UInt8 {
        guard let place = place(address) else { return 0 }
        switch place {
        case 0x12, 0x13:
            registers[place - 4] = 0
            // A dead port register no longer follows anything, not even the inversion.
            let levels = defects.isFrozen ? frozen : pins ^ pair(0x02)
            return UInt8(truncatingIfNeeded: place == 0x12 ? levels : levels >> 8)
        case 0x10, 0x11:
            registers[place - 2] = 0
            return registers[place]
        default: return registers[place]
        }
    }
}
