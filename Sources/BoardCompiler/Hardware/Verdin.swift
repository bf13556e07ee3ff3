extension HardwareModel {
    /// Verdin iMX8M Mini, a module for a carrier board: the lines of its edge connector.
    ///
    /// Chips, lines and names: Linux, arch/arm64/boot/dts/freescale/imx8mm.dtsi (five chips of 32 lines from 30200000 on)
    /// and imx8mm-verdin.dtsi (`gpio-line-names`, pad settings: from the start of the kernel on, all of these are inputs
    /// that are pulled low). `/dev/i2c-3` is I2C_1, `/dev/ttymxc1` and `/dev/ttymxc2` are UART_1 and UART_2.
    static let verdinIMX8MMini = HardwareModel(
        identifier: "verdin-imx8m-mini", title: "Toradex Verdin iMX8M Mini",
        chips: (0..<5).map { Chip(name: "gpio\($0 + 1)", match: "302\($0)0000.gpio", lineCount: 32) },
        pins: [
            edgePin(206, chip: 3, 4, "GPIO_1", isNamed: false), edgePin(208, chip: 5, 5, "GPIO_2"),
            edgePin(210, chip: 5, 26, "GPIO_3"), edgePin(212, chip: 5, 27, "GPIO_4"),
            edgePin(216, chip: 1, 0, "GPIO_5"), edgePin(218, chip: 1, 11, "GPIO_6"),
            edgePin(220, chip: 1, 8, "GPIO_7"), edgePin(222, chip: 1, 9, "GPIO_8"),
        ]
            + [
                (88, 20), (90, 1), (92, 2), (94, 3), (96, 4), (100, 5), (102, 0), (104, 11), (106, 12), (108, 13),
                (112, 14), (114, 15), (116, 16), (118, 18), (120, 10),
            ].map { edgePin($0.0, chip: 4, $0.1, "", isNamed: false) },
        buses: [Device(name: "i2c-1", device: "/dev/i2c-3", pins: [], note: "I2C_1 of the module")],
        ports: [
            Device(name: "uart-1", device: "/dev/ttymxc1", pins: [], note: "UART_1 of the module"),
            Device(name: "uart-2", device: "/dev/ttymxc2", pins: [], note: "UART_2 of the module"),
        ],
        notes: [
            "All lines of the module carry 1.8 V: relays, contacts and readers need level shifters on the carrier board.",
            "Give every relay input a resistor that holds it off from power-on until the kernel starts.",
        ])

    /// - Parameters:
    ///   - chip: the number in the chip's own documents, from 1.
    ///   - isNamed: whether the kernel names the line.
    private static func edgePin(_ contact: Int, chip: Int, _ offset: Int, _ use: String, isNamed: Bool = true) -> Pin {
        Pin(
            name: "SODIMM_\(contact)", chip: chip - 1, offset: offset, kernelName: isNamed ? "SODIMM_\(contact)" : "",
            position: use.isEmpty ? "contact \(contact)" : "contact \(contact), \(use)", boot: .unknown, note: "")
    }
}
