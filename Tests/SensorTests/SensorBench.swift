import DeviceModels
import Drivers
import FixedMemory
import HardwareInterface

/// A sensor driver on a bus with one simulated device, in virtual time.
///
/// Each transaction takes as long as its bytes take at 400 kHz; a held bus takes the adapter's second.
final class SensorBench {
    var sensor: Sensor
    var device: DeviceModel
    private(set) var now = Instant.start
    private(set) var readings: [SensorOutput.ChannelReading] = []
    private(set) var samples: [SensorOutput.AccelerationCodes] = []
    private(set) var sampleInstants: [Instant] = []
    private(set) var lossesReported = 0
    private(set) var healthChanges: [SensorHealth] = []
    private(set) var transactions = 0
    /// Completions that never come.
    var completionsToLose = 0
    /// Changes what the bus answers, after the device did.
    var tamper: ((BusRequest, BusOutcome, [UInt8]) -> (BusOutcome, [UInt8]))?

    init(_ sensor: Sensor, _ device: DeviceModel, powersOn: Bool = true) {
        self.sensor = sensor
        self.device = device
        if powersOn { self.device.powerOn(at: .start) }
    }

    /// Lets time pass in which nobody polls the driver.
    func pause(for interval: Interval) { now = now + interval }

    func forget() {
        readings = []
        samples = []
        sampleInstants = []
        healthChanges = []
        lossesReported = 0
        transactions = 0
    }

    func run(for interval: Interval) { run(until: now + interval) }

    func run(until end: Instant) {
        var output = SensorOutput()
        while sensor.deadline <= end {
            now = max(now, sensor.deadline)
            output.removeAll()
            let request = sensor.poll(at: now, into: &output)
            take(output)
            guard let request else { continue }
            transactions += 1
            let (outcome, bytes, duration) = perform(request)
            if completionsToLose > 0 {
                completionsToLose -= 1
                continue
            }
            now = now + duration
            output.removeAll()
            let (finalOutcome, finalBytes) = tamper?(request, outcome, bytes) ?? (outcome, bytes)
            sensor.complete(finalOutcome, tag: request.tag, bytes: finalBytes.span, at: now, into: &output)
            take(output)
        }
        now = max(now, end)
    }

    func perform(_ request: BusRequest) -> (BusOutcome, [UInt8], Interval) {
        guard request.address == device.address else { return (.notAcknowledged, [], .microseconds(25)) }
        var answer = ByteBuffer(capacity: BusRequest.readLimit)
        var duration = Interval.zero
        for _ in 0..<request.repetitions {
            let outcome = device.transact(
                write: request.write.span, read: Int(request.readCount), into: &answer, at: now + duration)
            let bytes = request.write.count + Int(request.readCount) + 2
            duration = duration + .microseconds(Int64(bytes) * 9 * 5 / 2)
            guard outcome == .done else { return (outcome, [], outcome == .timedOut ? .seconds(1) : duration) }
        }
        var bytes: [UInt8] = []
        for index in 0..<answer.count { bytes.append(answer[index]) }
        return (.done, bytes, duration)
    }

    private func take(_ output: borrowing SensorOutput) {
        for index in 0..<output.readingCount { readings.append(output.reading(index)) }
        for index in 0..<output.sampleCount {
            samples.append(output.accelerationCodes(index))
            sampleInstants.append(output.sampleInstant(index))
        }
        if output.samplesWereLost { lossesReported += 1 }
        if let health = output.health { healthChanges.append(health) }
    }

    /// The readings of one channel, oldest first.
    func readings(of channel: UInt8) -> [Reading] { readings.filter { $0.channel == channel }.map(\.reading) }

    var qualities: Set<Quality> { Set(readings.map(\.reading.quality)) }
}
