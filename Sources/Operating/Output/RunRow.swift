package import EmergencyStopCore
internal import EmergencyStopSystem
internal import Glibc
internal import Resilience

/// A run as it is shown: whose process it is, and for how long.
package struct RunRow: Encodable {
    private let kind = "run"
    package var name: String
    package var status: String?
    package var pid: Int?
    package var user: String?
    package var since: String?
    package var lost: Bool
    package var command: String?
    /// What names the run on the wire.
    package var run: String
    /// When it was told to stop, where that is known and it has not ended.
    package var stoppedAt: String?

    package init(_ run: ServerLine.Run) {
        name = run.name.text
        status = run.status?.rawValue
        pid = run.processID
        user = run.userID.map { Accounts.name(ofUser: UInt32(clamping: $0)) ?? "\($0)" }
        since = run.since
        lost = run.isLost
        command = ProcessCommand.text(of: run.processID, named: run.command)
        self.run = run.id.description
    }

    package static let columns = [
        Table.Column(title: "NAME", isName: true), Table.Column(title: "STATUS"),
        Table.Column(title: "PID", isNumber: true), Table.Column(title: "USER", minimum: 8, rank: 1),
        Table.Column(title: "AGE", isNumber: true, rank: 2), Table.Column(title: "COMMAND", minimum: 12, rank: 3),
    ]

    package var cells: [Table.Cell] {
        let emphasis: Style.Emphasis =
            switch status {
            case "stop": .red
            case "pause": .yellow
            case "go": .green
            default: .plain
            }
        let stopping = stoppedAt.flatMap { LocalTime.age($0) }.map { " for \($0.readableAge)" } ?? ""
        return [
            Table.Cell(name), Table.Cell((status ?? "?") + stopping + (lost ? " LOST" : ""), lost ? .red : emphasis),
            Table.Cell(pid.map { "\($0)" }), Table.Cell(user),
            Table.Cell(since.flatMap { LocalTime.age($0) }.map(\.readableAge)),
            Table.Cell(command),
        ]
    }
}

/// What a process was started as.
package enum ProcessCommand {
    /// What the command line of the process that `run` registers begins with; behind it stands the id of the process
    /// that was started as estopctl.
    package static let supervisor = "estop-run "

    /// The command line, where the process can be looked at and is the one meant; else the name that the sidecar gives.
    ///
    /// Ids are used again and differ between containers: the kernel's name of the process has to be the one that the
    /// sidecar read.
    package static func text(of pid: Int?, named name: String?) -> String? {
        guard let pid, pid > 0, let name, let found = file("/proc/\(pid)/comm"),
            found.last == UInt8(ascii: "\n"), String(decoding: found.dropLast(), as: UTF8.self) == name,
            let line = file("/proc/\(pid)/cmdline"), !line.isEmpty
        else { return name }
        let text = commandLine(line)
        guard text.hasPrefix(supervisor), let guardian = pid_t(text.dropFirst(supervisor.count)),
            let started = file("/proc/\(guardian)/cmdline"), !started.isEmpty
        else { return text }
        // What is run, and not that it is run.
        let words = words(started)
        return words.drop { $0 != "--" }.dropFirst().joined(separator: " ")
    }

    private static func commandLine(_ line: [UInt8]) -> String { words(line).joined(separator: " ") }

    private static func words(_ line: [UInt8]) -> [String] {
        let ends = line.reversed().prefix { $0 == 0 }.count
        let words = line.dropLast(ends).split(separator: 0, omittingEmptySubsequences: false)
        return words.map { String(decoding: $0, as: UTF8.self) }
    }

    private static func file(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = read(descriptor, &buffer, buffer.count)
        return count >= 0 ? Array(buffer[..<count]) : nil
    }
}
