/// How much the journal holds in memory; everything is allocated from these when it is made.
public struct JournalCapacities: Sendable, BitwiseCopyable {
    /// Bytes of memory for the newest events of each class: at least 1,024 and at most 16 MiB each.
    ///
    /// An event takes 32 bytes and its payload, rounded up to a multiple of 8. This is what each class may hold while
    /// the medium is slow or gone, so it is sized for an outage, not for the moment.
    public var memoryBytes: PerClass<Int>
    /// Named readers, 1 to 32.
    public var readers: Int
    /// Events a reader may be handed before it acknowledges the first of them, 1 to 65,535.
    public var readerWindow: Int
    /// Values that the state store holds for the runtime, 1 to 32,767.
    public var stateEntries: Int

    public init(
        memoryBytes: PerClass<Int> = PerClass(
            alarm: 16_384, access: 32_768, trouble: 16_384, audit: 16_384, system: 8_192, telemetry: 32_768),
        readers: Int = 8, readerWindow: Int = 128, stateEntries: Int = 512
    ) {
        self.memoryBytes = memoryBytes
        self.readers = readers
        self.readerWindow = readerWindow
        self.stateEntries = stateEntries
    }

    /// With the journal's own values: one for each class, for each reader, and two more.
    var allStateEntries: Int { stateEntries + EventClass.count + readers + 2 }
}
