internal import ArgumentParser
internal import EmergencyStop
internal import EmergencyStopCore
internal import Operating

/// Checks a stop file as the sidecar would read it.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check a stop file: every error and warning, with file, line and column.",
        discussion: """
            Examples:
              estopctl check
              estopctl check configs/es.json
              git show :configs/es.json | estopctl check --strict -

            For a person, a pre-commit hook or a CI job. It reads the file with the sidecar's own parser, and also \
            warns of what is valid but rarely meant: a file without entries, a pattern set to go, names that look alike.

            Exit codes: 0, 1 the file is malformed or cannot be read, 2 warnings with --strict, 74 the warnings could \
            not be printed.
            """
    )

    @Argument(
        help: """
            The file, or - for standard input. (default: $ESTOP_FILE, else the one that the sidecar reads, else \
            /etc/estop/es.json)
            """,
        completion: .file(extensions: ["json"])
    )
    var file: String?

    @Flag(help: "Treat warnings as failures.")
    var strict = false

    @Flag(name: .shortAndLong, help: "Print nothing when the file is well-formed.")
    var quiet = false

    @OptionGroup var output: OutputOptions

    /// A diagnostic as JSON.
    private struct Finding: Encodable {
        let kind = "diagnostic"
        var file: String
        var line: Int?
        var column: Int?
        var severity: String
        var message: String
    }

    func run() throws {
        let path = file ?? StopFileLocation.path(given: nil, sidecar: sidecar)
        let shown = path == "-" ? "<stdin>" : path
        let bytes: [UInt8]
        do throws(FileReading.Failure) {
            bytes = try path == "-" ? FileReading.standardInput() : FileReading.bytes(of: path)
        } catch {
            StandardError.say("\(shown): \(error)")
            if output.json { print(JSONLine.text(ErrorRecord("unreadable-file", "\(shown): \(error)"))) }
            throw ExitStatus.failure
        }
        let found = bytes.count > FileReading.limit ? StopFile(largerThan: FileReading.limit) : StopFile(parsing: bytes)
        let misgivings = Misgivings.about(found, bytes)
        let diagnostics = (found.diagnostics + misgivings).sorted { ($0.line, $0.column) < ($1.line, $1.column) }
        for diagnostic in diagnostics { write(diagnostic, of: shown) }
        if output.json { print(JSONLine.text(EndRecord(count: diagnostics.count))) }
        if found.malformation != nil { throw ExitStatus.failure }
        if !quiet, !output.json { StandardError.say("\(shown): \(Self.summary(found.entries))") }
        if strict, !diagnostics.isEmpty { throw ExitStatus.warnings }
    }

    /// What a sidecar tells, where one answers: which file it reads.
    private var sidecar: SidecarInformation? {
        try? SidecarInformation(SidecarEndpoint(path: nil, timeout: .seconds(1)).connect())
    }

    private func write(_ diagnostic: Diagnostic, of file: String) {
        if output.json {
            let finding = Finding(
                file: file, line: diagnostic.line, column: diagnostic.column,
                severity: diagnostic.severity.rawValue, message: diagnostic.message
            )
            print(JSONLine.text(finding))
        } else {
            print(Printable.text("\(file):\(diagnostic)"))
        }
    }

    private static func summary(_ entries: EntryTable) -> String {
        let statuses = (0..<entries.count).map { entries.status(at: $0) }
        let counts = [WorkflowStatus.go, .pause, .stop].map { status in
            "\(statuses.count { $0 == status }) \(status)"
        }
        let patterns = entries.patternPositions.count
        return "\(entries.count) \(entries.count == 1 ? "entry" : "entries"): " + counts.joined(separator: ", ")
            + (patterns > 0 ? "; \(patterns) of them \(patterns == 1 ? "a pattern" : "patterns")" : "")
    }
}
