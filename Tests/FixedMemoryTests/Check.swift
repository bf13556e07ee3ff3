import Testing

/// `#expect` for conditions over values that cannot be copied, which the macro would try to capture.
func check(_ condition: Bool, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(condition, sourceLocation: sourceLocation)
}
