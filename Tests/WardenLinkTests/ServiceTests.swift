import FixedMemory
import HardwareInterface
import Testing
import WardenLink
import WardenMessages

@Suite struct ServiceTests {
    /// Each service, what is answered to the role it needs, and the highest role that may not.
    static let services: [(Request.Body, allowed: LinkPeer, Response.Body, denied: LinkPeer, Response.Body)] = [
        (
            .clock(ClockSetting(unixMs: 1)), LinkBench.technicianUser, .service(ServiceAnswer()),
            LinkBench.operatorUser, .service(ServiceAnswer(result: .notPermitted))
        ),
        (
            .logLevel(LogLevelSetting(level: .debug)), LinkBench.technicianUser, .service(ServiceAnswer()),
            LinkBench.operatorUser, .service(ServiceAnswer(result: .notPermitted))
        ),
        (
            .image(ImageTransfer(step: .action(.apply))), LinkBench.administratorUser,
            .image(ImageState(phase: .receiving)), LinkBench.technicianUser, .image(ImageState(result: .notPermitted))
        ),
        (
            .readerFile(ReaderFileTransfer(reader: 1, step: .action(.query))), LinkBench.technicianUser,
            .readerFile(ReaderFileState(phase: .sending)), LinkBench.operatorUser,
            .readerFile(ReaderFileState(result: .notPermitted))
        ),
        (
            .credentials(CredentialTransfer(step: .commit(CredentialCommit()))), LinkBench.administratorUser,
            .credentials(CredentialState(version: 5)), LinkBench.technicianUser,
            .credentials(CredentialState(result: .notPermitted))
        ),
    ]

    @Test(arguments: services.indices)
    func aServiceIsForItsRoleAndThoseAboveIt(index: Int) throws {
        let (request, allowed, answer, denied, refusal) = Self.services[index]
        for (peer, expected) in [(allowed, answer), (denied, refusal)] {
            var bench = LinkBench(peer: peer)
            bench.send(request)
            #expect(try bench.responses().map(\.body) == [expected])
        }
    }

    @Test func theRecorderIsReadFromWhereADownloadWasInterrupted() throws {
        for (offset, limit, expected) in [(0, 0, 100..<2_000), (0, 1_500, 100..<1_500), (1_234, 500, 1_234..<1_734)] {
            var bench = LinkBench(peer: LinkBench.technicianUser)
            bench.send(.recorder(RecorderQuery(offset: UInt64(offset), limit: UInt32(limit))))
            let responses = try bench.responses()
            var bytes: [UInt8] = []
            for case .recorder(let chunk)? in responses.map(\.body) {
                #expect(chunk.offset == UInt64(100 + bytes.count) || offset != 0)
                bytes += array(chunk.data.span)
            }
            #expect(bytes == expected.map { UInt8(truncatingIfNeeded: $0) })
            #expect(responses.last?.body == .end(EndOfList(count: UInt32(responses.count - 1))))
        }
    }

    @Test func theRecorderIsNotForOperators() throws {
        var bench = LinkBench()
        bench.send(.recorder(RecorderQuery()))
        #expect(try bench.responses().map(\.body) == [.service(ServiceAnswer(result: .notPermitted))])
    }

    @Test func countersAreATable() throws {
        var bench = LinkBench(peer: LinkBench.observerUser)
        bench.send(.table(TableQuery(kind: .counters)))
        let counters = try bench.responses().compactMap {
            if case .counter(let counter)? = $0.body { counter } else { nil }
        }
        #expect(counters.map(\.index) == (0..<27).map { UInt32($0) })
        #expect(counters.first == CounterStatus(index: 0, name: "links opened", value: 1))
        #expect(counters.last == CounterStatus(index: 26, name: "turns", value: 42))
    }
}
