import Foundation
import LinkFuzz
import Testing

/// What must hold for a peer's bytes is checked in the targets themselves, which trap.
@Suite struct FuzzTests {
    /// Inputs that once reached something new, or once failed.
    static func corpus(_ target: LinkFuzz) throws -> [[UInt8]] {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../LinkFuzz/Corpus/\(target.rawValue).hex")
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map { bytes(String($0)) }
    }

    @Test(arguments: LinkFuzz.allCases)
    func whatMustHoldHoldsForTheInputsThatAreKept(target: LinkFuzz) throws {
        let inputs = try Self.corpus(target)
        #expect(inputs.count > 5)
        for input in inputs { target.run(input.span) }
    }

    @Test(arguments: LinkFuzz.allCases)
    func whatMustHoldHoldsForInputsThatAreChangedALittle(target: LinkFuzz) throws {
        let inputs = try Self.corpus(target)
        var generator = SeededGenerator(seed: 2_026)
        for _ in 0..<500 {
            var input = inputs.randomElement(using: &generator)!
            for _ in 0...Int.random(in: 0...3, using: &generator) where !input.isEmpty {
                let place = Int.random(in: 0..<input.count, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: input[place] = UInt8.random(in: .min ... .max, using: &generator)
                case 1: input[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
                case 2: input.remove(at: place)
                default: input.insert(contentsOf: generator.bytes(3), at: place)
                }
            }
            target.run(input.span)
        }
    }
}
