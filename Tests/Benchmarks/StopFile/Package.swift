// swift-tools-version: 6.2
import PackageDescription

// `Sources/EmergencyStopCore` is a link to the sources themselves: `package` access does not cross packages.
let package = Package(
    name: "stop-file-benchmark",
    targets: [
        .target(name: "EmergencyStopCore"),
        .executableTarget(name: "stop-file", dependencies: ["EmergencyStopCore"]),
    ]
)

for target in package.targets {
    target.swiftSettings = [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .treatAllWarnings(as: .error),
    ]
}
