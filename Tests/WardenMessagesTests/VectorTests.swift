import Foundation
import SwiftProtobuf
import SwiftProtobufMessages
import Testing
import WardenMessages

/// The golden messages of `firmware-proto/vectors`, which were encoded by the `protobuf` package of PyPI.
@Suite struct VectorTests {
    struct Vectors: Decodable {
        struct Taken: Decodable, CustomTestStringConvertible {
            var message: String
            var text: String
            var wire: String
            var testDescription: String { "\(message) \(text.prefix(60))" }
        }
        struct Refused: Decodable, CustomTestStringConvertible {
            var message: String
            var name: String
            var wire: String
            var reason: String
            var field: UInt32
            var testDescription: String { name }
        }
        var messages: [Taken]
        var refused: [Refused]
    }

    static let vectors = Result {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../firmware-proto/vectors/messages.json")
        return try JSONDecoder().decode(Vectors.self, from: Data(contentsOf: file))
    }

    static func bytes(_ hexadecimal: String) -> [UInt8] {
        let digits = Array(hexadecimal.utf8)
        return stride(from: 0, to: digits.count, by: 2).map {
            UInt8(String(decoding: digits[$0..<($0 + 2)], as: UTF8.self), radix: 16)!
        }
    }

    static func message(_ name: String) throws -> MessageCase {
        try #require(MessageCase.all.first { $0.name == name })
    }

    @Test(arguments: try vectors.get().messages)
    func aMessageIsMadeAndTakenAsTheVectorSays(vector: Vectors.Taken) throws {
        let message = try Self.message(vector.message)
        let wire = Self.bytes(vector.wire)
        #expect(try message.ours(wire) == wire)
        // swift-protobuf reads the text, and so says what the bytes are to mean.
        #expect(try message.ours(message.fromText(vector.text)) == wire)
    }

    @Test(arguments: try vectors.get().refused)
    func whatIsNoMessageIsRefusedAsTheVectorSays(vector: Vectors.Refused) throws {
        let message = try Self.message(vector.message)
        do {
            _ = try message.ours(Self.bytes(vector.wire))
            Issue.record("it was taken")
        } catch let error as MessageError {
            #expect("\(error.reason)" == vector.reason)
            #expect(error.field == vector.field)
        }
    }
}
