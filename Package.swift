// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "emergency-stop",
    products: [
        .library(name: "Resilience", targets: ["Resilience"]),
        .library(name: "EmergencyStopClient", targets: ["EmergencyStopClient"]),
        .library(name: "EmergencyStopTesting", targets: ["EmergencyStopTesting"]),
        .executable(name: "estopctl", targets: ["estopctl"]),
        .executable(name: "estopd", targets: ["estopd"]),
        .executable(name: "satellite-disk-erase", targets: ["satellite-disk-erase"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .target(name: "EmergencyStop"),
        .target(name: "EmergencyStopSystem", dependencies: ["CPosix"]),
        .target(name: "EmergencyStopServing", dependencies: ["EmergencyStop"]),
        .target(
            name: "EmergencyStopSidecar",
            dependencies: [
                "CInotifyTools",
                "CMessageDigest",
                "EmergencyStop",
                "EmergencyStopServing",
                "EmergencyStopSystem",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        .systemLibrary(name: "CInotifyTools", providers: [.apt(["libinotifytools0-dev"])]),
        .systemLibrary(name: "CMessageDigest", providers: [.apt(["libmd-dev"])]),
        // What Swift hides of POSIX: between fork and exec only C is safe.
        .target(name: "CPosix"),
        .executableTarget(
            name: "estopd",
            dependencies: [
                "CPosix",
                "EmergencyStop",
                "EmergencyStopServing",
                "EmergencyStopSidecar",
                "EmergencyStopSystem",
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        .executableTarget(
            name: "estopctl",
            dependencies: [
                "CPosix",
                "EmergencyStop",
                "EmergencyStopClient",
                "EmergencyStopSystem",
                "Resilience",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        .target(
            name: "EmergencyStopClient",
            dependencies: [
                "EmergencyStop",
                "EmergencyStopSystem",
                "Resilience",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]
        ),
        .target(
            name: "EmergencyStopTesting",
            dependencies: [
                "EmergencyStop",
                "EmergencyStopClient",
                "EmergencyStopServing",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]
        ),
        .executableTarget(
            name: "satellite-disk-erase",
            dependencies: [
                "EmergencyStopClient",
                "Resilience",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Sources/Examples/SatelliteDiskErase"
        ),
        .testTarget(
            name: "EmergencyStopClientTests",
            dependencies: [
                "EmergencyStop", "EmergencyStopClient", "EmergencyStopTesting", "Resilience", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]
        ),
        // A process that the end-to-end tests freeze and kill.
        .executableTarget(
            name: "client-probe",
            dependencies: ["EmergencyStopClient"],
            path: "Tests/ClientProbe"
        ),
        // A process whose first thread ends before the others.
        .executableTarget(name: "thread-probe", path: "Tests/ThreadProbe"),
        // A process that counts its signals.
        .executableTarget(name: "signal-probe", path: "Tests/SignalProbe"),
        .target(name: "TestSupport", dependencies: ["CExtendedAttributes"], path: "Tests/TestSupport"),
        .target(name: "Resilience", dependencies: ["CExtendedAttributes"]),
        .systemLibrary(name: "CExtendedAttributes"),
        .executableTarget(
            name: "http-get",
            dependencies: ["Resilience", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            path: "Sources/Examples/HTTPGet"
        ),
        .executableTarget(
            name: "satellite-decommission",
            dependencies: ["Resilience", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            path: "Sources/Examples/SatelliteDecommission"
        ),
        // A program that the tests of Resilience run and kill.
        .executableTarget(name: "resilience-probe", dependencies: ["Resilience"], path: "Tests/ResilienceProbe"),
        .testTarget(
            name: "ResilienceTests",
            dependencies: ["Resilience", "TestSupport", "resilience-probe", "http-get", "satellite-decommission"]
        ),
        .testTarget(
            name: "EmergencyStopTests",
            dependencies: ["EmergencyStop", "TestSupport"],
            exclude: ["Corpus"]
        ),
        .testTarget(
            name: "EmergencyStopSystemTests",
            dependencies: ["EmergencyStopSystem", "TestSupport", "thread-probe"]
        ),
        .testTarget(name: "EmergencyStopServingTests", dependencies: ["EmergencyStop", "EmergencyStopServing"]),
        .testTarget(
            name: "EmergencyStopSidecarTests",
            dependencies: [
                "EmergencyStop", "EmergencyStopServing", "EmergencyStopSidecar", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        .testTarget(
            name: "EstopctlTests",
            dependencies: [
                "EmergencyStop", "EmergencyStopSystem", "TestSupport", "estopctl",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]
        ),
        .testTarget(name: "EstopdTests", dependencies: ["EmergencyStop", "estopd"]),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "EmergencyStopClient", "TestSupport", "client-probe", "estopctl", "estopd", "satellite-disk-erase",
                "signal-probe", "thread-probe",
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
    ]
)

for target in package.targets where target.type != .system {
    target.swiftSettings = [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .treatAllWarnings(as: .error),
    ]
}
