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
            names no card: cards are keyed hashes in it, and digits are only counted.

            EXAMPLES
              wardenctl recorder list /var/lib/warden/journal
              wardenctl recorder pull /var/lib/warden/journal --image lobby.board -o lobby.recording
              wardensim replay lobby.recording
            """, subcommands: [List.self, Pull.self])

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the recordings that replaying can begin with, oldest first.")

        @Argument(help: "The journal's file, or a copy of it.", completion: .file()) var file: String
        @Flag(help: "Write one JSON object.") var json = false

        func run() throws {
            let ring = try RecorderRing(file)
            let found = ring.recordings
            if json {
                let entries = found.map { recording -> [String: Any] in
                    [
                        "run": recording.run, "pages": recording.pages.count,
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
                    "run \(recording.run): \(recording.pages.count) pages, from \(RecorderRing.text(recording.from)) to"
                        + " \(RecorderRing.text(recording.to)) after its start\n")
            }
            if found.isEmpty { Terminal.write("\(file): no recording that replaying can begin with\n") }
        }
    }

    struct Pull: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Writes a recording into a file of its own, with the board's image.",
            discussion: """
                The newest one, or the newest of the run that is asked for. The journal's file is only read; a board may go \
                on writing to it.
                """)

        @Argument(help: "The journal's file, or a copy of it.", completion: .file()) var file: String
        @Option(help: "The image that the board ran from.", completion: .file()) var image: String
        @Option(name: .customLong("run"), help: "The run, as 'recorder list' numbers them; the newest without it.")
        var wantedRun: UInt64?
        @Option(name: .shortAndLong, help: "The recording.", completion: .file()) var output: String

        func run() throws {
            let bytes = try Files.read(image, limit: ImageEnvelope.length + ImageEnvelope.messageLimit)
            do { _ = try BoardImage(decoding: bytes.span) } catch {
                throw Failure(
                    status: .invalidData, message: "\(image): is no sound board image",
                    remedy: "Give the image that the board ran from; 'wardenctl board build' makes it.")
            }
            let ring = try RecorderRing(file)
            guard let recording = ring.recordings.last(where: { wantedRun == nil || $0.run == wantedRun }) else {
                throw Failure(
                    status: .negative, message: "\(file): no recording that replaying can begin with",
                    remedy: "'wardenctl recorder list \(file)' shows what there is.")
            }
            var data = Data()
            var header = ByteBuffer(capacity: RecordingFile.headerBytes)
            RecordingFile(imageBytes: bytes.count, pageBytes: ring.pageBytes, pages: recording.pages.count)
                .writeHeader(to: &header)
            for index in 0..<header.count { data.append(header[index]) }
            data.append(contentsOf: bytes)
            for page in recording.pages { data.append(contentsOf: try ring.read(page)) }
            do { try data.write(to: URL(fileURLWithPath: output), options: .atomic) } catch {
                throw Failure(
                    status: .cannotWrite, message: "\(output): \(error.localizedDescription)",
                    remedy: "Check the path, the permissions and the room.")
            }
            Terminal.write(
                "\(output): run \(recording.run), \(recording.pages.count) pages, from"
                    + " \(RecorderRing.text(recording.from)) to \(RecorderRing.text(recording.to)) after its start\n")
        }
    }
}

/// The ring of a flight recorder as it lies in a journal's file.
final class RecorderRing {
    /// Pages of one run without a hole, from a key frame on.
    struct Recording {
        var run: UInt64
        /// Places in the ring.
        var pages: [Int]
        var from: Instant
        var to: Instant
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

    /// Every stretch that replaying can begin with, oldest first.
    var recordings: [Recording] {
        var found: [(page: RecordingPage, place: Int)] = []
        for place in 0..<area.pages {
            guard let bytes = try? read(place), let page = RecordingPage(bytes.span) else { continue }
            found.append((page, place))
        }
        found.sort { ($0.page.run, $0.page.number) < ($1.page.run, $1.page.number) }
        var recordings: [Recording] = []
        var isOpen = false
        var next: UInt64 = 0
        for (page, place) in found {
            let goesOn =
                isOpen && recordings.last?.run == page.run && page.number == next && !page.followsLoss
            if goesOn {
                recordings[recordings.count - 1].pages.append(place)
            } else if page.beginsKeyFrame {
                recordings.append(Recording(run: page.run, pages: [place], from: page.at, to: page.at))
                isOpen = true
            } else {
                isOpen = false
            }
            next = page.number + 1
            if isOpen { recordings[recordings.count - 1].to = page.at }
        }
        for index in recordings.indices {
            guard let last = recordings[index].pages.last, let end = end(ofPage: last) else { continue }
            recordings[index].to = end
        }
        return recordings
    }

    /// When the last record of a page was made; `nil` if it cannot be read.
    private func end(ofPage place: Int) -> Instant? {
        guard let bytes = try? read(place), var reader = RecordingPageReader(bytes.span) else { return nil }
        while reader.next() {}
        return reader.at
    }

    static func text(_ instant: Instant) -> String {
        let seconds = instant.nanoseconds / 1_000_000_000
        return String(
            format: "%d d %02d:%02d:%02d", Int(seconds / 86_400), Int(seconds / 3_600 % 24), Int(seconds / 60 % 60),
            Int(seconds % 60))
    }
}
