import Glibc
import TestSupport
import Testing

/// An incident with thirty runs, two operators and a broken file, typed into real terminals: each screen is kept as
/// text in `Screens/`, and the README's operator section shows some of them.
///
/// Whoever changes a screen on purpose records them anew, with `RECORD_SCREENS=1 swift test --filter IncidentTests`,
/// and looks at the difference.
@Suite("An incident, as its operators see it", .blocking, .enabled(if: isRoot))
struct IncidentTests {
    private struct Step {
        var person: String
        var command: String
        var exitCode: Int32 = 0

        init(_ person: String, _ command: String, exit code: Int32 = 0) {
            self.person = person
            self.command = command
            exitCode = code
        }
    }

    private static let file = """
        {"Name":"SatelliteDiskErase","Status":"go"}
        {"Name":"RouterFirmwareUpgrade","Status":"go"}
        {"Name":"DatabaseBackup","Status":"go"}
        {"Name":"EstopDrill","Status":"go"}

        """

    /// Twenty, eight and two: the last do not listen to SIGTERM.
    private static let workflows = [
        ("SatelliteDiskErase", 20, "erase-disks", "exec sleep 600"),
        ("RouterFirmwareUpgrade", 8, "upgrade-routers", "exec sleep 600"),
        ("DatabaseBackup", 2, "back-up", "trap '' TERM; exec sleep 600"),
    ]

    private static let steps = [
        Step("alice", "estopctl list"),
        Step("alice", "estopctl ps RouterFirmwareUpgrade"),
        Step("alice", "estopctl stop --all --reason 'INC-4711: wrong disks' --dry-run"),
        Step("alice", "estopctl stop --all --reason 'INC-4711: wrong disks' --wait 8s", exit: 4),
        Step("bob", "estopctl ps"),
        Step("bob", "estopctl run SatelliteDiskErase -- erase-disks", exit: 75),
        Step("alice", "estopctl stop --all --wait 60s"),
        Step("bob", "estopctl go --all", exit: 1),
        Step("bob", "estopctl pause RouterFirmwareUpgrade --reason 'until 06:00'", exit: 1),
        Step("bob", #"echo '{"Name":"RouterFirmwareUpgrade" "Status":"pause"}' >> $ESTOP_FILE"#),
        Step("bob", "estopctl sotp RouterFirmwareUpgrade", exit: 64),
        Step("alice", "estopctl list"),
        Step("alice", "estopctl check", exit: 1),
        Step("alice", "estopctl doctor", exit: 1),
        Step("alice", "sed -i '$d' $ESTOP_FILE && estopctl check"),
        Step("alice", "estopctl go --all"),
        Step("alice", "estopctl status RouterFirmwareUpgrade", exit: 10),
        Step("alice", "estopctl status SatelliteDiskErase"),
        Step("alice", "estopctl status SateliteDiskErase", exit: 20),
        Step("alice", "estopctl watch"),
        Step("alice", "estopctl drill"),
        Step("alice", "estopctl history --limit 12"),
        Step("alice", "estopctl info"),
    ]

    @Test("on a terminal of 80 columns without colour, and of 120 with it", arguments: [(80, 24), (120, 40)])
    func incident(columns: Int, rows: Int) async throws {
        try await withGrownSidecar(file: Self.file) { sidecar in
            let runs = try startRuns(sidecar)
            defer { for run in runs { run.destroy() } }
            var transcript: [String] = []
            for step in Self.steps {
                let lines = try perform(step, in: sidecar, columns, rows, isColoured: columns > 80)
                let prompt = "\(step.person)$ \(step.command)"
                transcript += [prompt] + lines + (step.exitCode == 0 ? [] : ["[exit \(step.exitCode)]"]) + [""]
            }
            let kept = Self.folder + "incident-\(columns).txt"
            if getenv("RECORD_SCREENS") != nil { try write(transcript, to: kept) }
            let expected = try textOfFile(at: kept).split(separator: "\n", omittingEmptySubsequences: false)
            for (line, other) in zip(transcript, expected) {
                try #require(Self.normalized(line) == Self.normalized(String(other)), "where there was \(other)")
            }
            #expect(transcript.count == expected.count - 1)
        }
    }

    @Test("and the README shows what stands there")
    func readme() throws {
        let readme = try textOfFile(at: Self.folder + "../../../../README.md")
        let screens = try textOfFile(at: Self.folder + "incident-80.txt")
        var shown = 0
        for block in readme.split(separator: "```console\n").dropFirst() {
            let text = block.prefix(upTo: block.firstRange(of: "```")?.lowerBound ?? block.endIndex)
            guard text.hasPrefix("alice$ ") else { continue }
            for screen in text.split(separator: "\n\n") {
                let whole = screen.trimmingSuffix("\n")
                #expect(screens.contains(whole + "\n\n"), "not a screen of the incident:\n\(whole)")
                shown += 1
            }
        }
        #expect(shown >= 5)
    }

    private func startRuns(_ sidecar: RunningSidecar) throws -> [SpawnedProcess] {
        try Self.workflows.flatMap { name, count, command, script in
            try sidecar.folder.write("#!/bin/bash\n\(script)\n", to: command)
            try sidecar.folder.setMode(0o755, of: command)
            return try (1...count).map { rack in
                let run = try SpawnedProcess(
                    [builtProgram("estopctl"), "run", name, "--grace", "15s", "--", command, "--rack", "\(rack)"],
                    environment: [
                        "ESTOP_SOCKET": sidecar.socket, "PATH": "\(sidecar.folder.path(of: "")):/usr/bin:/bin",
                    ],
                    in: sidecar.folder, name: "\(name)-\(rack)")
                // `ps` lists them in the order in which they were entered.
                try eventually("\(name) \(rack)") { try sidecar.connect().askLines("ps \(name)").count == rack + 1 }
                return run
            }
        }
    }

    /// Types the command, and gives what the terminal shows once it has ended.
    private func perform(
        _ step: Step, in sidecar: RunningSidecar, _ columns: Int, _ rows: Int, isColoured: Bool
    ) throws -> [String] {
        let terminal = try PseudoTerminal(columns: columns, rows: rows)
        let programs = builtProgram("").dropLast()
        var environment = [
            "PATH": "\(programs):/usr/local/bin:/usr/bin:/bin", "SUDO_USER": step.person, "TZ": "UTC", "TERM": "xterm",
            "ESTOP_SOCKET": sidecar.socket, "ESTOP_FILE": sidecar.file,
        ]
        if !isColoured { environment["NO_COLOR"] = "1" }
        let process = try SpawnedProcess(
            ["bash", "-c", step.command], environment: environment, in: sidecar.folder, name: "step",
            terminal: terminal)
        defer { process.destroy() }
        if step.command.hasSuffix("watch") {
            try terminal.expect("SatelliteDiskErase")
            terminal.type("\u{3}")
            _ = try process.wait()
        } else {
            #expect(try process.wait() == .exited(step.exitCode), "\(step.command)")
        }
        let screen = TerminalScreen(columns: columns, rows: rows, showing: Self.anonymous(terminal.text, sidecar))
        if step.command.hasPrefix("estopctl ps") { #expect(!screen.hasWrapped, "\(screen.lines)") }
        return screen.writtenLines(inColour: isColoured)
    }

    private static let folder: String = {
        let here = #filePath
        return here[...here.lastIndex(of: "/")!] + "Screens/"
    }()

    /// As it would be on a host where it is installed.
    private static func anonymous(_ text: String, _ sidecar: RunningSidecar) -> String {
        text.replacing(sidecar.socket, with: "/run/estop/estop.sock").replacing(
            sidecar.file, with: "/etc/estop/es.json")
    }

    /// A line in which what differs from time to time is the same: times, process ids, and the room that they take.
    private static func normalized(_ line: String) -> String {
        var line = line
        line.replace(/\b[0-9.]+ (ms|µs)/, with: "2.1 ms")
        line.replace(/after [0-9.]+ s/, with: "after 2.0 s")
        line.replace(/\d\d:\d\d:\d\d/, with: "12:00:00")
        line.replace(/\d{4}-\d\d-\d\d/, with: "2026-11-27")
        line.replace(/\(?\d+ (s|min) ago\)?/, with: "3 s ago")
        line.replace(/(stop for|up for)( \d+ (s|min))+/) { "\($0.output.1) 3 s" }
        line.replace(/process \d+/, with: "process 4711")
        line.replace(/pid \d+/, with: "pid 4711")
        line.replace(/^((‹[0-9;]*›)*(instance|pid|started|ttl|file-[a-z0-9]+|revision|connections)\b).*/) {
            "\($0.output.1)"
        }
        line.replace(/[ ]+(‹[0-9;]*›)*(\d+|PID)(‹[0-9;]*›)* +(root|(‹[0-9;]*›)*USER)/) { " \($0.output.4)" }
        line.replace(/root[ ]+\d+ (s|min)[ ]/, with: "root 3 s ")
        line.replace(/[ ]{2,}/, with: "  ")
        // How much of a cell is cut depends on how long the times are.
        line.replace(/[^ ]+( [^ ]+)*…/, with: "…")
        return line
    }

    private func write(_ lines: [String], to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        guard descriptor >= 0 else { throw TestFailure(systemCall: "open \(path)") }
        defer { close(descriptor) }
        let bytes = Array((lines.joined(separator: "\n") + "\n").utf8)
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count else {
            throw TestFailure(systemCall: "write \(path)")
        }
    }
}

extension Substring {
    fileprivate func trimmingSuffix(_ suffix: Character) -> String {
        String(reversed().drop { $0 == suffix }.reversed())
    }
}
