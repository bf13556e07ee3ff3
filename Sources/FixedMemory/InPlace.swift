import Synchronization

/// Keeps what it is part of where it is: a field without meaning for a structure of many kilobytes.
///
/// A structure whose fields may lie in registers is copied to the stack, whole, wherever it is borrowed, as for a look at
/// one of its properties. An atomic value must keep its address; so a structure with one in it is handed on by address.
public struct InPlace: ~Copyable {
    private let anchor = Atomic<UInt8>(0)

    public init() {}
}
