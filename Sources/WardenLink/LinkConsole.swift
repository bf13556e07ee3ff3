/// The board's console as far as the peer of a session has it: how much of its output is on the way.
struct LinkConsole: BitwiseCopyable {
    /// Of the request that opened it, which all of its output carries.
    let identifier: UInt32
    /// Bytes of output that were sent, and those that the peer has taken.
    var sent: UInt64 = 0
    private(set) var taken: UInt64 = 0

    init(identifier: UInt32) { self.identifier = identifier }

    mutating func take(_ count: UInt64) { taken = min(max(taken, count), sent) }

    var room: Int { max(0, LinkLimits.consoleWindow - Int(clamping: sent - taken)) }
}
