import Authority
import FixedMemory
import WardenMessages

/// The console that a client has over a link: what it asked for waits here until consoles have their turn.
struct LinkedConsole: ~Copyable {
    /// Typed bytes that wait at the most; twice what one request brings.
    private static var typeAhead: Int { 512 }

    private(set) var isOpen = false
    private var opening: ConsoleOpen?
    private var isClosing = false
    private var typed = Ring<UInt8>(capacity: typeAhead)
    /// Bytes of a paste that was too long, which is dropped whole.
    private var lost = 0

    mutating func open(_ open: ConsoleOpen) -> CommandResult {
        guard !isOpen, !isClosing else { return .busy }
        isOpen = true
        opening = open
        typed.removeAll()
        lost = 0
        return .done
    }

    mutating func type(_ bytes: Span<UInt8>) -> CommandResult {
        guard isOpen else { return .refused }
        guard typed.count + bytes.count <= typed.capacity else {
            // As at a line: which of a paste were meant is for a person to say.
            lost += typed.count + bytes.count
            typed.removeAll()
            return .busy
        }
        for index in bytes.indices { typed.push(bytes[index]) }
        return .done
    }

    mutating func close() {
        isClosing = isClosing || isOpen
        isOpen = false
    }

    // MARK: For the consoles

    mutating func takeOpening() -> ConsoleOpen? { opening.take() }

    /// What was typed since, as much as one input carries.
    mutating func takeTyped() -> FixedBytes<256> {
        var bytes = FixedBytes<256>()
        while bytes.count < 256, let byte = typed.pop() { bytes.append(byte) }
        return bytes
    }

    /// Bytes that were dropped since.
    mutating func takeLost() -> Int {
        defer { lost = 0 }
        return lost
    }

    mutating func takeClosing() -> Bool {
        defer { isClosing = false }
        return isClosing
    }
}

extension BoardCore {
    mutating func openConsole(_ open: Authorised<ConsoleOpen>) -> CommandResult {
        let result = linkedConsole.open(open.action)
        audit(Command(kind: .consoleOpen), open.actor, result)
        return result
    }

    mutating func typeAtConsole(_ bytes: Span<UInt8>) -> CommandResult { linkedConsole.type(bytes) }
    mutating func closeConsole() { linkedConsole.close() }
}
