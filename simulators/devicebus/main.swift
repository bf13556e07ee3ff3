import Glibc

guard CommandLine.arguments.count == 1 else {
    print(DeviceBus.usage)
    let asksForHelp = CommandLine.arguments.contains { ["-h", "--help", "help"].contains($0) }
    exit(asksForHelp ? 0 : 64)
}

var bus = DeviceBus()
while let line = readLine(), let answer = bus.answer(line) {
    print(answer)
    // An answer must not wait in a buffer while the other side waits for it.
    fflush(nil)
}
