extension HardwareModel {
    /// Orange Pi Zero 3 (Allwinner H618): the header of 26 pins.
    ///
    /// One chip holds all banks: line 32 × bank + number, PA0 the first; Linux, arch/arm64/boot/dts/allwinner/
    /// sun50i-h616.dtsi (pinctrl at 300b000) and drivers/pinctrl/sunxi/pinctrl-sun50i-h616.c (banks A to I). Positions: the
    /// maker's wiringOP, table of the Zero 2, whose header the Zero 3 has kept.
    static let orangePiZero3 = HardwareModel(
        identifier: "orange-pi-zero-3", title: "Orange Pi Zero 3",
        chips: [Chip(name: "pio", match: "300b000.pinctrl", lineCount: 288)],
        pins: [
            headerPin("C", 6, 11), headerPin("C", 5, 13), headerPin("C", 8, 15), headerPin("C", 11, 12),
            headerPin("C", 15, 16), headerPin("C", 14, 18), headerPin("C", 7, 22), headerPin("C", 10, 26),
            headerPin("H", 7, 19), headerPin("H", 8, 21), headerPin("H", 6, 23), headerPin("H", 9, 24),
            headerPin("C", 9, 7, note: "interrupt of the power chip in Linux' device tree"),
            headerPin("H", 5, 3, note: "data of I2C 3"), headerPin("H", 4, 5, note: "clock of I2C 3"),
            headerPin("H", 2, 8, note: "sends of serial port 5"),
            headerPin("H", 3, 10, note: "receives of serial port 5"),
        ],
        buses: [
            Device(
                name: "i2c-3", device: "/dev/i2c-3", pins: ["PH4", "PH5"],
                note: "switched on by the overlay for I2C 3 on PH4 and PH5; i2cdetect -l shows the number that it got")
        ],
        ports: [
            Device(
                name: "uart5", device: "/dev/ttyS5", pins: ["PH2", "PH3"],
                note: "switched on by the overlay for serial port 5; dmesg shows the number that it got")
        ],
        notes: ["Give every relay input a resistor that holds it off until the program claims the pin."])

    private static func headerPin(_ bank: Character, _ number: Int, _ position: Int, note: String = "") -> Pin {
        let offset = Int((bank.asciiValue ?? 0) - UInt8(ascii: "A")) * 32 + number
        return Pin(
            name: "P\(bank)\(number)", chip: 0, offset: offset, kernelName: "", position: "header \(position)",
            boot: .unknown, note: note)
    }
}
