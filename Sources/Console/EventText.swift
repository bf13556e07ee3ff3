import FixedMemory
import WardenMessages

/// An event as one line of plain words: what a console, a trace and a client show.
///
/// The first word says what kind of thing it is about, the second which one, then what happened. The words are stable:
/// traces and scenarios are compared by them.
public enum EventText {
    /// Writes the words of an event, without its number and time, in English.
    public static func append<Names: BoardNames & ~Copyable, Sink: ByteSink & ~Copyable>(
        _ event: Event, names: borrowing Names, to sink: inout Sink
    ) {
        append(event, names: names, in: .english, to: &sink)
    }

    /// Writes the words of an event, without its number and time.
    static func append<Names: BoardNames & ~Copyable, Sink: ByteSink & ~Copyable>(
        _ event: Event, names: borrowing Names, in vocabulary: Vocabulary, to sink: inout Sink
    ) {
        switch event.body {
        case .access(let decision)?:
            append(decision, names: names, in: vocabulary, to: &sink)
        case .door(let change)?:
            append(change, names: names, in: vocabulary, to: &sink)
        case .alarm(let change)?:
            append(change, names: names, in: vocabulary, to: &sink)
        case .trouble(let trouble)?:
            append(trouble, names: names, in: vocabulary, to: &sink)
        case .output(let change)?:
            sink.append(vocabulary.phrase(.eventOutput))
            names.append(.line, at: Int(change.line), in: vocabulary, to: &sink)
            sink.append(vocabulary.phrase(change.active ? .eventOn : .eventOff))
        case .lift(let change)?:
            sink.append(vocabulary.phrase(.eventLift))
            names.append(.lift, at: Int(change.lift), in: vocabulary, to: &sink)
            sink.append(
                vocabulary.phrase(
                    change.order == .recall
                        ? .eventLiftRecalled : change.order == .stay ? .eventLiftStays : .eventLiftFree))
            append(change.actor, names: names, in: vocabulary, to: &sink)
        case .announcement(let change)?:
            sink.append(vocabulary.phrase(.eventMessage))
            names.append(.effect, at: Int(change.effect), in: vocabulary, to: &sink)
            sink.append(vocabulary.phrase(change.active ? .eventOn : .eventOff))
            sink.append(" ")
            for place in 0..<change.text.count { sink.append(change.text[place]) }
        case .command(let audit)?:
            append(audit, names: names, in: vocabulary, to: &sink)
        case .system(let change)?:
            sink.append(vocabulary.phrase(.eventSystem))
            sink.append(vocabulary.systemKind(change.kind))
            if change.value != 0 {
                sink.append(" ")
                sink.appendDecimal(change.value)
            }
        case .gap(let gap)?:
            sink.append(vocabulary.phrase(.eventGap))
            sink.appendDecimal(gap.firstSequence)
            sink.append(vocabulary.phrase(.eventTo))
            sink.appendDecimal(gap.lastSequence)
        case nil:
            sink.append(vocabulary.phrase(.eventNewer))
        }
    }

    /// Writes when an event happened: local civil time, or seconds since start where the clock meant nothing.
    ///
    /// - Parameter utcOffsetMinutes: how far local time was ahead of UTC then.
    public static func appendTime<Sink: ByteSink & ~Copyable>(
        of event: Event, utcOffsetMinutes: Int32, to sink: inout Sink
    ) {
        if case .unset = event.clockTrust {
            sink.append("+")
            TimeText.appendSeconds(nanoseconds: Int64(clamping: event.monotonicNs), to: &sink)
        } else {
            let local = event.unixMs + Int64(utcOffsetMinutes) * 60_000
            TimeText.appendCivil(unixMilliseconds: local, to: &sink)
        }
    }

    private static func append<Names: BoardNames & ~Copyable, Sink: ByteSink & ~Copyable>(
        _ decision: AccessDecision, names: borrowing Names, in vocabulary: Vocabulary, to sink: inout Sink
    ) {
        sink.append(vocabulary.phrase(.eventAccess))
        names.append(.door, at: Int(decision.door), in: vocabulary, to: &sink)
        sink.append(
            vocabulary.phrase(
                decision.granted ? .eventGranted : Words.isWaiting(decision.reason) ? .eventWaits : .eventDenied))
        sink.append(vocabulary.decisionReason(decision.reason))
        append(decision.actor, names: names, in: vocabulary, to: &sink)
        if decision.credentialTag != 0 { append(credentialTag: decision.credentialTag, in: vocabulary, to: &sink) }
    }

    static func append<Sink: ByteSink & ~Copyable>(
        credentialTag: UInt64, in vocabulary: Vocabulary, to sink: inout Sink
    ) {
        sink.append(vocabulary.phrase(.eventCredential))
        var tag = FixedBytes<8>()
        tag.appendBigEndian(credentialTag)
        sink.appendHexadecimal(tag.span)
    }

    /// What a command was given besides its target.
    private static func appendArguments<Names: BoardNames & ~Copyable, Sink: ByteSink & ~Copyable>(
        of audit: CommandAudit, _ kind: CommandKind, names: borrowing Names, in vocabulary: Vocabulary,
        to sink: inout Sink
    ) {
        switch kind {
        case .pointForce: sink.append(vocabulary.phrase(audit.value == 0 ? .eventOff : .eventOn))
        case .walkTestBegin, .walkTestBeginAll, .detectorHush, .residentAway: break
        case .testAnswer:
            guard let item = TestItem(target: audit.target),
                let verdict = TestVerdict(rawValue: UInt8(clamping: audit.value))
            else { return }
            sink.append(" ")
            sink.append(vocabulary.phrase(TestWords.word(item.kind)))
            sink.append(" ")
            names.append(item.kind, at: item.index, in: vocabulary, to: &sink)
            sink.append(" ")
            sink.append(vocabulary.phrase(TestWords.phrase(verdict)))
            return
        case .pointCalibrate:
            sink.append(" ")
            sink.appendDecimal(audit.value)
            return
        case .recorderMark where audit.value != 0:
            sink.append(" ")
            sink.appendDecimal(audit.value)
            return
        default: return
        }
        guard audit.seconds > 0 else { return }
        sink.append(" ")
        sink.appendDecimal(audit.seconds)
        sink.append(" s")
    }

    private static func append<Names: BoardNames & ~Copyable, Sink: ByteSink & ~Copyable>(
        _ change: DoorChange, names: borrowing Names, in vocabulary: Vocabulary, to sink: inout Sink
    ) {
        sink.append(vocabulary.phrase(.eventDoor))
        names.append(.door, at: Int(change.door), in: vocabulary, to: &sink)
        sink.append(" ")
        sink.append(vocabulary.doorEvent(change.kind))
        if Words.hasReason(change.kind) {
            sink.append(" ")
            sink.append(vocabulary.decisionReason(change.reason))
        }
        if change.count != 0 {
            sink.append(vocabulary.phrase(.eventCount))
            sink.appendDecimal(change.count)
        }
        append(change.actor, names: names, in: vocabulary, to: &sink)
    }

    private static func append<Names: BoardNames & ~Copyable, Sink: ByteSink & ~Copyable>(
        _ change: AlarmChange, names: borrowing Names, in vocabulary: Vocabulary, to sink: inout Sink
    ) {
        sink.append(vocabulary.phrase(.eventAlarm))
        names.append(.detector, at: Int(change.detector), in: vocabulary, to: &sink)
        sink.append(" ")
        sink.append(vocabulary.alarmState(change.to))
        if case .alarm = change.condition { sink.append(vocabulary.phrase(.eventActivated)) }
        if change.cause != 0 {
            sink.append(vocabulary.phrase(.eventCause))
            sink.append(vocabulary.alarmCause(change.cause))
        }
        if change.trouble != 0 {
            sink.append(vocabulary.phrase(.eventWithTrouble))
            sink.append(vocabulary.detectorTrouble(change.trouble))
        }
        sink.append(vocabulary.phrase(.eventValue))
        sink.appendDecimal(change.value)
        append(change.actor, names: names, in: vocabulary, to: &sink)
    }

    private static func append<Names: BoardNames & ~Copyable, Sink: ByteSink & ~Copyable>(
        _ trouble: Trouble, names: borrowing Names, in vocabulary: Vocabulary, to sink: inout Sink
    ) {
        sink.append(vocabulary.phrase(trouble.active ? .eventTrouble : .eventRestored))
        sink.append(vocabulary.troubleSource(trouble.source))
        if let kind = Words.namedKind(trouble.source) {
            sink.append(" ")
            names.append(kind, at: Int(trouble.index), in: vocabulary, to: &sink)
        }
        if trouble.active {
            sink.append(" ")
            sink.append(vocabulary.troubleCode(trouble.source, trouble.code))
        }
    }

    private static func append<Names: BoardNames & ~Copyable, Sink: ByteSink & ~Copyable>(
        _ audit: CommandAudit, names: borrowing Names, in vocabulary: Vocabulary, to sink: inout Sink
    ) {
        sink.append(vocabulary.phrase(.eventCommand))
        let kind = CommandKind(rawValue: Int32(truncatingIfNeeded: audit.command))
        sink.append(vocabulary.commandKind(kind))
        if let target = Words.target(of: kind) {
            sink.append(" ")
            names.append(target, at: Int(audit.target), in: vocabulary, to: &sink)
        }
        appendArguments(of: audit, kind, names: names, in: vocabulary, to: &sink)
        sink.append(" ")
        sink.append(vocabulary.commandResult(audit.result))
        if audit.credentialTag != 0 { append(credentialTag: audit.credentialTag, in: vocabulary, to: &sink) }
        append(audit.actor, names: names, in: vocabulary, to: &sink)
    }

    static func append<Names: BoardNames & ~Copyable, Sink: ByteSink & ~Copyable>(
        _ actor: Actor?, names: borrowing Names, in vocabulary: Vocabulary, to sink: inout Sink
    ) {
        guard let actor else { return }
        switch actor.kind {
        case .board: return
        case .card:
            sink.append(vocabulary.phrase(.byCard))
            names.append(.reader, at: Int(actor.index), in: vocabulary, to: &sink)
        case .button: sink.append(vocabulary.phrase(.byButton))
        case .schedule: sink.append(vocabulary.phrase(.bySchedule))
        case .fire: sink.append(vocabulary.phrase(.byFire))
        case .matrix:
            sink.append(vocabulary.phrase(.byEffect))
            names.append(.effect, at: Int(actor.index), in: vocabulary, to: &sink)
        case .console:
            sink.append(vocabulary.phrase(.byConsole))
            sink.appendDecimal(actor.index)
            if actor.user > 0 {
                sink.append(vocabulary.phrase(.byUser))
                names.append(.consoleUser, at: Int(actor.user) - 1, in: vocabulary, to: &sink)
            }
        // No place in the table of keys: somebody of the board's own machine, by user.
        case .link where actor.index >= 0xFFFF:
            sink.append(vocabulary.phrase(.byLocalUser))
            sink.appendDecimal(actor.user)
        case .link:
            sink.append(vocabulary.phrase(.byLink))
            sink.appendDecimal(actor.index)
        case .unrecognised: sink.append(vocabulary.phrase(.byUnknown))
        }
    }
}
