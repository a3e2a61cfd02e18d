internal import ArgumentParser
internal import Operating

/// Looks at everything that the emergency stop rests on.
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Look at file, permissions, mount, inotify, socket and names, and say what is wrong with them.",
        discussion: """
            Examples:
              estopctl doctor
              estopctl doctor --file /etc/estop/es.json

            Exit codes: 0 nothing failed, 1 something did, 74 the answer could not be printed.
            """
    )

    @OptionGroup var socket: SocketOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var stopFile: StopFileOptions

    func run() throws {
        let findings = Diagnosis(lookingAt: stopFile.file, endpoint: socket.endpoint).findings
        let style = Style.standardOutput
        for finding in findings {
            if output.json {
                print(JSONLine.text(finding))
                continue
            }
            let emphasis: Style.Emphasis =
                switch finding.grade {
                case .ok: .green
                case .warn: .yellow
                case .fail: .red
                }
            let grade = finding.grade == .fail ? "FAIL" : finding.grade.rawValue
            let padding = String(repeating: " ", count: 4 - grade.utf8.count)
            print(
                "\(style.apply(emphasis, to: grade))\(padding)  \(finding.subject): \(Printable.text(finding.message))")
        }
        if output.json { print(JSONLine.text(EndRecord(count: findings.count))) }
        if findings.contains(where: { $0.grade == .fail }) { throw ExitStatus.failure }
    }
}
