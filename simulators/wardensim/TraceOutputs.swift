import FixedMemory
import Simulation

/// Where the lines of a run go: a file if one was asked for, and a live screen if there is one.
struct TraceOutputs: TraceSink, ~Copyable {
    var file: Output?
    var screen: LiveScreen?
    /// What the screen says of the board.
    var page: LivePage?
    /// Where the board is reached from outside, a line for each way.
    var announcement = ByteBuffer(capacity: 0)

    mutating func write(_ line: Span<UInt8>) {
        file?.write(line)
        file?.write("\n")
        guard let page, var screen = screen.take() else { return }
        page.show(line, on: &screen)
        self.screen = consume screen
    }
}
