// Shows that a build is sound on the processor it runs on: the compiler's target options, the calling convention of the
// C libraries, atomics between threads, lazily built tables. Run on every processor by `make embedded arm64 armhf`.
//
// Prints one line a check and ends with 0 only if all of them hold.

import CLinuxHardware

let passed = SelfTest.run()
print(passed ? "self-test passed" : "self-test FAILED")
warden_exit(passed ? 0 : 1)
