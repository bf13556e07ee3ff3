import FixedMemory
import HardwareInterface

/// How likely a resident is to show signs of life in each half hour of the day, learned while they are at home.
///
/// A plain value, so that it can be kept over a restart. Weekdays and weekends are learned apart once a weekend profile
/// has seen four days; until then the common one is used.
public struct ActivityProfile: Sendable, BitwiseCopyable {
    /// Half hours of a day.
    public static var slots: Int { 48 }
    static let slotSeconds: Int32 = 1_800

    /// Share of days on which the half hour had activity, in 65,536ths, by 0 all days, 1 weekends.
    private var shares = InlineArray<96, UInt16>(repeating: 0)
    /// Days that went into each, up to 255.
    private var days = InlineArray<96, UInt8>(repeating: 0)
    /// The largest surprise of a silence that ended well, see `InactivityDetector`, by the six hours of its end.
    private var largest = InlineArray<4, Int64>(repeating: 0)
    /// Half hours learned in all.
    public private(set) var learnedSlots: Int32 = 0

    public init() {}

    /// Pieces in which the profile is kept: sixteen half hours each, and the largest surprises.
    static var pieces: Int { 7 }
    private static let slotsPerPiece = 16

    func learned(_ piece: Int) -> LearnedPiece? {
        guard piece >= 0, piece < ActivityProfile.pieces else { return nil }
        var learned = LearnedPiece()
        if piece == ActivityProfile.pieces - 1 {
            for part in 0..<4 { learned.appendLittleEndian(largest[part]) }
            learned.appendLittleEndian(learnedSlots)
            return learned
        }
        for slot in 0..<ActivityProfile.slotsPerPiece {
            learned.appendLittleEndian(shares[piece * ActivityProfile.slotsPerPiece + slot])
            learned.append(days[piece * ActivityProfile.slotsPerPiece + slot])
        }
        return learned
    }

    mutating func restore(_ learned: LearnedPiece, _ piece: Int) {
        guard piece >= 0, piece < ActivityProfile.pieces, learned.count == self.learned(piece)?.count else { return }
        var reader = ByteReader(learned.span)
        if piece == ActivityProfile.pieces - 1 {
            for part in 0..<4 { largest[part] = max(0, (try? reader.littleEndian(Int64.self)) ?? 0) }
            learnedSlots = max(0, (try? reader.littleEndian(Int32.self)) ?? 0)
            return
        }
        for slot in 0..<ActivityProfile.slotsPerPiece {
            shares[piece * ActivityProfile.slotsPerPiece + slot] = (try? reader.littleEndian(UInt16.self)) ?? 0
            days[piece * ActivityProfile.slotsPerPiece + slot] = (try? reader.byte()) ?? 0
        }
    }

    /// Days' worth of half hours that were learned.
    public var learnedDays: Int32 { learnedSlots / 48 }

    /// Takes a half hour into account that was spent at home.
    mutating func learn(slot: Int, isWeekend: Bool, wasActive: Bool) {
        learn(slot, wasActive)
        if isWeekend { learn(48 + slot, wasActive) }
        if learnedSlots < .max { learnedSlots += 1 }
    }

    /// The mean of all days at first, then of about the last twenty. Two quiet days that never were stand at the
    /// beginning, so that one busy day is not yet a habit.
    private mutating func learn(_ place: Int, _ wasActive: Bool) {
        if days[place] < 255 { days[place] += 1 }
        let weight = min(Int32(days[place]) + 2, 20)
        let target: Int32 = wasActive ? 65_535 : 0
        let share = Int32(shares[place])
        shares[place] = UInt16(clamping: share + (target - share) / weight)
    }

    /// Share of days with activity in this half hour, in 65,536ths.
    public func share(slot: Int, isWeekend: Bool) -> Int32 {
        Int32(isWeekend && days[48 + slot] >= 4 ? shares[48 + slot] : shares[slot])
    }

    /// The largest surprise of a silence that ended well in these six hours of the day.
    func largestSurprise(slot: Int) -> Int64 { largest[slot / 12] }

    /// A silence of this surprise ended well.
    mutating func endedWell(_ surprise: Int64, slot: Int) { largest[slot / 12] = max(largest[slot / 12], surprise) }

    /// A day went by: what was once normal is slowly forgotten.
    mutating func forgetADay() {
        for part in 0..<4 { largest[part] -= largest[part] / 50 }
    }

    /// How surprising it is to see nothing for this half hour: −ln(1 − share), in 65,536ths, at most 3.
    func surprise(slot: Int, isWeekend: Bool) -> Int64 {
        let share = share(slot: slot, isWeekend: isWeekend)
        let place = Int(share >> 11)
        let low = Int64(surprises[place])
        return low + (Int64(surprises[place + 1]) - low) * Int64(share & 2_047) / 2_048
    }
}

extension ActivityProfile: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        state.carry(&shares)
        state.carry(&days)
        for part in 0..<4 { state.carry(&largest[part], within: 0...InactivityDetector.mostSurprise) }
        state.carry(&learnedSlots, within: 0...Int32.max)
    }
}

/// −ln(1 − n/32) in 65,536ths for n = 0...32, cut at 3.
private let surprises: InlineArray<33, Int32> = [
    0, 2081, 4230, 6451, 8751, 11135, 13608, 16178, 18854, 21643, 24556, 27605, 30802, 34164, 37707, 41453, 45426,
    49656, 54177, 59034, 64280, 69982, 76228, 83133, 90852, 99603, 109706, 121654, 136278, 155132, 181704, 196608,
    196608,
]
