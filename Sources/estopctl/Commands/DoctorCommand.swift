internal import ArgumentParser
internal import EmergencyStopCore
internal import Glibc

/// Looks at everything that the emergency stop rests on.
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Look at file, permissions, mount, inotify, socket and names, and say what is wrong with them.",
        discussion: """
              estopctl doctor

            Exit codes: 0 where nothing failed, 1 otherwise, 74 where that could not be printed.
            """
    )

    @OptionGroup var socket: SocketOptions
    @OptionGroup var output: OutputOptions

    @Option(
        help: ArgumentHelp(
            "The stop file. (default: $ESTOP_FILE, else the one that the sidecar reads, else /etc/estop/es.json)",
            valueName: "path"
        ),
        completion: .file(extensions: ["json"])
    )
    var file: String?

    func run() throws {
        let findings = examine().findings
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
            let grade = finding.grade.rawValue
            let padding = String(repeating: " ", count: 4 - grade.utf8.count)
            print("\(style.apply(emphasis, to: grade))\(padding)  \(finding.subject): \(Printable.text(finding.text))")
        }
        if findings.contains(where: { $0.grade == .fail }) { throw ExitCode.failure }
    }

    private func stopFile(_ path: String) -> StopFile? {
        do throws(FileReading.Failure) {
            return StopFile(parsing: try FileReading.bytesOfRegularFile(StopFileLocation.resolved(path)))
        } catch {
            return error.code == EFBIG ? StopFile(largerThan: FileReading.limit) : nil
        }
    }

    private func examine() -> Diagnosis {
        var sidecar: Diagnosis.Sidecar?
        var problem: SidecarError?
        do throws(SidecarError) {
            let connection = try socket.connect()
            let information = try SidecarInformation(connection)
            let names = try connection.list()
            let runs = try connection.runs(of: nil).runs
            sidecar = Diagnosis.Sidecar(information: information, names: names, runs: runs)
        } catch {
            problem = error
        }
        let path = StopFileLocation.path(given: file, sidecar: sidecar?.information)
        let place = PathFacts(lookingAt: path)
        return Diagnosis(
            socketPath: socket.path, sidecar: sidecar, problem: problem, place: place,
            file: stopFile(place.path),
            isServed: sidecar.flatMap { sidecar in
                let isKnown = sidecar.information["file-inode"] != nil || place.kind == .missing
                return isKnown ? sidecar.information.isServing(place.path) : nil
            },
            isGuessed: sidecar == nil && StopFileLocation.isGuessed(given: file),
            version: Version.current
        )
    }
}
