import FixedMemory
import Testing

private enum Phase: UInt8, Carried, BitwiseCopyable { case idle, busy }

private struct Sample: Carried, BitwiseCopyable, Equatable {
    var wide: Int64 = 0
    var narrow: UInt8 = 0
    var plain: Int = 0
    var flag = false
    var phase = Phase.idle
    var missing: UInt16?
    var name = FixedBytes<8>()
    var few = InlineArray<3, Int16>(repeating: 0)

    mutating func carry(_ state: inout StateCarrier) {
        state.carry(&wide)
        state.carry(&narrow)
        state.carry(&plain)
        state.carry(&flag)
        state.carry(&phase)
        state.carry(&missing)
        state.carry(&name)
        state.carry(&few)
    }

    static func == (left: Sample, right: Sample) -> Bool {
        left.wide == right.wide && left.narrow == right.narrow && left.plain == right.plain && left.flag == right.flag
            && left.phase == right.phase && left.missing == right.missing && left.name == right.name
            && left.few[0] == right.few[0] && left.few[1] == right.few[1] && left.few[2] == right.few[2]
    }
}

private func some() -> Sample {
    var sample = Sample(wide: .min, narrow: 255, plain: -3, flag: true, phase: .busy, missing: 7, name: "lobby")
    sample.few[2] = -2
    return sample
}

/// What is saved comes back, and nothing else does.
struct StateCarrierTests {
    @Test func everyKindOfValueComesBackAsItWasSaved() {
        var carrier = StateCarrier(capacity: 64)
        var before = some()
        carrier.save()
        carrier.carry(&before)
        let isSaved = carrier.isWhole
        var after = Sample()
        carrier.restore()
        carrier.carry(&after)
        let isWhole = carrier.isWhole
        let isAtEnd = carrier.isAtEnd
        #expect(isSaved && isWhole && isAtEnd)
        #expect(after == some())
    }

    @Test func measuringCountsTheMostThatSavingCanTake() {
        var empty = Sample()
        var carrier = StateCarrier(capacity: 64)
        carrier.measure()
        carrier.carry(&empty)
        // 8 + 1 + 8 + 1 + 1, 1 + 2 for a value that may be missing, 4 + 8 + 1 for up to eight bytes, 6.
        let measured = carrier.measuredBytes
        #expect(measured == 41)
        carrier.save()
        carrier.carry(&empty)
        let saved = carrier.span.count
        #expect(saved == 31)
    }

    @Test func listsAndQueuesOfChangingLengthComeBackInTheirOrder() {
        var carrier = StateCarrier(capacity: 64)
        var list = FixedArray<UInt16>(capacity: 4)
        var queue = Ring<UInt16>(capacity: 3)
        for value in [1, 2] as [UInt16] { list.append(value) }
        for value in [5, 6, 7, 8] as [UInt16] { queue.pushOverwriting(value) }
        carrier.save()
        carrier.carry(&list, blank: 0)
        carrier.carry(&queue, blank: 0)
        list.append(3)
        queue.removeAll()
        carrier.restore()
        carrier.carry(&list, blank: 0)
        carrier.carry(&queue, blank: 0)
        let lists = [list.count, Int(list[0]), Int(list[1])]
        let queues = [queue.count, Int(queue[0]), Int(queue[1]), Int(queue[2])]
        #expect(lists == [2, 1, 2])
        #expect(queues == [3, 6, 7, 8])
        let listWasFilled = list.highWater
        let queueLost = queue.dropped
        #expect(listWasFilled == 2 && queueLost == 1)
    }

    @Test(
        "what cannot be is refused and changes nothing that follows",
        arguments: [
            ("cut short", 17, nil), ("a truth value of 2", 31, (17, 2)), ("a phase of 9", 31, (18, 9)),
            ("more bytes than the name has room for", 31, (20, 200)),
        ] as [(String, Int, (Int, UInt8)?)])
    func damage(_ what: String, length: Int, change: (at: Int, to: UInt8)?) {
        var carrier = StateCarrier(capacity: 64)
        var sample = Sample()
        carrier.save()
        carrier.carry(&sample)
        var bytes: [UInt8] = []
        for index in 0..<length { bytes.append(carrier.span[index]) }
        if let change { bytes[change.at] = change.to }
        carrier.removeAll()
        let isLoaded = carrier.load(bytes.span)
        carrier.restore()
        var other = some()
        carrier.carry(&other)
        let isWhole = carrier.isWhole
        #expect(isLoaded && !isWhole, "\(what)")
    }

    @Test func aListOfAnotherLengthThanTheImageSaysIsRefused() {
        var carrier = StateCarrier(capacity: 64)
        var three = FixedArray<UInt8>(repeating: 1, count: 3)
        var two = FixedArray<UInt8>(repeating: 2, count: 2)
        carrier.save()
        carrier.carry(&three)
        carrier.restore()
        carrier.carry(&two)
        let isWhole = carrier.isWhole
        let first = two[0]
        #expect(!isWhole && first == 2)
    }

    @Test(
        "a place outside its list is refused and changes nothing",
        arguments: [(0, true), (3, true), (4, false), (255, false)] as [(UInt8, Bool)])
    func range(_ written: UInt8, isWithin: Bool) {
        var carrier = StateCarrier(capacity: 1)
        var place = written
        carrier.save()
        carrier.carry(&place, within: 0...3)
        var other: UInt8 = 1
        carrier.restore()
        carrier.carry(&other, within: 0...3)
        let isWhole = carrier.isWhole
        #expect(isWhole == isWithin && other == (isWithin ? written : 1))
    }

    @Test func savingMoreThanThereIsRoomForIsSeen() {
        var carrier = StateCarrier(capacity: 4)
        var value: UInt64 = 1
        carrier.save()
        carrier.carry(&value)
        let isWhole = carrier.isWhole
        #expect(!isWhole)
    }
}
