extension HardwareModel {
    /// The board that QEMU's `virt` machine shows to an arm64 system: for trying whole images without hardware.
    ///
    /// Chip and lines: QEMU, hw/arm/virt.c (a PL061 of eight lines at 09030000, whose line 3 is the power button); the
    /// kernel labels the chip with its device's name.
    static let qemuVirt = HardwareModel(
        identifier: "qemu-virt", title: "QEMU's virt machine (arm64)",
        chips: [Chip(name: "gpio", match: "9030000.pl061", lineCount: 8)],
        pins: [0, 1, 2, 4, 5, 6, 7].map { line in
            Pin(
                name: "GPIO\(line)", chip: 0, offset: line, kernelName: "", position: "", boot: .low, note: "")
        },
        buses: [], ports: [],
        notes: ["/dev/ttyAMA0 is the console of firmware and kernel, and the technician's terminal in an image."])
}
