#if HostTools
    import BoardCompiler
    import BoardImage
    import CSimulator
    import Cryptography
    import FixedMemory

    /// Boards and scenarios as people write them, compiled on the way in. What is wrong with them is said with its place.
    enum SourceFiles {
        /// The largest source file: far more than a board of full capacity needs.
        private static var textLimit: Int { 4 << 20 }

        static func board(_ arguments: Arguments, _ key: HashKey) throws(Failure) -> ByteBuffer {
            let text = try readText(arguments.board)
            let result = BoardCompiler().check(text)
            report(result.problems, of: text, arguments.board)
            guard let board = result.board else {
                throw Failure(code: .invalidInput, message: "is not a sound board file", subject: arguments.board)
            }
            let readerKeys = try readerKeys(arguments)
            do throws(CheckedBoard.BuildFailure) {
                return buffer(try board.image(key: key, readerKeys: readerKeys, generation: 1))
            } catch {
                if case .readerKeyMissing = error {
                    throw Failure(
                        code: .wrongKey, message: "names a reader key that is not in the file given with --reader-keys",
                        subject: arguments.board)
                }
                if case .sameCard = error {
                    throw Failure(
                        code: .invalidInput, message: "lists one card twice; 'wardenctl board build' says which",
                        subject: arguments.board)
                }
                throw Failure(
                    code: .invalidInput,
                    message: "compiles to an image that the runtime refuses: use programs of one build",
                    subject: arguments.board)
            }
        }

        private static func readerKeys(_ arguments: Arguments) throws(Failure) -> [String: AES128] {
            guard let path = arguments.readerKeys else { return [:] }
            let text = try readText(path)
            do throws(ReaderKeys.Failure) {
                return try ReaderKeys(text).keys
            } catch {
                throw Failure(
                    code: .invalidInput, message: "is not a file of lines NAME: 32 hexadecimal digits", subject: path)
            }
        }

        /// - Parameter image: the board that the scenario is played on.
        static func scenario(_ arguments: Arguments, _ image: Span<UInt8>) throws(Failure) -> ByteBuffer {
            if let corpus = arguments.corpus, !simulator_is_folder(corpus) {
                throw Failure(
                    code: .cannotRead,
                    message: "is not a folder of recordings; leave --corpus out to play made-up ones",
                    subject: corpus)
            }
            let text = try readText(arguments.scenario)
            let board: ScenarioBoard
            do throws(BoardImageError) {
                board = try ScenarioBoard(image: image.withUnsafeBytes { Array($0) })
            } catch {
                throw Failure(code: .invalidInput, message: Inputs.text(of: error), subject: arguments.board)
            }
            let folder = arguments.corpus.map { String(cString: $0) }
            let compiler = ScenarioCompiler(board: board) { name in folder.flatMap { recording(name, in: $0) } }
            let result = compiler.compile(text)
            report(result.problems, of: text, arguments.scenario)
            guard let file = result.file else {
                throw Failure(code: .invalidInput, message: "is not a sound scenario", subject: arguments.scenario)
            }
            if !result.substituted.isEmpty, !arguments.isQuiet {
                complain("wardensim: made up, as there are no recordings of them: ")
                complain(result.substituted.joined(separator: ", "))
                complain(folder == nil ? "; --corpus DIR says where recordings are\n" : "\n")
            }
            return buffer(file)
        }

        /// A recording below the folder; `nil` if it is not there. A scenario reaches nothing outside the folder.
        private static func recording(_ name: String, in folder: String) -> [UInt8]? {
            guard !name.hasPrefix("/"), !name.split(separator: "/").contains("..") else { return nil }
            return (folder + "/" + name).withCString { path in
                guard let file = try? Inputs.read(path) else { return nil }
                return file.span.withUnsafeBytes { Array($0) }
            }
        }

        private static func readText(_ path: UnsafePointer<CChar>) throws(Failure) -> String {
            let file = try Inputs.read(path)
            guard file.count <= textLimit else {
                throw Failure(code: .invalidInput, message: "is larger than the 4 MiB that are read", subject: path)
            }
            guard let text = file.span.withUnsafeBytes({ String(validating: $0, as: UTF8.self) }) else {
                throw Failure(code: .invalidInput, message: "is not UTF-8 text", subject: path)
            }
            return text
        }

        private static func report(_ problems: [Problem], of text: String, _ path: UnsafePointer<CChar>) {
            guard !problems.isEmpty else { return }
            let report = ProblemReport(fileName: String(cString: path), text: text, problems: problems)
            complain(report.text(colour: simulator_is_terminal(2)))
            complain("\(report.fileName): \(report.summary)\n")
        }

        private static func complain(_ text: String) {
            var errors = Output(descriptor: 2)
            errors.write(Array(text.utf8).span)
            errors.flush()
        }

        private static func buffer(_ bytes: [UInt8]) -> ByteBuffer {
            var buffer = ByteBuffer(capacity: bytes.count)
            buffer.append(bytes.span)
            return buffer
        }
    }
#endif
