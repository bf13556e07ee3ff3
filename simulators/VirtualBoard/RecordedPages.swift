import Recording

extension VirtualMedium {
    /// What a flight recorder has written, of the board's newest run, oldest page first: as much of it as follows on one
    /// another.
    ///
    /// - Parameters:
    ///   - area: where its ring lies.
    ///   - pageBytes: the size of a page.
    ///   - throughLosses: also pages behind records that were lost; otherwise what follows on the last loss.
    public func recordedPages(in area: RecordingArea, pageBytes: Int, throughLosses: Bool = false) -> [[UInt8]] {
        var found: [(page: RecordingPage, bytes: [UInt8])] = []
        for place in 0..<area.pages {
            let start = Int(area.offset) + place * pageBytes
            let bytes = [UInt8](bytes[start..<start + pageBytes])
            if let page = RecordingPage(bytes.span) { found.append((page, bytes)) }
        }
        let run = found.map { $0.page.run }.max()
        let ofRun = found.filter { $0.page.run == run }.sorted { $0.page.number < $1.page.number }
        var first = 0
        for place in ofRun.indices.dropFirst() {
            var page = ofRun[place].page
            if throughLosses { page.followsLoss = false }
            if !page.follows(ofRun[place - 1].page) { first = place }
        }
        return ofRun[first...].map { $0.bytes }
    }
}
