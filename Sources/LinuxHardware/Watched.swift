import CLinuxHardware

/// What a descriptor in the epoll set belongs to, as it travels through the kernel's 64-bit tag.
struct Watched: Equatable {
    enum Kind: UInt32 {
        case line = 0
        case bus = 1
        case stream = 2
        case listener = 3
        case timer = 4
        case clock = 5
        case signals = 6
        case medium = 7
        case secrets = 8
        case networkListener = 9
        case store = 10
    }

    var kind: Kind
    var index: Int

    init(_ kind: Kind, _ index: Int = 0) {
        self.kind = kind
        self.index = index
    }

    init?(tag: UInt64) {
        guard let kind = Kind(rawValue: UInt32(truncatingIfNeeded: tag >> 32)) else { return nil }
        self.init(kind, Int(UInt32(truncatingIfNeeded: tag)))
    }

    var tag: UInt64 { UInt64(kind.rawValue) << 32 | UInt64(UInt32(truncatingIfNeeded: index)) }
}

/// Conditions to watch a descriptor for.
enum Watch {
    static var nothing: Int32 { Int32(WARDEN_WATCH_NOTHING) }
    static var reading: Int32 { Int32(WARDEN_WATCH_READ) }

    /// What a stream is watched for.
    static func stream(isRead: Bool, isWritten: Bool) -> Int32 {
        (isRead ? reading : nothing) | (isWritten ? Int32(WARDEN_WATCH_WRITE) : nothing)
    }
}
