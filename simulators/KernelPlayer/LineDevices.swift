import BoardImage
import CKernelWorld
import FixedMemory
import HardwareInterface
import WardenMessages

/// The lines of a board as the kernel's gpio-sim has them: pulled from outside, and watched as the kernel drives them.
struct LineDevices {
    struct Line {
        let name: String
        let isOutput: Bool
        let isActiveLow: Bool
        /// The open sysfs file that pulls it.
        let pull: Int32
        /// The kernel's number of it, by which its trace calls it.
        let number: Int
        /// Outputs: the level that the trace showed last.
        var isActive: Bool
    }

    private static let configuration = "/sys/kernel/config/gpio-sim"

    private(set) var lines: [Line] = []
    private var placeOfNumber: [Int: Int] = [:]

    /// Makes a chip for each one that the image names, with every input inactive and every output as a relay's own
    /// resistor leaves it.
    init(_ image: borrowing BoardImage) throws(Failure) {
        var chips: [String] = []
        var needed: [String: Int] = [:]
        for place in image.lines.indices where image.lines[place].readerInput == nil {
            let chip = text(image.lines[place].chip.span)
            guard !chip.isEmpty else {
                throw Failure(what: "line \(place): only lines of a chip that has a label are simulated")
            }
            if needed[chip] == nil { chips.append(chip) }
            needed[chip] = max(needed[chip] ?? 0, Int(image.lines[place].offset) + 1)
        }
        var folders: [String: (device: String, base: Int)] = [:]
        for (place, chip) in chips.enumerated() {
            folders[chip] = try LineDevices.make(chip, lines: needed[chip] ?? 1, place: place)
        }
        for place in image.lines.indices {
            let entry = image.lines[place]
            guard let chip = folders[text(entry.chip.span)] else {
                // A reader's own input: no line of this machine.
                lines.append(
                    Line(
                        name: text(entry.name.span), isOutput: false, isActiveLow: false, pull: -1, number: -1,
                        isActive: false))
                continue
            }
            let isOutput = entry.direction == .output
            let number = chip.base + Int(entry.offset)
            let path = "\(chip.device)/sim_gpio\(entry.offset)/pull"
            let file = try Failure.check(kernel_world_open(path, true), path)
            placeOfNumber[number] = place
            lines.append(
                Line(
                    name: text(entry.name.span), isOutput: isOutput, isActiveLow: entry.activeLow,
                    pull: file, number: number,
                    isActive: isOutput && entry.activeAtStart))
            try pull(place, isActive: false)
        }
    }

    private static func make(_ label: String, lines: Int, place: Int) throws(Failure) -> (device: String, base: Int) {
        let folder = "\(configuration)/warden\(place)"
        try KernelFile.makeFolder(folder)
        try KernelFile.makeFolder("\(folder)/bank")
        try KernelFile.write(label, to: "\(folder)/bank/label")
        try KernelFile.write("\(lines)", to: "\(folder)/bank/num_lines")
        try KernelFile.write("1", to: "\(folder)/live")
        let device = trimmed(try KernelFile.read("\(folder)/dev_name"))
        let chip = trimmed(try KernelFile.read("\(folder)/bank/chip_name"))
        return ("/sys/devices/platform/\(device)/\(chip)", try base(of: chip))
    }

    /// The kernel's number of a chip's first line, from its table: `gpiochip0: GPIOs 512-543, …`.
    private static func base(of chip: String) throws(Failure) -> Int {
        let table = try KernelFile.read("/sys/kernel/debug/gpio")
        for line in table.split(separator: "\n") where line.hasPrefix("\(chip):") {
            let words = line.split(separator: " ")
            if words.count > 2, let first = words[2].split(separator: "-").first, let number = Int(first) {
                return number
            }
        }
        throw Failure(what: "the kernel's table of lines does not list \(chip)")
    }

    /// Pulls a line from outside.
    func pull(_ place: Int, isActive: Bool) throws(Failure) {
        guard lines[place].pull >= 0 else { return }
        let word = Array((isActive != lines[place].isActiveLow ? "pull-up" : "pull-down").utf8)
        let status = kernel_world_write(lines[place].pull, word, word.count)
        guard status == word.count else {
            throw Failure(what: "line \(lines[place].name) cannot be pulled", status: status)
        }
    }

    /// Takes a level that the kernel's trace tells of.
    ///
    /// - Returns: the line and its level, if that is an output's and another than before.
    mutating func note(number: Int, level: Bool) -> (place: Int, isActive: Bool)? {
        guard let place = placeOfNumber[number], lines[place].isOutput else { return nil }
        let isActive = level != lines[place].isActiveLow
        guard isActive != lines[place].isActive else { return nil }
        lines[place].isActive = isActive
        return (place, isActive)
    }
}

func text(_ bytes: Span<UInt8>) -> String { String(decoding: (0..<bytes.count).map { bytes[$0] }, as: UTF8.self) }

func trimmed(_ text: String) -> String { String(text.filter { !$0.isWhitespace }) }
