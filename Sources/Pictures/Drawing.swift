/// A page of Scalable Vector Graphics (SVG 1.1) in millimetres, written as text.
///
/// Only what a wiring page needs: lines, boxes, circles and text. Every text is escaped.
struct Drawing {
    enum Anchor: String {
        case start
        case middle
        case end
    }

    /// Height of text in millimetres; 2.8 is about 8 points.
    enum Size: Double {
        case small = 2.3
        case normal = 2.8
        case heading = 3.6
        case title = 5.4
    }

    private var elements: [String] = []

    mutating func line(
        _ points: [(Double, Double)], colour: String = Ink.black, width: Double = 0.35, dashed: Bool = false
    ) {
        let path = points.map { "\(Drawing.number($0.0)),\(Drawing.number($0.1))" }.joined(separator: " ")
        var attributes = [
            ("points", path), ("fill", "none"), ("stroke", colour), ("stroke-width", Drawing.number(width)),
        ]
        if dashed { attributes.append(("stroke-dasharray", "1.6 1")) }
        append("polyline", attributes)
    }

    mutating func box(
        _ x: Double, _ y: Double, _ width: Double, _ height: Double, fill: String = "none",
        stroke: String = Ink.black, radius: Double = 0.8
    ) {
        append(
            "rect",
            [
                ("x", Drawing.number(x)), ("y", Drawing.number(y)), ("width", Drawing.number(width)),
                ("height", Drawing.number(height)), ("rx", Drawing.number(radius)), ("fill", fill),
                ("stroke", stroke), ("stroke-width", "0.35"),
            ])
    }

    mutating func dot(
        _ x: Double, _ y: Double, radius: Double = 0.7, colour: String = Ink.black, isOpen: Bool = false
    ) {
        append(
            "circle",
            [
                ("cx", Drawing.number(x)), ("cy", Drawing.number(y)), ("r", Drawing.number(radius)),
                ("fill", isOpen ? "#ffffff" : colour), ("stroke", colour), ("stroke-width", "0.3"),
            ])
    }

    mutating func text(
        _ text: String, _ x: Double, _ y: Double, size: Size = .normal, anchor: Anchor = .start, bold: Bool = false,
        colour: String = Ink.black
    ) {
        guard !text.isEmpty else { return }
        var attributes = [
            ("x", Drawing.number(x)), ("y", Drawing.number(y)), ("font-size", Drawing.number(size.rawValue)),
            ("text-anchor", anchor.rawValue), ("fill", colour),
        ]
        if bold { attributes.append(("font-weight", "bold")) }
        append("text", attributes, content: text)
    }

    private mutating func append(_ name: String, _ attributes: [(String, String)], content: String? = nil) {
        let written = attributes.map { " \($0.0)=\"\(Drawing.escaped($0.1))\"" }.joined()
        elements.append("<\(name)\(written)" + (content.map { ">\(Drawing.escaped($0))</\(name)>" } ?? "/>"))
    }

    /// The whole file.
    ///
    /// - Parameters:
    ///   - width: of the page, in millimetres.
    ///   - height: of the page, in millimetres.
    ///   - title: what a viewer shows for the page, and a screen reader reads.
    func file(width: Double, height: Double, title: String) -> String {
        let (w, h) = (Drawing.number(width), Drawing.number(height))
        return """
            <?xml version="1.0" encoding="UTF-8"?>
            <svg xmlns="http://www.w3.org/2000/svg" width="\(w)mm" height="\(h)mm" viewBox="0 0 \(w) \(h)" \
            font-family="DejaVu Sans, Noto Sans CJK SC, Helvetica, Arial, sans-serif">
            <title>\(Drawing.escaped(title))</title>
            <rect width="\(w)" height="\(h)" fill="#ffffff"/>
            \(elements.joined(separator: "\n"))
            </svg>

            """
    }

    /// Hundredths of a millimetre are enough, and the same text for the same drawing everywhere.
    static func number(_ value: Double) -> String {
        let hundredths = Int((value * 100).rounded())
        let (whole, rest) = (abs(hundredths) / 100, abs(hundredths) % 100)
        let sign = hundredths < 0 ? "-" : ""
        if rest == 0 { return "\(sign)\(whole)" }
        return rest % 10 == 0 ? "\(sign)\(whole).\(rest / 10)" : "\(sign)\(whole).\(rest < 10 ? "0" : "")\(rest)"
    }

    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            // XML 1.0 has no way to write control characters.
            case let control where control.value < 0x20: result += " "
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

/// Colours of wires: the eight of Okabe and Ito (2008), which people with colour blindness can tell apart.
enum Ink {
    static let black = "#000000"
    static let grey = "#777777"
    static let pale = "#f3f3f3"
    static let lock = "#d55e00"
    static let output = "#e69f00"
    static let input = "#0072b2"
    static let bus = "#009e73"
    static let serial = "#cc79a7"
}
