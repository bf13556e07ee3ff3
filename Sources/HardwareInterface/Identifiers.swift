// Places in the board image's tables. The image numbers each table from 0 in file order; names live in the image.

/// A digital line, input or output, in the board image's line table.
public struct LineIndex: Hashable, Sendable, BitwiseCopyable {
    public var value: UInt16
    @inlinable public init(_ value: UInt16) { self.value = value }
}

/// An I2C bus in the board image's bus table.
public struct BusIndex: Hashable, Sendable, BitwiseCopyable {
    public var value: UInt8
    @inlinable public init(_ value: UInt8) { self.value = value }
}

/// A byte stream: serial ports of the board image first, then consoles and connections as they come.
public struct StreamIndex: Hashable, Sendable, BitwiseCopyable {
    public var value: UInt16
    @inlinable public init(_ value: UInt16) { self.value = value }
}

/// A measured or sensed quantity in the board image's point table.
public struct PointIndex: Hashable, Sendable, BitwiseCopyable {
    public var value: UInt16
    @inlinable public init(_ value: UInt16) { self.value = value }
}
