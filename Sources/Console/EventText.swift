import FixedMemory
import WardenMessages

/// An event as one line of plain words: what a console, a trace and a client show.
///
/// The first word says what kind of thing it is about, the second which one, then what happened. The words are stable:
/// traces and scenarios are compared by them.
public enum EventText {
    /// Writes the words of an event, without its number and time.
    public static func append<Names: BoardNames & ~Copyable, Sink: ByteSink & ~Copyable>(
        _ event: Event, names: borrowing Names, to sink: inout Sink
    ) {
        switch event.body {
        case .access(let decision)?:
            append(decision, names: names, to: &sink)
        case .door(let change)?:
            append(change, names: names, to: &sink)
        case .alarm(let change)?:
            append(change, names: names, to: &sink)
        case .trouble(let trouble)?:
            append(trouble, names: names, to: &sink)
        case .output(let change)?:
            sink.append("output ")
            names.append(.line, at: Int(change.line), to: &sink)
            sink.append(change.active ? " on" : " off")
        case .command(let audit)?:
            append(audit, names: names, to: &sink)
        case .system(let change)?:
            sink.append("system ")
            sink.append(Words.systemKind(change.kind))
            if change.value != 0 {
                sink.append(" ")
                sink.appendDecimal(change.value)
            }
        case .gap(let gap)?:
            sink.append("gap ")
            sink.appendDecimal(gap.firstSequence)
            sink.append(" to ")
            sink.appendDecimal(gap.lastSequence)
        case nil:
            sink.append("event of a newer kind")
        }
    }

    /// Writes when an event happened: local civil time, or seconds since start where the clock meant nothing.
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
        _ decision: AccessDecision, names: borrowing Names, to sink: inout Sink
    ) {
        sink.append("access ")
        names.append(.door, at: Int(decision.door), to: &sink)
        sink.append(decision.granted ? " granted " : Words.isWaiting(decision.reason) ? " waits " : " denied ")
        sink.append(Words.decisionReason(decision.reason))
        append(decision.actor, names: names, to: &sink)
        if decision.credentialTag != 0 {
            sink.append(" credential ")
            var tag = FixedBytes<8>()
            tag.appendBigEndian(decision.credentialTag)
            sink.appendHexadecimal(tag.span)
        }
    }

    private static func append<Names: BoardNames & ~Copyable, Sink: ByteSink & ~Copyable>(
        _ change: DoorChange, names: borrowing Names, to sink: inout Sink
    ) {
        sink.append("door ")
        names.append(.door, at: Int(change.door), to: &sink)
        sink.append(" ")
        sink.append(Words.doorEvent(change.kind))
        if Words.hasReason(change.kind) {
            sink.append(" ")
            sink.append(Words.decisionReason(change.reason))
        }
        if change.count != 0 {
            sink.append(" count ")
            sink.appendDecimal(change.count)
        }
        append(change.actor, names: names, to: &sink)
    }

    private static func append<Names: BoardNames & ~Copyable, Sink: ByteSink & ~Copyable>(
        _ change: AlarmChange, names: borrowing Names, to sink: inout Sink
    ) {
        sink.append("alarm ")
        names.append(.detector, at: Int(change.detector), to: &sink)
        sink.append(" ")
        sink.append(Words.alarmState(change.to))
        if change.cause != 0 {
            sink.append(" cause ")
            sink.append(Words.alarmCause(change.cause))
        }
        if change.trouble != 0 {
            sink.append(" trouble ")
            sink.append(Words.detectorTrouble(change.trouble))
        }
        sink.append(" value ")
        sink.appendDecimal(change.value)
        append(change.actor, names: names, to: &sink)
    }

    private static func append<Names: BoardNames & ~Copyable, Sink: ByteSink & ~Copyable>(
        _ trouble: Trouble, names: borrowing Names, to sink: inout Sink
    ) {
        sink.append(trouble.active ? "trouble " : "restored ")
        sink.append(Words.troubleSource(trouble.source))
        if let kind = Words.namedKind(trouble.source) {
            sink.append(" ")
            names.append(kind, at: Int(trouble.index), to: &sink)
        }
        if trouble.active {
            sink.append(" ")
            sink.append(Words.troubleCode(trouble.source, trouble.code))
        }
    }

    private static func append<Names: BoardNames & ~Copyable, Sink: ByteSink & ~Copyable>(
        _ audit: CommandAudit, names: borrowing Names, to sink: inout Sink
    ) {
        sink.append("command ")
        let kind = CommandKind(rawValue: Int32(truncatingIfNeeded: audit.command))
        sink.append(Words.commandKind(kind))
        if let target = Words.target(of: kind) {
            sink.append(" ")
            names.append(target, at: Int(audit.target), to: &sink)
        }
        sink.append(" ")
        sink.append(Words.commandResult(audit.result))
        append(audit.actor, names: names, to: &sink)
    }

    private static func append<Names: BoardNames & ~Copyable, Sink: ByteSink & ~Copyable>(
        _ actor: Actor?, names: borrowing Names, to sink: inout Sink
    ) {
        guard let actor else { return }
        switch actor.kind {
        case .board: return
        case .card:
            sink.append(" by card at ")
            names.append(.reader, at: Int(actor.index), to: &sink)
        case .button: sink.append(" by button")
        case .schedule: sink.append(" by schedule")
        case .fire: sink.append(" by fire")
        case .matrix:
            sink.append(" by ")
            names.append(.effect, at: Int(actor.index), to: &sink)
        case .console:
            sink.append(" by console ")
            sink.appendDecimal(actor.index)
        case .link:
            sink.append(" by link ")
            sink.appendDecimal(actor.index)
        case .unrecognised: sink.append(" by unknown")
        }
    }
}
