import Cryptography
import DeviceModels
import Drivers
import FixedMemory
import HardwareInterface

/// How soon readers of an OSDP bus are asked and answer, on a virtual clock, and what the panel's side of it costs.
///
/// The readers are models with the usual 3 ms between a command and its answer; the line's own time is that of its speed. So
/// the turnaround is what protocol and driver make of it, and the same on every machine; the processor's time is this one's.
func measureOSDP(readers count: Int, baudRate: Int64, isSecure: Bool) {
    let seconds: Int64 = 120
    let key = AES128([UInt8](0..<16).span)!
    var bus = OSDPBus(timing: OSDPBus.Timing(baudRate: baudRate), random: RandomGenerator(seed: [UInt8](0..<32).span)!)
    var models = FixedArray<OSDPReaderModel>(capacity: count)
    for address in 0..<UInt8(count) {
        let security: OSDPBus.Security = isSecure ? .key(ReaderKey(key)) : .clear
        precondition(bus.addPeripheral(.init(address: address, security: security)) != nil)
        models.append(
            OSDPReaderModel(address: address, key: isSecure ? key : nil, baudRate: baudRate, seed: address + 1))
    }
    var output = ReaderOutput()
    var sent = ByteBuffer(capacity: 2_048)
    var answer = ByteBuffer(capacity: 4_096)
    var now = Instant.start
    var busy = Duration.zero
    let clock = ContinuousClock()
    func panel(_ work: (inout OSDPBus) -> Void) {
        output.removeAll()
        busy += clock.measure { work(&bus) }
        guard output.transmit.count > 0 else { return }
        sent.removeAll()
        sent.append(output.transmit.span)
        // The readers have heard it all when its last byte is there.
        let heard = now + Interval(nanoseconds: Int64(sent.count) * 10_000_000_000 / baudRate)
        for index in models.indices { models[index].receive(sent.span, at: heard) }
    }
    let end = Instant.start + .seconds(seconds)
    panel { $0.portOpened(at: now, into: &output) }
    while now < end {
        var next = bus.deadline
        for index in models.indices { next = min(next, models[index].deadline) }
        now = max(now, next)
        for index in models.indices where models[index].deadline <= now {
            answer.removeAll()
            models[index].emit(until: now, into: &answer)
            panel { $0.receive(answer.span, at: now, into: &output) }
        }
        if bus.deadline <= now { panel { $0.poll(at: now, into: &output) } }
    }
    var replies: UInt64 = 0
    var longest = Interval.zero
    for place in 0..<UInt8(count) {
        let statistics = bus.statistics(of: place)
        precondition(statistics.timeouts == 0 && bus.isSecure(place) == isSecure, "every reader answers")
        replies += statistics.replies
        longest = max(longest, statistics.longestTurnaround)
    }
    let name =
        "OSDP \(isSecure ? "secured" : "clear"), \(count) \(count == 1 ? "reader" : "readers") at \(baudRate) baud"
    let (whole, part) = busy.components
    let share = (Double(whole) + Double(part) / 1e18) / Double(seconds) * 100
    report("\(name): longest turnaround (limit 200 ms)", count, Double(longest.nanoseconds) / 1e6, "ms")
    report(
        "\(name): from one answer of a reader to its next", count,
        Double(seconds) * 1_000 * Double(count) / Double(replies), "ms")
    report("\(name): processor's share", count, share, "%")
}
