import Testing

// The fake kernel is one for the process, as a kernel is: tests that use it take turns.
@Suite(.serialized) struct LinuxHardwareTests {}
