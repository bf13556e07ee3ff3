import Pictures

/// Colours of wires: the eight of Okabe and Ito (2008), which people with colour blindness can tell apart.
enum Ink {
    static let black = Drawing.black
    static let grey = "#777777"
    static let pale = "#f3f3f3"
    static let lock = "#d55e00"
    static let output = "#e69f00"
    static let input = "#0072b2"
    static let bus = "#009e73"
    static let serial = "#cc79a7"
}
