import CSimulator

/// `wardensim soak`: random lives of a whole board, by the program for that, which lies beside this one.
enum SoakCommand {
    /// - Returns: `nil` if the command line asks for something else; otherwise only why it could not be done.
    static func run() -> ExitCode? {
        guard simulator_argument_count() >= 2, Arguments.matches(simulator_argument(1), "soak") else { return nil }
        let error = simulator_become("warden-soak")
        var errors = Output(descriptor: 2)
        errors.write("wardensim: warden-soak cannot be started beside this program: ")
        errors.write(simulator_error_text(error))
        errors.write("\n  on a development machine 'swift build --product warden-soak' makes it\n")
        errors.flush()
        return .unavailable
    }
}
