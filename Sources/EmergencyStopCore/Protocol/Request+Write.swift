extension Request {
    /// Writes the line that makes this request.
    package func write(to writer: inout LineWriter) {
        switch self {
        case .status(let name): Self.write(.status, name, to: &writer)
        case .watch(let name): Self.write(.watch, name, to: &writer)
        case .unwatch(let name): Self.write(.unwatch, name, to: &writer)
        case .enter(let name, let run, let parents, let age): Self.write(.enter, name, run, parents, age, to: &writer)
        case .leave(let name, let run): Self.write(.leave, name, run, to: &writer)
        case .processes(let name): Self.write(.ps, name, to: &writer)
        case .ping(let token): Self.write(.ping, WorkflowName(validated: token), to: &writer)
        case .hello(let version): Self.write(.hello, WorkflowName(validated: String(version)), to: &writer)
        case .watchAll: Self.write(.watch, nil, to: &writer)
        case .list: Self.write(.list, nil, to: &writer)
        case .sync: Self.write(.sync, nil, to: &writer)
        case .info: Self.write(.info, nil, to: &writer)
        case .history: Self.write(.history, nil, to: &writer)
        case .metrics: Self.write(.metrics, nil, to: &writer)
        }
    }

    private static func write(
        _ verb: Verb, _ argument: WorkflowName?, _ run: RunID? = nil, _ parents: Int = 0, _ age: Duration? = nil,
        to writer: inout LineWriter
    ) {
        let start = writer.count
        writer.text(verb.rawValue)
        if let argument {
            writer.space()
            writer.name(argument)
        }
        if let run { writer.field("run", run.description) }
        if parents > 0 { writer.field("parents", String(parents)) }
        if let age {
            let milliseconds = String(min(max(0, age.wholeNanoseconds / 1_000_000), Int64(ageLimit)))
            // That it is registered matters more than since when.
            if writer.count - start + 5 + milliseconds.utf8.count <= guaranteedLength {
                writer.field("age", milliseconds)
            }
        }
        writer.end()
    }
}
