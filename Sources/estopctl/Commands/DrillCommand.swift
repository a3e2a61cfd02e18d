internal import ArgumentParser
internal import EmergencyStopCore
internal import Glibc

/// Proves that the emergency stop works, from the file to a run.
struct DrillCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drill",
        abstract: "Stop a drill entry, time how long that takes to the sidecar and to a run, and put it back.",
        discussion: """
            Only the entry named is changed, and put back as it was, also when the drill is interrupted; what somebody \
            else has made of it meanwhile is left:

              estopctl go EstopDrill --add         (once)
              estopctl drill

            Where anything else runs by that name, the drill is refused: the stop would end it.

            Exit codes: 0 when the stop ended the run and go is in force again, 1 otherwise, 3 when no sidecar serves \
            the file, 64 wrong usage, 74 when all is well and that could not be printed.
            """
    )

    @Argument(help: "The entry to stop; nothing but the drill should run by that name.")
    var name = NameArgument(WorkflowName(validated: "EstopDrill"))

    @Option(
        help: ArgumentHelp(
            "The stop file. (default: $ESTOP_FILE, else the one that the sidecar reads, else /etc/estop/es.json)",
            valueName: "path"
        ),
        completion: .file(extensions: ["json"])
    )
    var file: String?

    @OptionGroup var socket: SocketOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard !name.name.isPattern else {
            throw ValidationError("A drill stops one name; \(name.name) is a pattern.")
        }
    }

    func run() throws {
        let named: String
        let information: SidecarInformation
        do throws(SidecarError) {
            let connection = try socket.connect()
            try connection.send([.sync])
            _ = try connection.line()
            information = try SidecarInformation(connection)
            named = StopFileLocation.path(given: file, sidecar: information)
        } catch {
            StandardError.say("\(error); without one there is nothing to drill")
            throw ExitCode.unserved
        }
        let path: String
        do throws(EditError) {
            path = try StopFileLocation.trusted(named)
        } catch {
            StandardError.say(error.text(Advice(file: file, socket: socket.socket)))
            throw ExitCode.failure
        }
        guard information.isServing(path) else {
            StandardError.say(
                "the sidecar reads \(Printable.text(information["file"] ?? "another file")), and not \(path): give that as --file"
            )
            throw ExitCode.unserved
        }
        // Blocked before there is another thread that could be ended by them. Once the drill is over they do what they
        // always do.
        let ending = Signals.numbers(of: Signals.ending, without: Signals.ignored())
        var before = Signals.block(ending)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        let drill = Drill(
            name: name.name, path: path, socket: socket, interruption: Signals.descriptor(ending),
            advice: Advice(file: file, socket: socket.socket)
        )
        do throws(DrillFailure) {
            let times = try drill.run()
            if output.json {
                print(JSONLine.text(times))
            } else {
                for line in times.lines { print(line) }
            }
        } catch {
            StandardError.say(error.description)
            if output.json { print(JSONLine.text(NameFailure(name: name.name.text, error: error.description))) }
            throw ExitCode.failure
        }
    }
}

extension NameArgument {
    var defaultValueDescription: String { name.text }
}
