/// A text as HTML and XML take it, in elements and in attributes between double quotes.
///
/// Control characters become spaces: XML 1.0 has no way to write them.
public func markup(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "&": result += "&amp;"
        case "<": result += "&lt;"
        case ">": result += "&gt;"
        case "\"": result += "&quot;"
        case let control where control.value < 0x20: result += " "
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result
}
