internal import EmergencyStopCore
internal import Glibc
internal import Resilience

/// Changes a stop file on the disk: under the lock, atomically, and only what the plan accepts.
struct StopFileUpdate {
    let path: String
    let request: EditRequest
    /// The names in the working directory, for what a shell may have done.
    let files: [String]

    /// The names that are watched or run, as the sidecar tells them.
    typealias Presence = [WorkflowName: EditRequest.Presence]

    /// How long an edit waits for others, and is begun anew because the file has changed meanwhile. A stop has patience
    /// with those who get on, however many they are.
    var limit: Duration { request.status == .stop ? .seconds(60) : .seconds(15) }

    /// What became of the request.
    struct Result {
        var plan: EditPlan
        var before: EntryTable
        var after: EntryTable
        /// The names whose entries were changed, and not found as they should be.
        var changed: Set<WorkflowName>
        var warnings: [String]
        /// What was done on the way, to be said once it is done.
        var notes: [String] = []
        /// When the new file took the place of the old.
        var replacedAt: ContinuousClock.Instant

        /// A listed name that a pattern matches and that nothing else restrains.
        func witness(of pattern: WorkflowName) -> WorkflowName? {
            guard pattern.isPattern else { return nil }
            let position = (0..<before.count).first { position in
                before.status(at: position) == .go && !before.isPattern(at: position)
                    && pattern.matches(before.name(at: position))
            }
            return position.map { before.name(at: $0) }
        }

        /// The least of the patterns that restrain this name, or everything that this pattern matches.
        func restraint(on name: WorkflowName) -> Entry? {
            after.patternPositions.map { after[$0] }
                .filter { $0.status != .go && $0.name != name && $0.name.matches(name) }
                .min { $0.status < $1.status }
        }
    }

    /// Changes the file.
    ///
    /// - Parameter present: Asks the sidecar who watches and runs what; `nil` where it does not tell. Called at most once,
    ///   only where it decides something, and never while the lock is held: a sidecar that hangs holds up nobody else.
    func perform(asking present: () -> Presence?) throws(EditError) -> Result {
        let deadline = ContinuousClock.now + limit
        var known = Known.notAsked
        while true {
            switch try replace(until: deadline, known) {
            case .done(let result): return result
            case .needsPresence: known = .asked(present())
            case .changedMeanwhile: continue
            }
        }
    }

    private enum Known {
        case notAsked
        case asked(Presence?)
    }

    private enum Attempt {
        case done(Result)
        /// Begin anew with what the file holds now; there is time.
        case changedMeanwhile
        /// Begin anew once it is known who watches and runs what.
        case needsPresence
    }

    private func replace(
        until deadline: ContinuousClock.Instant, _ known: Known
    ) throws(EditError) -> Attempt {
        // A stop goes on without the lock, and then begins anew, in the queue again, where another got on after all.
        let patience = request.status == .stop ? .seconds(2) : limit
        let lock = ReplacementLock(of: path, patience: patience, until: deadline)
        defer { withExtendedLifetime(lock) {} }
        try check(lock)
        return try replaceLocked(until: deadline, known)
    }

    /// - Parameter narrows: Whether an access list that cannot be kept is done without, and the mode made narrower.
    private func replaceLocked(
        until deadline: ContinuousClock.Instant, _ known: Known, narrows: Bool = false
    ) throws(EditError) -> Attempt {
        let bytes = try read()
        let editor = try editor(of: bytes ?? [])
        var present: Presence?
        switch known {
        case .asked(let answer): present = answer
        case .notAsked:
            if EditPlan.needsPresence(request, entries: editor.entries, files: files) { return .needsPresence }
        }
        let (edited, result) = try edited(editor, present)
        guard let edited else { return .done(result) }
        var file = DesiredFile(path: path, contents: edited, metadataPolicy: .bestEffort)
        file.takesLock = false
        file.narrowsAccess = narrows
        var done = result
        do throws(FileError) {
            let applied = try file.apply(expecting: bytes.map { .contents($0) } ?? .missing)
            done.replacedAt = applied.replacedAt ?? .now
            // That the owner changes with who writes is how groups work; that the group or the mode does is not.
            done.warnings = applied.warnings.filter { $0.kind != .owner }.map(\.description)
            return .done(done)
        } catch {
            if error.code == .contentsChanged, ContinuousClock.now < deadline { return .changedMeanwhile }
            guard error.code == .notDurable else {
                guard request.status == .stop, error.isOfThePlace, let bytes else { throw .file(error) }
                let failure = error
                do throws(EditError) {
                    if let appended = try append(to: bytes, instead: failure, result) { return .done(appended) }
                } catch {
                    guard failure.code == .metadata, !narrows else { throw error }
                    return try replaceLocked(until: deadline, known, narrows: true)
                }
                guard ContinuousClock.now < deadline else { throw .file(error) }
                return .changedMeanwhile
            }
            done.replacedAt = .now
            done.warnings = ["\(error)"]
            return .done(done)
        }
    }

    /// What is released must be all that was seen: a stop goes on without a lock.
    func check(_ lock: ReplacementLock) throws(EditError) {
        guard request.status == .go else { return }
        switch lock.outcome {
        case .held, .useless: break
        case .busy: throw .locked(lock.path, limit)
        case .unavailable(let why): throw .unlockable(lock.path, why)
        }
    }

    private func edited(
        _ editor: StopFileEditor, _ present: Presence?
    ) throws(EditError) -> (bytes: [UInt8]?, result: Result) {
        let plan = EditPlan(
            request, entries: editor.entries, duplicates: editor.duplicates, present: present, files: files
        )
        let edits = plan.edits(request)
        do throws(StopFileEditor.Failure) {
            let outcome = try editor.applying(edits)
            let changed = zip(edits, outcome.effects).filter { ![.unchanged, .missing].contains($0.1) }.map(\.0.name)
            let result = Result(
                plan: plan, before: editor.entries, after: StopFile(parsing: outcome.bytes).entries,
                changed: Set(changed), warnings: [], replacedAt: .now
            )
            return (changed.isEmpty ? nil : outcome.bytes, result)
        } catch {
            throw .notEditable(path, "\(error)")
        }
    }

    func editor(of bytes: [UInt8]) throws(EditError) -> StopFileEditor {
        do throws(StopFileEditor.Malformed) {
            return try StopFileEditor(bytes)
        } catch {
            throw .malformed(path, error.diagnostic)
        }
    }

    /// The file's bytes; `nil` where there is none and everything is to be stopped.
    func read() throws(EditError) -> [UInt8]? {
        do throws(FileReading.Failure) {
            return try FileReading.bytesOfRegularFile(path)
        } catch {
            guard error.isMissing else { throw .unreadable(path, error) }
            if request.status == .stop, request.names.contains(.everything) { return nil }
            throw .missing(path)
        }
    }

    static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}

extension StopFileUpdate {
    /// What there is and what it would become, changing nothing; refuses what ``perform()`` would, as far as that can be
    /// told by looking.
    func preview(present: Presence?) throws(EditError) -> Result {
        if request.status == .go {
            try check(ReplacementLock(of: path, patience: limit, until: .now + limit, onlyLooks: true))
        }
        let bytes = try read()
        let (edited, result) = try edited(editor(of: bytes ?? []), present)
        guard edited != nil, let code = obstacle() else { return result }
        guard request.status == .stop, bytes != nil, faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0 else {
            throw .irreplaceable(path, code)
        }
        var appended = result
        appended.warnings.append(
            "the stop would be appended, because the file cannot be replaced: \(String(cString: strerror(code)))"
        )
        return appended
    }

    /// Why no new file can take the place of the old, as far as can be told.
    private func obstacle() -> CInt? {
        if faccessat(AT_FDCWD, Self.directory(of: path), W_OK | X_OK, AT_EACCESS) != 0 { return errno }
        var status = stat()
        if lstat(path, &status) == 0, !isMovable(status) { return EPERM }
        return PathFacts.isMounted(path) ? EBUSY : nil
    }
}

extension StopFileUpdate.Result {
    /// What restrains a name or pattern more than was asked for once the file is changed.
    func obstacle(to status: WorkflowStatus, of name: WorkflowName) -> Entry? {
        let own = name.isPattern ? nil : after.entry(name)
        return ([own, restraint(on: name)].compactMap(\.self)).filter { $0.status < status }.min {
            $0.status < $1.status
        }
    }
}

extension StopFileUpdate {
    /// Stops where no new file can take the place of the old, by entries at its end: of two entries of a name the more
    /// restrictive holds, and what is torn restrains no less. Of what others have stopped, too: theirs may be lifted.
    ///
    /// - Returns: `nil` if the file has changed meanwhile.
    func append(to bytes: [UInt8], instead error: FileError, _ result: Result) throws(EditError) -> Result? {
        var done = result
        let editor = try editor(of: bytes)
        let own = result.plan.accepted.filter { name in
            result.changed.contains(name)
                && (editor.duplicates[name] ?? [result.before.entry(name)].compactMap(\.self)).contains { entry in
                    entry.status == .stop && entry.by == request.by
                }
        }
        let why = error.systemError.map { ": \(String(cString: strerror($0)))" } ?? ""
        for name in own {
            done.warnings.append(
                "\(Printable.text(name.text)) is stopped by you already; that entry stays as it is\(why)")
        }
        let names = result.plan.accepted.filter { result.changed.contains($0) && !own.contains($0) }
        done.changed = Set(names)
        done.after = result.before
        guard !names.isEmpty else { return done }
        let edits = result.plan.edits(request).filter { names.contains($0.name) }
        let ending: StopFileEditor.Ending
        do throws(StopFileEditor.Failure) {
            ending = try editor.ending(with: edits)
        } catch {
            throw .notEditable(path, "\(error)")
        }
        done.after = StopFile(parsing: bytes[..<ending.place] + ending.bytes).entries
        switch FileAppending.write(ending, to: path, holding: bytes) {
        case .changed: return nil
        case .failed: throw .file(error)
        case .written(let isDurable):
            done.replacedAt = .now
            done.warnings.append("the stop was appended, because the file cannot be replaced\(why)")
            if !isDurable { done.warnings.append("a crash of the machine may lose it") }
            return done
        }
    }
}
