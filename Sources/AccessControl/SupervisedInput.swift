import FixedMemory

/// What a door contact says, and how far it can be believed.
public enum ContactState: UInt8, Sendable, BitwiseCopyable {
    /// The door leaf is closed.
    case closed = 0
    /// The door leaf is open.
    case open = 1
    /// The wire is cut or unplugged.
    case cut = 2
    /// The wire is shorted.
    case shorted = 3
    /// A resistance that neither state of the contact gives: a failing joint, or somebody at the wire.
    case foreign = 4
    /// The input cannot be read: line or converter missing.
    case missing = 5
    /// Not yet read since the start.
    case unread = 6

    /// Whether the contact tells nothing about the door because something is wrong with it.
    @inlinable public var isFault: Bool {
        self == .cut || self == .shorted || self == .foreign || self == .missing
    }
}

/// An input supervised by resistors at the end of its line, so that a cut or shorted wire is told from the contact.
///
/// One resistor lies in series with the contact (`seriesOhms`), one across it (`acrossOhms`): the closed contact shows the
/// first alone, the open one the sum; a short shows nothing and a cut wire no end. Around each value lies a band of
/// `tolerancePercent`; between the bands is `.foreign`, so that a resistance put in by a stranger is not taken for normal.
public struct SupervisedInput: Equatable, Sendable, BitwiseCopyable {
    /// Resistor in series with the contact, at its far end; 100 to 100,000 ohms.
    public var seriesOhms: UInt32
    /// Resistor across the contact; 100 to 100,000 ohms.
    public var acrossOhms: UInt32
    /// Half width of the bands, 1 to 25 per cent: resistors, wire and converter together.
    public var tolerancePercent: UInt32
    /// The contact is open while the door is closed (a normally-open contact seen from the closed door).
    public var isOpenWhenDoorClosed: Bool

    public init(
        seriesOhms: UInt32 = 1_000, acrossOhms: UInt32 = 1_000, tolerancePercent: UInt32 = 20,
        isOpenWhenDoorClosed: Bool = false
    ) {
        self.seriesOhms = seriesOhms
        self.acrossOhms = acrossOhms
        self.tolerancePercent = tolerancePercent
        self.isOpenWhenDoorClosed = isOpenWhenDoorClosed
    }

    /// Whether the bands are apart from one another and from a short.
    public var isConsistent: Bool {
        guard seriesOhms >= 100, seriesOhms <= 100_000, acrossOhms >= 100, acrossOhms <= 100_000 else { return false }
        guard tolerancePercent >= 1, tolerancePercent <= 25 else { return false }
        let low = UInt64(seriesOhms)
        let high = UInt64(seriesOhms) + UInt64(acrossOhms)
        return low * UInt64(100 + tolerancePercent) < high * UInt64(100 - tolerancePercent)
    }

    /// What a resistance of the loop means. Below half of the lower band is a short, above twice the upper band a cut.
    public func state(ohms: UInt32) -> ContactState {
        let closedContact = UInt64(seriesOhms)
        let openContact = UInt64(seriesOhms) + UInt64(acrossOhms)
        let measured = UInt64(ohms)
        if measured * 2 < closedContact { return .shorted }
        if measured > openContact * 2 { return .cut }
        if isNear(measured, closedContact) { return isOpenWhenDoorClosed ? .open : .closed }
        if isNear(measured, openContact) { return isOpenWhenDoorClosed ? .closed : .open }
        return .foreign
    }

    private func isNear(_ measured: UInt64, _ nominal: UInt64) -> Bool {
        let difference = measured > nominal ? measured - nominal : nominal - measured
        return difference * 100 <= nominal * UInt64(tolerancePercent)
    }

    /// Resistance of a loop to ground that a pull-up feeds from a known supply.
    ///
    /// - Parameters:
    ///   - microvolts: measured across the loop.
    ///   - supplyMicrovolts: above the pull-up.
    ///   - pullUpOhms: the pull-up.
    /// - Returns: ohms; `UInt32.max` where the loop draws no current that could be measured.
    public static func ohms(microvolts: Int32, supplyMicrovolts: Int32, pullUpOhms: UInt32) -> UInt32 {
        guard microvolts > 0 else { return 0 }
        let drop = Int64(supplyMicrovolts) - Int64(microvolts)
        guard drop > 0 else { return .max }
        return UInt32(clamping: Int64(pullUpOhms) * Int64(microvolts) / drop)
    }
}

extension ContactState: Carried {}
