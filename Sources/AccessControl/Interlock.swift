import FixedMemory
import HardwareInterface

/// Interlocks: of doors that belong together, at most one is open or released at a time.
///
/// What an emergency has released does not count, neither as a reason to hold another door nor as something to hold.
extension AccessController {
    /// Whether a door may be released now.
    func interlockPermits(_ index: Int) -> Bool {
        let others = controls[index].interlockedWith
        guard !others.isEmpty else { return true }
        for other in doors.indices where others.contains(DoorIndex(UInt8(other))) {
            if !doors[other].isSecured, !doors[other].isReleasedForEmergency { return false }
        }
        return true
    }

    /// Lets a door heed its interlock: no free mode while another door has its turn, and an unused release is taken back
    /// when another door was forced.
    mutating func heedInterlock(_ index: Int) {
        guard !controls[index].interlockedWith.isEmpty else { return }
        let permits = interlockPermits(index)
        doors[index].interlockAllowsFree = permits
        if doors[index].passageIsActive, !doors[index].hasOpened, !permits {
            doors[index].endPassage(at: now, configurations[index])
        }
    }

    /// Lets the doors of interlocks follow what has changed at the others: the first in order gets the next turn.
    mutating func settleInterlocks(into output: inout AccessOutput) {
        // A door that gives up its turn may come after one that waits for it, so once is not enough.
        for _ in 0..<2 {
            for index in doors.indices where !controls[index].interlockedWith.isEmpty {
                if doors[index].interlockAllowsFree != interlockPermits(index) { advanceDoor(index, into: &output) }
            }
        }
    }
}
