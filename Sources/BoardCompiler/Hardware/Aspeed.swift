extension HardwareModel {
    /// Aspeed's evaluation board as QEMU emulates it: for trying the real program on an emulated one.
    ///
    /// Chips, lines and names: Linux, arch/arm/boot/dts/aspeed/aspeed-g6.dtsi (gpio0: 208 lines at 1e780000, gpio1: 36 at
    /// 1e780800); a chip's label is its device's name. Lines are lettered in groups of eight: GPIOA0 is line 0, GPIOB0
    /// line 8, GPIOZ7 line 207.
    static let aspeedEvaluationBoard = HardwareModel(
        identifier: "ast2600-evb", title: "Aspeed AST2600 evaluation board (emulated by QEMU)",
        chips: [
            Chip(name: "gpio", match: "1e780000.gpio", lineCount: 208),
            Chip(name: "gpio-1v8", match: "1e780800.gpio", lineCount: 36),
        ],
        pins: letteredPins(),
        buses: (0..<16).map { Device(name: "i2c-\($0)", device: "/dev/i2c-\($0)", pins: [], note: "") },
        ports: (0..<4).map { Device(name: "uart\($0 + 1)", device: "/dev/ttyS\($0)", pins: [], note: "") },
        notes: ["/dev/ttyS4 is the console of the boot loader and the kernel."])

    /// GPIOA0 to GPIOZ7: 208 lines in 26 groups of eight.
    private static func letteredPins() -> [Pin] {
        (0..<208).map { line in
            let letter = Character(UnicodeScalar(UInt8(ascii: "A") + UInt8(line / 8)))
            return Pin(
                name: "GPIO\(letter)\(line % 8)", chip: 0, offset: line, kernelName: "", position: "",
                boot: .unknown, note: "")
        }
    }
}
