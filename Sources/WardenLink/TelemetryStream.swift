import FixedMemory
import HardwareInterface
import WardenMessages

/// Samples of one point, as one client asked for them, collected into batches.
///
/// Samples lie on a grid of the interval, so that most need no time of their own, and each value is sent as its
/// difference from the one before: about a byte for a sample of a quantity that changes slowly.
struct TelemetryStream: BitwiseCopyable {
    let point: UInt32
    private let interval: Interval
    private let threshold: UInt32
    private let batch: Int
    private let latency: Interval
    /// When the next sample is due.
    private(set) var due: Instant

    /// The batch that is being collected.
    private var values = FixedList<Int32, 32>()
    private var steps = FixedList<UInt32, 31>()
    private var base = Instant.start
    private var quality = Quality.good
    /// When the last sample of the batch was, and its value.
    private var last = Instant.start
    private var lastValue: Int32 = 0
    /// The value that differences are held against the threshold from; `nil` where any value is news.
    private var reference: Int32? = nil
    private var isComplete = false

    init(_ request: TelemetryPoint, batch: UInt32, latencyMs: UInt32, at now: Instant) {
        point = request.point
        interval = .milliseconds(Int64(request.intervalMs))
        threshold = request.threshold
        self.batch = Int(batch)
        latency = .milliseconds(Int64(latencyMs))
        due = now
    }

    /// Whether a batch is to be sent now: full, old, or ended by a sample that does not go with it.
    func isReady(at now: Instant) -> Bool { isComplete || (!values.isEmpty && now >= base + latency) }

    /// When there is something to do though nothing happens.
    var deadline: Instant { values.isEmpty || isComplete ? due : min(due, base + latency) }

    /// Takes the sample that is due, if it is news.
    ///
    /// - Returns: `false` if the sample found no room because the batch before it has not been sent; it is lost.
    mutating func sample(_ value: Int32, _ quality: Quality, at now: Instant) -> Bool {
        // Samples that the board had no time for are left out; the grid stays.
        let missed = (now - due).nanoseconds / interval.nanoseconds
        let at = due + interval * missed
        due = at + interval
        if quality == self.quality, let reference {
            if !quality.isUsable { return true }
            let difference = Int64(value) - Int64(reference)
            if difference.magnitude < UInt64(threshold) { return true }
        }
        guard !isComplete else {
            reference = nil
            return false
        }
        let step = values.isEmpty ? 1 : UInt32(clamping: (at - last).nanoseconds / interval.nanoseconds)
        if !values.isEmpty && quality != self.quality {
            // The batch goes as it is; the sample that does not go with it is taken at the next interval.
            isComplete = true
            reference = nil
            return true
        }
        self.quality = quality
        if values.isEmpty {
            base = at
            values.append(value)
        } else {
            values.append(value &- lastValue)
            steps.append(step)
        }
        last = at
        lastValue = value
        reference = value
        if values.count >= batch || !quality.isUsable { isComplete = true }
        return true
    }

    /// The batch as it is sent; it is empty afterwards.
    mutating func take() -> TelemetryBatch {
        var batch = TelemetryBatch(
            point: point, baseMs: UInt64(max(0, base.nanoseconds) / 1_000_000),
            intervalMs: UInt32(clamping: interval.milliseconds), quality: UInt32(quality.rawValue), values: values)
        var isRegular = true
        for index in steps.indices where steps[index] != 1 { isRegular = false }
        if !isRegular { batch.steps = steps }
        values.removeAll()
        steps.removeAll()
        isComplete = false
        return batch
    }
}
