import CKernelWorld

/// What lines are driven to, as the kernel itself notes it at the moment of driving (trace event `gpio_value`).
struct LineTrace {
    struct Entry: Equatable {
        /// CLOCK_MONOTONIC.
        var nanoseconds: Int64
        var number: Int
        var level: Bool
    }

    private static let folder = "/sys/kernel/tracing"

    let descriptor: Int32
    private var rest: [UInt8] = []

    init() throws(Failure) {
        try KernelFile.write("mono", to: "\(LineTrace.folder)/trace_clock")
        try KernelFile.write("1", to: "\(LineTrace.folder)/events/gpio/gpio_value/enable")
        descriptor = try Failure.check(
            kernel_world_open("\(LineTrace.folder)/trace_pipe", false), "the kernel's trace cannot be read")
    }

    /// Takes what has been noted since the last time.
    mutating func take() -> [Entry] {
        var entries: [Entry] = []
        var piece = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = kernel_world_read(descriptor, &piece, piece.count)
            guard count > 0 else { return entries }
            rest += piece[0..<count]
            while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                if let entry = LineTrace.entry(String(decoding: rest[0..<end], as: UTF8.self)) { entries.append(entry) }
                rest.removeSubrange(0...end)
            }
        }
    }

    /// Reads ` wardend-42  [000] .....  12.345678: gpio_value: 529 set 1`.
    static func entry(_ line: String) -> Entry? {
        let words = line.split(separator: " ")
        guard let place = words.firstIndex(of: "gpio_value:"), place > 0, words.count == place + 4,
            words[place + 2] == "set", let number = Int(words[place + 1]), let level = Int(words[place + 3])
        else { return nil }
        let time = words[place - 1].dropLast().split(separator: ".")
        guard time.count == 2, let seconds = Int64(time[0]), let micros = Int64(time[1]) else { return nil }
        return Entry(nanoseconds: seconds * 1_000_000_000 + micros * 1_000, number: number, level: level != 0)
    }
}
