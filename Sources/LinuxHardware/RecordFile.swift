import CLinuxHardware
import FixedMemory

/// A small file that says what the others in its folder are.
///
/// It is replaced whole: after a power cut at any moment it is the old one or the new one.
struct RecordFile: Sendable, BitwiseCopyable {
    private let folder: Int32
    private let name: StaticString

    /// - Parameter folder: from `warden_folder_open`.
    init(_ name: StaticString, folder: Int32) {
        self.folder = folder
        self.name = name
    }

    /// Reads it from its beginning.
    ///
    /// - Returns: how many bytes it has, at most as many as there is room for; `nil` if there is no such file, less than 0 if
    ///   it cannot be read.
    func read(into bytes: inout MutableSpan<UInt8>) -> Int? {
        let file = name.withCharacters { warden_folder_file(folder, $0) }
        guard file >= 0 else { return nil }
        defer { warden_close(file) }
        return bytes.withUnsafeMutableBufferPointer { Int(warden_read(file, $0.baseAddress!, $0.count)) }
    }

    /// Replaces it; durable once it returns.
    ///
    /// - Returns: 0, or a negative error number; the file is then as it was.
    func replace(_ bytes: Span<UInt8>) -> Int32 {
        bytes.withUnsafeBufferPointer { bytes in
            name.withCharacters { warden_folder_replace(folder, $0, bytes.baseAddress!, bytes.count) }
        }
    }
}
