import BoardImage
import FixedMemory
import HardwareInterface
import WardenMessages

/// What the runtime knows of the board's digital lines: level, availability, and what an input is for.
struct LineTable: ~Copyable {
    /// What an input line tells.
    enum Role: Equatable, BitwiseCopyable {
        /// Only detectors and the matrix look at it.
        case general
        /// Active while the door is open.
        case contact(door: Int)
        /// Active while somebody asks to leave.
        case exitRequest(door: Int)
    }

    struct Entry: BitwiseCopyable {
        var isOutput: Bool
        var isActive: Bool
        var isAvailable = true
        /// An output that is to be driven again once its line is back.
        var isOwed = false
        var role = Role.general
    }

    private var entries: FixedArray<Entry>
    private(set) var owed = 0

    init(_ image: borrowing BoardImage) {
        entries = FixedArray(capacity: image.lines.count)
        for index in image.lines.indices {
            let line = image.lines[index]
            let isOutput = line.direction == .output
            entries.append(Entry(isOutput: isOutput, isActive: isOutput && line.activeAtStart))
        }
        for door in image.doors.indices {
            if let line = image.doors[door].contactLine { entries[Int(line)].role = .contact(door: door) }
            if let line = image.doors[door].exitLine { entries[Int(line)].role = .exitRequest(door: door) }
        }
    }

    var count: Int { entries.count }

    subscript(_ index: Int) -> Entry { entries[index] }

    mutating func setInput(_ index: Int, isActive: Bool) { entries[index].isActive = isActive }

    mutating func setAvailable(_ index: Int, _ isAvailable: Bool) { entries[index].isAvailable = isAvailable }

    /// Drives an output to a level unless it already has it.
    ///
    /// - Returns: whether the line changed. A line that cannot be driven now is driven once it is back.
    mutating func drive<Board: Hardware & ~Copyable>(
        _ index: Int, isActive: Bool, on hardware: inout Board
    ) -> Bool {
        guard entries[index].isActive != isActive || entries[index].isOwed else { return false }
        let changed = entries[index].isActive != isActive
        entries[index].isActive = isActive
        entries[index].isOwed = !hardware.setLine(LineIndex(UInt16(index)), isActive: isActive)
        return changed
    }
}
