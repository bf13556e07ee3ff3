/// Made-up motion of a person with an accelerometer at the waist, for where a recording is not to be had. It follows the
/// mechanics of the thing, and proves nothing about detection: that is what recordings are for.
///
/// The body's axes are those of the recordings: y down along the trunk, z out of the belly, x to the side, so that a
/// standing person reads y = -1 g, and one who lies face down z = -1 g.
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

    /// Codes of one g, as the recordings have them: ADXL345 in full resolution, 3.9 mg a step (data sheet, table 1).
    static let codesPerGravity = 256.0

    /// - Parameters:
    ///   - rate: samples a second, 1 to 10,000; what is modelled is felt a thousand times a second.
    ///   - seed: makes another person, another gait and another fall of the same kind; the same seed, the same samples.
    func samples(rate: Int, seed: UInt64) -> TrackSamples {
        var person = MovingPerson(seed: seed)
        switch self {
        case .walk: person.walk(milliseconds: 20_000)
        case .sit:
            person.walk(milliseconds: 3_000)
            person.sitDown()
            person.rest(milliseconds: 9_000)
        case .fall:
            person.walk(milliseconds: 4_000)
            person.fallForward()
            person.rest(milliseconds: 12_000)
        case .lie:
            person.rest(milliseconds: 2_000)
            person.lieDown()
            person.rest(milliseconds: 6_000)
        }
        return .acceleration(person.codes(rate: max(1, min(rate, 10_000))))
    }
}

/// A person in motion, and what the sensor at the waist feels of it, a thousand times a second.
///
/// Additions, multiplications, divisions and square roots only: the same samples on every machine.
private struct MovingPerson {
    /// Specific force in the body's axes, in g.
    struct Force {
        var x: Double
        var y: Double
        var z: Double

        static func + (left: Force, right: Force) -> Force {
            Force(x: left.x + right.x, y: left.y + right.y, z: left.z + right.z)
        }
        static func * (force: Force, factor: Double) -> Force {
            Force(x: force.x * factor, y: force.y * factor, z: force.z * factor)
        }
        var unit: Force { self * (1 / (x * x + y * y + z * z).squareRoot()) }
    }

    private var forces: [Force] = []
    private var random: SeededNumbers
    /// The direction that is up, in the body's axes.
    private var up: Force
    /// Length of the body in metres, and where the sensor is worn on it: the waist is at 0.58 of the height.
    private let height: Double
    private var waist: Double { 0.58 * height }
    private let stepMilliseconds: Int
    private let stepForce: Double

    init(seed: UInt64) {
        random = SeededNumbers(seed: seed)
        height = random.within(1.55...1.90)
        stepMilliseconds = Int(random.within(540...640))
        stepForce = random.within(0.22...0.34)
        // Nobody wears it quite straight.
        up = Force(x: random.within(-0.06...0.06), y: -1, z: random.within(-0.08...0.08)).unit
    }

    /// The samples at another rate: each the mean of its interval, as the sensor's own filter has it.
    func codes(rate: Int) -> [Int16] {
        var codes: [Int16] = []
        let count = forces.count * rate / 1_000
        for index in 0..<count {
            let begin = index * 1_000 / rate
            let interval = forces[begin..<max(begin + 1, (index + 1) * 1_000 / rate)]
            let mean = interval.reduce(Force(x: 0, y: 0, z: 0), +) * (1 / Double(interval.count))
            for value in [mean.x, mean.y, mean.z] {
                codes.append(Int16(clamping: Int((value * MotionModel.codesPerGravity).rounded())))
            }
        }
        return codes
    }

    /// Adds a millisecond, with what the sensor adds of itself: noise of some 8 mg before its filter.
    private mutating func feel(_ force: Force) {
        forces.append(
            Force(x: force.x + random.noise(0.008), y: force.y + random.noise(0.008), z: force.z + random.noise(0.008)))
    }

    // MARK: Movements

    /// Steps of half a second and more: the trunk is pushed up and let down, and sways to both sides in turn.
    mutating func walk(milliseconds: Int) {
        var left = true
        var remaining = milliseconds
        while remaining > 0 {
            let length = stepMilliseconds + Int(random.within(-20...20))
            let strength = stepForce * random.within(0.85...1.15)
            for time in 0..<min(length, remaining) {
                let isPush = time < length / 2
                let bump = MovingPerson.bump(time % max(1, length / 2), of: length / 2)
                let sway = Force(x: (left ? 0.1 : -0.1) * bump, y: 0, z: (isPush ? -0.1 : 0.1) * bump)
                feel(up * (1 + (isPush ? strength : -0.8 * strength) * bump) + sway)
            }
            remaining -= length
            left.toggle()
        }
    }

    /// Still but for breathing, every four seconds.
    mutating func rest(milliseconds: Int) {
        for time in 0..<milliseconds {
            let breath = MovingPerson.bump(time % 2_000, of: 2_000) * (time / 2_000 % 2 == 0 ? 0.012 : -0.012)
            feel(up * (1 + breath))
        }
    }

    /// The trunk leans forward and comes back, the knees give way, and the chair stops it softly.
    mutating func sitDown() {
        let standing = up
        let lean = random.within(0.25...0.45)
        for time in 0..<900 {
            let leaning = MovingPerson.bump(time, of: 900) * lean
            let direction = (standing + Force(x: 0, y: 0, z: -leaning)).unit
            var load = 1.0
            if (250..<600).contains(time) { load -= 0.3 * MovingPerson.bump(time - 250, of: 350) }
            if (600..<760).contains(time) { load += 0.7 * MovingPerson.bump(time - 600, of: 160) }
            feel(direction * load)
        }
        up = (standing + Force(x: 0, y: 0, z: 0.12)).unit
    }

    /// From standing to lying on the back, within two and a half seconds and at no time fast.
    mutating func lieDown() {
        let standing = up
        for time in 0..<2_500 {
            let done = MovingPerson.ease(Double(time) / 2_500)
            feel((standing * (1 - done) + Force(x: 0.05, y: 0, z: done)).unit)
        }
        up = Force(x: 0.05, y: -0.02, z: 1).unit
    }

    /// The foot is caught and the body goes over it like a falling rod; hands and knees, then the trunk, meet the floor;
    /// it bounces once and comes to lie on belly and side.
    mutating func fallForward() {
        let landing = topple()
        let lying = Force(x: random.within(-0.45...0.45), y: random.within(-0.05...0.25), z: -1).unit
        strike(from: landing, to: lying)
        up = lying
    }

    /// A rod that turns about its foot: θ'' = 3g/2L · sin θ. Where the sensor is, h from the foot, gravity and the turn
    /// leave cos θ − h θ'²/g along the body and h θ''/g − sin θ across it.
    ///
    /// - Returns: the direction that is up when the body meets the floor.
    private mutating func topple() -> Force {
        let gravity = 9.81
        var cosine = 1.0
        var sine = 0.0
        /// Radians a second: the speed of walking, turned into rotation by the caught foot.
        var rate = random.within(1.3...1.9)
        let side = random.within(-0.25...0.25)
        let start = up
        // The knees give way: what carries the body becomes less within the first third of a second.
        let giving = random.within(0.45...0.75)
        let tick = 0.001
        var time = 0
        while sine < 0.97, time < 900 {
            let acceleration = 1.5 * gravity / height * sine
            let along = cosine - waist * rate * rate / gravity
            let across = waist * acceleration / gravity - sine
            let carried = 1 - giving * MovingPerson.ease(min(1, Double(time) / 300))
            // Along the body is -y, and the belly goes first.
            feel(Force(x: start.x + side * sine, y: -along * carried, z: across * carried))
            rate += acceleration * tick
            (cosine, sine) = (cosine - sine * rate * tick, sine + cosine * rate * tick)
            let length = (cosine * cosine + sine * sine).squareRoot()
            (cosine, sine) = (cosine / length, sine / length)
            time += 1
        }
        return Force(x: start.x + side * sine, y: -cosine, z: -sine).unit
    }

    /// Hands and knees take a part, the trunk the most of it, then there is one bounce; meanwhile the body settles.
    private mutating func strike(from landing: Force, to lying: Force) {
        let peak = random.within(4.5...7.5)
        let first = 60 + Int(random.within(0...40))
        let length = 55 + Int(random.within(0...35))
        let pause = 90 + Int(random.within(0...60))
        let bounce = random.within(0.25...0.4)
        let total = first + length + pause + 90 + 400
        for time in 0..<total {
            let direction =
                (landing * (1 - MovingPerson.ease(Double(time) / Double(total)))
                + lying * MovingPerson.ease(Double(time) / Double(total))).unit
            var load = 0.35
            var shock = 0.0
            if time < first {
                load = 0.35 + 1.3 * MovingPerson.bump(time, of: first)
            } else if time < first + length {
                shock = MovingPerson.bump(time - first, of: length) * (peak - 0.35)
            } else if time < first + length + pause {
                load = 0.45
            } else if time < first + length + pause + 90 {
                load = 0.45 + 0.55 * Double(time - first - length - pause) / 90
                shock = MovingPerson.bump(time - first - length - pause, of: 90) * peak * bounce
            } else {
                load = 1
                shock = (1 - Double(time - (total - 400)) / 400) * 0.2 * ((time / 40) % 2 == 0 ? 1 : -1)
            }
            // The floor stops the way forward too: a shock is not straight up.
            feel(direction * (load + shock) + Force(x: 0.1, y: 0.45, z: 0) * shock)
        }
    }

    // MARK: Courses

    /// 0 at both ends, 1 in the middle: a parabola.
    static func bump(_ time: Int, of length: Int) -> Double {
        guard length > 0, time < length else { return 0 }
        let place = 2 * Double(time) / Double(length) - 1
        return 1 - place * place
    }

    /// From 0 to 1, slow at both ends.
    static func ease(_ share: Double) -> Double { share * share * (3 - 2 * share) }
}

/// Numbers of a seed, the same everywhere (SplitMix64: Steele, Lea and Flood, 2014).
private struct SeededNumbers {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// Even in 0..<1.
    private mutating func next() -> Double {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return Double((value ^ (value >> 31)) >> 11) * 0x1p-53
    }

    mutating func within(_ range: ClosedRange<Double>) -> Double {
        range.lowerBound + (range.upperBound - range.lowerBound) * next()
    }

    /// Near enough to normally distributed, with this standard deviation: the sum of four even numbers.
    mutating func noise(_ deviation: Double) -> Double {
        (next() + next() + next() + next() - 2) * deviation * 3.0.squareRoot()
    }
}
