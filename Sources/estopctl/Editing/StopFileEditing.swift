internal import EmergencyStopCore
internal import Glibc
internal import Resilience

/// Changes a stop file on the disk: under the lock, atomically, and only what the plan accepts.
struct StopFileEditing {
    let path: String
    let request: EditRequest
    /// The names that are watched or run; `nil` where nobody tells.
    let present: () -> [WorkflowName: EditRequest.Presence]?
    /// The names in the working directory, for what a shell may have done.
    let files: [String]

    init(
        path: String, request: EditRequest,
        present: @autoclosure @escaping () -> [WorkflowName: EditRequest.Presence]?, files: [String]
    ) {
        self.path = path
        self.request = request
        self.present = present
        self.files = files
    }

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
    func perform() throws(EditError) -> Result {
        let deadline = ContinuousClock.now + limit
        while true {
            if let result = try replace(until: deadline) { return result }
        }
    }

    /// One attempt.
    ///
    /// - Returns: `nil` if the file has changed meanwhile and there is time to begin anew.
    private func replace(until deadline: ContinuousClock.Instant) throws(EditError) -> Result? {
        // A stop goes on without the lock, and then begins anew, in the queue again, where another got on after all.
        let patience = request.status == .stop ? .seconds(2) : limit
        let lock = ReplacementLock(of: path, patience: patience, until: deadline)
        defer { withExtendedLifetime(lock) {} }
        try check(lock)
        return try replaceLocked(until: deadline)
    }

    /// - Parameter narrows: Whether an access list that cannot be kept is done without, and the mode made narrower.
    private func replaceLocked(
        until deadline: ContinuousClock.Instant, narrows: Bool = false
    ) throws(EditError) -> Result? {
        let bytes = try read()
        let (edited, result) = try edited(bytes)
        guard let edited else { return result }
        let clock = ReplacementClock()
        var file = DesiredFile(path: path, contents: edited, metadataPolicy: .bestEffort)
        file.willStep = clock.note
        file.takesLock = false
        file.narrowsAccess = narrows
        var done = result
        do throws(FileError) {
            let applied = try file.apply(expecting: bytes.map { .contents($0) } ?? .missing)
            done.replacedAt = clock.time
            done.warnings = applied.warnings.filter { isWorthSaying($0) }.map(\.description)
            return done
        } catch {
            if error.code == .contentsChanged, ContinuousClock.now < deadline { return nil }
            guard error.code == .notDurable else {
                guard request.status == .stop, error.isOfThePlace, let bytes else { throw .file(error) }
                let failure = error
                do throws(EditError) {
                    if let appended = try append(to: bytes, instead: failure, result) { return appended }
                } catch {
                    guard failure.code == .metadata, !narrows else { throw error }
                    return try replaceLocked(until: deadline, narrows: true)
                }
                guard ContinuousClock.now < deadline else { throw .file(error) }
                return nil
            }
            done.replacedAt = clock.time
            done.warnings = ["\(error)"]
            return done
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

    /// That the owner changes with who writes is how groups work; that the group or the mode does is not.
    private func isWorthSaying(_ warning: DesiredFile.Applied.Warning) -> Bool {
        warning.kind != .owner || !warning.description.contains("its group is as it should be")
    }

    func edited(_ bytes: [UInt8]?) throws(EditError) -> (bytes: [UInt8]?, result: Result) {
        let editor = try editor(of: bytes ?? [])
        let plan = EditPlan(
            request, entries: editor.entries, duplicates: editor.duplicates, present: present(), files: files
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
