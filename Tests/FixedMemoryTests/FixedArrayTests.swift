import FixedMemory
import Testing

/// Counts how often instances end, to see that storage destroys each element once.
private final class Witness {
    nonisolated(unsafe) static var alive = 0
    init() { Witness.alive += 1 }
    deinit { Witness.alive -= 1 }
}

@Suite("A fixed array holds up to its capacity and owns what it holds", .serialized)
struct FixedArrayTests {
    @Test("Appending beyond the capacity is refused and counted")
    func refuses() {
        var array = FixedArray<Int>(capacity: 2)
        check(array.append(1))
        check(array.append(2))
        check(!array.append(3))
        check(array.usage == Usage(count: 2, capacity: 2, highWater: 2, dropped: 1))
        check(array[0] == 1)
        check(array[1] == 2)
    }

    @Test("Swap removal moves the last element into the hole", arguments: [(0, [3, 2]), (1, [1, 3]), (2, [1, 2])])
    func swapRemove(index: Int, rest: [Int]) {
        var array = FixedArray<Int>(capacity: 3)
        for value in 1...3 { array.append(value) }
        array.swapRemove(at: index)
        check(array.count == 2)
        check([array[0], array[1]] == rest)
    }

    @Test("Elements are destroyed exactly once: on refusal, removal, emptying and at the end")
    func ownership() {
        do {
            var array = FixedArray<Witness>(capacity: 2)
            array.append(Witness())
            array.append(Witness())
            array.append(Witness())
            #expect(Witness.alive == 2)
            array.swapRemove(at: 0)
            #expect(Witness.alive == 1)
            array.append(Witness())
            #expect(Witness.alive == 2)
        }
        #expect(Witness.alive == 0)
    }

    @Test("Changes through the subscript stay in place")
    func mutation() {
        var array = FixedArray<Int>(repeating: 7, count: 3)
        array[1] += 1
        check(array.span[1] == 8)
        check(array.span.count == 3)
    }
}
