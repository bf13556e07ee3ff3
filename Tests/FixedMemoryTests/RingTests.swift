import FixedMemory
import Testing

@Suite("A ring keeps order, refuses or overwrites when full, and counts what it lost")
struct RingTests {
    @Test("Elements leave in the order they came, across the wrap")
    func keepsOrder() {
        var ring = Ring<Int>(capacity: 3)
        var expected = 0
        var next = 0
        for _ in 0..<10 {
            while ring.push(next) { next += 1 }
            // The refused one was not taken: it is pushed again in the next round.
            for _ in 0..<2 {
                check(ring.pop() == expected)
                expected += 1
            }
        }
    }

    @Test("A full ring refuses the newest and counts it")
    func refuses() {
        var ring = Ring<Int>(capacity: 2)
        check(ring.push(1))
        check(ring.push(2))
        check(!ring.push(3))
        check(ring.usage == Usage(count: 2, capacity: 2, highWater: 2, dropped: 1))
        check(ring.pop() == 1)
        check(ring.pop() == 2)
        check(ring.pop() == nil)
    }

    @Test("Overwriting gives up the oldest and returns it")
    func overwrites() {
        var ring = Ring<Int>(capacity: 2)
        check(ring.pushOverwriting(1) == nil)
        check(ring.pushOverwriting(2) == nil)
        check(ring.pushOverwriting(3) == 1)
        check(ring.first == 2)
        check(ring.last == 3)
        check(ring[0] == 2)
        check(ring[1] == 3)
        check(ring.usage == Usage(count: 2, capacity: 2, highWater: 2, dropped: 1))
    }

    @Test("Emptying keeps the counters, which tell of the past")
    func removeAll() {
        var ring = Ring<Int>(capacity: 2)
        ring.push(1)
        ring.push(2)
        ring.push(3)
        ring.removeAll()
        check(ring.usage == Usage(count: 0, capacity: 2, highWater: 2, dropped: 1))
        check(ring.first == nil)
    }
}

@Suite("A single-producer ring hands every element from one thread to another, once and in order")
struct SingleProducerRingTests {
    @Test("Capacity is rounded up to a power of two", arguments: [(1, 1), (2, 2), (3, 4), (5, 8), (64, 64)])
    func capacity(asked: Int, given: Int) {
        #expect(SingleProducerRing<UInt8>(capacity: asked).capacity == given)
    }

    @Test("A full ring refuses and counts, and takes again after a pop")
    func refusesWhenFull() {
        let ring = SingleProducerRing<Int>(capacity: 4)
        for value in 0..<4 { check(ring.push(value)) }
        check(!ring.push(4))
        check(ring.usage == Usage(count: 4, capacity: 4, highWater: 4, dropped: 1))
        check(ring.pop() == 0)
        check(ring.push(4))
        for value in 1...4 { check(ring.pop() == value) }
        check(ring.pop() == nil)
    }

    @Test("A million elements cross two threads without loss, repetition or change of order")
    func crossesThreads() async {
        let ring = SingleProducerRing<UInt64>(capacity: 64)
        let count: UInt64 = 1_000_000
        let producer = Task.detached {
            var next: UInt64 = 0
            while next < count {
                if ring.push(next) { next += 1 } else { await Task.yield() }
            }
        }
        var expected: UInt64 = 0
        while expected < count {
            guard let value = ring.pop() else {
                await Task.yield()
                continue
            }
            guard value == expected else {
                Issue.record("got \(value) where \(expected) was due")
                break
            }
            expected += 1
        }
        await producer.value
        #expect(expected == count)
    }
}
