import ReaderFuzz
import Testing

@Suite("Fuzz entry points")
struct ReaderFuzzTests {
    /// A thousand short courses for each target; the invariants are checked in the course itself, which traps.
    @Test("What must hold for a driver holds over random courses of events", arguments: ReaderFuzz.allCases)
    func randomCourses(target: ReaderFuzz) {
        var generator = SeededGenerator(2_026)
        // Bytes that mean something to some protocol are drawn more often.
        let telling: [UInt8] = [
            0x00, 0x02, 0x03, 0x0D, 0x0A, 0x30, 0x41, 0x53, 0xFF, 0x80, 0x81, 0xD5, 0x40, 0x45, 0x46, 0x48, 0x50, 0x51,
            0x76, 0x78, 0x7A, 0x10, 0x32, 0x46, 0x58,
        ]
        for _ in 0..<1_000 {
            let count = Int.random(in: 0...200, using: &generator)
            let input = (0..<count).map { _ in
                Bool.random(using: &generator)
                    ? telling.randomElement(using: &generator)! : UInt8.random(in: .min ... .max, using: &generator)
            }
            target.run(input.span)
        }
    }
}
