internal import ArgumentParser
internal import EmergencyStopCore
internal import Operating

/// What `stop`, `pause` and `go` have in common.
struct EditOptions: ParsableArguments {
    @Argument(help: "Names of workflows, or quoted patterns such as 'Satellite*'.")
    var names: [NameArgument] = []

    @Flag(help: "Everything: the pattern *.")
    var all = false

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp(
            "Every name that begins so: the pattern PREFIX*, without a shell's quotes.", valueName: "prefix")
    )
    var prefix: [NameArgument] = []

    @Option(name: .shortAndLong, help: ArgumentHelp("Why; shown wherever the status is.", valueName: "text"))
    var reason: String?

    @OptionGroup var stopFile: StopFileOptions

    @Flag(help: "Add an entry for a name that has none.")
    var add = false

    @Flag(help: "Lift another person's restraint.")
    var override = false

    @Flag(
        name: [.customShort("n"), .long],
        help: "Change nothing; show the entries, watchers and runs that would be affected.")
    var dryRun = false

    @OptionGroup var socket: SocketOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard !allNames.isEmpty else {
            throw ValidationError("Say what: names, quoted patterns, --prefix PREFIX, or --all.")
        }
        if let reason, reason.isEmpty { throw ValidationError("A --reason must not be empty.") }
    }

    /// Every name and pattern that is meant, each once.
    var allNames: [WorkflowName] {
        var seen: Set<WorkflowName> = []
        let patterns = prefix.map { WorkflowName(validated: $0.name.isPattern ? $0.name.text : $0.name.text + "*") }
        return (names.map(\.name) + patterns + (all ? [WorkflowName.everything] : [])).filter {
            seen.insert($0).inserted
        }
    }

    /// What is to be done.
    func change(to status: WorkflowStatus) -> StatusChange {
        let request = EditRequest(
            names: allNames, status: status, reason: reason, by: Operator.name, at: WallClock.now,
            addsEntries: add, overrides: override
        )
        var change = StatusChange(
            request, endpoint: socket.endpoint, file: stopFile.file,
            advice: Advice(file: stopFile.file, socket: socket.socket))
        change.isOfEverything = all
        change.namesAsGiven = names.map(\.name)
        change.isDryRun = dryRun
        change.json = output.json
        return change
    }
}
