import BoardCompiler
import Foundation

/// A file with «marks» before the places where problems are expected.
struct Marked {
    var text: String
    var places: [SourceLocation]

    init(_ marked: String) {
        text = ""
        places = []
        var line = 1
        var column = 1
        for character in marked.unicodeScalars {
            if character == "«" {
                places.append(SourceLocation(line: line, column: column))
                continue
            }
            text.unicodeScalars.append(character)
            if character == "\n" {
                line += 1
                column = 1
            } else {
                column += 1
            }
        }
    }
}

enum Repository {
    /// The root of the checkout that this test was compiled from.
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static func text(_ path: String) -> String {
        (try? String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)) ?? ""
    }
}

/// The lobby board with one passage exchanged, marks included.
func lobby(_ passage: String, becomes other: String) -> Marked? {
    board("boards/lobby.yaml", passage, becomes: other)
}

/// A board of the repository with one passage exchanged, marks included.
func board(_ path: String, _ passage: String, becomes other: String) -> Marked? {
    let text = Repository.text(path)
    let parts = text.components(separatedBy: passage)
    guard parts.count == 2 else { return nil }
    return Marked(parts[0] + other + parts[1])
}
