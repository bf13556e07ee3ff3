import CLinuxHardware
import FakeKernel
import FixedMemory
import Glibc
import HardwareInterface
import Testing

@testable import LinuxHardware

extension LinuxHardwareTests {
    @Suite(.serialized) struct Lines {
        let chip: Int32

        init() {
            fake_kernel_reset()
            chip = fake_gpio_add_chip("pinctrl", 16)
        }

        private func configuration(_ lines: LineDescription...) -> LinuxConfiguration {
            LinuxConfiguration(lines: list(lines))
        }

        private func input(_ offset: UInt32, activeLow: Bool = false, debounce: Interval = .zero) -> LineDescription {
            LineDescription(
                .input, chip: DevicePath("pinctrl"), offset: offset, isActiveLow: activeLow, debounce: debounce)
        }

        private func output(
            _ offset: UInt32, startsActive: Bool = false, exit: LineDescription.ExitState = .keep
        ) -> LineDescription {
            LineDescription(
                .output, chip: DevicePath("pinctrl"), offset: offset, startsActive: startsActive, exitState: exit)
        }

        @Test("an output has its safe state from the request that claims it, and is driven from then on")
        func outputs() throws {
            let bench = try Bench(configuration(output(3, startsActive: true), output(4)))
            #expect(fake_gpio_level(chip, 3) && !fake_gpio_level(chip, 4))
            #expect(fake_gpio_drive_count(chip, 3) == 1 && fake_gpio_drive_count(chip, 4) == 1)
            #expect(bench.hardware.setLine(LineIndex(1), isActive: true))
            #expect(fake_gpio_level(chip, 4))
            #expect(bench.hardware.isActive(LineIndex(1)))
        }

        @Test("each input's level is reported at start, then each change with its moment, in order over all lines")
        func inputs() throws {
            fake_gpio_set_input(chip, 5, true)
            let bench = try Bench(configuration(input(5), input(6, activeLow: true)))
            bench.settle()
            #expect(
                bench.events.contains(.lineChanged(LineIndex(0), isActive: true))
                    && bench.events.contains(.lineChanged(LineIndex(1), isActive: true)))
            bench.forget()
            for _ in 0..<4 {
                fake_gpio_set_input(chip, 5, false)
                fake_gpio_set_input(chip, 6, true)
                fake_gpio_set_input(chip, 5, true)
                fake_gpio_set_input(chip, 6, false)
            }
            bench.settle()
            let changes = bench.events.filter { if case .lineChanged = $0 { true } else { false } }
            let round: [Input.Event] = [
                .lineChanged(LineIndex(0), isActive: false), .lineChanged(LineIndex(1), isActive: false),
                .lineChanged(LineIndex(0), isActive: true), .lineChanged(LineIndex(1), isActive: true),
            ]
            #expect(changes == round + round + round + round)
            #expect(zip(bench.inputs, bench.inputs.dropFirst()).allSatisfy { $0.at <= $1.at })
        }

        @Test(
            "a pulse that is over before the kernel reads its level is reported, where each edge is wanted and only there",
            arguments: [(true, 3), (false, 0)])
        func latePulses(wanted: Bool, reports: Int) throws {
            fake_gpio_set_input(chip, 5, true)
            var dataLine = input(5, activeLow: true)
            dataLine.reportsEachEdge = wanted
            let bench = try Bench(configuration(dataLine))
            bench.settle()
            bench.forget()
            fake_gpio_pulse_late(chip, 5, 2)
            fake_gpio_pulse_late(chip, 5, 1)
            bench.settle()
            #expect(
                bench.events == [Input.Event](repeating: .lineChanged(LineIndex(0), isActive: false), count: reports))
        }

        @Test("a burst beyond what the kernel keeps ends with the level that the line has")
        func burst() throws {
            let bench = try Bench(configuration(input(5)))
            bench.settle()
            bench.forget()
            // Seventeen changes: the last, to high, is the one that the older interface drops.
            for change in 0..<17 { fake_gpio_set_input(chip, 5, change % 2 == 0) }
            bench.settle()
            #expect(bench.events.last == .lineChanged(LineIndex(0), isActive: true))
        }

        @Test("a bouncing input counts once it has held its level, and a bounce back counts as nothing")
        func debounce() throws {
            let bench = try Bench(configuration(input(5, debounce: .milliseconds(50))))
            bench.settle()
            bench.forget()
            let isKernelDebouncing = fake_gpio_debounce_us(chip, 5) == 50_000
            try #require(!isKernelDebouncing, "with libgpiod 2 the kernel does this, and the fake one does not")
            fake_gpio_set_input(chip, 5, true)
            fake_gpio_set_input(chip, 5, false)
            fake_gpio_set_input(chip, 5, true)
            let changed = bench.wait(for: .lineChanged(LineIndex(0), isActive: true))
            #expect(changed != nil)
            bench.forget()
            fake_gpio_set_input(chip, 5, false)
            bench.settle()
            fake_gpio_set_input(chip, 5, true)
            bench.hardware.wait(until: bench.hardware.now + .milliseconds(20))
            bench.settle()
            let later = bench.hardware.now + .milliseconds(120)
            while bench.hardware.now < later { bench.settle() }
            #expect(!bench.events.contains(.lineChanged(LineIndex(0), isActive: false)))
        }

        @Test("a line that cannot be claimed is reported unavailable, and available once it can")
        func missingLine() throws {
            fake_gpio_remove_chip(chip)
            let bench = try Bench(configuration(input(5), output(3, startsActive: true)))
            bench.settle()
            #expect(bench.events.contains(.lineAvailability(LineIndex(0), isAvailable: false)))
            #expect(bench.events.contains(.lineAvailability(LineIndex(1), isAvailable: false)))
            #expect(!bench.hardware.setLine(LineIndex(1), isActive: true))
            fake_gpio_restore_chip(chip)
            #expect(bench.wait(for: .lineAvailability(LineIndex(1), isAvailable: true)) != nil)
            bench.settle()
            #expect(bench.events.contains(.lineChanged(LineIndex(0), isActive: false)))
            #expect(fake_gpio_level(chip, 3))
        }

        @Test(
            "a chip that vanishes is reported for inputs and outputs; back again, outputs have the level asked for last"
        )
        func vanishingChip() throws {
            let bench = try Bench(configuration(input(5), output(3)))
            bench.settle()
            bench.forget()
            bench.hardware.setLine(LineIndex(1), isActive: true)
            fake_gpio_remove_chip(chip)
            var lost: Set<Int> = []
            bench.wait { input in
                if case .lineAvailability(let line, false) = input.event { lost.insert(Int(line.value)) }
                return lost.count == 2
            }
            #expect(lost == [0, 1])
            bench.hardware.setLine(LineIndex(1), isActive: false)
            bench.hardware.setLine(LineIndex(1), isActive: true)
            fake_gpio_set_input(chip, 5, true)
            fake_gpio_restore_chip(chip)
            var found: Set<Int> = []
            bench.wait { input in
                if case .lineAvailability(let line, true) = input.event { found.insert(Int(line.value)) }
                return found.count == 2
            }
            #expect(found == [0, 1])
            bench.settle()
            #expect(bench.events.contains(.lineChanged(LineIndex(0), isActive: true)))
            #expect(fake_gpio_level(chip, 3))
        }

        @Test(
            "an orderly end leaves each output as its description says",
            arguments: [
                (LineDescription.ExitState.inactive, true, false), (.active, false, true), (.keep, true, true),
                (.keep, false, false),
            ])
        func exitStates(state: LineDescription.ExitState, before: Bool, after: Bool) throws {
            let bench = try Bench(configuration(output(3, startsActive: before, exit: state)))
            bench.hardware.stop()
            #expect(fake_gpio_level(chip, 3) == after)
            #expect(fake_gpio_is_claimed(chip, 3))
        }

        @Test("a time stamp of the wall clock, as old kernels give, becomes the moment of reading")
        func timestamps() {
            let now = Instant(nanoseconds: 5_000)
            #expect(Line.instant(103_000, startedAt: 100_000, now: now) == Instant(nanoseconds: 3_000))
            #expect(Line.instant(1_735_689_600_000_000_000, startedAt: 100_000, now: now) == now)
            #expect(Line.instant(.max, startedAt: 0, now: now) == now)
            #expect(Line.instant(90_000, startedAt: 100_000, now: now) == .start)
        }
    }
}
