import AccessControl
import Testing

@Suite("A contact supervised by resistors at the end of its line")
struct SupervisedInputTests {
    @Test(
        "1 kilohm in series, 1 kilohm across, 20 per cent",
        arguments: [
            (0, .shorted), (499, .shorted), (500, .foreign), (799, .foreign), (800, .closed), (1_000, .closed),
            (1_200, .closed), (1_201, .foreign), (1_599, .foreign), (1_600, .open), (2_000, .open), (2_400, .open),
            (2_401, .foreign), (4_000, .foreign), (4_001, .cut), (UInt32.max, .cut),
        ] as [(UInt32, ContactState)])
    func bands(ohms: UInt32, expected: ContactState) {
        #expect(SupervisedInput().state(ohms: ohms) == expected)
    }

    @Test("a contact that is open while the door is closed")
    func inverted() {
        let input = SupervisedInput(isOpenWhenDoorClosed: true)
        #expect(input.state(ohms: 1_000) == .open)
        #expect(input.state(ohms: 2_000) == .closed)
        #expect(input.state(ohms: 0) == .shorted)
        #expect(input.state(ohms: 90_000) == .cut)
    }

    @Test(
        "bands that touch are refused",
        arguments: [
            (1_000, 1_000, 20, true), (1_000, 1_000, 25, true), (4_700, 2_200, 20, false), (4_700, 2_200, 10, true),
            (2_200, 4_700, 20, true), (99, 1_000, 10, false), (1_000, 1_000, 26, false), (1_000, 1_000, 0, false),
        ] as [(UInt32, UInt32, UInt32, Bool)])
    func consistency(series: UInt32, across: UInt32, tolerance: UInt32, expected: Bool) {
        let input = SupervisedInput(seriesOhms: series, acrossOhms: across, tolerancePercent: tolerance)
        #expect(input.isConsistent == expected)
    }

    @Test("every resistance falls into exactly one band, and both nominal values into theirs")
    func total() {
        for (series, across) in [(1_000, 1_000), (2_200, 4_700), (4_700, 4_700)] as [(UInt32, UInt32)] {
            let input = SupervisedInput(seriesOhms: series, acrossOhms: across)
            #expect(input.state(ohms: series) == .closed)
            #expect(input.state(ohms: series + across) == .open)
            var changes = 0
            var last = input.state(ohms: 0)
            for ohms in stride(from: UInt32(0), through: 40_000, by: 1) where input.state(ohms: ohms) != last {
                last = input.state(ohms: ohms)
                changes += 1
            }
            // Short, foreign, closed, foreign, open, foreign, cut.
            #expect(changes == 6)
        }
    }

    @Test(
        "from the voltage below a pull-up",
        arguments: [
            (0, 0), (-5, 0), (2_500_000, 1_000), (3_333_333, 1_999), (5_000_000, .max), (5_100_000, .max),
        ] as [(Int32, UInt32)])
    func divider(microvolts: Int32, ohms: UInt32) {
        #expect(
            SupervisedInput.ohms(microvolts: microvolts, supplyMicrovolts: 5_000_000, pullUpOhms: 1_000) == ohms)
    }
}
