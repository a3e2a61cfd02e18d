package import EmergencyStopCore
internal import Glibc

/// Carries out `stop`, `pause` or `go`: finds the file, changes it, and sees to it that what was asked for is served.
package struct StatusChange {
    /// How long the sidecar may take before the file is written, for what is useful and not needed: a sidecar that
    /// hangs must not hold up a stop.
    private static let patienceBefore = Duration.seconds(1)

    let request: EditRequest
    let endpoint: SidecarEndpoint
    /// The file that is given, if any is.
    let file: String?
    let advice: Advice
    /// How long to wait until no run is left.
    package var wait: Duration?
    /// Whether a file that cannot be edited is set aside.
    package var force = false
    /// Whether everything is meant for certain, and not perhaps what a shell has made of a `*`.
    package var isOfEverything = false
    /// The names as they came as arguments, for what a shell may have done to them.
    package var namesAsGiven: [WorkflowName] = []
    package var isDryRun = false
    package var json = false

    private var status: WorkflowStatus { request.status }

    package init(_ request: EditRequest, endpoint: SidecarEndpoint, file: String?, advice: Advice) {
        self.request = request
        self.endpoint = endpoint
        self.file = file
        self.advice = advice
    }

    /// Returns how the command ends.
    package func run() -> ExitStatus {
        do throws(ExitStatus) {
            return try attempt()
        } catch {
            return error
        }
    }

    private func attempt() throws(ExitStatus) -> ExitStatus {
        // Whoever reads what is said may have gone: what is to be done is done all the same.
        signal(SIGPIPE, SIG_IGN)
        try refuseExpansion()
        let contact = SidecarContact(endpoint, patience: Self.patienceBefore)
        let named = StopFileLocation.path(given: file, sidecar: contact.information)
        let (path, link) = place(of: named)
        let update = StopFileUpdate(path: path, request: request, files: ShellExpansion.filesHere())
        if isDryRun { return try preview(update, link, contact) }
        let result = try perform(update, link, named, contact)
        for warning in result.warnings { StandardError.say("warning: \(path): \(warning)") }
        say(result.plan, update)
        let report = EditReport(request: request, result: result, path: path, json: json, advice: advice)
        var ending = result.plan.isWhole(request) ? ExitStatus.success : .failure
        if !result.plan.accepted.isEmpty {
            let served = report.confirm(contact, within: endpoint.timeout)
            if ending == .success { ending = served }
        }
        if ending == .success, let wait {
            StandardOutput.flush()
            ending = RunsLeft(names: result.plan.accepted, endpoint: endpoint, json: json).wait(for: wait)
        }
        return ending
    }

    /// A pattern that the shell has replaced by names of files names something else than was meant.
    private func refuseExpansion() throws(ExitStatus) {
        // Whatever the names were to be: everything has them among it, and a stop is not to wait for that.
        if status == .stop, isOfEverything { return }
        let names = namesAsGiven.map(\.text)
        guard let pattern = ShellExpansion.pattern(behind: names, files: ShellExpansion.filesHere()) else { return }
        StandardError.say(
            "these names are the files here that match \(Printable.text(pattern)): the shell expanded it. "
                + "Nothing changed\(status == .stop ? ", and NOTHING WAS STOPPED" : ""). You probably meant: "
                + advice.edit(
                    pattern == "*"
                        ? "\(status) --all" : "\(status) --prefix \(Advice.quoted(String(pattern.dropLast())))")
                + "; if you do mean these, give them one at a time"
        )
        throw .usage
    }

    private func say(_ plan: EditPlan, _ update: StopFileUpdate) {
        say(plan.refusals)
        for kept in plan.kept { StandardError.say(kept.description) }
        let visible = update.files.filter { !$0.hasPrefix(".") }
        for name in plan.accepted
        where visible == [name.text] && !isOfEverything {
            let shown = Printable.text(name.text)
            StandardError.say(
                "warning: a file \(shown) is here, and no other: if * was meant, the shell has expanded it, and this "
                    + "is about \(shown) only. Everything: \(advice.edit("\(status) --all"))"
            )
        }
    }

    private func say(_ refusals: [EditPlan.Refusal]) {
        for refusal in refusals {
            StandardError.say(refusal.description)
            if json {
                print(JSONLine.text(ErrorRecord(refusal.code, refusal.description, name: refusal.name.text)))
            }
        }
    }

    /// Whether a file that cannot be edited is to be set aside.
    private var isForced: Bool {
        force && status == .stop && request.names.contains(.everything)
    }

    /// The file that is to be changed; or the path as it is, and the link in its place that must not be followed.
    private func place(of named: String) -> (path: String, link: EditError?) {
        do throws(EditError) {
            return (try StopFileLocation.trusted(named), nil)
        } catch {
            // Such a link is set aside where it is in the very place of the file, and not on the way there.
            let folder = try? StopFileLocation.trusted(StopFileUpdate.directory(of: named))
            let name = named.split(separator: "/").last ?? ""
            return (folder.map { $0 == "/" ? "/\(name)" : "\($0)/\(name)" } ?? named, error)
        }
    }

    private func perform(
        _ update: StopFileUpdate, _ link: EditError?, _ named: String, _ contact: SidecarContact
    ) throws(ExitStatus) -> StopFileUpdate.Result {
        do throws(EditError) {
            if let link { throw link }
            return try update.perform { contact.present }
        } catch {
            guard isForced, link.map({ $0.isInPlace(of: update.path) }) != false else {
                throw refuse(error, contact)
            }
            // Act first: whoever is to read what is said may not do so.
            let trouble = error
            let result: StopFileUpdate.Result
            do throws(EditError) {
                result = try update.replaceWithStopOfEverything(trouble)
            } catch {
                StandardError.say(trouble.summary)
                throw refuse(error, contact)
            }
            StandardError.say(trouble.summary)
            if StopFileLocation.resolved(StopFileUpdate.directory(of: named))
                != StopFileUpdate.directory(of: update.path)
            {
                StandardError.say("\(named) leads to \(update.path): that file was replaced")
            }
            for note in result.notes { StandardError.say(note) }
            return result
        }
    }

    /// Says why nothing was changed; returns how the command ends.
    private func refuse(_ error: EditError, _ contact: SidecarContact) -> ExitStatus {
        StandardError.say(error.text(advice))
        if json {
            for name in request.names { print(JSONLine.text(ErrorRecord(error.code, error.summary, name: name.text))) }
        }
        // Then this may not be the file that was meant.
        if StopFileLocation.isGuessed(given: file), contact.information?.filePath == nil {
            let why =
                contact.information?["file"].map { "\(Printable.text($0)), from a directory that cannot be seen" }
                ?? contact.error?.description ?? "it does not tell"
            StandardError.say("no file was named, and it is unknown which one the sidecar reads: \(why)")
        }
        return .failure
    }

    private func preview(
        _ update: StopFileUpdate, _ link: EditError?, _ contact: SidecarContact
    ) throws(ExitStatus) -> ExitStatus {
        let result: StopFileUpdate.Result
        do throws(EditError) {
            if let link { throw link }
            result = try update.preview(present: contact.present)
        } catch {
            guard isForced, link.map({ $0.isInPlace(of: update.path) }) != false else {
                throw refuse(error, contact)
            }
            StandardError.say(error.summary)
            StandardError.say("it would be set aside under a dated name, and one written that stops everything")
            result = update.stopOfEverything()
        }
        return show(result, update.path, contact)
    }

    /// Shows what would be, for `--dry-run`; returns how it would end.
    private func show(
        _ result: StopFileUpdate.Result, _ path: String, _ contact: SidecarContact
    ) -> ExitStatus {
        Preview(
            before: result.before, after: result.after, names: result.plan.accepted,
            present: contact.present
        ).write(json: json)
        for warning in result.warnings { StandardError.say("warning: \(path): \(warning)") }
        say(result.plan.refusals)
        for kept in result.plan.kept { StandardError.say(kept.description) }
        guard result.plan.isWhole(request) else { return .failure }
        if let unserved = unserved(path, contact) {
            StandardError.say(unserved)
            return .unserved
        }
        for name in result.plan.accepted {
            guard let entry = result.obstacle(to: status, of: name) else { continue }
            let shown = Printable.text(name.text)
            StandardError.say(
                "\(shown) would be set to \(status), but pattern \(Printable.text(entry.name.text)) would still "
                    + "\(entry.status) it")
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
        if let error = contact.error {
            return "\(error); who watches and runs is unknown, and no sidecar would serve it"
        }
        let file = contact.information?["file"].map { Printable.text($0) } ?? "another file"
        return isServing == true ? nil : "\(path) is served by no sidecar: the one on this socket reads \(file)"
    }
}

extension EditError {
    /// Whether it is about a link that has the very name of the file.
    fileprivate func isInPlace(of path: String) -> Bool {
        guard case .foreignLink(let link, _, _) = self else { return false }
        return link == path
    }
}
