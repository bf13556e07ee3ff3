import Cryptography
import FixedMemory

/// A change of state that must outlive a restart: where people are, what was used up, what was commanded.
///
/// The runtime writes them down in order and, at the next start, hands them to `AccessController.restore` in the same
/// order. Only the last one about the same thing counts, so a store may drop the earlier ones.
public enum AccessChange: Equatable, Sendable, BitwiseCopyable {
    /// A credential has so many uses left. Counts only while the list of this version is in force.
    case usesLeft(KeyedHash, UInt8, listVersion: UInt64)
    /// A credential was suspended, lost, stolen or activated on the board.
    case status(KeyedHash, CredentialStatus, listVersion: UInt64)
    /// A person is in this area since so many minutes after 1970 (0 if the clock was not trusted).
    case presence(holder: UInt32, area: AreaIndex, enteredMinute: UInt32)
    /// A person's whereabouts were forgotten; holder 0 means everybody's.
    case presenceForgotten(holder: UInt32)
    /// A mode was commanded; `nil` for the end of the command.
    case mode(DoorIndex, DoorMode?)
    case lockdown(DoorIndex, Bool)
    /// A fire release began or ended. So a board that restarts in a fire keeps the door released.
    case fire(DoorIndex, Bool)
}
