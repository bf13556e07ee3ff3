import FixedMemory
import HardwareInterface

/// A world in which one input line changes before every turn and the journal's medium answers at once, to measure what a
/// turn costs in which something happens, with and without what is written down about it.
struct BusyHardware: Hardware, ~Copyable {
    private(set) var now: Instant = .start
    private let line: LineIndex
    private var isActive = false
    private var isEdgeDue = false
    private var pages: MediumPages?
    private var completions = Ring<MediumCompletion>(capacity: 256)

    init(line: LineIndex) { self.line = line }

    /// Lets a tenth of a second pass, at whose end the line changes.
    mutating func advance() {
        now = now + .milliseconds(100)
        isEdgeDue = true
    }

    mutating func takeInput(_ input: inout Input, urgentOnly: Bool) -> Bool {
        if let completion = completions.pop() {
            input.event = .mediumCompleted(completion)
        } else if isEdgeDue {
            isEdgeDue = false
            isActive.toggle()
            input.event = .lineChanged(line, isActive: isActive)
        } else {
            return false
        }
        input.at = now
        input.bytes.removeAll()
        return true
    }

    mutating func setLine(_ line: LineIndex, isActive: Bool) -> Bool { true }
    mutating func submit(_ request: BusRequest, to bus: BusIndex) -> Bool { true }
    mutating func send(_ bytes: Span<UInt8>, to stream: StreamIndex) -> Bool { false }
    func sendRoom(of stream: StreamIndex) -> Int { 0 }
    mutating func close(_ stream: StreamIndex) {}
    mutating func attachMedium(_ pages: MediumPages) { self.pages = pages }

    mutating func submit(_ request: MediumRequest) -> Bool {
        guard completions.count < completions.capacity else { return false }
        // The medium is blank, and nobody reads again what was written.
        if request.operation == .read, let page = pages?.bytes(of: request.page) {
            for index in 0..<page.count { page[index] = 0 }
        }
        completions.push(MediumCompletion(token: request.token, outcome: .done))
        return true
    }
}
