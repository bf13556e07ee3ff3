import Foundation

/// Standard output and standard error as this program uses them.
enum Terminal {
    /// Colours only where a person looks, and has not declined them (no-color.org).
    static func hasColour(_ stream: FileHandle) -> Bool {
        isatty(stream.fileDescriptor) == 1 && ProcessInfo.processInfo.environment["NO_COLOR"] == nil
            && ProcessInfo.processInfo.environment["TERM"] != "dumb"
    }

    static func write(_ text: String) { FileHandle.standardOutput.write(Data(text.utf8)) }
    static func complain(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }
}

/// Files as this program reads and writes them.
enum Files {
    /// The text of a file; "-" is standard input.
    static func readText(_ path: String, limit: Int) throws -> String {
        let data = try read(path, limit: limit)
        if let text = String(validating: data, as: UTF8.self) { return text }
        let bad = data.indices.first {
            String(validating: data[...$0], as: UTF8.self) == nil && !endsInside(data[...$0])
        }
        let line = data[..<(bad ?? data.count)].count { $0 == UInt8(ascii: "\n") } + 1
        throw Failure(
            status: .invalidData, message: "\(path):\(line): this line is not UTF-8 text",
            remedy: "Save the file as UTF-8.")
    }

    /// Whether the bytes may yet become UTF-8 with what follows.
    private static func endsInside(_ bytes: ArraySlice<UInt8>) -> Bool {
        (1...3).contains { length in
            let cut = bytes.dropLast(length)
            return bytes.count >= length && String(validating: cut, as: UTF8.self) != nil
                && (bytes.suffix(length).first ?? 0) >= 0xC2
        }
    }

    static func read(_ path: String, limit: Int) throws -> [UInt8] {
        let handle: FileHandle
        if path == "-" {
            handle = .standardInput
        } else {
            guard let opened = FileHandle(forReadingAtPath: path) else {
                throw Failure(
                    status: .cannotRead, message: "\(path): \(String(cString: strerror(errno)))",
                    remedy: "Check the path and the permissions.")
            }
            handle = opened
        }
        do {
            let data = try handle.read(upToCount: limit + 1) ?? Data()
            guard data.count <= limit else {
                throw Failure(
                    status: .invalidData, message: "\(path): the file has more than \(limit) bytes",
                    remedy: "Check that it is the right file.")
            }
            return Array(data)
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(
                status: .cannotRead, message: "\(path): \(error.localizedDescription)",
                remedy: "Check the path and the permissions.")
        }
    }

    /// Writes a file whole or not at all; "-" is standard output.
    static func write(_ bytes: [UInt8], to path: String) throws {
        if path == "-" {
            FileHandle.standardOutput.write(Data(bytes))
            return
        }
        do {
            try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw Failure(
                status: .cannotWrite, message: "\(path): cannot be written: \(error.localizedDescription)",
                remedy: "Check the folder, its permissions and the free space.")
        }
    }
}
