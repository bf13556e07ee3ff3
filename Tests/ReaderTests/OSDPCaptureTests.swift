import FixedMemory
import Foundation
import Testing

@testable import Drivers

@Suite("OSDP: captures of real buses")
struct OSDPCaptureTests {
    struct Line: Decodable {
        var io: String
        var data: String
    }

    /// Captures in the repository's folder, and those beside the checkout.
    static var captures: [URL] {
        let here = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        var folders = [here.deletingLastPathComponent().appendingPathComponent("ReaderCaptures")]
        if let data = ProcessInfo.processInfo.environment["WARDEN_DATA"] {
            folders.append(URL(fileURLWithPath: data).appendingPathComponent("vectors"))
        } else {
            var parent = here
            for _ in 0..<5 {
                parent = parent.deletingLastPathComponent()
                let candidate = parent.appendingPathComponent("shared/data/vectors")
                guard FileManager.default.fileExists(atPath: candidate.path) else { continue }
                folders.append(candidate)
                break
            }
        }
        let files = folders.flatMap {
            (try? FileManager.default.contentsOfDirectory(at: $0, includingPropertiesForKeys: nil)) ?? []
        }
        return files.filter { $0.pathExtension == "osdpcap" }.sorted { $0.lastPathComponent < $1.lastPathComponent }
    }

    @Test("Every captured packet is read, makes sense, and a known command is written the same")
    func replay() throws {
        let captures = Self.captures
        if captures.isEmpty { print("SKIPPED: no *.osdpcap (set WARDEN_DATA to the folder of recorded data)") }
        for file in captures {
            let lines = try String(contentsOf: file, encoding: .utf8).split(whereSeparator: \.isNewline)
            var count = 0
            for line in lines {
                let entry = try JSONDecoder().decode(Line.self, from: Data(line.utf8))
                var bytes = hexBytes(entry.data.replacingOccurrences(of: "-", with: ""))
                if bytes.first == OSDPPacket.mark { bytes.removeFirst() }
                guard case .packet(let layout) = OSDPPacket.parse(bytes.span) else {
                    Issue.record("\(file.lastPathComponent): not a packet: \(entry.data)")
                    continue
                }
                count += 1
                #expect(layout.length == bytes.count)
                if entry.io != "trace" { #expect(layout.isReply == (entry.io == "out")) }
                guard layout.securityType == nil else { continue }
                let data = Array(bytes[(layout.code + 1)..<layout.dataEnd])
                if layout.isReply {
                    #expect(throws: Never.self, "\(entry.data)") { try Self.decode(bytes[layout.code], data) }
                } else {
                    #expect(Self.written(layout, bytes[layout.code], data) == bytes)
                }
            }
            #expect(count > 0, "\(file.lastPathComponent) holds packets")
        }
    }

    private static func decode(_ code: UInt8, _ data: [UInt8]) throws {
        do throws(MalformedReason) { _ = try OSDPReply.decode(code, data.span) } catch { throw error }
    }

    private static func written(_ layout: OSDPPacket.Layout, _ code: UInt8, _ data: [UInt8]) -> [UInt8] {
        var packet = ByteBuffer(capacity: 1_500)
        var session: OSDPSecureSession? = nil
        let envelope = OSDPPacket.Envelope(
            address: layout.address, sequence: layout.sequence, check: layout.check, handshakeType: nil, keyType: 1)
        OSDPPacket.write(envelope, code, data.span, session: &session, into: &packet)
        return (1..<packet.count).map { packet[$0] }
    }
}
