import ArgumentParser
import EventJournal
import Foundation

struct JournalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "journal", abstract: "Looks at the journal file of a board.", subcommands: [Verify.self])

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Finds out whether anybody removed or changed an event, and whether anything is damaged.",
            discussion: """
                Every block of events carries a keyed hash that also covers the hash of the block before it, so what was \
                changed, removed, replaced or put in another order shows. Without the board's key nobody can make it look \
                right again. The file is only read; copy it from the board, or end wardend first, for the blocks that are \
                being written while it runs count as damaged.

                EXAMPLES
                  wardenctl journal verify /var/lib/warden/journal --hash-key site.hashkey
                  wardenctl journal verify journal --hash-key site.hashkey --json | jq .problems

                Ends with 0 if the journal is sound and 1 if it is not.
                """)

        @Argument(help: "The journal: a file, or a partition.", completion: .file()) var file: String
        @Option(help: "File with the board's key: 64 hexadecimal digits.", completion: .file()) var hashKey: String
        @Flag(help: "Write one JSON object.") var json = false

        func run() throws {
            let key = try HashKeyFile.read(hashKey)
            let file = try JournalFile(self.file)
            let progress = Progress(what: "blocks of \(self.file)")
            let blockCount = Int(file.layout.usedBytes) / file.layout.blockBytes
            var shown = -1
            let verification = file.verify(key: key) { offset in
                // The journal is read from its start to its end, and some of it before that for the lay of the land.
                let block = Int(offset) / file.layout.blockBytes
                guard block * 100 / blockCount > shown else { return }
                shown = block * 100 / blockCount
                progress.show(block, of: blockCount)
            }
            progress.clear()
            switch verification.report.medium {
            case .healthy: break
            case .wrongKey:
                throw Failure(
                    status: .keyMissing, message: "\(hashKey): is not the key that this journal was written with",
                    remedy: "Use the key that the board runs with.")
            default:
                throw Failure(
                    status: .cannotRead, message: "\(self.file): cannot be read to its end",
                    remedy: "Copy it with a tool that passes over unreadable sectors, such as ddrescue.")
            }
            Terminal.write(json ? verification.json(file: self.file) + "\n" : verification.text(file: self.file))
            if !verification.report.isSound { throw ExitCode(ExitStatus.negative.rawValue) }
        }
    }
}
