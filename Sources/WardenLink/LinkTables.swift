import Authority

/// What all links of a board share.
public struct LinkTables: ~Copyable {
    /// Whom the board knows.
    public var access: AccessTable
    public internal(set) var counters = LinkCounters()
    var commands = CommandMemory(capacity: LinkLimits.rememberedCommands)

    public init(access: consuming AccessTable) { self.access = access }
}
