import BoardImage
import CKernelWorld
import FixedMemory
import HardwareInterface
import VirtualBoard
import WardenMessages

/// The I2C buses of a board: adapters in /dev whose transfers the device models answer.
struct BusDevices {
    /// An answer that waits until a real bus would have carried the transfer.
    private struct Waiting {
        var adapter: Int
        var transfer: kernel_world_transfer
        var at: Instant
        var outcome: BusOutcome
        var bytes: [UInt8]
    }

    private(set) var descriptors: [Int32] = []
    private var waiting: [Waiting] = []

    init(_ image: borrowing BoardImage) throws(Failure) {
        for place in image.buses.indices {
            let device = text(image.buses[place].device.span)
            guard device.hasPrefix("/dev/") else { throw Failure(what: "bus \(place) is no device: \(device)") }
            let name = String(device.dropFirst("/dev/".count))
            descriptors.append(
                try Failure.check(kernel_world_adapter_make(name), "an adapter \(device) cannot be made"))
        }
    }

    /// When the next answer is due.
    var deadline: Instant {
        var first = Instant.never
        for entry in waiting { first = min(first, entry.at) }
        return first
    }

    /// Takes what an adapter is asked, one call: it may take several of them before they are a transfer.
    mutating func take(from adapter: Int, _ board: inout VirtualBoard) throws(Failure) {
        var transfer = kernel_world_transfer()
        let status = kernel_world_adapter_take(descriptors[adapter], &transfer)
        try Failure.check(status, "bus \(adapter)")
        if status == 1 { waiting.append(BusDevices.perform(transfer, on: adapter, of: &board)) }
    }

    private static func perform(
        _ transfer: kernel_world_transfer, on adapter: Int, of board: inout VirtualBoard
    ) -> Waiting {
        var written = FixedBytes<16>()
        withUnsafeBytes(of: transfer.write) { bytes in
            for place in 0..<min(Int(transfer.write_count), 17) { written.append(bytes[place]) }
        }
        guard !written.overflowed, transfer.read_count <= BusRequest.readLimit else {
            return Waiting(adapter: adapter, transfer: transfer, at: board.now, outcome: .busError, bytes: [])
        }
        let request = BusRequest(
            address: transfer.address, write: written, readCount: UInt8(transfer.read_count))
        var read = FixedBytes<256>()
        let (outcome, duration) = board.transfer(request, on: BusIndex(UInt8(adapter)), into: &read)
        return Waiting(
            adapter: adapter, transfer: transfer, at: board.now + duration, outcome: outcome,
            bytes: (0..<read.count).map { read[$0] })
    }

    /// Gives the answers that are due.
    mutating func answer(at now: Instant) {
        guard !waiting.isEmpty else { return }
        waiting.removeAll { entry in
            guard entry.at <= now else { return false }
            var transfer = entry.transfer
            kernel_world_adapter_answer(
                descriptors[entry.adapter], &transfer, BusDevices.status(of: entry.outcome), entry.bytes + [0])
            return true
        }
    }

    /// What adapters' drivers answer (Documentation/i2c/fault-codes.rst).
    private static func status(of outcome: BusOutcome) -> Int32 {
        switch outcome {
        case .done: 0
        case .notAcknowledged: -6  // ENXIO
        case .timedOut: -110  // ETIMEDOUT
        case .busError: -5  // EIO
        case .busMissing: -19  // ENODEV
        }
    }
}
