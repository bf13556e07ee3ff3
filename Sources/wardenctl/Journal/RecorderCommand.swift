import ArgumentParser
import BoardImage
import FixedMemory
import Recording
import Foundation
import HardwareInterface

/// `wardenctl recorder`: what a board was told and what it decided, out of the file that it wrote it to.
struct RecorderCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recorder", abstract: "Takes recordings out of the file of a board.",
        discussion: """
            A board with a journal writes down what it is told and what it decides, in a ring behind the journal. A \
            recording replays: the same is decided again, byte for byte, on any machine and without the board's key. It \
            names no card: cards are keyed hashes in it, and digits are only counted. Replaying begins with a start of the \
            board or with a key frame, which says what the board knew at a moment: four of them are in the ring at a time, \
            and a new one follows where a full or failing disk has cost records. Without one 'wardensim replay' shows what \
            was decided and plays nothing.

            EXAMPLES
              wardenctl recorder list /var/lib/warden/journal
              wardenctl recorder pull /var/lib/warden/journal --image lobby.board -o lobby.recording
              wardensim replay lobby.recording
              wardenctl recorder download --image lobby.board -o lobby.recording --tcp lobby.example \\
                  --key laptop.key --board-key lobby.pub
            """, subcommands: [List.self, Pull.self, Download.self])

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists what is recorded, oldest first, and what of it replays.")

        @Argument(help: "The journal's file, or a copy of it.", completion: .file()) var file: String
        @Flag(help: "Write one JSON object.") var json = false

        func run() throws {
            let ring = try RecorderRing(file)
            let found = ring.recordings
            if json {
                let entries = found.map { recording -> [String: Any] in
                    [
                        "run": recording.run, "pages": recording.pages.count, "replays": recording.replays,
                        "from_seconds": Double(recording.from.nanoseconds) / 1e9,
                        "to_seconds": Double(recording.to.nanoseconds) / 1e9,
                    ]
                }
                let object: [String: Any] = ["file": file, "recordings": entries]
                let data = try JSONSerialization.data(
                    withJSONObject: object, options: [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes])
                Terminal.write(String(decoding: data, as: UTF8.self) + "\n")
                return
            }
            for recording in found {
                Terminal.write(
                    recording.words + (recording.replays ? "" : "; does not replay, no key frame is in it") + "\n")
            }
            if found.isEmpty { Terminal.write("\(file): nothing is recorded\n") }
        }
    }

    struct Pull: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Writes a recording into a file of its own, with the board's image.",
            discussion: """
                The newest that replays, or the newest of the run that is asked for; where none does, the newest. The \
                journal's file is only read; a board may go on writing to it.
                """)

        @Argument(help: "The journal's file, or a copy of it.", completion: .file()) var file: String
        @Option(help: "The image that the board ran from.", completion: .file()) var image: String
        @Option(name: .customLong("run"), help: "The run, as 'recorder list' numbers them; the newest without it.")
        var wantedRun: UInt64?
        @Flag(help: "The newest, whether it replays or not.") var newest = false
        @OptionGroup var beside: RecordingFolder
        @Option(name: .shortAndLong, help: "The recording.", completion: .file()) var output: String

        func run() throws {
            let bytes = try RecordingOutput.image(image)
            let ring = try RecorderRing(file)
            let candidates = ring.recordings.filter { wantedRun == nil || $0.run == wantedRun }
            guard let recording = RecorderRing.best(of: candidates, newest: newest) else {
                throw Failure(
                    status: .negative, message: "\(file): nothing of that is recorded",
                    remedy: "'wardenctl recorder list \(file)' shows what there is.")
            }
            try RecordingOutput.write(
                output, image: bytes, credentials: beside.credentials(), pages: recording.pages.map(ring.read),
                of: recording)
            if recording.replays, candidates.last?.replays == false {
                Terminal.complain("what came later does not replay; --newest takes that")
            }
        }
    }
}

/// Where a board keeps what it was sent, for recordings that began with it.
struct RecordingFolder: ParsableArguments {
    @Option(
        help:
            "The board's folder for its state, or a copy of it: needed where it had credentials that were sent to it.",
        completion: .directory)
    var state: String?

    func credentials() throws -> [UInt8] {
        guard let state else { return [] }
        let record = try Files.read(state + "/credentials.record", limit: CredentialRecord.byteCount)
        guard let found = CredentialRecord(record.span), found.place != 0 else {
            throw Failure(
                status: .invalidData, message: "\(state)/credentials.record: is damaged",
                remedy: "Without --state the recording replays up to the first card that the image does not know.")
        }
        let bytes = try Files.read(state + "/\(CredentialRecord.fileName(of: found.place))", limit: 1 << 30)
        guard bytes.count >= Int(found.length) else {
            throw Failure(status: .invalidData, message: "\(state): the credentials there are cut short")
        }
        return Array(bytes[..<Int(found.length)])
    }
}

/// A recording as `wardensim replay` takes it.
enum RecordingOutput {
    static func image(_ path: String) throws -> [UInt8] {
        let bytes = try Files.read(path, limit: ImageEnvelope.length + ImageEnvelope.messageLimit)
        do { _ = try BoardImage(decoding: bytes.span, isOfRecording: true) } catch {
            throw Failure(
                status: .invalidData, message: "\(path): is no sound board image",
                remedy: "Give the image that the board ran from; 'wardenctl board build' makes it.")
        }
        return bytes
    }

    static func write(
        _ path: String, image: [UInt8], credentials: [UInt8], pages: [[UInt8]], of recording: RecorderRing.Recording
    ) throws {
        var data = Data()
        var header = ByteBuffer(capacity: RecordingFile.headerBytes)
        RecordingFile(
            imageBytes: image.count, credentialBytes: credentials.count, pageBytes: pages.first?.count ?? 0,
            pages: pages.count
        ).writeHeader(to: &header)
        for index in 0..<header.count { data.append(header[index]) }
        data.append(contentsOf: image)
        data.append(contentsOf: credentials)
        for page in pages { data.append(contentsOf: page) }
        do { try data.write(to: URL(fileURLWithPath: path), options: .atomic) } catch {
            throw Failure(
                status: .cannotWrite, message: "\(path): \(error.localizedDescription)",
                remedy: "Check the path, the permissions and the room.")
        }
        Terminal.write("\(path): \(recording.words)\n")
        if !recording.replays {
            Terminal.complain(
                "it does not replay, no key frame is in it; 'wardensim replay' shows what was decided")
        }
    }
}

/// The ring of a flight recorder as it lies in a journal's file.
final class RecorderRing {
    /// Pages of one run without a hole.
    struct Recording {
        var run: UInt64
        /// Places in the ring.
        var pages: [Int]
        var from: Instant
        var to: Instant
        /// It begins with a start of the board, or with a key frame that is all there.
        var replays: Bool

        var words: String {
            "run \(run): \(pages.count) pages, from \(RecorderRing.text(from)) to \(RecorderRing.text(to)) after its start"
        }
    }

    /// The newest recording that replays; where none does, or it does not matter, the newest.
    static func best(of recordings: [Recording], newest: Bool = false) -> Recording? {
        newest ? recordings.last : recordings.last(where: \.replays) ?? recordings.last
    }

    private let path: String
    private let descriptor: Int32
    private let area: RecordingArea
    let pageBytes: Int

    init(_ path: String) throws {
        let layout = try JournalFile(path).layout
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        let size = Int64(lseek(descriptor, 0, SEEK_END))
        pageBytes = layout.blockBytes
        guard descriptor >= 0,
            let area = RecordingArea(behind: layout.usedBytes, of: size, pageBytes: layout.blockBytes)
        else {
            if descriptor >= 0 { close(descriptor) }
            throw Failure(
                status: .invalidData, message: "\(path): has no room for a flight recorder behind the journal",
                remedy: "A journal that is made with 8 MiB or more has one.")
        }
        self.path = path
        self.descriptor = descriptor
        self.area = area
    }

    deinit { close(descriptor) }

    func read(_ place: Int) throws -> [UInt8] {
        var page = [UInt8](repeating: 0, count: pageBytes)
        guard pread(descriptor, &page, pageBytes, off_t(area.offset) + off_t(place * pageBytes)) == pageBytes else {
            throw Failure(
                status: .cannotRead, message: "\(path): \(String(cString: strerror(errno)))",
                remedy: "Copy it with a tool that passes over unreadable sectors, such as ddrescue.")
        }
        return page
    }

    /// Every stretch without a hole, oldest first.
    var recordings: [Recording] {
        RecorderRing.recordings(in: 0..<area.pages) { place in try? self.read(place) }
    }

    /// Puts pages together.
    ///
    /// - Parameter read: the bytes of a page by its place; `nil` for one that cannot be read.
    static func recordings(in places: Range<Int>, _ read: (Int) -> [UInt8]?) -> [Recording] {
        var found: [(page: RecordingPage, place: Int)] = []
        for place in places {
            guard let bytes = read(place), let page = RecordingPage(bytes.span) else { continue }
            found.append((page, place))
        }
        found.sort { ($0.page.run, $0.page.number) < ($1.page.run, $1.page.number) }
        var recordings: [Recording] = []
        for stretch in RecorderRing.stretches(found) {
            let start = RecorderRing.firstKeyFrame(stretch) ?? stretch.count
            for part in [stretch[..<start], stretch[start...]] {
                guard let first = part.first, let last = part.last else { continue }
                recordings.append(
                    Recording(
                        run: first.page.run, pages: part.map(\.place), from: first.page.at, to: last.page.at,
                        replays: part.startIndex == start))
            }
        }
        for index in recordings.indices {
            guard let last = recordings[index].pages.last, let bytes = read(last),
                var reader = RecordingPageReader(bytes.span)
            else { continue }
            while reader.next() {}
            recordings[index].to = reader.at
        }
        return recordings
    }

    private typealias FoundPage = (page: RecordingPage, place: Int)

    /// Pages of one run that follow on one another, nothing lost between them.
    private static func stretches(_ found: [FoundPage]) -> [[FoundPage]] {
        var stretches: [[FoundPage]] = []
        for entry in found {
            if let last = stretches.last?.last?.page, entry.page.follows(last) {
                stretches[stretches.count - 1].append(entry)
            } else {
                stretches.append([entry])
            }
        }
        return stretches
    }

    /// The first page with which replaying can begin: where a key frame begins that ends too.
    private static func firstKeyFrame(_ stretch: [FoundPage]) -> Int? {
        guard let end = stretch.lastIndex(where: \.page.endsKeyFrame) else { return nil }
        return stretch[...end].firstIndex(where: \.page.beginsKeyFrame)
    }

    static func text(_ instant: Instant) -> String {
        let seconds = instant.nanoseconds / 1_000_000_000
        return String(
            format: "%d d %02d:%02d:%02d", Int(seconds / 86_400), Int(seconds / 3_600 % 24), Int(seconds / 60 % 60),
            Int(seconds % 60))
    }
}
