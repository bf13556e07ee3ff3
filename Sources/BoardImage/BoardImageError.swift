import FixedMemory
import WardenMessages

/// Why bytes are no board image that this program may run. The doors then stay in their safe state.
public enum BoardImageError: Error, Equatable, Sendable, BitwiseCopyable {
    /// Fewer bytes than the header of the file.
    case tooShort(byteCount: Int)
    /// The file does not begin with "WARDENB1".
    case notABoardImage
    /// The length in the file does not fit the file: cut off, or something was appended.
    case wrongLength(expected: Int, actual: Int)
    /// The bytes are not those that were written.
    case wrongChecksum(expected: UInt32, actual: UInt32)
    /// Written for another version of the image format.
    case unsupportedFormat(UInt32)
    /// The message cannot be decoded: bytes that are no message of the schema, or a value beyond its bounds.
    case malformed(MessageError)
    /// No header or no capacities, or more than one.
    case incomplete
    /// More entries in a table than this program takes.
    case tooMany(BoardTable, count: Int)
    /// The compiler counted another amount of memory than this program.
    case budgetDiffers(image: UInt64, program: UInt64)
    /// An entry contradicts another one, or itself. `index` is its place, counted from 0.
    case invalidEntry(BoardTable, index: Int, Fault)

    /// What is wrong with an entry.
    public enum Fault: UInt8, Sendable, BitwiseCopyable {
        /// Its name is empty.
        case emptyName = 0
        /// An entry before it in the same table has the same name.
        case duplicateName = 1
        /// It refers to a place that its table does not have.
        case referenceOutOfRange = 2
        /// It refers to an entry of the wrong kind: an input where an output is wanted, a point in another unit.
        case referenceOfWrongKind = 3
        /// An entry before it already uses the same line, port or device address.
        case alreadyUsed = 4
        /// It lacks its kind, or a part that its kind needs.
        case incomplete = 5
        /// Its values contradict each other.
        case contradictory = 6
        /// Its kind or one of its values is unknown to this program.
        case unknownKind = 7
    }

    /// What to do about it, in one sentence.
    public var remedy: StaticString {
        switch self {
        case .tooShort, .wrongLength, .wrongChecksum:
            "Copy the image to the board again; if that does not help, build it again with 'wardenctl board build'."
        case .notABoardImage: "Give the path of an image that 'wardenctl board build' wrote, not of the board file."
        case .unsupportedFormat, .budgetDiffers, .tooMany:
            "Build the image again with the 'wardenctl' that belongs to this program."
        case .malformed, .incomplete, .invalidEntry:
            "Build the image again with 'wardenctl board build', which names the place in the board file."
        }
    }

    /// Writes what is wrong, in one sentence without a full stop.
    public func describe(into sink: inout some ByteSink & ~Copyable) {
        switch self {
        case .tooShort(let byteCount):
            sink.append("the board image has only ")
            sink.appendDecimal(byteCount)
            sink.append(" bytes")
        case .notABoardImage: sink.append("the file is not a board image")
        case .wrongLength(let expected, let actual):
            sink.append("the board image should have ")
            sink.appendDecimal(expected)
            sink.append(" bytes but has ")
            sink.appendDecimal(actual)
        case .wrongChecksum: sink.append("the board image is damaged: its checksum is wrong")
        case .unsupportedFormat(let format):
            sink.append("the board image has format ")
            sink.appendDecimal(format)
            sink.append(", this program reads format ")
            sink.appendDecimal(BoardImage.format)
        case .malformed(let error):
            sink.append("the board image cannot be decoded: error ")
            sink.appendDecimal(error.reason.rawValue)
            sink.append(" in field ")
            sink.appendDecimal(error.field)
        case .incomplete: sink.append("the board image needs exactly one header and one set of capacities")
        case .tooMany(let table, let count):
            sink.append("the board image has ")
            sink.appendDecimal(count)
            sink.append(" ")
            sink.append(table.name)
            sink.append(", at most ")
            sink.appendDecimal(table.limit)
            sink.append(" fit")
        case .budgetDiffers(let image, let program):
            sink.append("the board image counts ")
            sink.appendDecimal(image)
            sink.append(" bytes of memory, this program ")
            sink.appendDecimal(program)
        case .invalidEntry(let table, let index, let fault):
            sink.append("entry ")
            sink.appendDecimal(index)
            sink.append(" of the board image's ")
            sink.append(table.name)
            sink.append(fault.clause)
        }
    }
}

extension BoardImageError.Fault {
    var clause: StaticString {
        switch self {
        case .emptyName: " has no name"
        case .duplicateName: " has the name of an earlier one"
        case .referenceOutOfRange: " refers to something that is not there"
        case .referenceOfWrongKind: " refers to something of the wrong kind"
        case .alreadyUsed: " uses what an earlier one already uses"
        case .incomplete: " is incomplete"
        case .contradictory: " contradicts itself"
        case .unknownKind: " is of a kind that this program does not know"
        }
    }
}
