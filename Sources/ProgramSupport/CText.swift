import CLinuxHardware
import FixedMemory

/// Text that C owns and that lives as long as the process: an argument, a variable of the environment, an error's words.
public struct CText: BitwiseCopyable, @unchecked Sendable {
    public let pointer: UnsafePointer<CChar>

    public init(_ pointer: UnsafePointer<CChar>) { self.pointer = pointer }

    /// The kernel's words for an error number, such as "No such file or directory".
    public init(systemError: Int32) { pointer = warden_error_text(systemError) }

    /// Bytes before the zero.
    public var count: Int {
        var length = 0
        while pointer[length] != 0 { length += 1 }
        return length
    }

    public subscript(_ index: Int) -> UInt8 { UInt8(bitPattern: pointer[index]) }

    public static func == (text: CText, literal: StaticString) -> Bool {
        text.hasPrefix(literal) && text.pointer[literal.utf8CodeUnitCount] == 0
    }

    public func hasPrefix(_ literal: StaticString) -> Bool {
        for index in 0..<literal.utf8CodeUnitCount where self[index] != literal.utf8Start[index] { return false }
        return true
    }

    public func hasSuffix(_ literal: StaticString) -> Bool {
        let start = count - literal.utf8CodeUnitCount
        return start >= 0 && dropFirst(start) == literal
    }

    /// The text after its first `length` bytes, of which there are at least so many.
    public func dropFirst(_ length: Int) -> CText { CText(pointer + length) }

    public func append(to sink: inout some ByteSink & ~Copyable) {
        var index = 0
        while pointer[index] != 0 {
            sink.append(self[index])
            index += 1
        }
    }
}

/// The arguments that the program was started with, its own name not counted.
///
/// Options are written `--name VALUE` or `--name=VALUE`.
public struct ProgramArguments {
    private var position: Int32 = 0

    public init() {}

    /// The next argument, or `nil` at the end.
    public mutating func next() -> CText? {
        guard position < warden_argument_count() else { return nil }
        position += 1
        return CText(warden_argument(position - 1))
    }

    /// The value of `option` if `argument` is that option.
    ///
    /// - Returns: `.value`, `.missing` if the option ends the command line, or `.other` if it is another argument.
    public mutating func value(of option: StaticString, in argument: CText) -> OptionValue {
        guard argument.hasPrefix(option) else { return .other }
        let rest = argument.dropFirst(option.utf8CodeUnitCount)
        if rest[0] == UInt8(ascii: "=") { return .value(rest.dropFirst(1)) }
        guard rest[0] == 0 else { return .other }
        guard let value = next() else { return .missing }
        return .value(value)
    }

    public enum OptionValue {
        case value(CText)
        case missing
        case other
    }
}
