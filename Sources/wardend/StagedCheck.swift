import BoardImage
import CLinuxHardware
import FixedMemory
import HardwareInterface
import ProgramSupport
import Runtime
import WardenMessages

/// `wardend --check-staged FILE BOARD KEY-CHECK MEMORY`: judges an image that was brought to a running board, in a process
/// of its own. The board's store starts it; people have `--check`.
///
/// Writes one line: the number of the `StoreFault`, counted from the character "0", and what is wrong.
enum StagedCheck {
    /// Whether the command line asks for it.
    static var isAsked: Bool { warden_argument_count() == 5 && CText(warden_argument(0)) == "--check-staged" }

    static func run() {
        var output = TextOutput.standardOutput()
        let path = CText(warden_argument(1))
        let file: ByteBuffer
        do throws(ProgramFailure) {
            file = try InputFile.read(path, limit: BoardStore.imageLimit, protection: .trusted)
        } catch {
            answer(.store, error.message, to: &output)
            return
        }
        do throws(BoardImageError) {
            let image = try BoardImage(decoding: file.span)
            judge(image, file.span, &output)
        } catch {
            output.append(UInt8(ascii: "0") + fault(error).rawValue)
            error.describe(into: &output)
            output.append("\n")
        }
        output.flush()
    }

    private static func fault(_ error: BoardImageError) -> StoreFault {
        switch error {
        case .tooShort, .notABoardImage, .wrongLength, .wrongChecksum: .damaged
        case .unsupportedFormat, .budgetDiffers: .version
        case .tooMany: .overBudget
        case .malformed, .incomplete, .invalidEntry: .invalid
        }
    }

    private static func judge(
        _ image: consuming BoardImage, _ file: Span<UInt8>, _ output: inout TextOutput
    ) {
        let board = CText(warden_argument(2))
        let name = image.header.name
        var isSame = board.count == name.count
        for index in 0..<name.count where isSame { isSame = board[index] == name[index] }
        guard isSame else {
            output.append(UInt8(ascii: "0") + StoreFault.otherBoard.rawValue)
            output.append("it is made for the board '")
            output.append(name.span)
            output.append("'\n")
            return
        }
        guard number(CText(warden_argument(3))) == image.header.hashKeyCheck else {
            answer(.wrongKey, "its cards were hashed with another key than this board's", to: &output)
            return
        }
        let limit = number(CText(warden_argument(4)))
        guard image.memoryBudget.total <= limit else {
            output.append(UInt8(ascii: "0") + StoreFault.overBudget.rawValue)
            output.append("it needs ")
            output.appendDecimal(image.memoryBudget.total)
            output.append(" bytes of memory; the board gives ")
            output.appendDecimal(limit)
            output.append("\n")
            return
        }
        do throws(StartError) {
            // The whole of the board but its hardware, and its readers' drivers.
            _ = try Replay(image: image, file: file, start: .start)
            answer(.none, "", to: &output)
        } catch {
            answer(.invalid, "it contradicts itself; 'wardenctl board check' says where", to: &output)
        }
    }

    private static func answer(_ fault: StoreFault, _ words: StaticString, to output: inout TextOutput) {
        output.append(UInt8(ascii: "0") + fault.rawValue)
        output.append(words)
        output.append("\n")
    }

    private static func number(_ text: CText) -> UInt64 {
        var value: UInt64 = 0
        for index in 0..<text.count { value = value &* 10 &+ UInt64(text[index] &- UInt8(ascii: "0")) }
        return value
    }
}
