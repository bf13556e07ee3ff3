import Testing

@testable import BoardCompiler

@Suite("A commissioning report is read out of whatever was captured of the console, and handed over")
struct CommissioningReportTests {
    static let captured = """
        > status\r
        board         lobby\r
        fitter> test report --plain\r
        commissioning\tlobby\tgeneration 3\tWarden 0.1.0\t2026-11-22 18:05:00\r
        door\tentrance\tright\t2026-11-22 17:01:02 by console 0 user fitter\r
        point\tsiren <old>\twrong\t2026-11-22 17:02:00 by console 0 user fitter\r
        detector\tsmoke\tnot tested\t\r
        all\t3\tright 1\twrong 1\tpassed over 0\tnot tested 1\r
        exit 0 done\r
        fitter>
        """

    @Test("Everything is in it, what is not right first")
    func reads() throws {
        let report = try #require(CommissioningReport(captured: Self.captured))
        #expect(report.board == "lobby" && report.moment == "2026-11-22 18:05:00")
        #expect(report.entries.map(\.verdict) == ["right", "wrong", "not tested"])
        #expect(
            report.entries[0].person == "console 0 user fitter" && report.entries[0].moment == "2026-11-22 17:01:02")
        #expect(!report.isClean)
        let page = report.html()
        #expect(page.contains("Commissioning of lobby") && page.contains("siren &lt;old&gt;"))
        let open = try #require(page.range(of: "id=\"open\""))
        let all = try #require(page.range(of: "id=\"everything\""))
        #expect(open.lowerBound < all.lowerBound)
    }

    @Test("One that was cut short, or lost a row to a bad line, is none")
    func incomplete() {
        #expect(CommissioningReport(captured: "") == nil)
        #expect(CommissioningReport(captured: "commissioning\tlobby\tgeneration 3\tW\tnow\nall\n") == nil)
        let cut = Self.captured.split(separator: "all\t")[0]
        #expect(CommissioningReport(captured: String(cut)) == nil)
        let rowLost = Self.captured.replacing("point\tsiren <old>\twrong", with: "po\u{FFFD}")
        #expect(CommissioningReport(captured: rowLost) == nil)
    }
}
