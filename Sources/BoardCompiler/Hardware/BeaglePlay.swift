extension HardwareModel {
    /// BeaglePlay: the mikroBUS socket's lines, Grove and QWIIC for sensors.
    ///
    /// Chips, lines, names and aliases: Linux, arch/arm64/boot/dts/ti/k3-am625-beagleplay.dts and k3-am62-main.dtsi
    /// (main_gpio0 at 600000, 92 lines; main_gpio1 at 601000, 52 lines; `serial0` is main_uart5; `i2c1`, `i2c3` and `i2c5`
    /// are Grove, mikroBUS and QWIIC). Positions in the socket: the mikroBUS connector patches for the same board.
    static let beaglePlay = HardwareModel(
        identifier: "beagleplay", title: "BeagleBoard.org BeaglePlay",
        chips: [
            Chip(name: "gpio0", match: "600000.gpio", lineCount: 92),
            Chip(name: "gpio1", match: "601000.gpio", lineCount: 52),
        ],
        pins: [
            mikroBusPin("RST", 12), mikroBusPin("AN", 10), mikroBusPin("INT", 9),
            mikroBusPin("MISO", 7, setting: spiSetting), mikroBusPin("MOSI", 8, setting: spiSetting),
            mikroBusPin("SCK", 14, setting: spiSetting),
        ],
        buses: [
            Device(name: "grove", device: "/dev/i2c-1", pins: [], note: ""),
            Device(name: "mikrobus", device: "/dev/i2c-3", pins: [], note: ""),
            Device(name: "qwiic", device: "/dev/i2c-5", pins: [], note: ""),
        ],
        ports: [Device(name: "mikrobus", device: "/dev/ttyS0", pins: [], note: "RX and TX of the mikroBUS socket")],
        notes: [
            "/dev/ttyS2 is the console of the boot loader and the kernel.",
            "Give every relay input a resistor that holds it off until the program claims the pin.",
        ])

    private static let spiSetting = "an overlay must give it from SPI to GPIO"

    private static func mikroBusPin(_ position: String, _ offset: Int, setting: String = "") -> Pin {
        Pin(
            name: "MIKROBUS_GPIO1_\(offset)", chip: 1, offset: offset, kernelName: "MIKROBUS_GPIO1_\(offset)",
            position: "mikroBUS \(position)", boot: .unknown, note: "", setting: setting)
    }
}
