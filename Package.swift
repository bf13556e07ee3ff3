// swift-tools-version: 6.2
import PackageDescription

// Rooms are listed from the bottom up; `.ci/check-rooms` fails on an import that points upwards.

let core: [SwiftSetting] = [
    .enableExperimentalFeature("Lifetimes"),
    .enableUpcomingFeature("ExistentialAny"),
]

/// Embedded Swift wants every member's module imported in the file that uses it, so a normal build asks for it too.
let board: [SwiftSetting] = core + [.enableUpcomingFeature("MemberImportVisibility")]

let c: [CSetting] = [.enableWarning("all"), .enableWarning("extra"), .treatAllWarnings(as: .error)]

/// A room below the host tools: compiled as normal Swift for tests and as Embedded Swift for boards.
///
/// - Parameter libraries: C libraries to link; a module map's `link` is not heeded in Embedded Swift.
func room(
    _ name: String, path: String? = nil, _ dependencies: [Target.Dependency], libraries: [String] = []
) -> Target {
    .target(
        name: name, dependencies: dependencies, path: path, swiftSettings: board,
        linkerSettings: libraries.map { .linkedLibrary($0) })
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: core)
}

let package = Package(
    name: "warden",
    traits: [
        .trait(
            name: "HostTools",
            description: """
                Programs may use what only a development machine has: Foundation, Yams, swift-argument-parser, \
                swift-protobuf. On by default; the Embedded builds turn it off with --disable-default-traits.
                """),
        .default(enabledTraits: ["HostTools"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
    ],
    targets: [
        .systemLibrary(name: "CSodium", providers: [.apt(["libsodium-dev"])]),
        .systemLibrary(name: "CMbedTLS", providers: [.apt(["libmbedtls-dev"])]),

        room("FixedMemory", []),
        room("Cryptography", ["FixedMemory", "CSodium", "CMbedTLS"], libraries: ["sodium", "mbedcrypto"]),
        .target(
            name: "CLinuxHardware", cSettings: c,
            linkerSettings: ["gpiod", "i2c", "serialport", "m"].map { .linkedLibrary($0) }),
        .target(name: "CServiceManager", cSettings: c),
        room("ProgramSupport", ["FixedMemory", "Cryptography", "CLinuxHardware"]),
        room("HardwareInterface", ["FixedMemory"]),
        room("WardenMessages", ["FixedMemory"]),
        room("Authority", ["FixedMemory", "Cryptography", "HardwareInterface", "WardenMessages"]),

        room("BoardImage", ["FixedMemory", "HardwareInterface", "WardenMessages"]),
        room("Drivers", ["FixedMemory", "Cryptography", "HardwareInterface"]),
        room("EventJournal", ["FixedMemory", "Cryptography", "HardwareInterface"]),
        room("Recording", ["FixedMemory", "HardwareInterface"]),
        room("WardenLink", ["FixedMemory", "Cryptography", "HardwareInterface", "WardenMessages", "Authority"]),
        room("Console", ["FixedMemory", "Cryptography", "HardwareInterface", "WardenMessages", "Authority"]),

        room("AccessControl", ["FixedMemory", "Cryptography", "HardwareInterface"]),
        room("LifeSafety", ["FixedMemory", "HardwareInterface"]),
        room("CauseAndEffect", ["FixedMemory", "HardwareInterface"]),

        room(
            "Runtime",
            [
                "FixedMemory", "Cryptography", "HardwareInterface", "WardenMessages", "BoardImage", "Drivers",
                "EventJournal", "Recording", "WardenLink", "Console", "AccessControl", "LifeSafety",
                "CauseAndEffect", "Authority",
            ]),

        room("LinuxHardware", ["FixedMemory", "Cryptography", "HardwareInterface", "CLinuxHardware"]),
        room("DeviceModels", path: "simulators/DeviceModels", ["FixedMemory", "Cryptography", "HardwareInterface"]),
        room(
            "VirtualBoard", path: "simulators/VirtualBoard",
            [
                "FixedMemory", "Cryptography", "HardwareInterface", "BoardImage", "WardenMessages", "Recording",
                "DeviceModels",
            ]),

        room(
            "Simulation", path: "simulators/Simulation",
            [
                "FixedMemory", "Cryptography", "HardwareInterface", "WardenMessages", "BoardImage", "Console",
                "Runtime", "DeviceModels", "VirtualBoard", "WardenLink",
            ]),

        // Random lives of a whole board, held to what it promises. Host only.
        .executableTarget(
            name: "warden-soak",
            dependencies: [
                "BoardCompiler", "BoardImage", "Console", "Cryptography", "DeviceModels", "EventJournal", "FixedMemory",
                "HardwareInterface", "Recording", "Runtime", "VirtualBoard", "WardenMessages",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "simulators/Soak", swiftSettings: core),

        .target(name: "CSimulator", path: "simulators/CSimulator", cSettings: c),
        .executableTarget(
            name: "wardensim",
            dependencies: [
                "FixedMemory", "Cryptography", "HardwareInterface", "WardenMessages", "BoardImage", "Recording",
                "Runtime",
                "Console", "Simulation", "WardenLink", "CServiceManager", "CSimulator",
                .target(name: "BoardCompiler", condition: .when(traits: ["HostTools"])),
            ],
            path: "simulators/wardensim", swiftSettings: board),

        // A scenario played to wardend through the devices of a kernel (`make test-kernel`). Host only.
        .target(name: "CKernelWorld", path: "simulators/CKernelWorld", cSettings: c),
        .executableTarget(
            name: "kernelplayer",
            dependencies: [
                "BoardImage", "CKernelWorld", "Cryptography", "FixedMemory", "HardwareInterface", "Simulation",
                "VirtualBoard", "WardenMessages",
            ],
            path: "simulators/KernelPlayer", swiftSettings: core),

        .executableTarget(
            name: "wardend",
            dependencies: [
                "FixedMemory", "Cryptography", "HardwareInterface", "WardenMessages", "BoardImage", "EventJournal",
                "WardenLink", "Console", "Runtime", "ProgramSupport", "LinuxHardware", "CLinuxHardware",
                "CServiceManager",
            ],
            swiftSettings: board),

        // Entry points for fuzzing; the tests run them too (`.ci/fuzz-readers`).
        room("ReaderFuzz", path: "Tests/ReaderFuzz", ["FixedMemory", "Cryptography", "HardwareInterface", "Drivers"]),

        // Entry points for fuzzing; the tests run them too (`.ci/fuzz-link`).
        .target(
            name: "LinkFuzz",
            dependencies: [
                "FixedMemory", "Cryptography", "HardwareInterface", "WardenMessages", "Authority", "WardenLink",
            ],
            path: "Tests/LinkFuzz", exclude: ["Corpus"], swiftSettings: core),

        // The subject of `make bench`.
        .executableTarget(
            name: "warden-bench",
            dependencies: [
                "FixedMemory", "Cryptography", "HardwareInterface", "BoardImage", "EventJournal", "LifeSafety",
                "Runtime",
                "ProgramSupport", "CLinuxHardware",
            ],
            path: "Tests/Benchmarks/Program", swiftSettings: board),
        // The subject of `make bench-protocol`, and swift-protobuf's part beside it.
        .executableTarget(
            name: "protocol-bench",
            dependencies: [
                "FixedMemory", "Cryptography", "HardwareInterface", "WardenMessages", "Authority", "WardenLink",
                "ProgramSupport", "CLinuxHardware",
            ],
            path: "Tests/Benchmarks/Protocol/Subject", swiftSettings: board),
        .executableTarget(
            name: "swift-protobuf-bench", dependencies: [.product(name: "SwiftProtobuf", package: "swift-protobuf")],
            path: "Tests/Benchmarks/Protocol/SwiftProtobuf", swiftSettings: core),
        .target(name: "CLookupControl", path: "Tests/Benchmarks/CLookupControl", cSettings: c),
        // Decisions and credential tables: the access part of `make bench`.
        .executableTarget(
            name: "access-bench",
            dependencies: [
                "FixedMemory", "Cryptography", "HardwareInterface", "Drivers", "AccessControl", "DeviceModels",
                "CLookupControl",
            ],
            path: "Tests/Benchmarks/Access", swiftSettings: board),
        room("SelfTestSubject", path: "Tests/SelfTestSubject", ["FixedMemory"]),
        // Durable appends and recovery on a real file: the subject of `make bench-journal`.
        .executableTarget(
            name: "journal-bench", dependencies: ["Cryptography", "EventJournal", "FixedMemory", "HardwareInterface"],
            path: "Tests/Benchmarks/Journal", exclude: ["bench"], swiftSettings: core),
        // Compiles every room of a board, and runs on every processor (`make embedded arm64 armhf`).
        .executableTarget(
            name: "warden-selftest",
            dependencies: [
                "FixedMemory", "Cryptography", "HardwareInterface", "WardenMessages", "Authority", "BoardImage",
                "Drivers", "EventJournal", "Recording", "WardenLink", "Console", "AccessControl", "LifeSafety",
                "CauseAndEffect", "Runtime", "LinuxHardware", "DeviceModels", "VirtualBoard", "CLinuxHardware",
                "SelfTestSubject",
            ],
            path: "Tests/SelfTest", swiftSettings: board),
        .executableTarget(
            name: "devicebus", dependencies: ["FixedMemory", "HardwareInterface", "DeviceModels"],
            path: "simulators/devicebus", swiftSettings: core),
        // The schema's messages as swift-protobuf makes them, to hold ours against.
        .target(
            name: "SwiftProtobufMessages",
            dependencies: [.product(name: "SwiftProtobuf", package: "swift-protobuf")],
            path: "Tests/SwiftProtobufMessages"),
        // The board's side of Warden Link, for clients in other languages to be tested against.
        .executableTarget(
            name: "link-peer",
            dependencies: [
                "FixedMemory", "Cryptography", "HardwareInterface", "WardenMessages", "Authority", "WardenLink",
                "SwiftProtobufMessages", .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            path: "Tests/LinkPeer", swiftSettings: core),
        .executableTarget(
            name: "protoc-gen-warden",
            dependencies: [
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
                .product(name: "SwiftProtobufPluginLibrary", package: "swift-protobuf"),
            ]),

        // Answers for the kernel where a machine has no GPIO, I2C or serial ports.
        .target(name: "FakeKernel", path: "Tests/FakeKernel", cSettings: c),
        // Drawings and marked-up text, for people to look at. Host only.
        .target(name: "Pictures", swiftSettings: core),

        // How good the detectors are on recordings, and the program that tunes the fall detector on them. Host only.
        .target(
            name: "Evaluation", dependencies: ["FixedMemory", "HardwareInterface", "LifeSafety", "Pictures"],
            swiftSettings: core),
        .executableTarget(
            name: "fall-tuning", dependencies: ["Evaluation", "HardwareInterface", "LifeSafety"],
            path: "simulators/FallTuning", exclude: ["requirements.txt", "tune.py"], swiftSettings: core),
        .executableTarget(
            name: "life-safety-benchmark", dependencies: ["FixedMemory", "HardwareInterface", "LifeSafety"],
            path: "simulators/LifeSafetyBenchmark", swiftSettings: core),

        // Host tools: normal Swift with Foundation, never linked into a board's program.
        .target(
            name: "BoardCompiler",
            dependencies: [
                "FixedMemory", "Cryptography", "HardwareInterface", "WardenMessages", "BoardImage", "Drivers",
                "Console", "AccessControl", "Pictures", "Runtime", .product(name: "Yams", package: "Yams"),
            ], swiftSettings: core),
        .executableTarget(
            name: "wardenctl",
            dependencies: [
                "BoardCompiler", "BoardImage", "Console", "Cryptography", "Evaluation", "EventJournal", "FixedMemory",
                "Recording",
                "HardwareInterface", "ProgramSupport", "WardenLink", "WardenMessages",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: core),

        .target(
            name: "StateCarrying", dependencies: ["FixedMemory"], path: "Tests/StateCarrying", swiftSettings: core),
        tests("FixedMemoryTests", ["FixedMemory"]),
        tests("AuthorityTests", ["FixedMemory", "HardwareInterface", "WardenMessages", "Authority"]),
        tests("CryptographyTests", ["FixedMemory", "Cryptography"]),
        tests(
            "WardenLinkTests",
            [
                "FixedMemory", "Cryptography", "HardwareInterface", "WardenMessages", "Authority", "WardenLink",
                "LinkFuzz",
            ]),
        tests(
            "WardenMessagesTests",
            [
                "FixedMemory", "WardenMessages", "SwiftProtobufMessages",
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ]),
        tests("SensorTests", ["FixedMemory", "HardwareInterface", "Drivers", "DeviceModels", "StateCarrying"]),
        tests(
            "ConsoleTests",
            [
                "FixedMemory", "HardwareInterface", "WardenMessages", "Authority", "Drivers", "Console",
                "AccessControl",
            ]),
        tests("HardwareInterfaceTests", ["HardwareInterface"]),
        tests(
            "ReaderTests",
            ["FixedMemory", "Cryptography", "HardwareInterface", "Drivers", "DeviceModels", "ReaderFuzz"]),
        tests("LifeSafetyTests", ["LifeSafety", "HardwareInterface", "FixedMemory", "StateCarrying"]),
        tests("RadarTests", ["FixedMemory", "HardwareInterface", "Drivers", "StateCarrying"]),
        tests("EvaluationTests", ["Evaluation", "LifeSafety", "HardwareInterface", "FixedMemory"]),
        tests("CauseAndEffectTests", ["CauseAndEffect", "HardwareInterface", "FixedMemory", "StateCarrying"]),
        tests(
            "AccessControlTests",
            ["AccessControl", "FixedMemory", "Cryptography", "HardwareInterface", "StateCarrying"]),
        tests(
            "RuntimeTests",
            [
                "AccessControl", "BoardCompiler", "BoardImage", "Console", "Cryptography", "DeviceModels",
                "EventJournal", "FixedMemory", "HardwareInterface", "LifeSafety", "Recording", "Runtime",
                "VirtualBoard",
                "WardenLink", "WardenMessages",
            ]),
        tests("BoardImageTests", ["FixedMemory", "WardenMessages", "BoardImage"]),
        tests(
            "LinuxHardwareTests", ["LinuxHardware", "FixedMemory", "HardwareInterface", "CLinuxHardware", "FakeKernel"]),
        tests(
            "BoardCompilerTests",
            [
                "BoardCompiler", "FixedMemory", "HardwareInterface", "Cryptography", "WardenMessages", "BoardImage",
                "Drivers", "AccessControl", "LifeSafety",
            ]),
        .target(
            name: "JournalSimulation",
            dependencies: ["EventJournal", "Cryptography", "FixedMemory", "HardwareInterface"],
            path: "Tests/JournalSimulation", swiftSettings: core),
        .executableTarget(
            name: "journal-sweep", dependencies: ["JournalSimulation"], path: "Tests/JournalSweep", swiftSettings: core),
        tests("RecordingTests", ["Recording", "FixedMemory", "HardwareInterface", "StateCarrying"]),
        tests("EventJournalTests", ["EventJournal", "JournalSimulation", "FixedMemory", "HardwareInterface"]),
        tests(
            "WardenctlTests",
            [
                "wardenctl", "wardensim", "BoardCompiler", "BoardImage", "Cryptography", "FixedMemory",
                "HardwareInterface", "Runtime", "VirtualBoard",
            ]),
        tests(
            "SimulationTests",
            [
                "wardensim", "Simulation", "BoardCompiler", "BoardImage", "Cryptography", "FixedMemory",
                "HardwareInterface", "Runtime", "VirtualBoard", "WardenMessages",
            ]),
    ]
)
