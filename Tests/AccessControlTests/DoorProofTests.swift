import AccessControl
import HardwareInterface
import Testing

@Suite("The proof that a fire leaves no egress door locked")
struct DoorProofTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var name: String
        var lock: LockWiring
        var isEgress = true
        var handle = MechanicalEgress.none
        var isReleasedByMatrix = true
        var reset = FireReset.byPersonOnceCauseIsGone
        var kind = DoorKind.single
        var isInterlocked = false
        var expected: DoorProof.Verdict
        var path: [ProofStep] = []
        var testDescription: String { name }
    }

    @Test(
        "door by door",
        arguments: [
            Case(name: "maglock fed by a relay that falls off", lock: LockWiring(kind: .maglock), expected: .proven),
            Case(
                name: "the same in an interlock", lock: LockWiring(kind: .maglock), isInterlocked: true,
                expected: .proven),
            Case(
                name: "the same, reset with its cause", lock: LockWiring(kind: .maglock), reset: .withCause,
                expected: .proven),
            Case(name: "fail-safe strike", lock: LockWiring(kind: .strikeFailSafe), expected: .proven),
            Case(
                name: "two-leaf door with maglocks", lock: LockWiring(kind: .maglock), kind: .twoLeaf, expected: .proven
            ),
            Case(
                name: "no fire reaches the door", lock: LockWiring(kind: .maglock), isReleasedByMatrix: false,
                expected: .refuted,
                path: [.powerOn, .runtimeClaimsLines, .runtimeDecides, .fireBegins]),
            Case(
                name: "no fire reaches the door, but the panel cuts the lock's supply",
                lock: LockWiring(kind: .maglock, isCutByFirePanel: true), isReleasedByMatrix: false, expected: .proven),
            Case(
                name: "maglock fed while the relay is at rest",
                lock: LockWiring(kind: .maglock, relay: .normallyClosed), expected: .refuted,
                path: [.powerOn, .fireBegins]),
            Case(
                name: "fail-secure strike without handle", lock: LockWiring(kind: .strikeFailSecure),
                expected: .refuted,
                path: [.powerOn, .fireBegins]),
            Case(
                name: "fail-secure strike with a handle", lock: LockWiring(kind: .strikeFailSecure), handle: .handle,
                expected: .proven),
            Case(
                name: "an orderly end that keeps the maglock held",
                lock: LockWiring(kind: .maglock, atShutdown: .keeps),
                expected: .refuted,
                path: [.powerOn, .runtimeClaimsLines, .runtimeDecides, .runtimeEnds, .fireBegins]),
            Case(
                name: "a crash without watchdog that keeps the maglock held",
                lock: LockWiring(kind: .maglock, hasWatchdog: false), expected: .refuted,
                path: [.powerOn, .runtimeClaimsLines, .runtimeDecides, .runtimeDies, .fireBegins]),
            Case(
                name: "a crash without watchdog whose line falls",
                lock: LockWiring(kind: .maglock, afterCrash: .inactive, hasWatchdog: false), expected: .proven),
            Case(
                name: "an expander that keeps its outputs over a reset of the processor",
                lock: LockWiring(kind: .maglock, atPowerOn: .keeps), expected: .refuted,
                path: [.powerOn, .runtimeClaimsLines, .runtimeDecides, .watchdogResets, .fireBegins]),
            Case(
                name: "a line pulled up before the runtime claims it",
                lock: LockWiring(kind: .maglock, atPowerOn: .active), expected: .refuted, path: [.powerOn, .fireBegins]),
            Case(
                name: "mains-fed fail-safe lock on a board without standby",
                lock: LockWiring(kind: .maglock, supply: .mains, boardHasStandby: false), expected: .proven),
            Case(
                name: "not on an escape route", lock: LockWiring(kind: .strikeFailSecure), isEgress: false,
                isReleasedByMatrix: false,
                expected: .notEgress),
        ])
    func verdict(example: Case) {
        var configuration = DoorConfiguration(lock: example.lock)
        configuration.isEgress = example.isEgress
        configuration.mechanicalEgress = example.handle
        configuration.fireReset = example.reset
        configuration.kind = example.kind
        var proof = DoorProof(
            configuration, isReleasedByMatrix: example.isReleasedByMatrix, isInterlocked: example.isInterlocked)
        let verdict = proof.run()
        #expect(verdict == example.expected)
        var path: [ProofStep] = []
        for position in 0..<proof.pathLength { path.append(proof.step(at: position)) }
        #expect(path == example.path)
    }
}

@Suite("What a lock does in each stretch of the board's life")
struct DoorBehaviourTests {
    struct Row: Sendable {
        var phase: PowerPhase
        var withoutFire: LockBehaviour
        var inFire: LockBehaviour
        init(_ phase: PowerPhase, _ withoutFire: LockBehaviour, _ inFire: LockBehaviour) {
            self.phase = phase
            self.withoutFire = withoutFire
            self.inFire = inFire
        }
    }

    @Test(
        "table by table",
        arguments: [
            (
                LockWiring(kind: .maglock),
                [
                    Row(.powerOn, .released, .released), Row(.start, .released, .released),
                    Row(.running, .asDecided, .released), Row(.crash, .asBefore, .asBefore),
                    Row(.watchdogReset, .released, .released), Row(.shutdown, .released, .released),
                    Row(.update, .released, .released), Row(.mainsLost, .asDecided, .released),
                ]
            ),
            (
                LockWiring(kind: .maglock, atStart: .active, isCutByFirePanel: true),
                [
                    Row(.powerOn, .released, .released), Row(.start, .locked, .released),
                    Row(.running, .asDecided, .released), Row(.crash, .asBefore, .released),
                ]
            ),
            (
                LockWiring(kind: .strikeFailSecure, supply: .mains, boardHasStandby: false),
                [
                    Row(.powerOn, .locked, .locked), Row(.running, .asDecided, .released),
                    Row(.shutdown, .locked, .locked), Row(.mainsLost, .locked, .locked),
                ]
            ),
            (
                LockWiring(kind: .maglock, relay: .normallyClosed, supply: .mains),
                [
                    Row(.powerOn, .locked, .locked), Row(.shutdown, .locked, .locked),
                    Row(.mainsLost, .released, .released),
                ]
            ),
        ])
    func behaviour(wiring: LockWiring, rows: [Row]) {
        let behaviour = DoorBehaviour(wiring, isToldOfFire: true)
        for row in rows {
            #expect(behaviour[row.phase].withoutFire == row.withoutFire, "\(row.phase)")
            #expect(behaviour[row.phase].inFire == row.inFire, "\(row.phase) in fire")
        }
    }

    @Test("a door that no fire reaches goes on as decided")
    func notTold() {
        #expect(DoorBehaviour(LockWiring(kind: .maglock), isToldOfFire: false)[.running].inFire == .asDecided)
    }

    @Test("current and relay follow from the kind of the lock and its wiring")
    func currents() {
        for kind in LockKind.allCases {
            for relay in [RelayWiring.normallyOpen, .normallyClosed] {
                let wiring = LockWiring(kind: kind, relay: relay)
                for isReleased in [false, true] {
                    let level = wiring.relayIsEnergised(isReleased: isReleased)
                    #expect(
                        wiring.isReleased(relayIsEnergised: level, hasMains: true, isFire: false) == isReleased,
                        "\(kind) \(relay)")
                }
                // Without current each lock fails the way its name says.
                var unfed = wiring
                unfed.supply = .mains
                for level in [false, true] {
                    #expect(
                        unfed.isReleased(relayIsEnergised: level, hasMains: false, isFire: false) == kind.isFailSafe)
                }
            }
        }
    }
}
