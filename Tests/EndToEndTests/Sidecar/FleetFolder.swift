import Glibc
import TestSupport

/// The fleet's side of a sidecar, played by the test: writes `fleet.json` by renaming, as estop-fleet does.
extension TemporaryFolder {
    static let fleetFile = "fleet.json"

    static var bootTime: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    static func boot() throws -> String {
        String(try textOfFile(at: "/proc/sys/kernel/random/boot_id").prefix { $0 != "\n" })
    }

    /// The text of a fleet file.
    static func fleet(
        _ entries: [String], revision: Int = 1, age: Duration = .zero, boot: String? = nil, epoch: String = "5e"
    ) throws -> String {
        let verified = bootTime - Int64(age / .nanoseconds(1))
        let header =
            #"{"Fleet":"prod","Epoch":"\#(epoch)","Revision":"\#(revision)","VerifiedAt":"\#(verified)","#
            + #""Boot":"\#(try boot ?? self.boot())"}"#
        return "[" + ([header] + entries).joined(separator: ",\n") + "]\n"
    }

    func writeFleet(
        _ entries: String..., revision: Int = 1, age: Duration = .zero, boot: String? = nil, epoch: String = "5e"
    ) throws {
        try replace(
            Self.fleetFile, with: Self.fleet(entries, revision: revision, age: age, boot: boot, epoch: epoch))
    }
}

/// Runs a test with a sidecar of a host of a fleet, which lists A as go and B as pause.
///
/// - Parameters:
///   - lease: Most tests write the fleet file once and take less than this.
///   - fleet: The entries that are there from the beginning; `nil` for no file.
func withFleet<R>(
    lease: String = "600s", fleet: [String]? = [], options: [String] = [], _ body: (RunningSidecar) throws -> R
) throws -> R {
    try withTemporaryFolder { folder in
        try folder.write(
            #"[{"Name":"A","Status":"go"},{"Name":"B","Status":"pause"}]"#, to: RunningSidecar.fileName)
        if let fleet { try folder.replace(TemporaryFolder.fleetFile, with: TemporaryFolder.fleet(fleet)) }
        let sidecar = try RunningSidecar(in: folder, options: fleetOptions(folder, lease) + options)
        defer { sidecar.process.destroy() }
        try sidecar.awaitReadiness()
        try eventually("inotify") { try sidecar.information("inotify") == "up" }
        return try body(sidecar)
    }
}

func fleetOptions(_ folder: TemporaryFolder, _ lease: String = "600s") -> [String] {
    ["--fleet-file", folder.path(of: TemporaryFolder.fleetFile), "--fleet-lease", lease]
}
