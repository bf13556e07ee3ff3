import HardwareInterface
import LifeSafety
import Testing

@testable import BoardCompiler

@Suite("Made-up motion is what it is called, to the real fall detector, whoever moves")
struct MotionModelTests {
    /// What the detector of the board makes of a motion that begins after three seconds of standing.
    static func isFall(_ model: MotionModel, rate: Int, seed: UInt64) throws -> Bool {
        guard case .acceleration(let codes) = model.samples(rate: rate, seed: seed) else { return false }
        var detector = FallDetector(FallDetector.Configuration(source: PointIndex(0)))
        let interval = Interval(nanoseconds: 1_000_000_000 / Int64(rate))
        var samples = [AccelerationSample](repeating: AccelerationSample(x: 0, y: -1_000, z: 0), count: 3 * rate)
        for start in stride(from: 0, to: codes.count, by: 3) {
            let milligravity = (0..<3).map { Int16(clamping: Int(codes[start + $0]) * 1_000 / 256) }
            samples.append(AccelerationSample(x: milligravity[0], y: milligravity[1], z: milligravity[2]))
        }
        detector.receive(samples.span, lastAt: .start + interval * Int64(samples.count), interval: interval)
        return detector.decidedAt != nil
    }

    @Test("A fall is found and daily life is not taken for one, at the rates of sensors", arguments: [25, 200])
    func recognised(rate: Int) throws {
        for seed in UInt64(0)..<10 {
            for model in MotionModel.allCases {
                #expect(
                    try MotionModelTests.isFall(model, rate: rate, seed: seed) == (model == .fall),
                    "\(model) of seed \(seed) at \(rate) Hz")
            }
        }
    }

    @Test("A seed gives the same samples again, and another seed others")
    func seeds() {
        for model in MotionModel.allCases {
            #expect(model.samples(rate: 50, seed: 1) == model.samples(rate: 50, seed: 1))
            #expect(model.samples(rate: 50, seed: 1) != model.samples(rate: 50, seed: 2))
        }
    }

    @Test("At rest the sensor reads one g, and after a fall along another axis than before")
    func gravity() throws {
        guard case .acceleration(let codes) = MotionModel.fall.samples(rate: 200, seed: 1) else { return }
        func mean(_ samples: Range<Int>) -> [Double] {
            (0..<3).map { axis in
                samples.reduce(0.0) { $0 + Double(codes[3 * $1 + axis]) } / Double(samples.count) / 256
            }
        }
        let lying = mean((codes.count / 3 - 400)..<(codes.count / 3))
        let length = lying.reduce(0) { $0 + $1 * $1 }.squareRoot()
        #expect((0.97...1.03).contains(length))
        #expect(lying[2] < -0.85)
        #expect(mean(0..<400)[1] < -0.9)
    }

    @Test("A rate beyond what is modelled, or none, gives no trap")
    func extremes() {
        #expect(MotionModel.walk.samples(rate: 1_000_000, seed: 0).count == 200_000)
        #expect(MotionModel.walk.samples(rate: 0, seed: 0).count == 20)
    }
}
