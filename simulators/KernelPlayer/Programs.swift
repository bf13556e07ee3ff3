import CKernelWorld
import Glibc

/// The programs under test, and what they leave in the folder of a run.
struct Programs {
    /// Where wardend and wardenctl are.
    var folder: String
    var image: String
    var hashKey: String
    /// Where logs, events and trace go.
    var results: String

    private var socket: String { "/run/warden.socket" }

    var isListening: Bool { access(socket, F_OK) == 0 }

    func startWardend(console: String?) throws(Failure) -> Int32 {
        var arguments = [
            "\(folder)/wardend", "--image", image, "--hash-key", hashKey, "--socket", socket,
            // Big enough that the flight recorder beside the journal reaches back to the start: two hours of an accelerometer.
            "--journal", "\(results)/journal", "--journal-size", "64M",
        ]
        if let console { arguments += ["--console", console] }
        unlink(socket)
        return try start(arguments, output: nil, log: "\(results)/wardend.log")
    }

    /// Asks wardend for every event that it has kept.
    func startEventReader() throws(Failure) -> Int32 {
        try start(
            ["\(folder)/wardenctl", "events", "--from", "1", "--json", "--socket", socket],
            output: "\(results)/events.json", log: "\(results)/wardenctl.log")
    }

    private func start(_ arguments: [String], output: String?, log: String) throws(Failure) -> Int32 {
        var pointers: [UnsafePointer<CChar>?] = arguments.map { UnsafePointer(strdup($0)) }
        defer { for pointer in pointers { free(UnsafeMutablePointer(mutating: pointer)) } }
        pointers.append(nil)
        let process = pointers.withUnsafeBufferPointer { list in
            kernel_world_start(list.baseAddress!, output, log)
        }
        return try Failure.check(process, "\(arguments[0]) cannot be started")
    }
}
