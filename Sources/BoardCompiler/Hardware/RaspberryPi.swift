extension HardwareModel {
    /// Header positions of GPIO0 to GPIO27, the same on every Raspberry Pi with 40 pins.
    private static let headerPositions = [
        27, 28, 3, 5, 7, 29, 31, 26, 24, 21, 19, 23, 32, 33, 8, 10, 36, 11, 12, 35, 38, 40, 15, 16, 18, 22, 37, 13,
    ]

    /// Pulls at power-on: GPIO0 to 8 up, 9 to 27 down (BCM2835 ARM Peripherals, "Alternative function assignments").
    /// They outlive a soft reset, so a pin may keep what the last program gave it.
    ///
    /// - Parameter hasKnownPulls: `false` for a chip whose maker documents no pulls at power-on.
    private static func raspberryPins(hasKnownPulls: Bool = true) -> [Pin] {
        headerPositions.enumerated().map { number, position in
            let note =
                switch number {
                case 0, 1: "reserved for the identification memory of an add-on board"
                case 2, 3: "I2C 1, with 1.8 kΩ to 3.3 V on the board"
                case 14, 15: "serial port of the header"
                default: ""
                }
            return Pin(
                name: "GPIO\(number)", chip: 0, offset: number, kernelName: "", position: "header \(position)",
                boot: !hasKnownPulls ? .unknown : number <= 8 ? .high : .low, note: note)
        }
    }

    private static let i2c1 = Device(
        name: "i2c-1", device: "/dev/i2c-1", pins: ["GPIO2", "GPIO3"], note: "dtparam=i2c_arm=on in config.txt")

    private static let header =
        "Drive lock relays, active high, from GPIO9 to GPIO27 (not GPIO14): they are pulled low at power-on."

    private static let headerSerial = Device(
        name: "serial0", device: "/dev/ttyAMA0", pins: ["GPIO14", "GPIO15"],
        note: "enable_uart=1 and dtoverlay=disable-bt in config.txt, and no console on it")

    static let raspberryPi4 = HardwareModel(
        identifier: "raspberry-pi-4", title: "Raspberry Pi 4 Model B",
        chips: [Chip(name: "gpio", match: "pinctrl-bcm2711", lineCount: 58)], pins: raspberryPins(), buses: [i2c1],
        ports: [headerSerial], notes: [header])

    /// The header hangs on the RP1 companion chip, whose number (`gpiochipN`) differs between kernels; its label does not.
    static let raspberryPi5 = HardwareModel(
        identifier: "raspberry-pi-5", title: "Raspberry Pi 5",
        chips: [Chip(name: "gpio", match: "pinctrl-rp1", lineCount: 54)],
        pins: raspberryPins(hasKnownPulls: false), buses: [i2c1],
        ports: [
            Device(
                name: "serial0", device: "/dev/ttyAMA0", pins: ["GPIO14", "GPIO15"],
                note: "dtparam=uart0=on in config.txt, and no console on it")
        ],
        notes: ["Give every relay input a resistor that holds it off until the program claims the pin."])

    static let raspberryPiZero2W = HardwareModel(
        identifier: "raspberry-pi-zero-2-w", title: "Raspberry Pi Zero 2 W",
        chips: [Chip(name: "gpio", match: "pinctrl-bcm2835", lineCount: 54)], pins: raspberryPins(), buses: [i2c1],
        ports: [headerSerial], notes: [header])
}
