import BoardImage
import CLinuxHardware
import Cryptography
import EventJournal
import FixedMemory
import HardwareInterface
import LifeSafety
import ProgramSupport
import Runtime

/// The pieces of work that are measured, each done so many times. Every piece returns something that depends on all of
/// it, so that the compiler leaves none of it out.
enum Work {
    /// As large as what crosses from a bus worker in the small case: 32 bytes.
    struct Message: BitwiseCopyable {
        var first: UInt64
        var second: UInt64 = 0
        var third: UInt64 = 0
        var fourth: UInt64 = 0
    }

    /// One push and one pop of 32 bytes, by one thread.
    static func ring(_ count: Int) -> UInt64 {
        let ring = SingleProducerRing<Message>(capacity: 1_024)
        var sum: UInt64 = 0
        for number in 0..<count {
            ring.push(Message(first: UInt64(number)))
            if let message = ring.pop() { sum &+= message.first }
        }
        return sum
    }

    /// A message of 32 bytes from one thread to another.
    static func ringBetweenThreads(_ count: Int) -> UInt64 {
        let crossing = Crossing(count)
        var producer = warden_thread()
        let status = warden_thread_start(
            &producer, "producer", 65_536,
            { context in
                guard let context else { return }
                let crossing = Unmanaged<Crossing>.fromOpaque(context).takeUnretainedValue()
                var next = 0
                while next < crossing.count { if crossing.ring.push(Message(first: UInt64(next))) { next += 1 } }
            }, Unmanaged.passUnretained(crossing).toOpaque())
        guard status == 0 else { return 0 }
        var sum: UInt64 = 0
        var taken = 0
        while taken < count {
            guard let message = crossing.ring.pop() else { continue }
            sum &+= message.first
            taken += 1
        }
        precondition(warden_thread_join(&producer, 5_000), "the producer has nothing left to do")
        return sum
    }

    private final class Crossing {
        let ring = SingleProducerRing<Message>(capacity: 1_024)
        let count: Int
        init(_ count: Int) { self.count = count }
    }

    /// One accelerometer sample through the fall detector, in FIFO bursts of 32 at 200 Hz: a person who walks, with a
    /// fall's impact every twenty seconds.
    static func fall(_ count: Int) -> UInt64 {
        var configurations = FixedArray<DetectorConfiguration>(capacity: 1)
        configurations.append(DetectorConfiguration(.fall(.init(source: PointIndex(0)))))
        var monitor = LifeSafetyMonitor(configurations.span)
        var output = AlarmOutput(capacity: 8)
        var burst = FixedArray<AccelerationSample>(capacity: 32)
        var changes: UInt64 = 0
        var number = 0
        while number < count {
            burst.removeAll()
            for _ in 0..<32 {
                burst.append(walking(number))
                number += 1
            }
            let at = Instant(nanoseconds: Int64(number) * 5_000_000)
            output.removeAll()
            monitor.receive(
                samples: burst.span, lastAt: at, interval: .milliseconds(5), ofPoint: PointIndex(0), into: &output)
            monitor.advance(to: at, into: &output)
            changes &+= UInt64(output.count)
        }
        return changes
    }

    /// A step a second of triangular shape around standing, and a blow of 4 g for 50 ms every twenty seconds.
    private static func walking(_ number: Int) -> AccelerationSample {
        let phase = number % 200
        let wave = Int16(phase < 100 ? phase - 50 : 150 - phase)
        let isBlow = number % 4_000 < 10
        return AccelerationSample(x: wave, y: isBlow ? -4_000 : -1_000 + 3 * wave, z: wave / 2)
    }

    /// One turn of the runtime in which nothing is due and nothing arrives.
    static func turn(_ count: Int, image path: CText, key keyPath: CText) throws(ProgramFailure) -> UInt64 {
        let file = try InputFile.read(path, limit: 1 << 20)
        let key = try InputFile.readHashKey(keyPath)
        var runtime = try start(file.span, key, path)
        // What the start has left to do is done first.
        for step in 0..<100 {
            runtime.hardware.now = Instant(nanoseconds: Int64(step) * 1_000_000)
            runtime.turn()
        }
        for _ in 0..<count { runtime.turn() }
        return runtime.lastEventSequence
    }

    /// One turn in which a contact opens or closes, with a journal on a medium of so many bytes; from 8 MiB on there is
    /// room for the flight recorder.
    static func edge(
        _ count: Int, image path: CText, key keyPath: CText, mediumBytes: Int64
    ) throws(ProgramFailure) -> UInt64 {
        let file = try InputFile.read(path, limit: 1 << 20)
        let key = try InputFile.readHashKey(keyPath)
        let image = try decode(file.span, path)
        var runtime: Runtime<BusyHardware>
        do throws(StartError) {
            runtime = try Runtime(
                hardware: BusyHardware(line: LineIndex(0)), image: image, file: file.span, hashKey: key,
                medium: JournalMedium(byteCount: mediumBytes, identity: JournalIdentity(low: 1, high: 2)))
        } catch {
            throw ProgramFailure(.invalidInput, "the board cannot be started", about: path)
        }
        for _ in 0..<2_000 { runtime.turn() }
        for _ in 0..<count {
            runtime.hardware.advance()
            runtime.turn()
        }
        return runtime.lastEventSequence
    }

    private static func start(
        _ file: Span<UInt8>, _ key: HashKey, _ path: CText
    ) throws(ProgramFailure) -> Runtime<IdleHardware> {
        let image = try decode(file, path)
        do throws(StartError) {
            return try Runtime(hardware: IdleHardware(), image: image, file: file, hashKey: key)
        } catch {
            throw ProgramFailure(.invalidInput, "the board cannot be started", about: path)
        }
    }

    private static func decode(_ file: Span<UInt8>, _ path: CText) throws(ProgramFailure) -> BoardImage {
        do throws(BoardImageError) {
            return try BoardImage(decoding: file)
        } catch {
            throw ProgramFailure(.invalidInput, "is not a board image", about: path)
        }
    }
}
