/// A page of Scalable Vector Graphics (SVG 1.1) in millimetres, written as text.
///
/// Only what wiring pages and plots need: lines, boxes, circles and text. Every text is escaped.
public struct Drawing {
    public static let black = "#000000"

    public enum Anchor: String {
        case start
        case middle
        case end
    }

    /// Height of text in millimetres; 2.8 is about 8 points.
    public enum Size: Double {
        case small = 2.3
        case normal = 2.8
        case heading = 3.6
        case title = 5.4
    }

    private var elements: [String] = []

    public init() {}

    public mutating func line(
        _ points: [(Double, Double)], colour: String = Drawing.black, width: Double = 0.35,
        dashed: Bool = false
    ) {
        let path = points.map { "\(Drawing.number($0.0)),\(Drawing.number($0.1))" }.joined(separator: " ")
        var attributes = [
            ("points", path), ("fill", "none"), ("stroke", colour), ("stroke-width", Drawing.number(width)),
        ]
        if dashed { attributes.append(("stroke-dasharray", "1.6 1")) }
        append("polyline", attributes)
    }

    public mutating func box(
        _ x: Double, _ y: Double, _ width: Double, _ height: Double, fill: String = "none",
        stroke: String = Drawing.black, radius: Double = 0.8
    ) {
        append(
            "rect",
            [
                ("x", Drawing.number(x)), ("y", Drawing.number(y)), ("width", Drawing.number(width)),
                ("height", Drawing.number(height)), ("rx", Drawing.number(radius)), ("fill", fill),
                ("stroke", stroke), ("stroke-width", "0.35"),
            ])
    }

    public mutating func dot(
        _ x: Double, _ y: Double, radius: Double = 0.7, colour: String = Drawing.black, isOpen: Bool = false
    ) {
        append(
            "circle",
            [
                ("cx", Drawing.number(x)), ("cy", Drawing.number(y)), ("r", Drawing.number(radius)),
                ("fill", isOpen ? "#ffffff" : colour), ("stroke", colour), ("stroke-width", "0.3"),
            ])
    }

    public mutating func text(
        _ text: String, _ x: Double, _ y: Double, size: Size = .normal, anchor: Anchor = .start, bold: Bool = false,
        colour: String = Drawing.black
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
        let written = attributes.map { " \($0.0)=\"\(markup($0.1))\"" }.joined()
        elements.append("<\(name)\(written)" + (content.map { ">\(markup($0))</\(name)>" } ?? "/>"))
    }

    /// Adds what another drawing holds, on top.
    public mutating func add(_ other: Drawing) { elements += other.elements }

    /// The whole file.
    ///
    /// - Parameters:
    ///   - width: of the page, in millimetres.
    ///   - height: of the page, in millimetres.
    ///   - title: what a viewer shows for the page, and a screen reader reads.
    public func file(width: Double, height: Double, title: String) -> String {
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + element(width: width, height: height, title: title)
    }

    /// The drawing as it stands inside an HTML page.
    public func element(width: Double, height: Double, title: String) -> String {
        let (w, h) = (Drawing.number(width), Drawing.number(height))
        return """
            <svg xmlns="http://www.w3.org/2000/svg" width="\(w)mm" height="\(h)mm" viewBox="0 0 \(w) \(h)" \
            font-family="DejaVu Sans, Noto Sans CJK SC, Helvetica, Arial, sans-serif">
            <title>\(markup(title))</title>
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
}
