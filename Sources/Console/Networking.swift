import Authority
import FixedMemory
import HardwareInterface
import WardenMessages

/// Somebody who is connected to the board.
public struct NetworkPeer: Sendable, BitwiseCopyable {
    /// Who it is and may do; `nil` while it has not been recognised.
    public var actor: Actor?
    public var role: Role?
    /// Over a serial line instead of a socket.
    public var isLine: Bool

    public init(actor: Actor?, role: Role?, isLine: Bool) {
        self.actor = actor
        self.role = role
        self.isLine = isLine
    }
}

extension ConsoleSession {
    /// Rows of `network`: interfaces, addresses, where connections come in, and who is connected.
    mutating func makeNetwork<Subject: ConsoleSubject & ~Copyable>(
        _ part: NetworkPart, _ index: Int, _ subject: borrowing Subject
    ) -> RowResult {
        answer = .network(part, index + 1)
        switch part {
        case .waiting:
            // The world is looked at between two steps of a console.
            answer = .network(.entries, 0)
            return .searching
        case .entries:
            guard let entry = subject.networkEntry(at: index) else {
                answer = .network(.peers, 0)
                return .searching
            }
            appendEntry(entry)
        case .peers:
            guard let peer = subject.networkPeer(at: index) else {
                answer = .network(.sum, index)
                return .searching
            }
            appendPeer(peer, subject)
        case .sum:
            answer = .ending
            appendSum(peers: index, subject)
        }
        return .row
    }

    private mutating func appendEntry(_ entry: NetworkEntry) {
        let style = style
        switch entry.kind {
        case .interface:
            style.cell(.networkInterface, 12, &row)
            style.cell(entry.name, 26, &row)
            let phrase: Phrase = !entry.isUp ? .networkDown : entry.hasLink ? .networkUp : .networkNoLink
            style.cell(style.vocabulary.phrase(phrase), 12, &row, entry.isUp && entry.hasLink ? .none : .warning)
            style.text(.networkReceived, &row)
            row.append(" ")
            row.appendDecimal(entry.received)
            row.append(isPlain ? "\t" : ", ")
            style.text(.networkSent, &row)
            row.append(" ")
            row.appendDecimal(entry.sent)
        case .address:
            style.cell(.networkAddress, 12, &row)
            style.append(entry.name, &row)
        case .listener, .socket:
            style.cell(.networkListens, 12, &row)
            style.cell(entry.name, 26, &row)
            style.text(
                style.vocabulary.phrase(entry.isUp ? .networkOpen : .unavailable), &row, entry.isUp ? .none : .warning)
        }
    }

    private mutating func appendPeer<Subject: ConsoleSubject & ~Copyable>(
        _ peer: NetworkPeer, _ subject: borrowing Subject
    ) {
        let style = style
        style.cell(.networkPeer, 12, &row)
        style.cell(style.vocabulary.phrase(peer.isLine ? .networkLine : .networkSocket), 12, &row)
        guard let role = peer.role else {
            style.text(style.vocabulary.phrase(.networkUnrecognised), &row, .warning)
            return
        }
        style.text(ConsoleSession.phrase(role), &row)
        EventText.append(peer.actor, names: subject, in: style.vocabulary, to: &row)
    }

    private mutating func appendSum<Subject: ConsoleSubject & ~Copyable>(
        peers: Int, _ subject: borrowing Subject
    ) {
        let style = style
        let sum = subject.networkSum
        style.cell(.networkSum, 12, &row)
        row.appendDecimal(peers)
        row.append("/")
        row.appendDecimal(sum.capacity)
        appendCounter(.networkOpened, sum.opened)
        appendCounter(.networkTurnedAway, sum.turnedAway)
        appendCounter(.networkUnknown, sum.notRecognised)
    }

    private mutating func appendCounter(_ phrase: Phrase, _ value: UInt64) {
        row.append(isPlain ? "\t" : ", ")
        style.text(phrase, &row)
        row.append(" ")
        row.appendDecimal(value)
    }
}

/// The parts of what `network` shows.
enum NetworkPart: BitwiseCopyable {
    case waiting
    case entries
    case peers
    case sum
}

/// Connections since the start.
public struct NetworkSum: Sendable, BitwiseCopyable {
    /// At once at the most.
    public var capacity = 0
    public var opened: UInt64 = 0
    /// Every place was taken.
    public var turnedAway: UInt64 = 0
    /// No key that the board knows, or one that has expired.
    public var notRecognised: UInt64 = 0

    public init() {}
}
