import FixedMemory
import Simulation

/// Where the lines of a run go: a file if one was asked for, and a live screen if there is one.
struct TraceOutputs: TraceSink, ~Copyable {
    var file: Output?
    var screen: LiveScreen?

    mutating func write(_ line: Span<UInt8>) {
        file?.write(line)
        file?.write("\n")
        screen?.showEvent(line)
    }
}
