import BoardImage
import Cryptography
import WardenMessages

/// Compiles a board file: text in, image or problems out. Reads and writes no files itself.
public struct BoardCompiler {
    /// What came of a file.
    public struct Result {
        /// Everything that was found, in the order of the file.
        public var problems: [Problem]
        /// The checked board; `nil` after an error.
        public var board: CheckedBoard?
    }

    public init() {}

    /// Checks a file without making an image.
    public func check(_ text: String) -> Result {
        let problems = ProblemList()
        guard let root = YamlReader.read(text, into: problems) else {
            return Result(problems: problems.sorted, board: nil)
        }
        let description = BoardReader.read(root, into: problems)
        let board = problems.hasErrors ? nil : CheckedBoard(description: description)
        return Result(problems: problems.sorted, board: board)
    }

    /// Checks a list of credentials for a board, in place of those of its file.
    ///
    /// - Parameters:
    ///   - board: the board file, which is sound.
    ///   - credentials: a list as under `credentials` of a board file, by itself or under that word.
    public func check(_ board: String, credentials: String) -> Result {
        let problems = ProblemList()
        guard var root = YamlReader.read(board, into: problems), case .mapping(var entries) = root.content,
            let list = YamlReader.read(credentials, into: problems)
        else { return Result(problems: problems.sorted, board: nil) }
        entries.removeAll { $0.key == "credentials" }
        var section = YamlEntry(key: "credentials", keyRange: list.range, value: list)
        if case .mapping(let named) = list.content {
            guard named.count == 1, let only = named.first, only.key == "credentials" else {
                problems.report(
                    at: list.range, "this is no list of credentials",
                    remedy: "write a list, as under 'credentials' of a board file")
                return Result(problems: problems.sorted, board: nil)
            }
            section = only
        }
        entries.append(section)
        root.content = .mapping(entries)
        let description = BoardReader.read(root, into: problems)
        let checked = problems.hasErrors ? nil : CheckedBoard(description: description)
        return Result(problems: problems.sorted, board: checked)
    }

    /// The generation of an image of the board with this name; `nil` for anything else.
    public static func generation(of image: [UInt8], board name: String) -> UInt32? {
        guard let image = try? BoardImage(decoding: image.span), string(image.header.name) == name else { return nil }
        return image.header.generation
    }
}

/// A board file without errors.
public struct CheckedBoard {
    let description: BoardDescription

    public var name: String { description.name }
    public var summary: String { description.summary }

    /// Whether identifiers stand in the file, so that an image needs the key to hash them.
    public var needsHashKey: Bool {
        if description.readers.contains(where: { $0.value.keyName != nil }) { return true }
        return description.credentials.contains { credential in
            if case .hash? = credential.value.identity { credential.value.pin != nil } else { true }
        }
    }

    /// Names of the reader keys that an image needs, each once.
    public var readerKeyNames: [String] {
        var names: [String] = []
        for name in description.readers.compactMap(\.value.keyName) where !names.contains(name) { names.append(name) }
        return names
    }

    public var memoryBudget: MemoryBudget {
        MemoryBudget(
            counts: description.counts, capacities: description.capacities, linkPorts: description.linkPortCount)
    }

    /// Why there is no image.
    public enum BuildFailure: Error, Equatable {
        /// Identifiers stand in the file, and no key was given.
        case hashKeyMissing
        /// A reader names a key that was not given.
        case readerKeyMissing(String)
        /// Two credentials are one card, written differently; their numbers in the file, from 1.
        case sameCard(Int, Int)
        /// The runtime's own checks refuse the image: compiler and runtime disagree.
        case refused(BoardImageError)
    }

    /// Makes the image, and holds it against the checks that the runtime makes at boot.
    ///
    /// - Parameters:
    ///   - key: hashes the identifiers of credentials.
    ///   - readerKeys: AES-128 keys of readers and cards by their names; the image holds them sealed with `key`.
    ///   - generation: counts the builds of this board.
    public func image(
        key: HashKey?, readerKeys: [String: AES128] = [:], generation: UInt32
    ) throws(BuildFailure) -> [UInt8] {
        guard key != nil || !needsHashKey else { throw .hashKeyMissing }
        for name in readerKeyNames where readerKeys[name] == nil { throw .readerKeyMissing(name) }
        let writer = ImageWriter(board: description, key: key, readerKeys: readerKeys, generation: generation)
        if let (first, second) = writer.sameCard { throw .sameCard(first + 1, second + 1) }
        let bytes = writer.image()
        do throws(BoardImageError) {
            _ = try BoardImage(decoding: bytes.span)
        } catch {
            throw .refused(error)
        }
        return bytes
    }
}
