// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that nobody who uses the library builds it.
let package = Package(
    name: "resilience-benchmarks",
    dependencies: [.package(name: "estop", path: "../../..")],
    targets: [
        .executableTarget(
            name: "ResilienceBenchmarks",
            dependencies: [.product(name: "Resilience", package: "estop")],
            swiftSettings: [
                .swiftLanguageMode(.v6),
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("InternalImportsByDefault"),
                .enableUpcomingFeature("MemberImportVisibility"),
                .treatAllWarnings(as: .error),
            ])
    ])
