import FixedMemory
import WardenMessages

/// The UTF-8 bytes of a text that is known to fit.
func fixedBytes<let capacity: Int>(_ text: String) -> FixedBytes<capacity> {
    var bytes = FixedBytes<capacity>()
    for byte in text.utf8 { bytes.append(byte) }
    return bytes
}

func string<let capacity: Int>(_ bytes: FixedBytes<capacity>) -> String {
    String(decoding: (0..<bytes.count).map { bytes[$0] }, as: UTF8.self)
}

extension ValueKind {
    /// The same way of writing, with one more look at the value; the closure reports and returns `nil` where it is wrong.
    func checked<Other>(_ check: @escaping @Sendable (Value, YamlNode, ReadingContext) -> Other?) -> ValueKind<Other> {
        ValueKind<Other>(summary: summary, schema: schema, nested: nested) { node, context in
            read(node, context).flatMap { check($0, node, context) }
        }
    }

    /// The same values with another description.
    func described(_ summary: String, schema: JSONValue? = nil) -> ValueKind {
        ValueKind(summary: summary, schema: schema ?? self.schema, nested: nested, read: read)
    }
}

extension ValueKind<UInt32> {
    /// A duration in whole milliseconds.
    static func milliseconds(_ range: ClosedRange<Int64>, zero: String? = nil) -> ValueKind {
        ValueKind<Int64>.quantity(.duration, step: 1_000, range, zero: zero).map { UInt32($0) }
    }

    /// A duration in whole microseconds.
    static func microseconds(_ range: ClosedRange<Int64>, zero: String? = nil) -> ValueKind {
        ValueKind<Int64>.quantity(.duration, range, zero: zero).map { UInt32($0) }
    }

    /// A whole number that the schema holds in 32 bits.
    static func unsigned(_ range: ClosedRange<Int64>, hexadecimal: Bool = false) -> ValueKind {
        ValueKind<Int64>.integer(range, hexadecimal: hexadecimal).map { UInt32($0) }
    }

    /// An amount that must be one of a few.
    static func oneOf(_ dimension: Dimension, step: Int64 = 1, _ allowed: [Int64]) -> ValueKind {
        let words = allowed.map { dimension.format($0 * step) }
        let summary = "one of " + words.joined(separator: ", ")
        let range = (allowed.min() ?? 0)...(allowed.max() ?? 0)
        return ValueKind<Int64>.quantity(dimension, step: step, range).checked { value, node, context in
            if allowed.contains(value) { return UInt32(value) }
            let nearest = allowed.min { abs($0 - value) < abs($1 - value) } ?? 0
            context.report(
                node, "the chip has no \(dimension.name) of \(dimension.format(value * step))",
                remedy: "write \(summary); the nearest is \(dimension.format(nearest * step))")
            return nil
        }.described(summary)
    }

    /// An amount in one unit of points, whole numbers of what the unit counts.
    static func amount(_ unit: PointUnit, _ range: ClosedRange<Int64>) -> ValueKind {
        var dimension = PointUnitDescription.of(unit).dimension
        dimension.name = "amount in \(PointUnitDescription.of(unit).symbol)"
        return ValueKind<Int64>.quantity(dimension, range).map { UInt32($0) }
    }
}

extension ValueKind<Int32> {
    /// An amount in the finest unit of a kind of point that may lie below zero.
    static func signedAmount(_ unit: PointUnit, _ range: ClosedRange<Int64>) -> ValueKind {
        var dimension = PointUnitDescription.of(unit).dimension
        dimension.name = "amount in \(PointUnitDescription.of(unit).symbol)"
        return ValueKind<Int64>.quantity(dimension, range).map { Int32($0) }
    }
}

extension ValueKind<UInt32> {
    /// The name of something in another section.
    static func reference(to table: NamedTable, trait: String? = nil) -> ValueKind {
        let schema = JSONValue.object([("type", .string("string"))])
        let summary = "name of \(withArticle(trait ?? table.singular))"
        return ValueKind(summary: summary, schema: schema) { node, context in
            guard let name = plainText(node, context, wanted: "the \(summary)") else { return nil }
            return context.place(of: name, in: table, trait: trait, at: node.range).map { UInt32($0) }
        }
    }
}

/// A single text, or a report.
func plainText(_ node: YamlNode, _ context: ReadingContext, wanted: String) -> String? {
    if let text = node.scalar, !node.isNull { return text }
    context.report(node, "\(node.kindName) stands where a single value is wanted", remedy: "write \(wanted)")
    return nil
}

extension ValueKind<PinOrKernelName> {
    /// A pin: its name on the hardware, `CHIP OFFSET`, or the kernel's line name.
    static var pin: ValueKind {
        let schema = JSONValue.object([("type", .string("string"))])
        let summary = "pin of the hardware (`GPIO17`), `CHIP OFFSET` (`gpio 17`), or a kernel line name"
        return ValueKind(summary: summary, schema: schema) { node, context in
            guard let text = plainText(node, context, wanted: "a \(summary)") else { return nil }
            if context.hasUnknownHardware { return nil }
            let words = text.split(separator: " ").map(String.init)
            if words.count == 2 { return chipPin(words[0], words[1], node, context) }
            guard words.count == 1 else {
                context.report(node, "'\(text)' is not a pin", remedy: "write a \(summary)")
                return nil
            }
            return namedPin(text, node, context)
        }
    }

    private static func chipPin(
        _ chipName: String, _ offsetText: String, _ node: YamlNode, _ context: ReadingContext
    ) -> PinOrKernelName? {
        guard context.place(of: chipName, in: .chips, at: node.range) != nil else { return nil }
        guard let offset = Int(offsetText), offset >= 0 else {
            context.report(node, "'\(offsetText)' is not the number of a line", remedy: "count the chip's lines from 0")
            return nil
        }
        // A chip whose own description is wrong was reported there.
        guard let chip = context.chips[chipName] else { return nil }
        guard offset < chip.lineCount else {
            context.report(
                node, "line \(offset) lies beyond chip '\(chipName)', which has \(chip.lineCount) lines",
                remedy: "use a line from 0 to \(chip.lineCount - 1)")
            return nil
        }
        let known = context.hardware?.pins.first { pin in
            context.hardware?.chips[pin.chip].match == chip.match && pin.offset == offset
        }
        return .pin(PinPlace(chip: chip.match, offset: offset, name: known?.name ?? ""), kernelName: known?.kernelName)
    }

    private static func namedPin(_ name: String, _ node: YamlNode, _ context: ReadingContext) -> PinOrKernelName? {
        guard let hardware = context.hardware else {
            guard name.utf8.count <= 32 else {
                context.report(
                    node, "the line name has \(name.utf8.count) bytes; at most 32 fit",
                    remedy: "write the name that 'gpioinfo' shows, or 'CHIP OFFSET'")
                return nil
            }
            return .kernelName(name)
        }
        guard let pin = hardware.pins.first(where: { $0.name == name }) else {
            context.report(
                node, "\(hardware.title) has no pin '\(name)'",
                remedy: Suggestion.remedy(for: name, among: hardware.pins.map(\.name), kind: "pins"))
            return nil
        }
        let place = PinPlace(chip: hardware.chips[pin.chip].match, offset: pin.offset, name: pin.name)
        return .pin(place, kernelName: pin.kernelName)
    }
}

extension ValueKind<UInt32> {
    /// A time of day.
    static var minuteOfDay: ValueKind {
        let schema = JSONValue.object([
            ("type", .string("string")), ("pattern", .string("^([01]?[0-9]|2[0-4]):[0-5][0-9]$")),
        ])
        return ValueKind(summary: "time of day from `00:00` to `24:00`", schema: schema) { node, context in
            guard let text = plainText(node, context, wanted: "a time of day such as 08:30") else { return nil }
            if let minute = CivilMoment.minuteOfDay(text) { return UInt32(minute) }
            context.report(node, "'\(text)' is not a time of day", remedy: "write hours and minutes, such as 08:30")
            return nil
        }
    }

    /// Days of the week: "monday", "mon-fri", "holiday".
    static var days: ValueKind {
        let word = ValueKind(
            summary:
                "day `mon` to `sun`, a span such as `mon-fri`, `every-day`, `holiday`, or `holiday-1` to `holiday-8`",
            schema: .object([("type", .string("string"))])
        ) { node, context in
            guard let text = plainText(node, context, wanted: "a day") else { return nil }
            if let bits = dayBits(text) { return bits }
            context.report(
                node, "'\(text)' is no day", remedy: Suggestion.remedy(for: text, among: dayWords, kind: "days"))
            return nil
        }
        return ValueKind<[UInt32]>.list(of: word, 1...15).map { $0.reduce(0, |) }
            .described(
                "list of days: `mon` to `sun`, spans such as `mon-fri`, `every-day`, `holiday`, `holiday-1` to `holiday-8`"
            )
    }

    private static let dayWords = ["mon", "tue", "wed", "thu", "fri", "sat", "sun", "holiday", "every-day"]

    private static func dayBits(_ text: String) -> UInt32? {
        if text == "every-day" { return 0b111_1111 }
        if text == "holiday" { return 0xFF << 7 }
        if text.hasPrefix("holiday-"), let dayClass = UInt32(text.dropFirst(8)), (1...8).contains(dayClass) {
            return 1 << (6 + dayClass)
        }
        if let single = dayWords.prefix(7).firstIndex(of: text) { return 1 << UInt32(single) }
        let ends = text.split(separator: "-").map(String.init)
        guard ends.count == 2, let first = dayWords.prefix(7).firstIndex(of: ends[0]),
            let last = dayWords.prefix(7).firstIndex(of: ends[1])
        else { return nil }
        // A span over the weekend goes round: sat-mon.
        var bits: UInt32 = 0
        var day = first
        while true {
            bits |= 1 << UInt32(day)
            if day == last { return bits }
            day = (day + 1) % 7
        }
    }
}

extension ValueKind<CivilMoment> {
    /// A date, with or without a time of day.
    static var moment: ValueKind {
        let schema = JSONValue.object([
            ("type", .string("string")), ("pattern", .string("^[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2})?$")),
        ])
        return ValueKind(summary: "date `2026-05-01`, or with a time `2026-05-01 08:30`", schema: schema) {
            node, context in
            guard let text = plainText(node, context, wanted: "a date such as 2026-05-01") else { return nil }
            if let moment = CivilMoment(text) { return moment }
            context.report(
                node, "'\(text)' is not a date", remedy: "write year, month and day, such as 2026-05-01, or with 08:30")
            return nil
        }
    }
}

extension ValueKind<[UInt8]> {
    /// Hexadecimal digits, two for each of so many bytes; blanks, colons and hyphens between them do not count.
    static func hexadecimal(byteCount: Int, of what: String) -> ValueKind {
        let summary = "\(2 * byteCount) hexadecimal digits"
        let schema = JSONValue.object([
            ("type", .string("string")), ("pattern", .string("^([0-9A-Fa-f]{2}[ :-]?){\(byteCount)}$")),
        ])
        return ValueKind(summary: summary, schema: schema) { node, context in
            guard let text = plainText(node, context, wanted: summary) else { return nil }
            let digits = text.filter { $0 != " " && $0 != ":" && $0 != "-" }
            guard digits.allSatisfy(\.isHexDigit), digits.count == 2 * byteCount else {
                // What was written is not shown: it may be the identifier of somebody's card.
                context.report(
                    node, "this is not \(what)",
                    remedy: "write \(summary); there are \(digits.count) characters here"
                        + (text.first == "0" || digits.count == 2 * byteCount ? "" : ", put quotes around digits alone")
                )
                return nil
            }
            let characters = Array(digits)
            return (0..<byteCount).map { UInt8(String(characters[2 * $0...2 * $0 + 1]), radix: 16)! }
        }
    }
}

extension ValueKind<ListenAddress> {
    /// A numeric IPv4 or IPv6 address, with or without a port.
    static var listenAddress: ValueKind {
        let summary = "`ADDRESS` or `ADDRESS:PORT`, an IPv6 address with a port in brackets"
        return ValueKind(summary: summary, schema: .object([("type", .string("string"))])) { node, context in
            guard let text = plainText(node, context, wanted: "an address such as 0.0.0.0") else { return nil }
            if let address = ListenAddress(text: text) { return address }
            context.report(
                node, "'\(text)' is no numeric address of this board",
                remedy: "write such as 0.0.0.0, 192.0.2.7:7321, \"::\" or \"[::]:7321\"; names are not looked up")
            return nil
        }
    }
}

/// What stands behind `pin:`.
enum PinOrKernelName {
    /// A place; the kernel's name for it where that is the same on every kernel.
    case pin(PinPlace, kernelName: String?)
    case kernelName(String)
}
