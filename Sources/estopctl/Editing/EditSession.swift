internal import ArgumentParser
internal import EmergencyStopCore
internal import Glibc

/// Carries out `stop`, `pause` or `go`: finds the file, changes it, and sees to it that what was asked for is served.
struct EditSession {
    /// How long the sidecar may take before the file is written, for what is useful and not needed: a sidecar that
    /// hangs must not hold up a stop.
    private static let patienceBefore = Duration.seconds(1)

    let options: EditOptions
    let status: WorkflowStatus
    /// How long to wait until no run is left.
    var wait: Duration?
    /// Whether a file that cannot be edited is set aside.
    var force = false

    func run() throws {
        // Whoever reads what is said may have gone: what is to be done is done all the same.
        signal(SIGPIPE, SIG_IGN)
        try refuseExpansion()
        let contact = SidecarContact(options.socket, patience: Self.patienceBefore)
        let named = StopFileLocation.path(given: options.file, sidecar: contact.information)
        let (path, link) = place(of: named)
        let editing = StopFileEditing(
            path: path, request: options.request(status), present: contact.present, files: ShellExpansion.filesHere()
        )
        if options.dryRun { return try preview(editing, link, contact) }
        let result = try perform(editing, link, named, contact)
        for warning in result.warnings { StandardError.say("warning: \(path): \(warning)") }
        say(result.plan, editing)
        let report = EditReport(
            request: editing.request, result: result, path: path, json: options.output.json, advice: options.advice
        )
        var code = result.plan.isWhole(editing.request) ? ExitCode.success : .failure
        if !result.plan.accepted.isEmpty {
            let served = report.confirm(contact, within: options.socket.timeout.duration)
            if code == .success { code = served }
        }
        if code == .success, let wait {
            StandardOutput.flush()
            code = RunsLeft(names: result.plan.accepted, socket: options.socket, json: options.output.json)
                .wait(for: wait)
        }
        if code != .success { throw code }
    }

    /// A pattern that the shell has replaced by names of files names something else than was meant.
    private func refuseExpansion() throws {
        // Whatever the names were to be: everything has them among it, and a stop is not to wait for that.
        if status == .stop, options.all { return }
        let names = options.names.map(\.name.text)
        guard let pattern = ShellExpansion.pattern(behind: names, files: ShellExpansion.filesHere()) else { return }
        StandardError.say(
            "the names given are the files here that match \(Printable.text(pattern)): the shell has expanded it. "
                + "Nothing was changed\(status == .stop ? ", and NOTHING WAS STOPPED" : ""). What was meant is, "
                + "perhaps: "
                + options.advice.edit(
                    pattern == "*"
                        ? "\(status) --all" : "\(status) --prefix \(Advice.quoted(String(pattern.dropLast())))")
                + "; where just these are meant, give them one at a time"
        )
        throw ExitCode.validationFailure
    }

    private func say(_ plan: EditPlan, _ editing: StopFileEditing) {
        say(plan.refusals)
        for kept in plan.kept { StandardError.say(kept.description) }
        let visible = editing.files.filter { !$0.hasPrefix(".") }
        for name in plan.accepted
        where visible == [name.text] && !options.all {
            let shown = Printable.text(name.text)
            StandardError.say(
                "warning: a file \(shown) is here, and no other: if * was meant, the shell has expanded it, and this "
                    + "is about \(shown) only. Everything: \(options.advice.edit("\(status) --all"))"
            )
        }
    }

    private func say(_ refusals: [EditPlan.Refusal]) {
        for refusal in refusals {
            StandardError.say(refusal.description)
            if options.output.json {
                print(JSONLine.text(NameFailure(name: refusal.name.text, error: refusal.description)))
            }
        }
    }

    /// Whether a file that cannot be edited is to be set aside.
    private func isForced(_ editing: StopFileEditing) -> Bool {
        force && status == .stop && editing.request.names.contains(.everything)
    }

    /// The file that is to be changed; or the path as it is, and the link in its place that must not be followed.
    private func place(of named: String) -> (path: String, link: EditError?) {
        do throws(EditError) {
            return (try StopFileLocation.trusted(named), nil)
        } catch {
            // Such a link is set aside where it is in the very place of the file, and not on the way there.
            let folder = try? StopFileLocation.trusted(StopFileEditing.directory(of: named))
            let name = named.split(separator: "/").last ?? ""
            return (folder.map { $0 == "/" ? "/\(name)" : "\($0)/\(name)" } ?? named, error)
        }
    }

    private func perform(
        _ editing: StopFileEditing, _ link: EditError?, _ named: String, _ contact: SidecarContact
    ) throws -> StopFileEditing.Result {
        do throws(EditError) {
            if let link { throw link }
            return try editing.perform()
        } catch {
            guard isForced(editing), link.map({ $0.isInPlace(of: editing.path) }) != false else {
                return try editing.orExit(contact, options) { () throws(EditError) in throw error }
            }
            // Act first: whoever is to read what is said may not do so.
            let trouble = error
            let result = try editing.orExit(contact, options) { () throws(EditError) in
                do throws(EditError) {
                    return try editing.replaceWithStopOfEverything(trouble)
                } catch {
                    StandardError.say(trouble.summary)
                    throw error
                }
            }
            StandardError.say(trouble.summary)
            if StopFileLocation.resolved(StopFileEditing.directory(of: named))
                != StopFileEditing.directory(of: editing.path)
            {
                StandardError.say("\(named) leads to \(editing.path): that is what was replaced")
            }
            for note in result.notes { StandardError.say(note) }
            return result
        }
    }

    private func preview(_ editing: StopFileEditing, _ link: EditError?, _ contact: SidecarContact) throws {
        let result: StopFileEditing.Result
        do throws(EditError) {
            if let link { throw link }
            result = try editing.preview()
        } catch {
            guard isForced(editing), link.map({ $0.isInPlace(of: editing.path) }) != false else {
                return try editing.orExit(contact, options) { () throws(EditError) in throw error }
            }
            StandardError.say(error.summary)
            StandardError.say("it would be set aside under a dated name, and one written that stops everything")
            result = editing.stopOfEverything()
        }
        let code = show(result, editing, contact)
        if code != .success { throw code }
    }

    /// Shows what would be, for `--dry-run`; gives the code with which it would end.
    private func show(
        _ result: StopFileEditing.Result, _ editing: StopFileEditing, _ contact: SidecarContact
    ) -> ExitCode {
        Preview(
            before: result.before, after: result.after, names: result.plan.accepted,
            present: contact.present
        ).write(json: options.output.json)
        for warning in result.warnings { StandardError.say("warning: \(editing.path): \(warning)") }
        say(result.plan.refusals)
        for kept in result.plan.kept { StandardError.say(kept.description) }
        guard result.plan.isWhole(editing.request) else { return .failure }
        if let unserved = unserved(editing.path, contact) {
            StandardError.say(unserved)
            return .unserved
        }
        for name in result.plan.accepted {
            guard let entry = result.obstacle(to: status, of: name) else { continue }
            let shown = Printable.text(name.text)
            StandardError.say(
                "\(status) \(shown) would be in the file, but not what holds: \(Printable.text(entry.name.text)) is "
                    + "\(entry.status)")
            return .failure
        }
        return .success
    }

    /// Why nobody would serve what is written, where nobody would.
    private func unserved(_ path: String, _ contact: SidecarContact) -> String? {
        let isServing = contact.attempt { connection throws(SidecarError) in
            try connection.send([.sync])
            _ = try connection.line()
            return try SidecarInformation(connection).isServing(path)
        }
        if let error = contact.error { return "\(error); who watches and runs is not known, and nobody would serve it" }
        let file = contact.information?["file"].map { Printable.text($0) } ?? "another file"
        return isServing == true ? nil : "\(path) is served by nobody: the sidecar on this socket reads \(file)"
    }
}

extension EditError {
    /// Whether it is about a link that has the very name of the file.
    fileprivate func isInPlace(of path: String) -> Bool {
        guard case .foreignLink(let link, _, _) = self else { return false }
        return link == path
    }
}

extension StopFileEditing {
    /// Does something, or says why it cannot be done and ends.
    func orExit<R>(
        _ contact: SidecarContact, _ options: EditOptions, _ body: () throws(EditError) -> R
    ) throws -> R {
        do throws(EditError) {
            return try body()
        } catch {
            StandardError.say(error.text(options.advice))
            if options.output.json {
                for name in request.names { print(JSONLine.text(NameFailure(name: name.text, error: error.summary))) }
            }
            // Then this may not be the file that was meant.
            if StopFileLocation.isGuessed(given: options.file), contact.information?.filePath == nil {
                let why =
                    contact.information?["file"].map { "\(Printable.text($0)), from a directory that cannot be seen" }
                    ?? contact.error?.description ?? "it does not tell"
                StandardError.say("no file was named, and which one the sidecar reads is not known: \(why)")
            }
            throw ExitCode.failure
        }
    }
}
