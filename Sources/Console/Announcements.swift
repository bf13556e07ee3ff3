import FixedMemory
import HardwareInterface
import WardenMessages

// Alarms and the matrix's messages say so themselves, whatever is being typed.
extension ConsoleSession {
    /// Events looked at in one step.
    static var announcementScan: Int { 32 }
    /// A terminal that is further behind than this is told so instead of all that it missed.
    static var announcementBacklog: UInt64 { 256 }

    /// A program that reads an answer is not interrupted, and `watch` shows alarms by itself.
    var mayAnnounce: Bool {
        guard !isPlain else { return false }
        return switch mode {
        case .line, .more, .confirming, .pin, .cardPin, .enrolling, .testing: true
        case .entered, .acting, .checking, .watching, .measuring, .flooded: false
        }
    }

    /// Looks for the next alarm or message among the new events, and writes it above what is being typed.
    ///
    /// - Returns: whether the step is used up.
    mutating func announce<Subject: ConsoleSubject & ~Copyable, Sink: ByteSink & ~Copyable>(
        _ subject: borrowing Subject, _ sink: inout Sink
    ) -> Bool {
        let last = subject.lastEventSequence
        for _ in 0..<ConsoleSession.announcementScan where announced < last {
            guard let event = subject.event(at: announced + 1), isAnnounced(event) else {
                announced += 1
                continue
            }
            guard clearRow(&sink) else { return true }
            guard last - announced <= ConsoleSession.announcementBacklog else {
                announced = last - ConsoleSession.announcementBacklog / 2
                startRow(.warning)
                style.text(.eventsPassedOver, &announcement)
                finishAnnouncement(.warning, &sink)
                return true
            }
            announced += 1
            let colour: RowStyle.Colour = rings(event) ? .danger : .warning
            startRow(colour)
            EventText.appendTime(
                of: event, utcOffsetMinutes: subject.utcOffsetMinutes(atUnixMilliseconds: event.unixMs),
                to: &announcement)
            announcement.append(" ")
            EventText.append(event, names: subject, in: Vocabulary(language: language), to: &announcement)
            if rings(event) { sink.append(0x07) }
            finishAnnouncement(colour, &sink)
            return true
        }
        return false
    }

    /// Says above what is being typed that somebody was logged out.
    mutating func noteLogout<Sink: ByteSink & ~Copyable>(_ sink: inout Sink) {
        guard clearRow(&sink) else { return }
        login.owesNotice = false
        startRow(.none)
        style.text(.loggedOutIdle, &announcement)
        finishAnnouncement(.none, &sink)
    }

    private mutating func startRow(_ colour: RowStyle.Colour) {
        announcement.removeAll()
        style.begin(colour, &announcement)
        announcement.append("*** ")
    }

    private mutating func finishAnnouncement<Sink: ByteSink & ~Copyable>(
        _ colour: RowStyle.Colour, _ sink: inout Sink
    ) {
        style.end(colour, &announcement)
        sink.append(announcement.span)
        sink.append("\r\n")
        rowsOnPage += 1
        repaint()
    }

    /// What the matrix announces, and an alarm that begins, goes on or ends; not that a detector starts, fails or is
    /// bypassed.
    private func isAnnounced(_ event: Event) -> Bool {
        if case .announcement? = event.body { return true }
        guard event.class == .alarm else { return false }
        guard case .alarm(let change)? = event.body else { return true }
        return isAlarm(change.to) || isAlarm(change.from)
    }

    private func isAlarm(_ state: AlarmState) -> Bool {
        switch state {
        case .preAlarm, .alarm, .acknowledged, .silenced, .restored: true
        case .normal, .trouble, .bypassed, .underTest, .unrecognised: false
        }
    }

    /// Whether the event is the beginning of an alarm, not how it went on.
    private func rings(_ event: Event) -> Bool {
        switch event.body {
        case .alarm(let change)?: change.to == .alarm || change.to == .preAlarm
        case .announcement(let change)?: change.active
        case .door?: true
        default: false
        }
    }
}
