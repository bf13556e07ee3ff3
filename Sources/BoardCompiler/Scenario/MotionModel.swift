/// Made-up motion of a person with an accelerometer at the waist, for where a recording is not to be had. It shows the
/// course of the thing, and proves nothing about detection: that is what recordings are for.
///
/// Codes at 256 to standard gravity, y = -256 when upright, as the recordings have them.
enum MotionModel: String, CaseIterable {
    /// Twenty seconds of slow walking.
    case walk
    /// Sitting down quickly, then sitting.
    case sit
    /// Walking, tripping, falling forward, lying still.
    case fall
    /// Lying down slowly, as into a bed.
    case lie

    var explanation: String {
        switch self {
        case .walk: "twenty seconds of slow walking"
        case .sit: "sitting down quickly"
        case .fall: "walking, tripping, falling forward, lying still"
        case .lie: "lying down slowly"
        }
    }

    /// - Parameter rate: samples a second.
    func samples(rate: Int) -> TrackSamples {
        var codes: [Int16] = []
        func add(milliseconds: Int, _ sample: (Int) -> (x: Int, y: Int, z: Int)) {
            for index in 0..<(milliseconds * rate / 1_000) {
                let (x, y, z) = sample(index * 1_000 / rate)
                codes += [Int16(clamping: x), Int16(clamping: y), Int16(clamping: z)]
            }
        }
        switch self {
        case .walk: add(milliseconds: 20_000, MotionModel.step)
        case .sit:
            add(milliseconds: 3_000, MotionModel.step)
            // Down: a little less than gravity, then a soft stop in the chair, the trunk upright all the time.
            add(milliseconds: 400) { _ in (0, -190, 10) }
            add(milliseconds: 120) { _ in (8, -390, 20) }
            add(milliseconds: 9_000) { _ in (4, -252, 30) }
        case .fall:
            add(milliseconds: 4_000, MotionModel.step)
            // The foot is caught: the trunk begins to turn forward.
            add(milliseconds: 300) { time in (20, -250 + 60 * time / 300, -60 - 60 * time / 300) }
            // Hardly any weight on the way down.
            add(milliseconds: 240) { time in (-10, -150 + 130 * time / 240, -110 - 40 * time / 240) }
            // Hands and knees, then the trunk.
            add(milliseconds: 80) { _ in (40, 210, -150) }
            add(milliseconds: 80) { _ in (-20, 430, -360) }
            add(milliseconds: 20) { _ in (-210, 1_700, -1_300) }
            add(milliseconds: 40) { _ in (-110, -160, -500) }
            add(milliseconds: 80) { _ in (-120, 430, -560) }
            add(milliseconds: 60) { _ in (-80, 180, -170) }
            add(milliseconds: 40) { _ in (30, 100, -70) }
            add(milliseconds: 60) { _ in (-200, 380, -80) }
            add(milliseconds: 160) { time in (-150 + 60 * time / 160, 160 - 70 * time / 160, -150 - 50 * time / 160) }
            // Face down, and still but for breathing.
            add(milliseconds: 12_000) { time in (-76, 38 + time / 1_500 % 2, -236 + time / 900 % 3) }
        case .lie:
            add(milliseconds: 2_000) { _ in (0, -256, 0) }
            add(milliseconds: 2_500) { time in
                (0, -256 * (2_500 - time) / 2_500, 256 * time / 2_500)
            }
            add(milliseconds: 6_000) { _ in (0, -6, 256) }
        }
        return .acceleration(codes)
    }

    /// A step every 560 ms: up to 1.3 g and down to 0.75 g, a parabola each way, swaying to both sides in turn.
    private static func step(at time: Int) -> (x: Int, y: Int, z: Int) {
        let phase = time % 560
        let half = phase % 280
        // 0 at both ends of the half, 100 in its middle.
        let bump = 100 - (half - 140) * (half - 140) * 100 / (140 * 140)
        let isPush = phase < 280
        let sway = time / 560 % 2 == 0 ? bump : -bump
        return (sway * 25 / 100, -256 - (isPush ? 77 * bump / 100 : -64 * bump / 100), bump * 30 / 100)
    }
}
