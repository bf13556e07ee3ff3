import FixedMemory

/// How a sensor is doing as a whole; its readings carry the same news as `Quality`.
public enum SensorHealth: Equatable, Sendable, BitwiseCopyable {
    /// Being identified, configured, tested or warmed up since power-on or since it came back.
    case starting
    /// Measuring, and every check passes.
    case working
    /// It answers, but a check failed; the driver keeps trying to bring it up again.
    case faulty(SensorFault)
    /// It does not answer; the driver keeps looking for it.
    case missing(SensorFault)
}

extension SensorHealth: Carried {
    public mutating func carry(_ state: inout StateCarrier) {
        var fault = SensorFault.notAcknowledged
        var number: UInt8
        switch self {
        case .starting: number = 0
        case .working: number = 1
        case .faulty(let its):
            fault = its
            number = 2
        case .missing(let its):
            fault = its
            number = 3
        }
        number = state.carry(caseNumber: number, of: 4)
        state.carry(&fault)
        guard state.direction == .restoring else { return }
        self =
            switch number {
            case 1: .working
            case 2: .faulty(fault)
            case 3: .missing(fault)
            default: .starting
            }
    }
}

/// Why a sensor is not working. The numbers are stable: they appear in events.
public enum SensorFault: UInt8, Sendable, BitwiseCopyable {
    /// The address or a byte was not acknowledged, also after retries: unplugged, unpowered, or another address.
    case notAcknowledged = 1
    /// The bus did not finish the request in time: a line is held low, or the chip stretches the clock.
    case timedOut = 2
    /// Arbitration lost or electrical error, also after retries: wiring, pull-ups, interference.
    case busError = 3
    /// The bus adapter itself is gone.
    case busMissing = 4
    /// The bus never said how the request ended.
    case completionLost = 5
    /// Another chip answers at this address, or a counterfeit.
    case wrongIdentity = 6
    /// The configuration does not read back as it was written.
    case configurationMismatch = 7
    /// The chip lost its configuration while running: brown-out, or somebody reset it.
    case unexpectedReset = 8
    /// A checksum was wrong, also after retries: interference or a failing chip.
    case checksum = 9
    /// The chip's own self-test, or the test that the driver makes of it, failed.
    case selfTestFailed = 10
    /// The value has not changed for longer than a living sensor's noise allows.
    case stuckValue = 11
    /// An answer that the chip cannot give.
    case implausible = 12
    /// A measurement did not end within its greatest time.
    case neverReady = 13
    /// The chip itself reports a defect in its status.
    case reportedByDevice = 14

    /// Whether the fault means that nothing answers, as against something that answers wrongly.
    public var meansAbsence: Bool {
        switch self {
        case .notAcknowledged, .timedOut, .busError, .busMissing, .completionLost: true
        default: false
        }
    }

    /// The health that this fault leads to.
    public var health: SensorHealth { meansAbsence ? .missing(self) : .faulty(self) }
}

extension SensorFault: Carried {}
