import BoardCompiler
import BoardImage
import Cryptography
import FixedMemory
import Foundation
import HardwareInterface
import Runtime
import VirtualBoard

/// The real runtime on a virtual lobby board, behind a real UNIX socket, in a thread of its own.
final class ServedBoard: @unchecked Sendable {
    let path: String
    private let listener: Int32
    private let lock = NSLock()
    private var isStopping = false

    /// - Parameter isAdministrator: whether the peer is taken for the runtime's own user, who may do everything.
    init(isAdministrator: Bool = true) throws {
        path = NSTemporaryDirectory() + "warden-test-\(UUID().uuidString.prefix(8)).socket"
        let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        self.listener = listener
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard bound == 0, listen(listener, 4) == 0 else { throw CocoaError(.fileWriteUnknown) }
        Thread { [self] in serve(listener, user: isAdministrator ? 1 : 12_345) }.start()
    }

    func stop() {
        lock.withLock { isStopping = true }
        unlink(path)
    }

    private var hasStopped: Bool { lock.withLock { isStopping } }

    private func serve(_ listener: Int32, user: UInt32) {
        defer { close(listener) }
        let text = Repository.text("boards/lobby.yaml")
        guard let key = HashKey([UInt8](0..<32).span), let checked = BoardCompiler().check(text).board,
            let file = try? checked.image(key: key, generation: 3), let image = try? BoardImage(decoding: file.span)
        else { return }
        var board = VirtualBoard(image, hashKey: key)
        let stream = board.addStream(.link(.localUser(userIdentifier: user, groupIdentifier: 0)), isOpen: false)
        board.setWallClock(WallClock(unixMilliseconds: 1_795_168_800_000, trust: .synchronised))
        guard
            var runtime = try? Runtime(
                hardware: board, image: image, file: file.span, hashKey: key, ownUser: 1)
        else { return }
        var peer: Int32 = -1
        let begin = DispatchTime.now().uptimeNanoseconds
        while !hasStopped {
            var waiting = pollfd(fd: peer < 0 ? listener : peer, events: Int16(POLLIN), revents: 0)
            if poll(&waiting, 1, 5) > 0 {
                if peer < 0 {
                    peer = accept(listener, nil, nil)
                    runtime.hardware.setStreamOpen(stream, true)
                } else {
                    var buffer = [UInt8](repeating: 0, count: 4_096)
                    let count = read(peer, &buffer, buffer.count)
                    if count > 0 {
                        runtime.hardware.transmit(buffer.span.extracting(0..<count), to: stream)
                    } else {
                        close(peer)
                        peer = -1
                        runtime.hardware.setStreamOpen(stream, false)
                    }
                }
            }
            let now = Instant(nanoseconds: Int64(DispatchTime.now().uptimeNanoseconds - begin))
            runtime.hardware.advance(to: now)
            for _ in 0..<100 { runtime.turn() }
            var answer = ByteBuffer(capacity: 65_536)
            runtime.hardware.takeSent(from: stream, into: &answer)
            if peer >= 0, answer.count > 0 {
                let bytes = (0..<answer.count).map { answer[$0] }
                _ = bytes.withUnsafeBytes { send(peer, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            }
        }
        if peer >= 0 { close(peer) }
    }
}

/// Runs the program as a person would.
enum Program {
    struct Ended {
        var status: Int32
        var output: String
        var errors: String
    }

    static func run(_ arguments: [String], input: String = "") throws -> Ended {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
            .appendingPathComponent("wardenctl")
        process.arguments = arguments
        process.currentDirectoryURL = Repository.root
        let (standardInput, output, errors) = (Pipe(), Pipe(), Pipe())
        process.standardInput = standardInput
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        standardInput.fileHandleForWriting.write(Data(input.utf8))
        try standardInput.fileHandleForWriting.close()
        let written = output.fileHandleForReading.readDataToEndOfFile()
        let complained = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Ended(
            status: process.terminationStatus, output: String(decoding: written, as: UTF8.self),
            errors: String(decoding: complained, as: UTF8.self))
    }
}

enum Repository {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static func text(_ path: String) -> String {
        (try? String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)) ?? ""
    }
}
