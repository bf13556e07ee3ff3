import EventJournal
import HardwareInterface

/// What lies on a medium: zeros, and over them the blocks that were written.
///
/// Copies share what they have in common, so that thousands of cut images cost little.
public struct MediumImage {
    public let blockBytes: Int
    public let blockCount: Int
    var blocks: [Int: [UInt8]] = [:]
    /// Blocks that cannot be read.
    var unreadable: Set<Int> = []

    public init(bytes: Int64, blockBytes: Int) {
        self.blockBytes = blockBytes
        blockCount = Int(bytes) / blockBytes
    }

    public subscript(_ block: Int) -> [UInt8] {
        get { blocks[block] ?? [UInt8](repeating: 0, count: blockBytes) }
        set {
            blocks[block] = newValue
            unreadable.remove(block)
        }
    }

    /// Blocks that were ever written, in order.
    public var writtenBlocks: [Int] { blocks.keys.sorted() }

    public mutating func makeUnreadable(_ block: Int) { unreadable.insert(block) }
    public func isReadable(_ block: Int) -> Bool { !unreadable.contains(block) }
}

/// A medium in memory that keeps a log of what it was asked, and fails when told to.
public final class SimulatedMedium {
    public enum Operation {
        case write(block: Int, bytes: [UInt8])
        case flush
    }

    /// What a read sees: everything that was written, flushed or not.
    public var image: MediumImage
    /// Writes and flushes that were done, for cutting the power after the fact.
    public var log: [Operation] = []
    /// Asked before each request is carried out; anything but `done` is the answer, and nothing is carried out.
    public var fault: (MediumRequest) -> MediumOutcome = { _ in .done }
    public var counts: [MediumRequest.Operation: Int] = [:]

    public init(_ image: MediumImage) { self.image = image }

    public func perform(_ request: MediumRequest, pages: MediumPages) -> MediumOutcome {
        counts[request.operation, default: 0] += 1
        let outcome = fault(request)
        guard outcome == .done else { return outcome }
        let block = Int(request.offset) / image.blockBytes
        switch request.operation {
        case .flush: log.append(.flush)
        case .write:
            precondition(
                block < image.blockCount && request.offset % Int64(image.blockBytes) == 0, "outside the medium")
            let bytes = [UInt8](pages.bytes(of: request.page))
            image[block] = bytes
            log.append(.write(block: block, bytes: bytes))
        case .read:
            precondition(
                block < image.blockCount && request.offset % Int64(image.blockBytes) == 0, "outside the medium")
            guard image.isReadable(block) else { return .failed }
            let target = pages.bytes(of: request.page)
            if let bytes = image.blocks[block] {
                bytes.withUnsafeBytes { target.copyMemory(from: $0) }
            } else {
                target.initializeMemory(as: UInt8.self, repeating: 0)
            }
        }
        return .done
    }
}
