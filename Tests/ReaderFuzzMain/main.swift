// libFuzzer's entry point: one input, one course of events. Built by `.ci/fuzz-readers`, which names the target.

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ data: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let bytes = UnsafeBufferPointer(start: data, count: count)
    ReaderFuzz(rawValue: fuzzTargetName)!.run(Span(_unsafeElements: bytes))
    return 0
}
