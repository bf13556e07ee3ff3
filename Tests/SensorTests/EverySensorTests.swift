import DeviceModels
import Drivers
import HardwareInterface
import Testing

/// What every sensor must do, whatever the chip: one table of faults over all of them.
@Suite struct EverySensorTests {
    private static let soon = Interval.seconds(1)

    /// A bench whose sensor works.
    private func working(_ specimen: Specimen) -> SensorBench {
        let bench = specimen.bench()
        bench.run(for: specimen.startsWithin + bench.sensor.interval * 2)
        #expect(bench.sensor.health == .working)
        bench.forget()
        return bench
    }

    private func expectRightValues(_ specimen: Specimen, _ bench: SensorBench) {
        for expected in specimen.expected {
            let readings = bench.readings(of: expected.channel).filter { $0.quality == .good }
            #expect(!readings.isEmpty, "channel \(expected.channel) has no good reading")
            let wrong = readings.first { abs($0.value - expected.value) > expected.tolerance }
            #expect(wrong == nil, "channel \(expected.channel) should be \(expected.value)")
        }
    }

    private func expectReturn(_ specimen: Specimen, _ bench: SensorBench, _ why: Comment) {
        bench.forget()
        bench.run(for: SupervisedSensor<ADS1115>.longestBackOff + specimen.startsWithin + bench.sensor.interval * 3)
        #expect(bench.sensor.health == .working, why)
        expectRightValues(specimen, bench)
    }

    @Test("starts, reports starting first, then the world as it is", arguments: specimens)
    func starts(_ specimen: Specimen) {
        let bench = specimen.bench()
        bench.run(until: .start)
        #expect(bench.qualities == [.starting])
        bench.forget()
        bench.run(for: specimen.startsWithin)
        #expect(bench.sensor.health == .working)
        if !specimen.isSilentAtFirst { #expect(bench.healthChanges == [.working]) }
        bench.forget()
        bench.run(for: bench.sensor.interval * 10)
        #expect(bench.qualities == [.good])
        #expect(bench.healthChanges.isEmpty)
        expectRightValues(specimen, bench)
        for expected in specimen.expected {
            let count = bench.readings(of: expected.channel).count
            #expect((9...11).contains(count), "\(count) readings in ten intervals")
        }
    }

    @Test("reads the time of measurement, not of arrival, and never the future", arguments: specimens)
    func agesReadings(_ specimen: Specimen) {
        let bench = working(specimen)
        bench.run(for: bench.sensor.interval * 5)
        var last: [UInt8: Instant] = [:]
        for entry in bench.readings {
            #expect(entry.reading.at <= bench.now)
            if let before = last[entry.channel] { #expect(entry.reading.at > before) }
            last[entry.channel] = entry.reading.at
        }
    }

    @Test("nothing at the address: missing at once and at the normal rate, back by itself", arguments: specimens)
    func absentFromTheStart(_ specimen: Specimen) {
        let bench = specimen.bench()
        bench.device.faults.isAbsent = true
        bench.run(for: Self.soon)
        #expect(bench.sensor.health == .missing(.notAcknowledged))
        bench.forget()
        bench.run(for: bench.sensor.interval * 40)
        #expect(bench.qualities == [.missing])
        let count = bench.readings(of: specimen.expected[0].channel).count
        #expect((36...44).contains(count), "\(count) readings in forty intervals")
        bench.device.faults.isAbsent = false
        bench.device.powerOn(at: bench.now)
        expectReturn(specimen, bench, "plugged in late")
    }

    @Test("unplugged while it works: missing within an interval, back by itself", arguments: specimens)
    func unplugged(_ specimen: Specimen) {
        let bench = working(specimen)
        bench.device.faults.isAbsent = true
        bench.run(for: bench.sensor.interval + Self.soon)
        #expect(bench.sensor.health == .missing(.notAcknowledged))
        bench.forget()
        bench.run(for: .minutes(2))
        #expect(bench.qualities == [.missing])
        // A bounded back-off: it must not fill the bus while it looks for the sensor.
        #expect(bench.transactions <= 60, "\(bench.transactions) transactions in two minutes")
        bench.device.faults.isAbsent = false
        bench.device.powerOn(at: bench.now)
        expectReturn(specimen, bench, "plugged in again")
    }

    @Test("two refusals in a row are retried and leave no trace in the readings", arguments: specimens)
    func refusesTwice(_ specimen: Specimen) {
        let bench = working(specimen)
        bench.device.faults.refusals = 2
        bench.run(for: bench.sensor.interval * 4)
        #expect(bench.qualities == [.good])
        #expect(bench.healthChanges.isEmpty)
    }

    @Test("a held bus is not asked again at once", arguments: specimens)
    func heldBus(_ specimen: Specimen) {
        let bench = working(specimen)
        bench.device.faults.isHeld = true
        bench.run(for: bench.sensor.interval + .seconds(2))
        #expect(bench.sensor.health == .missing(.timedOut))
        bench.forget()
        bench.run(for: .minutes(1))
        #expect(bench.qualities == [.missing])
        #expect(bench.transactions <= 10)
        bench.device.faults.isHeld = false
        expectReturn(specimen, bench, "bus released")
    }

    @Test("a completion that never comes is given up; a late one is ignored", arguments: specimens)
    func lostCompletion(_ specimen: Specimen) {
        let bench = working(specimen)
        bench.completionsToLose = 1
        bench.run(for: bench.sensor.interval + .milliseconds(2_600))
        #expect(bench.healthChanges.contains(.missing(.completionLost)))
        #expect(!bench.qualities.isDisjoint(with: [.stale, .missing]))
        expectReturn(specimen, bench, "after a lost completion")

        var output = SensorOutput()
        let before = bench.sensor.deadline
        let nothing: [UInt8] = []
        bench.sensor.complete(.notAcknowledged, tag: 0xFFFF, bytes: nothing.span, at: bench.now, into: &output)
        let isUntouched = output.isEmpty
        #expect(isUntouched)
        #expect(bench.sensor.deadline == before)
    }

    @Test("a short brown-out is noticed and healed", arguments: specimens)
    func brownOut(_ specimen: Specimen) {
        let bench = working(specimen)
        bench.device.powerOn(at: bench.now)
        bench.run(for: bench.sensor.interval * 3)
        if specimen.noticesReset {
            #expect(!bench.healthChanges.isEmpty)
            #expect(bench.readings.contains { $0.reading.quality != .good })
        }
        expectReturn(specimen, bench, "after a brown-out")
    }

    @Test("brown-outs at any moment never make a wrong value good", arguments: specimens)
    func brownOutAnywhere(_ specimen: Specimen) {
        let bench = working(specimen)
        var noise = Noise(seed: 4)
        for _ in 0..<60 {
            let pause = Int64(noise.next() % UInt64(bench.sensor.interval.nanoseconds * 3))
            bench.run(for: specimen.brownOutsApart + Interval(nanoseconds: pause))
            bench.device.powerOn(at: bench.now)
        }
        for entry in bench.readings where entry.reading.quality == .good {
            let expected = specimen.expected.first { $0.channel == entry.channel }
            #expect(expected.map { abs(entry.reading.value - $0.value) <= $0.tolerance } == true, "\(entry)")
        }
        expectReturn(specimen, bench, "after many brown-outs")
    }

    @Test("another chip at the address is faulty, not missing", arguments: specimens.filter(\.hasIdentity))
    func wrongIdentity(_ specimen: Specimen) {
        let bench = specimen.bench()
        bench.device.defects.hasWrongIdentity = true
        bench.run(for: specimen.startsWithin)
        #expect(bench.sensor.health == .faulty(.wrongIdentity))
        #expect(bench.qualities.isDisjoint(with: [.good]))
        bench.device.defects.hasWrongIdentity = false
        expectReturn(specimen, bench, "the right chip is put in")
    }

    @Test("a failed self-test is faulty", arguments: specimens.filter(\.hasSelfTest))
    func failedSelfTest(_ specimen: Specimen) {
        let bench = specimen.bench()
        bench.device.defects.failsSelfTest = true
        bench.run(for: specimen.startsWithin * 4)
        #expect(bench.sensor.health == .faulty(.selfTestFailed))
        #expect(bench.qualities.isDisjoint(with: [.good]))
        bench.device.defects.failsSelfTest = false
        expectReturn(specimen, bench, "the self-test passes again")
    }

    @Test(
        "a value that stands still is noticed, and believed again when it moves",
        arguments: specimens.filter { $0.stuckWithin != nil })
    func stuck(_ specimen: Specimen) throws {
        let bench = working(specimen)
        bench.device.defects.isFrozen = true
        bench.run(for: try #require(specimen.stuckWithin))
        #expect(bench.healthChanges.first == .faulty(.stuckValue))
        bench.forget()
        // The driver resets the chip meanwhile; some come back without any value, which is a fault as well.
        bench.run(for: .minutes(2))
        #expect(bench.qualities.isDisjoint(with: [.good]), "a stuck value came back as good")
        bench.device.defects.isFrozen = false
        expectReturn(specimen, bench, "it moves again")
    }

    @Test("wrong checksums are never good", arguments: specimens.filter(\.hasChecksum))
    func wrongChecksums(_ specimen: Specimen) {
        let bench = specimen.bench()
        bench.device.faults.distortion = .flippedBits
        bench.run(for: specimen.startsWithin * 3)
        #expect(bench.qualities.isDisjoint(with: [.good]))
        bench.device.faults.distortion = .none
        expectReturn(specimen, bench, "the wiring is mended")
    }

    @Test(
        "a bus of all ones, all zeros or nonsense is never good",
        arguments: specimens.filter { !$0.isUnguarded }, [DeviceFaults.Distortion.allOnes, .allZeros, .nonsense])
    func deadLines(_ specimen: Specimen, _ distortion: DeviceFaults.Distortion) {
        let bench = working(specimen)
        bench.device.faults.distortion = distortion
        bench.run(for: max(specimen.startsWithin, bench.sensor.interval * 20))
        #expect(bench.qualities.isDisjoint(with: [.good]), "\(bench.readings.filter { $0.reading.quality == .good })")
        if case .working = bench.sensor.health { Issue.record("a dead line counts as working") }
        bench.device.faults.distortion = .none
        expectReturn(specimen, bench, "the line is mended")
    }

    @Test("conversions that never end are noticed", arguments: specimens.filter(\.noticesEndlessConversion))
    func neverReady(_ specimen: Specimen) {
        let bench = working(specimen)
        bench.device.defects.conversionPercent = 0
        bench.run(for: max(.seconds(10), bench.sensor.interval * 6))
        #expect(bench.qualities.contains(.faulty) || bench.qualities.contains(.missing))
        #expect(bench.sensor.health != .working)
        bench.device.defects.conversionPercent = 100
        bench.device.powerOn(at: bench.now)
        expectReturn(specimen, bench, "conversions end again")
    }

    @Test("a restart that is asked for goes through identification and test again", arguments: specimens)
    func askedRestart(_ specimen: Specimen) {
        let bench = working(specimen)
        bench.sensor.restart()
        bench.run(for: specimen.startsWithin + bench.sensor.interval)
        #expect(bench.healthChanges == [.starting, .working])
    }

    @Test("the same run gives the same readings", arguments: specimens)
    func isReproducible(_ specimen: Specimen) {
        let first = specimen.bench()
        let second = specimen.bench()
        first.run(for: .seconds(20))
        second.run(for: .seconds(20))
        #expect(first.readings == second.readings)
        #expect(first.samples == second.samples)
    }

    @Test("channels are described, and only those are reported", arguments: specimens)
    func channels(_ specimen: Specimen) {
        let bench = working(specimen)
        bench.run(for: bench.sensor.interval * 3)
        for entry in bench.readings {
            #expect(bench.sensor.channel(entry.channel) != nil)
            #expect(bench.sensor.reportedChannels & (1 << UInt16(entry.channel)) != 0)
        }
        #expect(Set(specimen.expected.map(\.channel)) == Set(bench.readings.map(\.channel)))
        #expect(bench.sensor.channel(31) == nil)
    }
}
