import Foundation
import WardenLink

/// Whose turn it is on a half-duplex line (firmware-proto/README.md, section 4.3).
struct TurnTaking {
    /// How often the board is given the line though there is nothing to say.
    private static let pause = 0.05
    /// After this time a board that did not hand the line back did not hear that it had it.
    private static let patience = 1.3
    static let pollMilliseconds: Int32 = 20

    /// The frame that hands the line over.
    static let frame: [UInt8] = {
        let frame = LinkSession.turnFrame
        return frame.indices.map { frame[$0] }
    }()

    private(set) var hasLine = true
    private var since = Date()
    /// The last bytes that came, fewer than a turn frame has.
    private var tail: [UInt8] = []

    /// It is this side's turn, and has been for long enough with nothing to say.
    var isToHandOver: Bool { hasLine && Date().timeIntervalSince(since) >= TurnTaking.pause }

    mutating func handOver() {
        hasLine = false
        since = Date()
    }

    /// Takes the line where the board has had it for too long.
    mutating func noteTime() {
        guard !hasLine, Date().timeIntervalSince(since) >= TurnTaking.patience else { return }
        hasLine = true
        since = Date()
    }

    mutating func note(_ bytes: ArraySlice<UInt8>) {
        let seen = tail + bytes
        if let last = TurnTaking.lastFrame(in: seen), last + TurnTaking.frame.count == seen.count || !hasLine {
            hasLine = true
            since = Date()
        }
        tail = Array(seen.suffix(TurnTaking.frame.count - 1))
    }

    private static func lastFrame(in bytes: [UInt8]) -> Int? {
        guard bytes.count >= frame.count else { return nil }
        return stride(from: bytes.count - frame.count, through: 0, by: -1).first {
            bytes[$0..<($0 + frame.count)].elementsEqual(frame)
        }
    }
}
