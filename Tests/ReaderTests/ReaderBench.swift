import Drivers
import Foundation
import FixedMemory
import HardwareInterface

/// A reader on a bench: bytes in at stated moments, everything it reports kept with the moment.
struct ReaderBench<Driver: ReaderDriver & ~Copyable>: ~Copyable {
    var driver: Driver
    var output = ReaderOutput()
    var now = Instant.start
    /// What was reported since the last `take`.
    var events: [ReaderEvent] = []
    /// What was sent since the last `takeSent`.
    var sent: [UInt8] = []

    init(_ driver: consuming Driver, opened: Bool = true) {
        self.driver = driver
        if opened {
            self.driver.portOpened(at: now, into: &output)
            output.removeAll()
        }
    }

    mutating func collect() {
        for index in output.reports.indices { events.append(output.reports[index].event) }
        for index in 0..<output.transmit.count { sent.append(output.transmit[index]) }
        precondition(output.reports.usage.dropped == 0, "a report was lost")
        output.removeAll()
    }

    mutating func receive(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = Array(rest.prefix(256))
            rest = rest.dropFirst(256)
            driver.receive(piece.span, at: now, into: &output)
            collect()
        }
    }

    mutating func receive(hex: String) { receive(hexBytes(hex)) }

    /// Lets time pass, polling at every deadline on the way.
    mutating func advance(_ interval: Interval) {
        let end = now + interval
        while driver.deadline <= end {
            now = max(now, driver.deadline)
            let before = driver.deadline
            driver.poll(at: now, into: &output)
            collect()
            precondition(driver.deadline > before || driver.deadline > now, "a poll must move its deadline")
        }
        now = end
    }

    mutating func take() -> [ReaderEvent] {
        defer { events = [] }
        return events
    }

    mutating func takeSent() -> [UInt8] {
        defer { sent = [] }
        return sent
    }
}

/// Two digits a byte, as the peers take them.
func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { String(format: "%02x", $0) }.joined()
}

/// Bytes of a hexadecimal string; blanks are allowed.
func hexBytes(_ hex: String) -> [UInt8] {
    let digits = hex.utf8.filter { $0 != UInt8(ascii: " ") }
    precondition(digits.count.isMultiple(of: 2), "an odd number of digits")
    return stride(from: 0, to: digits.count, by: 2).map { index in
        UInt8(String(decoding: digits[index..<index + 2], as: UTF8.self), radix: 16)!
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): the tests' seeded source of random numbers.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64
    init(_ seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}

extension CardIdentifier {
    /// For expectations: an identifier of whole bytes.
    init(hex: String, bitCount: Int? = nil, _ technology: CardTechnology) {
        self.init(FixedBytes(hexBytes(hex).span), bitCount: bitCount, technology: technology)
    }
}
