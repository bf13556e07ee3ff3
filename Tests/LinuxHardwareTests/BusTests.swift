import FakeKernel
import FixedMemory
import Glibc
import HardwareInterface
import Testing

@testable import LinuxHardware

// I2C_FUNC_I2C, and what an SMBus-only adapter says that it can do (include/uapi/linux/i2c.h).
private let i2cFunctions: UInt = 0x0000_0001
private let smbusFunctions: UInt = 0x0400_0000 | 0x0004_0000 | 0x0800_0000

extension LinuxHardwareTests {
    @Suite(.serialized) struct Buses {
        init() { fake_kernel_reset() }

        private func bench(_ buses: Int32..., workerPatience: Interval = .seconds(10)) throws -> Bench {
            var descriptions: [BusDescription] = []
            for bus in buses {
                descriptions.append(
                    BusDescription(device: DevicePath(text: "/dev/i2c-\(bus)"), timeout: .milliseconds(25)))
            }
            var configuration = LinuxConfiguration(buses: list(descriptions))
            configuration.workerPatience = workerPatience
            return try Bench(configuration)
        }

        private func request(
            _ tag: UInt16, _ address: UInt8, write: [UInt8] = [], read: UInt8 = 0, repetitions: UInt8 = 1
        ) -> BusRequest {
            var bytes = FixedBytes<16>()
            for byte in write { bytes.append(byte) }
            return BusRequest(tag: tag, address: address, write: bytes, readCount: read, repetitions: repetitions)
        }

        @Test("a request writes, reads with a repeated start and comes back with its tag", arguments: [true, false])
        func transfers(isCombined: Bool) throws {
            fake_i2c_add_adapter(1, isCombined ? i2cFunctions : smbusFunctions)
            fake_i2c_add_device(1, 0x48)
            let bench = try bench(1)
            #expect(bench.hardware.submit(request(7, 0x48, write: [0x10, 0xAB, 0xCD]), to: BusIndex(0)))
            #expect(bench.hardware.submit(request(8, 0x48, write: [0x10], read: 2), to: BusIndex(0)))
            let written = bench.wait { $0.event == .busCompleted(BusIndex(0), tag: 7, .done) }
            let read = bench.wait { $0.event == .busCompleted(BusIndex(0), tag: 8, .done) }
            #expect(written?.array == [])
            #expect(read?.array == [0xAB, 0xCD])
            #expect(fake_i2c_register(1, 0x48, 0x11) == 0xCD)
            // 25 ms rounded up to the kernel's steps.
            #expect(fake_i2c_timeout_ms(1) == 30)
        }

        @Test("repetitions are transfers of their own, and their bytes follow one another")
        func repetitions() throws {
            fake_i2c_add_adapter(1, i2cFunctions)
            fake_i2c_add_device(1, 0x53)
            for place in 0..<6 { fake_i2c_set_register(1, 0x53, UInt8(0x32 + place), UInt8(place)) }
            let bench = try bench(1)
            #expect(bench.hardware.submit(request(1, 0x53, write: [0x32], read: 6, repetitions: 3), to: BusIndex(0)))
            let read = bench.wait { $0.event == .busCompleted(BusIndex(0), tag: 1, .done) }
            #expect(read?.array == [0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5])
            #expect(fake_i2c_transfer_count(1) == 3)
        }

        @Test(
            "the kernel's errors become outcomes that a driver understands",
            arguments: [
                (ENXIO, BusOutcome.notAcknowledged), (EREMOTEIO, .notAcknowledged), (ETIMEDOUT, .timedOut),
                (EAGAIN, .busError), (EIO, .busError), (EPROTO, .busError), (ENODEV, .busMissing),
                (ESHUTDOWN, .busMissing), (EOPNOTSUPP, .busError),
            ])
        func outcomes(error: Int32, outcome: BusOutcome) { #expect(BusTransfers.outcome(of: -error) == outcome) }

        @Test("a device that does not answer is not acknowledged; the bus goes on")
        func absentDevice() throws {
            fake_i2c_add_adapter(1, i2cFunctions)
            fake_i2c_add_device(1, 0x48)
            let bench = try bench(1)
            #expect(bench.hardware.submit(request(1, 0x76, write: [0xD0], read: 1), to: BusIndex(0)))
            #expect(bench.hardware.submit(request(2, 0x48, write: [0], read: 1), to: BusIndex(0)))
            #expect(bench.wait { $0.event == .busCompleted(BusIndex(0), tag: 1, .notAcknowledged) } != nil)
            #expect(bench.wait { $0.event == .busCompleted(BusIndex(0), tag: 2, .done) } != nil)
        }

        @Test("an adapter that is missing says so at once, and works when it is there")
        func missingAdapter() throws {
            let bench = try bench(2)
            #expect(bench.hardware.submit(request(1, 0x48, write: [0], read: 1), to: BusIndex(0)))
            #expect(bench.wait { $0.event == .busCompleted(BusIndex(0), tag: 1, .busMissing) } != nil)
            fake_i2c_add_adapter(2, i2cFunctions)
            fake_i2c_add_device(2, 0x48)
            var outcome = BusOutcome.busMissing
            for attempt in 2..<2_000 where outcome == .busMissing {
                #expect(bench.hardware.submit(request(UInt16(attempt), 0x48, write: [0], read: 1), to: BusIndex(0)))
                bench.wait { input in
                    if case .busCompleted(_, _, let result) = input.event { outcome = result }
                    return input.event == .busCompleted(BusIndex(0), tag: UInt16(attempt), outcome)
                }
                usleep(1_000)
            }
            #expect(outcome == .done)
        }

        @Test("an adapter that vanishes is opened anew when it is back")
        func vanishingAdapter() throws {
            fake_i2c_add_adapter(1, i2cFunctions)
            fake_i2c_add_device(1, 0x48)
            let bench = try bench(1)
            var seen: [BusOutcome] = []
            for attempt in 0..<3_000 where seen.last != .done || seen.count < 3 {
                if attempt == 1 { fake_i2c_set_failure(1, ENODEV) }
                if seen.contains(.busMissing) { fake_i2c_set_failure(1, 0) }
                _ = bench.hardware.submit(request(UInt16(attempt), 0x48, write: [0], read: 1), to: BusIndex(0))
                bench.wait { input in
                    guard case .busCompleted(_, _, let outcome) = input.event else { return false }
                    if seen.last != outcome { seen.append(outcome) }
                    return true
                }
                usleep(500)
            }
            #expect(seen == [.done, .busMissing, .done])
        }

        @Test("a bus that is stuck takes as many requests as fit, and leaves the other bus alone")
        func stuckBus() throws {
            fake_i2c_add_adapter(1, i2cFunctions)
            fake_i2c_add_adapter(2, i2cFunctions)
            for bus in [1, 2] as [Int32] { fake_i2c_add_device(bus, 0x48) }
            fake_i2c_set_delay_ms(1, 200)
            let bench = try bench(1, 2)
            var taken = 0
            while taken < 100, bench.hardware.submit(request(UInt16(taken), 0x48, write: [0], read: 1), to: BusIndex(0))
            {
                taken += 1
            }
            #expect(taken == 8)
            for tag in 100..<120 as Range<UInt16> {
                #expect(bench.hardware.submit(request(tag, 0x48, write: [0], read: 1), to: BusIndex(1)))
                #expect(bench.wait { $0.event == .busCompleted(BusIndex(1), tag: tag, .done) } != nil)
            }
            #expect(!bench.events.contains(.busCompleted(BusIndex(0), tag: 7, .done)))
            fake_i2c_set_delay_ms(1, 0)
            #expect(bench.wait { $0.event == .busCompleted(BusIndex(0), tag: 7, .done) } != nil)
        }

        @Test(
            """
            a thread that the kernel keeps is replaced while there are spare ones; after that requests time out at once, until \
            it is back
            """)
        func stuckThreads() throws {
            fake_i2c_add_adapter(5, i2cFunctions)
            fake_i2c_add_device(5, 0x48)
            fake_i2c_set_delay_ms(5, 2_500)
            let bench = try bench(5, workerPatience: .milliseconds(50))
            for tag in UInt16(0)..<3 {
                #expect(bench.hardware.isGettingOn)
                #expect(bench.hardware.submit(request(tag, 0x48, write: [0], read: 1), to: BusIndex(0)))
                #expect(bench.wait(for: .busCompleted(BusIndex(0), tag: tag, .timedOut)) != nil)
            }
            #expect(!bench.hardware.isGettingOn)
            #expect(bench.hardware.areWorkersAlive, "a call that does not come back is no fault of the thread")
            fake_i2c_set_delay_ms(5, 0)
            #expect(bench.hardware.submit(request(3, 0x48, write: [0], read: 1), to: BusIndex(0)))
            #expect(bench.wait(for: .busCompleted(BusIndex(0), tag: 3, .timedOut)) != nil)
            // The late answer of the last thread is taken for none of the requests that come after it.
            var tag: UInt16 = 4
            var outcome = BusOutcome.timedOut
            while outcome == .timedOut, tag < 200 {
                #expect(bench.hardware.submit(request(tag, 0x48, write: [0], read: 1), to: BusIndex(0)))
                let answer = bench.wait { if case .busCompleted = $0.event { true } else { false } }
                guard case .busCompleted(_, let answered, let said)? = answer?.event else { break }
                #expect(answered == tag)
                outcome = said
                tag += 1
                usleep(50_000)
                bench.settle()
            }
            #expect(outcome == .done)
            #expect(bench.hardware.isGettingOn)
        }

        /// Work that takes as many milliseconds as it is asked to.
        struct Sleep: WaitingWork {
            func perform(_ milliseconds: UInt32) -> UInt32 {
                usleep(milliseconds * 1_000)
                return milliseconds
            }
            func end() {}
        }

        @Test("a thread that is in a call is stuck at worst; one that lets requests lie is not alive")
        func aliveness() throws {
            let worker = try #require(Worker("sleep", stackBytes: 65_536, requests: 4, Sleep()))
            let patience = Interval.milliseconds(30)
            #expect(worker.isAlive(within: patience) && !worker.isStuck(within: patience))
            #expect(worker.submit(500))
            usleep(200_000)
            #expect(worker.isAlive(within: patience) && worker.isStuck(within: patience))
            worker.stop()
            #expect(worker.takeCompletion() == 500)
            #expect(worker.submit(0))
            usleep(200_000)
            #expect(!worker.isAlive(within: patience) && !worker.isStuck(within: patience))
        }

        @Test("many requests through the rings each come back once and in order")
        func order() throws {
            fake_i2c_add_adapter(1, i2cFunctions)
            fake_i2c_add_device(1, 0x48)
            let bench = try bench(1)
            var next: UInt16 = 0
            var tags: [UInt16] = []
            while tags.count < 2_000 {
                while next < 2_000, bench.hardware.submit(request(next, 0x48, write: [0], read: 1), to: BusIndex(0)) {
                    next += 1
                }
                guard let input = bench.wait(for: { if case .busCompleted = $0.event { true } else { false } }) else {
                    break
                }
                if case .busCompleted(_, let tag, .done) = input.event { tags.append(tag) }
            }
            #expect(tags == Array(0..<2_000))
        }
    }
}
