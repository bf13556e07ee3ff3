/// The kernel's error numbers that decide something here (include/uapi/asm-generic/errno-base.h and errno.h; the same on
/// every processor that Warden runs on).
enum LinuxError {
    static var notPermitted: Int32 { 1 }
    static var noEntry: Int32 { 2 }
    static var noSuchDeviceOrAddress: Int32 { 6 }
    static var badDescriptor: Int32 { 9 }
    static var noAccess: Int32 { 13 }
    static var noDevice: Int32 { 19 }
    static var noSpace: Int32 { 28 }
    static var readOnlyFileSystem: Int32 { 30 }
    static var shutDown: Int32 { 108 }
    static var timedOut: Int32 { 110 }
    static var remoteIO: Int32 { 121 }
    static var quotaExceeded: Int32 { 122 }
}
