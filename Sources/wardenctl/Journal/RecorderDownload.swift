import ArgumentParser
import BoardCompiler
import Foundation
import WardenMessages

extension RecorderCommand {
    struct Download: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Downloads the newest recording of a running board that replays.",
            discussion: """
                A board with a journal gives what lies on its disk, and the result is what 'recorder pull' writes. One \
                without gives the last minutes that it has in memory, which do not replay. A download that was \
                interrupted goes on where it was: what has come is in OUTPUT.part. For technicians.

                EXAMPLES
                  wardenctl recorder download --image lobby.board -o lobby.recording
                """)
        @Option(help: "The image that the board runs from.", completion: .file()) var image: String
        @OptionGroup var beside: RecordingFolder
        @Option(name: .shortAndLong, help: "The recording.", completion: .file()) var output: String
        @OptionGroup var board: BoardOptions

        func run() throws {
            let image = try RecordingOutput.image(image)
            var download = try PartialDownload(output + ".part")
            let connection = try board.connect()
            var progress = TransferProgress(output, total: 0, unit: "B", isQuiet: board.json)
            let asked = try connection.send(.recorder(RecorderQuery(offset: download.next)))
            var pageBytes = download.pageBytes
            receiving: while true {
                guard let response = try connection.next(patience: BoardConnection.patienceMilliseconds) else {
                    throw Failure(
                        status: .unavailable, message: "the board does not answer",
                        remedy: "The same command again goes on where this one was.")
                }
                guard response.identifier == asked, let body = response.body else { continue }
                switch body {
                case .recorder(let chunk):
                    pageBytes = Int(chunk.pageBytes)
                    try download.take(chunk)
                    progress.show(download.count)
                case .end: break receiving
                case .service: try Service.check([body], permittedTo: "technician")
                case .refusal:
                    throw Failure(
                        status: .unavailable, message: "the board is busy with another list", remedy: "Try again.")
                default: continue
                }
            }
            progress.end()
            try finish(download, pageBytes, image)
        }

        private func finish(_ download: PartialDownload, _ pageBytes: Int, _ image: [UInt8]) throws {
            guard pageBytes > 0 else {
                try Files.write(Array(download.bytes), to: output)
                try download.remove()
                Terminal.complain(
                    "the board has no journal: these are the last minutes from its memory, and do not replay")
                Terminal.write("\(output): \(download.count) bytes\n")
                return
            }
            let bytes = Array(download.bytes)
            let read: (Int) -> [UInt8]? = { place in
                let start = place * pageBytes
                return start + pageBytes <= bytes.count ? Array(bytes[start..<start + pageBytes]) : nil
            }
            let recordings = RecorderRing.recordings(in: 0..<bytes.count / pageBytes, read)
            guard let recording = RecorderRing.best(of: recordings) else {
                throw Failure(
                    status: .negative, message: "the board has recorded nothing", remedy: "It begins with each start.")
            }
            try RecordingOutput.write(
                output, image: image, credentials: beside.credentials(), pages: recording.pages.compactMap(read),
                of: recording)
            try download.remove()
        }
    }
}

/// What has come of a download, in a file of its own: the offset of the first byte and the size of a page, 16 bytes in little
/// endian, and the bytes.
struct PartialDownload {
    private static let headerBytes = 16

    private let path: String
    private let handle: FileHandle
    private var begin: UInt64 = 0
    private(set) var pageBytes = 0
    private(set) var bytes = Data()

    init(_ path: String) throws {
        self.path = path
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw Failure(
                status: .cannotWrite, message: "\(path): \(String(cString: strerror(errno)))",
                remedy: "Check the folder, its permissions and the free space.")
        }
        handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        let held = try handle.readToEnd() ?? Data()
        guard held.count > PartialDownload.headerBytes else { return }
        begin = held.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
        pageBytes = Int(held[8..<12].reversed().reduce(0) { $0 << 8 | UInt32($1) })
        bytes = held.dropFirst(PartialDownload.headerBytes)
        // The last page was not full when it came.
        if pageBytes > 0 { bytes = bytes.prefix(max(0, (bytes.count / pageBytes - 1) * pageBytes)) }
        bytes = Data(bytes)
        try handle.truncate(atOffset: UInt64(PartialDownload.headerBytes + bytes.count))
    }

    var count: Int { bytes.count }
    /// The byte to go on with.
    var next: UInt64 { bytes.isEmpty ? 0 : begin + UInt64(bytes.count) }

    mutating func take(_ chunk: RecorderChunk) throws {
        var data = Data()
        for index in 0..<chunk.data.count { data.append(chunk.data[index]) }
        // What comes first, or after bytes that the board no longer has, begins anew.
        if bytes.isEmpty || chunk.offset != next {
            begin = chunk.offset
            pageBytes = Int(chunk.pageBytes)
            bytes = Data()
            var header = Data()
            for byte in 0..<8 { header.append(UInt8(truncatingIfNeeded: begin >> UInt64(8 * byte))) }
            for byte in 0..<4 { header.append(UInt8(truncatingIfNeeded: pageBytes >> (8 * byte))) }
            header.append(contentsOf: [0, 0, 0, 0])
            try handle.truncate(atOffset: 0)
            try handle.write(contentsOf: header)
        }
        bytes.append(data)
        try handle.write(contentsOf: data)
    }

    func remove() throws { unlink(path) }
}
