import FixedMemory
import HardwareInterface

/// Inputs that the virtual world will deliver, in order of time; those of one moment in the order they were put in.
///
/// A binary heap of fixed capacity over slots that never move, so that an input with its bytes is written once.
struct ArrivalQueue: ~Copyable {
    struct Key: BitwiseCopyable {
        var at: Instant
        var order: UInt64
        var slot: Int

        func comesBefore(_ other: Key) -> Bool {
            at == other.at ? order < other.order : at < other.at
        }
    }

    private var keys: FixedArray<Key>
    private var slots: FixedArray<Input>
    private var free: Ring<Int>
    private var nextOrder: UInt64 = 0

    init(capacity: Int) {
        keys = FixedArray(capacity: capacity)
        slots = FixedArray(repeating: Input(), count: capacity)
        free = Ring(capacity: capacity)
        for slot in 0..<capacity { free.push(slot) }
    }

    var usage: Usage { keys.usage }

    /// When the first one is due; `.never` if none waits.
    var nextAt: Instant { keys.isEmpty ? .never : keys[0].at }

    /// Puts in an input that becomes due at `input.at`.
    ///
    /// - Returns: `false` if there is no room; the input is then lost and counted.
    @discardableResult
    mutating func push(_ input: Input) -> Bool {
        guard let slot = free.pop() else {
            keys.append(Key(at: input.at, order: 0, slot: 0))
            return false
        }
        slots[slot] = input
        keys.append(Key(at: input.at, order: nextOrder, slot: slot))
        nextOrder += 1
        siftUp(keys.count - 1)
        return true
    }

    /// Takes the first input that is due at `now`.
    ///
    /// - Returns: `false` if none is due; `input` is then unchanged.
    mutating func pop(dueAt now: Instant, into input: inout Input) -> Bool {
        guard !keys.isEmpty, keys[0].at <= now else { return false }
        input = slots[keys[0].slot]
        free.push(keys[0].slot)
        keys.swapRemove(at: 0)
        if !keys.isEmpty { siftDown(0) }
        return true
    }

    private mutating func swap(_ left: Int, _ right: Int) {
        let kept = keys[left]
        keys[left] = keys[right]
        keys[right] = kept
    }

    private mutating func siftUp(_ start: Int) {
        var child = start
        while child > 0 {
            let parent = (child - 1) / 2
            guard keys[child].comesBefore(keys[parent]) else { return }
            swap(child, parent)
            child = parent
        }
    }

    private mutating func siftDown(_ start: Int) {
        var parent = start
        while true {
            var first = parent
            for child in (2 * parent + 1)...(2 * parent + 2) where child < keys.count {
                if keys[child].comesBefore(keys[first]) { first = child }
            }
            guard first != parent else { return }
            swap(first, parent)
            parent = first
        }
    }
}
