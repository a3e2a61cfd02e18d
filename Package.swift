// swift-tools-version: 6.2
import PackageDescription

private let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
private let coreMetrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
private let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
private let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
private let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
private let serviceLifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")

// In the order in which the data flows: from the file to the socket to the workflow.
let package = Package(
    name: "emergency-stop",
    products: [
        .library(name: "EmergencyStop", targets: ["EmergencyStop"]),
        .library(name: "EmergencyStopTesting", targets: ["EmergencyStopTesting"]),
        .library(name: "Resilience", targets: ["Resilience"]),
        .executable(name: "estopd", targets: ["estopd"]),
        .executable(name: "estopctl", targets: ["estopctl"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // What every side speaks and decides by.
        .target(name: "EmergencyStopCore"),
        .testTarget(
            name: "EmergencyStopCoreTests",
            dependencies: ["EmergencyStopCore", "TestSupport"],
            exclude: ["Corpus"]
        ),

        // What Swift hides of POSIX: between fork and exec only C is safe.
        .target(name: "CPosix"),
        .target(name: "EmergencyStopSystem", dependencies: ["CPosix"]),
        .testTarget(
            name: "EmergencyStopSystemTests",
            dependencies: ["EmergencyStopSystem", "TestSupport", "thread-probe"]
        ),

        // The sidecar.
        .target(name: "EmergencyStopServing", dependencies: ["EmergencyStopCore"]),
        .testTarget(name: "EmergencyStopServingTests", dependencies: ["EmergencyStopCore", "EmergencyStopServing"]),
        .systemLibrary(name: "CInotifyTools", providers: [.apt(["libinotifytools0-dev"])]),
        .systemLibrary(name: "CMessageDigest", providers: [.apt(["libmd-dev"])]),
        .target(
            name: "EmergencyStopSidecar",
            dependencies: [
                "CInotifyTools", "CMessageDigest", "EmergencyStopCore", "EmergencyStopServing", "EmergencyStopSystem",
                coreMetrics, logging,
            ]
        ),
        .testTarget(
            name: "EmergencyStopSidecarTests",
            dependencies: [
                "EmergencyStopCore", "EmergencyStopServing", "EmergencyStopSidecar", "TestSupport", logging,
            ]
        ),
        .executableTarget(
            name: "estopd",
            dependencies: [
                "CPosix", "EmergencyStopCore", "EmergencyStopServing", "EmergencyStopSidecar", "EmergencyStopSystem",
                logging,
            ]
        ),
        .testTarget(name: "EstopdTests", dependencies: ["EmergencyStopCore", "estopd"]),

        // The workflow's side.
        .systemLibrary(name: "CExtendedAttributes"),
        .target(name: "Resilience", dependencies: ["CExtendedAttributes"]),
        .testTarget(
            name: "ResilienceTests",
            dependencies: ["Resilience", "TestSupport", "resilience-probe", "http-get", "satellite-decommission"]
        ),
        .target(
            name: "EmergencyStop",
            dependencies: [
                "EmergencyStopCore", "EmergencyStopSystem", "Resilience", coreMetrics, logging, nioCore, nioPosix,
                serviceLifecycle,
            ]
        ),
        .target(
            name: "EmergencyStopTesting",
            dependencies: [
                "EmergencyStop", "EmergencyStopCore", "EmergencyStopServing", logging, nioCore, nioPosix,
            ]
        ),
        .testTarget(
            name: "EmergencyStopTests",
            dependencies: [
                "EmergencyStop", "EmergencyStopCore", "EmergencyStopTesting", "Resilience", "TestSupport", logging,
                nioCore, nioPosix, serviceLifecycle,
            ]
        ),

        // The operator's side.
        .target(
            name: "Operating",
            dependencies: [
                "CPosix", "EmergencyStop", "EmergencyStopCore", "EmergencyStopSystem", "Resilience", logging,
            ]
        ),
        .testTarget(
            name: "OperatingTests",
            dependencies: ["EmergencyStopCore", "EmergencyStopSystem", "Operating", "Resilience", "TestSupport"]
        ),
        .executableTarget(
            name: "estopctl",
            dependencies: ["CPosix", "EmergencyStop", "EmergencyStopCore", "Operating", "Resilience", argumentParser]
        ),

        // Examples, each run by tests.
        .executableTarget(
            name: "satellite-disk-erase",
            dependencies: ["EmergencyStop", "Resilience", argumentParser],
            path: "Sources/Examples/SatelliteDiskErase"
        ),
        .executableTarget(
            name: "http-get",
            dependencies: ["Resilience", argumentParser],
            path: "Sources/Examples/HTTPGet"
        ),
        .executableTarget(
            name: "satellite-decommission",
            dependencies: ["Resilience", argumentParser],
            path: "Sources/Examples/SatelliteDecommission"
        ),

        // The decisions of all sides joined, without threads, descriptors or time.
        .testTarget(
            name: "SimulationTests",
            dependencies: [
                "EmergencyStop", "EmergencyStopCore", "EmergencyStopServing", "EmergencyStopSidecar", "Resilience",
                "TestSupport",
            ]
        ),

        // The whole, with the real binaries; and what the tests run, freeze and kill.
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "EmergencyStop", "TestSupport", "client-probe", "estopctl", "estopd", "satellite-disk-erase",
                "signal-probe", "thread-probe", logging,
            ],
            exclude: ["Estopctl/Screens"]
        ),
        .target(name: "TestSupport", dependencies: ["CExtendedAttributes"], path: "Tests/TestSupport"),
        .executableTarget(name: "client-probe", dependencies: ["EmergencyStop"], path: "Tests/ClientProbe"),
        // What may fail, done to the real programs: Tests/Failures/run.
        .executableTarget(
            name: "failures", dependencies: ["TestSupport"], path: "Tests/Failures", exclude: ["wall-clock.c", "run"]),
        .executableTarget(name: "resilience-probe", dependencies: ["Resilience"], path: "Tests/ResilienceProbe"),
        // A process that counts its signals.
        .executableTarget(name: "signal-probe", path: "Tests/SignalProbe"),
        // A process whose first thread ends before the others.
        .executableTarget(name: "thread-probe", path: "Tests/ThreadProbe"),
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
