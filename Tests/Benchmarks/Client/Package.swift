// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "client-benchmark",
    dependencies: [.package(name: "emergency-stop", path: "../../..")],
    targets: [
        .executableTarget(
            name: "client-benchmark",
            dependencies: [.product(name: "EmergencyStop", package: "emergency-stop")]
        )
    ]
)
