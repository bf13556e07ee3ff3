import BoardImage
import Cryptography
import FixedMemory
import Foundation
import Simulation

/// `kernelplayer`: plays a scenario to a real wardend through the devices of the kernel that it runs on.
@main
struct KernelPlayer {
    static let usage = """
        usage: kernelplayer IMAGE SCENARIO HASH-KEY PROGRAMS RESULTS

        Makes the lines (gpio-sim), serial ports (USB gadgets) and I2C adapters (CUSE) that a board image names, starts
        PROGRAMS/wardend on them and plays a built scenario to it. To be run as root on a kernel that is there for it:
        simulators/kernel/run starts one. The folder RESULTS is given:

          trace         what lines were driven to, as the kernel noted it, and the scenario's remarks
          events.json   every event that wardend kept
          wardend.log   what wardend said
          journal       its journal, with the recording

        Exit status: 0 played to the end and wardend ended in order, 1 it did not, 64 wrong arguments, 65 a file that
        cannot be played.
        """

    static func main() {
        let words = CommandLine.arguments
        guard words.count == 6 else {
            print(usage)
            exit(words.contains("--help") ? 0 : 64)
        }
        guard let file = contents(words[1]), let steps = contents(words[2]), let key = key(words[3]),
            let image = try? BoardImage(decoding: file.span),
            let scenario = try? ScenarioTables(decoding: steps.span, boardChecksum: image.checksum)
        else {
            complain("image, scenario or key cannot be read, or the scenario was built for another image")
            exit(65)
        }
        do throws(Failure) {
            var play = try Play(image, scenario, hashKey: key)
            let programs = Programs(folder: words[4], image: words[1], hashKey: words[3], results: words[5])
            let status = try play.run(programs)
            try? play.traceText.write(toFile: "\(words[5])/trace", atomically: false, encoding: .utf8)
            if status != 0 { throw Failure(what: "wardend ended with wait status \(status)") }
        } catch {
            complain("\(error)")
            exit(1)
        }
    }

    private static func contents(_ path: String) -> [UInt8]? {
        FileManager.default.contents(atPath: path).map { Array($0) }
    }

    private static func key(_ path: String) -> HashKey? {
        guard let file = contents(path) else { return nil }
        let digits = file.compactMap { UInt8(String(UnicodeScalar($0)), radix: 16) }
        guard digits.count == 64 else { return nil }
        let bytes = (0..<32).map { digits[2 * $0] << 4 | digits[2 * $0 + 1] }
        return HashKey(bytes.span)
    }

    private static func complain(_ text: String) {
        FileHandle.standardError.write(Data("kernelplayer: \(text)\n".utf8))
    }
}
