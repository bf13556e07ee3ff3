import CKernelWorld
import Glibc

/// Why the devices cannot be made or worked.
struct Failure: Error, CustomStringConvertible {
    var what: String
    /// The kernel's error number as a negative number, or 0.
    var status: Int = 0

    var description: String { status < 0 ? "\(what): \(String(cString: strerror(Int32(-status))))" : what }

    /// Passes on what is no error.
    @discardableResult
    static func check(_ status: Int32, _ what: @autoclosure () -> String) throws(Failure) -> Int32 {
        guard status >= 0 else { throw Failure(what: what(), status: Int(status)) }
        return status
    }
}

/// Files by which the kernel is told and asked.
enum KernelFile {
    static func write(_ text: String, to path: String) throws(Failure) {
        let file = try Failure.check(kernel_world_open(path, true), path)
        defer { kernel_world_close(file) }
        let bytes = Array(text.utf8)
        let status = kernel_world_write(file, bytes, bytes.count)
        guard status == bytes.count else {
            throw Failure(what: "\(path) does not take '\(text)'", status: min(0, status))
        }
    }

    static func read(_ path: String) throws(Failure) -> String {
        let file = try Failure.check(kernel_world_open(path, false), path)
        defer { kernel_world_close(file) }
        var text: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = kernel_world_read(file, &piece, piece.count)
            guard count >= 0 else { throw Failure(what: path, status: count) }
            if count == 0 { return String(decoding: text, as: UTF8.self) }
            text += piece[0..<count]
        }
    }

    /// Makes a folder of configfs, which is how that file system is told of a thing.
    static func makeFolder(_ path: String) throws(Failure) {
        guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw Failure(what: path, status: -Int(errno)) }
    }
}
