import Foundation
import Glibc

/// Programs of other makers that the tests talk to over a pseudo-terminal.
///
/// They live in a Python environment that `make peers` sets up in `.venv`. Where they are missing the tests say so aloud and
/// skip; with WARDEN_PEERS=required, as in continuous integration, that is a failure.
enum Peers {
    private static let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    static let folder = tests.appendingPathComponent("ReaderPeers")

    /// The environment's interpreter, if it is there and has the modules.
    static func python(with modules: String...) -> String? {
        let root = tests.deletingLastPathComponent()
        let candidates: [String?] = [
            ProcessInfo.processInfo.environment["WARDEN_PYTHON"], root.appendingPathComponent(".venv/bin/python3").path,
        ]
        for case let candidate? in candidates where FileManager.default.isExecutableFile(atPath: candidate) {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: candidate)
            process.arguments = ["-c", "import " + modules.joined(separator: ", ")]
            process.standardError = FileHandle.nullDevice
            try? process.run()
            process.waitUntilExit()
            if process.terminationStatus == 0 { return candidate }
        }
        print("SKIPPED: no Python with \(modules.joined(separator: ", ")): run `make peers`")
        return nil
    }

    static var areRequired: Bool { ProcessInfo.processInfo.environment["WARDEN_PEERS"] == "required" }
}

/// A pseudo-terminal: this side speaks bytes, a peer opens the other by its path like a serial port.
final class PseudoTerminal {
    let descriptor: Int32
    let path: String
    private let other: Int32

    init() {
        var primary: Int32 = -1
        var secondary: Int32 = -1
        precondition(openpty(&primary, &secondary, nil, nil, nil) == 0, "no pseudo-terminal")
        var settings = termios()
        tcgetattr(secondary, &settings)
        cfmakeraw(&settings)
        tcsetattr(secondary, TCSANOW, &settings)
        _ = fcntl(primary, F_SETFL, O_NONBLOCK)
        descriptor = primary
        other = secondary
        path = String(cString: ttyname(secondary))
    }

    deinit {
        close(descriptor)
        close(other)
    }

    /// Waits up to `milliseconds` for bytes and takes what is there.
    func read(waiting milliseconds: Int32) -> [UInt8] {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&entry, 1, max(0, milliseconds)) > 0 else { return [] }
        var buffer = [UInt8](repeating: 0, count: 256)
        let count = Glibc.read(descriptor, &buffer, buffer.count)
        return count > 0 ? Array(buffer[..<count]) : []
    }

    func write(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        precondition(Glibc.write(descriptor, bytes, bytes.count) == bytes.count, "the peer does not read")
    }
}

/// A peer's process, told what to do by lines of JSON and answering in lines of JSON.
final class PeerProcess {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private let errors: FileHandle
    private let errorFile: URL
    private var text = Data()
    /// What the peer said, in order.
    private(set) var lines: [[String: Any]] = []

    init(_ executable: String, _ arguments: [String], environment: [String: String] = [:]) throws {
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = input
        process.standardOutput = output
        errorFile = FileManager.default.temporaryDirectory.appendingPathComponent("warden-peer-\(UUID()).log")
        FileManager.default.createFile(atPath: errorFile.path, contents: nil)
        errors = try FileHandle(forWritingTo: errorFile)
        process.standardError = errors
        _ = fcntl(output.fileHandleForReading.fileDescriptor, F_SETFL, O_NONBLOCK)
        try process.run()
    }

    deinit {
        input.fileHandleForWriting.closeFile()
        process.terminate()
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: errorFile)
    }

    var isRunning: Bool { process.isRunning }
    var exitCode: Int32 { process.isRunning ? -1 : process.terminationStatus }
    /// What the peer wrote to standard error.
    var complaint: String { (try? String(contentsOf: errorFile, encoding: .utf8)) ?? "" }
    /// All that the peer wrote to standard output.
    private(set) var everything = ""

    func tell(_ order: [String: Any]) {
        var data = try! JSONSerialization.data(withJSONObject: order)
        data.append(0x0A)
        input.fileHandleForWriting.write(data)
    }

    /// Waits until the peer says something by this name, for as long as the peer runs and at most five minutes.
    ///
    /// - Returns: what it said; it is not kept in `lines`. `nil` when the peer has ended.
    func await(_ name: String) -> Any? {
        while true {
            listen()
            if let place = lines.firstIndex(where: { $0[name] != nil }) { return lines.remove(at: place)[name] }
            var entry = pollfd(fd: output.fileHandleForReading.fileDescriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&entry, 1, 300_000) > 0, entry.revents & Int16(POLLIN) != 0 else { return nil }
        }
    }

    /// Takes what the peer has said by now.
    func listen() {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(output.fileHandleForReading.fileDescriptor, &buffer, buffer.count)
            guard count > 0 else { break }
            text.append(contentsOf: buffer[..<count])
            everything += String(decoding: buffer[..<count], as: UTF8.self)
        }
        while let end = text.firstIndex(of: 0x0A) {
            let line = text[text.startIndex..<end]
            text = text[text.index(after: end)...]
            if let object = try? JSONSerialization.jsonObject(with: line) as? [String: Any] { lines.append(object) }
        }
    }
}

/// The board's clock for tests in real time.
struct RealClock {
    private let start = RealClock.nanoseconds

    private static var nanoseconds: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    var elapsed: Int64 { RealClock.nanoseconds - start }
}
