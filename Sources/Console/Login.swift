import Authority
import FixedMemory
import HardwareInterface
import WardenMessages

/// Who is logged in at a console, and how often somebody failed to.
struct Login: BitwiseCopyable {
    /// Without a key for so long, whoever was logged in is no more.
    static var idleTime: Interval { .minutes(10) }
    /// A PIN must be typed within this time.
    static var typingTime: Interval { .minutes(1) }
    /// Failures in a row after which the console is locked out.
    static var failureLimit: Int { 5 }
    static var lockOutTime: Interval { .minutes(5) }

    /// Place of the console user; `nil` for nobody.
    var user: Int?
    var name = Name()
    var lastKeyAt = Instant.start
    /// In a row. Neither a new connection nor another name ends the row, only a right PIN.
    private(set) var failures = 0
    /// No attempt before this moment.
    private(set) var mayTryAt = Instant.start
    /// What came of the check under way.
    var verdict: Bool?
    /// Somebody was logged out unasked, and the terminal does not say so yet.
    var owesNotice = false

    /// When whoever is logged in is no more.
    var endsAt: Instant { user == nil ? .never : lastKeyAt + Login.idleTime }

    /// A wrong PIN: the next attempt waits 1, 2, 4, 8 seconds, then until the lock-out ends.
    mutating func fail(at now: Instant) {
        failures = min(failures + 1, Login.failureLimit)
        let delay = failures < Login.failureLimit ? Interval.seconds(1 << Int64(failures - 1)) : Login.lockOutTime
        mayTryAt = now + delay
    }

    mutating func succeed(_ user: Int, _ name: Name) {
        self.user = user
        self.name = name
        failures = 0
        mayTryAt = .start
    }

    mutating func end() {
        user = nil
        name = Name()
        verdict = nil
        owesNotice = false
    }
}

/// A PIN while it is typed. Never shown.
struct PinEntry: BitwiseCopyable {
    private(set) var pin = FixedBytes<32>()
    private(set) var isOverlong = false

    mutating func insert(_ character: FixedBytes<4>) {
        guard pin.count + character.count <= 32 else {
            isOverlong = true
            return
        }
        for index in 0..<character.count { pin.append(character[index]) }
    }

    mutating func eraseLast() {
        let before = pin
        var end = max(0, before.count - 1)
        while end > 0 && before[end] & 0xC0 == 0x80 { end -= 1 }
        pin = FixedBytes<32>()
        for index in 0..<end { pin.append(before[index]) }
    }

    /// Leaves nothing of it in memory.
    mutating func wipe() { self = PinEntry() }
}

extension ConsoleSession {
    /// A check of a PIN, begun by `checkPin`, has ended.
    public mutating func pinChecked(isRight: Bool) {
        if case .checking = mode { login.verdict = isRight }
    }

    /// The terminal is gone: whoever was logged in is no more.
    public mutating func close<Subject: ConsoleSubject & ~Copyable>(_ subject: inout Subject) {
        if case .enrolling = mode { subject.endEnrolment(atConsole: number) }
        if let user = login.user { subject.recordLogin(.consoleLogout, user: user, .done, atConsole: number) }
        login.end()
        pin.wipe()
    }

    mutating func startLogin<Subject: ConsoleSubject & ~Copyable>(_ name: Range<Int>, _ subject: inout Subject) {
        guard subject.consoleRole(ofUser: 0) != nil else {
            outcome = .notPermitted
            answer = .message(.noConsoleUsers)
            return
        }
        guard subject.now >= login.mayTryAt else {
            outcome = .notPermitted
            answer = .wait((login.mayTryAt - subject.now).milliseconds / 1_000 + 1)
            return
        }
        logOut(&subject)
        // A name that nobody has is asked for its PIN all the same, and takes as long to fail.
        let user = subject.index(of: .consoleUser, named: editor.line.span.extracting(name))
        pin.wipe()
        answer = .none
        mode = .pin(user: user, until: subject.now + Login.typingTime)
    }

    mutating func logOut<Subject: ConsoleSubject & ~Copyable>(_ subject: inout Subject) {
        guard let user = login.user else { return }
        subject.recordLogin(.consoleLogout, user: user, .done, atConsole: number)
        login.end()
    }

    mutating func readPin<Subject: ConsoleSubject & ~Copyable>(
        _ user: Int?, _ until: Instant, _ subject: inout Subject
    ) {
        guard subject.now < until else {
            endPin(.message(.cancelled))
            return
        }
        while let key = takeKey() {
            guard !editPin(key) else { continue }
            if key == .enter { submitPin(user, &subject) } else { endPin(.message(.cancelled)) }
            return
        }
    }

    /// Takes a key into the PIN that is being typed.
    ///
    /// - Returns: `false` for the key that ends it, right or not.
    mutating func editPin(_ key: Key) -> Bool {
        switch key {
        case .character(let character): pin.insert(character)
        case .backspace: pin.eraseLast()
        case .killToStart, .killWord: pin.wipe()
        case .interrupt, .enter: return false
        default: break
        }
        return true
    }

    private mutating func submitPin<Subject: ConsoleSubject & ~Copyable>(_ user: Int?, _ subject: inout Subject) {
        guard !pin.isOverlong else {
            login.verdict = false
            pin.wipe()
            mode = .checking(user: user)
            return
        }
        var typed = InlineArray<32, UInt8>(repeating: 0)
        for index in 0..<pin.pin.count { typed[index] = pin.pin[index] }
        login.verdict = nil
        let isBegun = subject.checkPin(
            typed.span.extracting(0..<pin.pin.count), ofUser: user, atConsole: number)
        pin.wipe()
        if isBegun {
            mode = .checking(user: user)
        } else {
            endPin(.message(.loginBusy))
        }
    }

    mutating func endPin(_ answer: Answer) {
        pin.wipe()
        outcome = .notPermitted
        endPrompt()
        self.answer = answer
    }

    /// Acts on the outcome of the check, once it is there.
    mutating func finishLogin<Subject: ConsoleSubject & ~Copyable>(_ user: Int?, _ subject: inout Subject) {
        settle()
        guard let isRight = login.verdict else { return }
        login.verdict = nil
        endPrompt()
        guard isRight, let user, let name = subject.name(of: .consoleUser, at: user) else {
            login.fail(at: subject.now)
            subject.recordLogin(.consoleLogin, user: user, .notPermitted, atConsole: number)
            outcome = .notPermitted
            answer = login.mayTryAt - subject.now >= Login.lockOutTime ? .message(.lockedOut) : .message(.wrongPin)
            return
        }
        login.succeed(user, name)
        login.lastKeyAt = subject.now
        subject.recordLogin(.consoleLogin, user: user, .done, atConsole: number)
        answer = .whoAmI
    }

    /// Logs out whoever has not touched a key for long.
    mutating func endIdleLogin<Subject: ConsoleSubject & ~Copyable>(_ subject: inout Subject) {
        guard login.user != nil, subject.now >= login.endsAt else { return }
        logOut(&subject)
        login.owesNotice = true
    }

    static func phrase(_ role: Role) -> Phrase {
        switch role {
        case .observer: .roleObserver
        case .operator: .roleOperator
        case .technician: .roleTechnician
        case .administrator: .roleAdministrator
        }
    }
}
