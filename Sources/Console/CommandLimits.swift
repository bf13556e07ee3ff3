/// How long what somebody asks for may last, for whoever reads a line and whoever carries it out.
public enum CommandLimits {
    /// A walk test, s: one that is forgotten must end.
    public static var longestTest: UInt32 { 14_400 }
    /// An absence or a hush, s: as the schema has it for every command.
    public static var longestAbsence: UInt32 { 7_776_000 }
}
