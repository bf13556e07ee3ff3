import FixedMemory
import HardwareInterface
import WardenMessages

/// What a card that is about to be presented is to be good for.
public struct EnrolmentRequest: Equatable, Sendable, BitwiseCopyable {
    /// Where it will be presented, by place.
    public var reader = 0
    /// Bit n: a member of group n.
    public var groups: UInt64 = 0
    /// Number of the holder; 0 for none.
    public var holder: UInt32 = 0
    /// Seconds since 1970 from which on it is void; 0 for never.
    public var validUntil: UInt32 = 0
    /// Passages that it is good for; `nil` for any number.
    public var uses: UInt32?
    /// Its PIN as digits 0 to 9; empty for none.
    public var pin = FixedBytes<12>()
    /// How long the card is waited for, s.
    public var seconds: UInt32 = EnrolmentRequest.usualSeconds

    public static var usualSeconds: UInt32 { 30 }
    public static var secondsRange: ClosedRange<Int64> { 5...300 }

    public init() {}
}

/// How it ended.
public enum EnrolmentOutcome: Equatable, Sendable, BitwiseCopyable {
    /// The card is known now; the tag is the first eight bytes of its keyed hash.
    ///
    /// - isKept: it will be after a restart too.
    case enrolled(tag: UInt64, isKept: Bool)
    /// It was known before, and is as it was.
    case known(tag: UInt64)
    case refused(CommandResult)

    /// For the journal.
    public var result: CommandResult {
        switch self {
        case .enrolled: .done
        case .known: .refused
        case .refused(let result): result
        }
    }
}

/// `credential enrol` as a line says it: the request without what only the board knows.
struct EnrolmentLine: Equatable {
    var request = EnrolmentRequest()
    /// Where the reader's name stands.
    var reader: Range<Int>
    /// Where the groups stand: `residents,staff`, or their numbers in the board file's list, 1 for the first.
    var groups: Range<Int>
    /// The card's PIN is asked for.
    var asksPin = false

    /// - Returns: `nil` if the words after `credential` make no request.
    init?(_ line: Span<UInt8>, _ words: WordList) {
        guard words.count >= 4, equal(line.extracting(words[1]), "enrol"),
            EnrolmentLine.isList(line.extracting(words[3]))
        else { return nil }
        reader = words[2]
        groups = words[3]
        var index = 4
        while index < words.count {
            let keyword = line.extracting(words[index])
            if equal(keyword, "pin"), !asksPin {
                asksPin = true
                index += 1
                continue
            }
            guard index + 1 < words.count, take(keyword, line.extracting(words[index + 1])) else { return nil }
            index += 2
        }
    }

    private mutating func take(_ keyword: Span<UInt8>, _ value: Span<UInt8>) -> Bool {
        if equal(keyword, "holder"), request.holder == 0, let holder = ConsoleRequest.decimal(value), holder > 0 {
            request.holder = UInt32(holder)
        } else if equal(keyword, "uses"), request.uses == nil, let uses = ConsoleRequest.decimal(value),
            (1...254).contains(uses)
        {
            request.uses = UInt32(uses)
        } else if equal(keyword, "until"), request.validUntil == 0 {
            let midnight = FixedBytes<8>("00:00:00")
            guard let seconds = TimeText.civilSeconds(date: value, time: midnight.span) else { return false }
            // The day itself is the last one.
            request.validUntil = UInt32(clamping: seconds + 86_400)
        } else if equal(keyword, "within"), let seconds = ConsoleRequest.seconds(value),
            EnrolmentRequest.secondsRange.contains(seconds)
        {
            request.seconds = UInt32(seconds)
        } else {
            return false
        }
        return true
    }

    /// Whether something stands between all commas.
    private static func isList(_ word: Span<UInt8>) -> Bool {
        var length = 0
        for index in 0...word.count {
            guard index == word.count || word[index] == UInt8(ascii: ",") else {
                length += 1
                continue
            }
            guard length > 0 else { return false }
            length = 0
        }
        return true
    }

    /// The bit of a group that is given by its number.
    static func numbered(_ word: Span<UInt8>) -> UInt64? {
        guard let number = ConsoleRequest.decimal(word), (1...64).contains(number) else { return nil }
        return 1 << UInt64(number - 1)
    }
}

// MARK: At the terminal

extension ConsoleSession {
    mutating func startEnrolment<Subject: ConsoleSubject & ~Copyable>(
        _ line: EnrolmentLine, _ subject: inout Subject
    ) {
        guard let reader = place(of: .reader, line.reader, subject) else { return }
        var request = line.request
        request.reader = reader
        var start = line.groups.lowerBound
        for end in line.groups.lowerBound...line.groups.upperBound
        where end == line.groups.upperBound || editor.line[end] == UInt8(ascii: ",") {
            guard let group = group(start..<end, subject) else { return }
            request.groups |= group
            start = end + 1
        }
        // Local midnight, as the person means it.
        if request.validUntil != 0 {
            request.validUntil = UInt32(
                clamping: Int64(request.validUntil) - Int64(subject.utcOffsetMinutes) * 60)
        }
        answer = .none
        if line.asksPin {
            pin.wipe()
            mode = .cardPin(request, until: subject.now + Login.typingTime)
        } else {
            present(request, &subject)
        }
    }

    /// The bit of a group by its name, or by its number where no group has that for a name; says so if there is none.
    private mutating func group<Subject: ConsoleSubject & ~Copyable>(
        _ word: Range<Int>, _ subject: borrowing Subject
    ) -> UInt64? {
        if subject.index(of: .group, named: editor.line.span.extracting(word)) == nil,
            let numbered = EnrolmentLine.numbered(editor.line.span.extracting(word))
        {
            return numbered
        }
        return place(of: .group, word, subject).map { 1 << UInt64($0) }
    }

    private mutating func present<Subject: ConsoleSubject & ~Copyable>(
        _ request: EnrolmentRequest, _ subject: inout Subject
    ) {
        let result = subject.beginEnrolment(request, fromConsole: number, user: login.user)
        guard result == .started else {
            report(CommandAnswer(result: result))
            answer = .ending
            return
        }
        enrolled = nil
        mode = .enrolling(until: subject.now + .seconds(Int64(request.seconds)))
    }

    /// A card was presented for the enrolment that this console began.
    public mutating func cardPresented(_ outcome: EnrolmentOutcome) {
        if case .enrolling = mode { enrolled = outcome }
    }

    /// Reads the card's PIN, twice: nobody sees what was typed.
    mutating func readCardPin<Subject: ConsoleSubject & ~Copyable>(
        _ request: EnrolmentRequest, _ until: Instant, _ subject: inout Subject
    ) {
        guard subject.now < until else {
            endPin(.message(.cancelled))
            return
        }
        while let key = takeKey() {
            guard !editPin(key) else { continue }
            guard key == .enter else {
                endPin(.message(.cancelled))
                return
            }
            takeCardPin(request, &subject)
            return
        }
    }

    private mutating func takeCardPin<Subject: ConsoleSubject & ~Copyable>(
        _ request: EnrolmentRequest, _ subject: inout Subject
    ) {
        var digits = FixedBytes<12>()
        let typed = pin.pin
        for index in 0..<min(12, typed.count) { digits.append(typed[index] &- UInt8(ascii: "0")) }
        var isRight = !pin.isOverlong && (4...12).contains(typed.count)
        for index in 0..<digits.count where digits[index] > 9 { isRight = false }
        pin.wipe()
        guard isRight else {
            endPin(.message(.cardPinWrong))
            return
        }
        var request = request
        if request.pin.isEmpty {
            request.pin = digits
            repaint()
            mode = .cardPin(request, until: subject.now + Login.typingTime)
            return
        }
        guard request.pin == digits else {
            endPin(.message(.cardPinDiffers))
            return
        }
        endPrompt()
        present(request, &subject)
    }

    /// Waits for the card; a key, the time, or the card ends it.
    mutating func awaitCard<Subject: ConsoleSubject & ~Copyable>(
        _ until: Instant, _ subject: inout Subject
    ) -> Bool {
        if let outcome = enrolled {
            enrolled = nil
            endPrompt()
            answer = .enrolled(outcome)
            return true
        }
        let isTyped = takeKey() != nil
        guard isTyped || subject.now >= until else { return false }
        subject.endEnrolment(atConsole: number)
        endPrompt()
        outcome = .notConfirmed
        answer = .message(isTyped ? .cancelled : .noCard)
        return true
    }

    mutating func makeEnrolled(_ enrolment: EnrolmentOutcome) -> Bool {
        let style = style
        switch enrolment {
        case .enrolled(let tag, let isKept):
            style.text(.enrolled, &row)
            EventText.append(credentialTag: tag, in: style.vocabulary, to: &row)
            if !isKept { style.text(.enrolledNotKept, &row) }
        case .known(let tag):
            outcome = .refused
            style.text(.cardKnown, &row)
            EventText.append(credentialTag: tag, in: style.vocabulary, to: &row)
        case .refused(let result): report(CommandAnswer(result: result))
        }
        return true
    }
}
