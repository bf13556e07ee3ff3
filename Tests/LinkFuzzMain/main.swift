// libFuzzer's entry point: one input. Built by `.ci/fuzz-link`, which names the target.

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ data: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let bytes = UnsafeBufferPointer(start: data, count: count)
    LinkFuzz(rawValue: fuzzTargetName)!.run(Span(_unsafeElements: bytes))
    return 0
}
