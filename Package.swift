// swift-tools-version: 6.2
import PackageDescription

// Rooms are listed from the bottom up; `.ci/check-rooms` fails on an import that points upwards.

let core: [SwiftSetting] = [
    .enableExperimentalFeature("Lifetimes"),
    .enableUpcomingFeature("ExistentialAny"),
]

/// A room below the host tools: compiled as normal Swift for tests and as Embedded Swift for boards.
func room(_ name: String, path: String? = nil, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, path: path, swiftSettings: core)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: core)
}

let package = Package(
    name: "warden",
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
    ],
    targets: [
        .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),

        room("FixedMemory", []),
        room("Cryptography", ["FixedMemory", "CSodium"]),
        room("HardwareInterface", ["FixedMemory"]),
        room("WardenMessages", ["FixedMemory"]),

        room("BoardImage", ["FixedMemory", "HardwareInterface", "WardenMessages"]),
        room("Drivers", ["FixedMemory", "HardwareInterface"]),
        room("EventJournal", ["FixedMemory", "HardwareInterface"]),
        room("WardenLink", ["FixedMemory", "Cryptography", "HardwareInterface", "WardenMessages"]),
        room("Console", ["FixedMemory", "Cryptography", "HardwareInterface", "WardenMessages"]),

        room("AccessControl", ["FixedMemory", "Cryptography", "HardwareInterface"]),
        room("LifeSafety", ["FixedMemory", "HardwareInterface"]),
        room("CauseAndEffect", ["FixedMemory", "HardwareInterface"]),

        room(
            "Runtime",
            [
                "FixedMemory", "Cryptography", "HardwareInterface", "WardenMessages", "BoardImage", "Drivers",
                "EventJournal", "WardenLink", "Console", "AccessControl", "LifeSafety", "CauseAndEffect",
            ]),

        room("DeviceModels", path: "simulators/DeviceModels", ["FixedMemory", "HardwareInterface"]),
        room(
            "VirtualBoard", path: "simulators/VirtualBoard",
            ["FixedMemory", "HardwareInterface", "BoardImage", "WardenMessages", "DeviceModels"]),

        tests("FixedMemoryTests", ["FixedMemory"]),
        tests("HardwareInterfaceTests", ["HardwareInterface"]),
        tests("ReaderTests", ["FixedMemory", "HardwareInterface", "Drivers", "DeviceModels"]),
    ]
)
