internal import EmergencyStopCore
internal import Glibc
internal import Resilience

extension StopFileUpdate {
    /// Where what was in the file's place is now.
    private enum Aside {
        case nowhere
        /// It has another name as well.
        case linked(String)
        case renamed(String)

        var name: String? {
            switch self {
            case .nowhere: nil
            case .linked(let name), .renamed(let name): name
            }
        }
    }

    /// Sets aside what is in the file's place, whatever it is, and writes a file that stops everything.
    ///
    /// What is there keeps its name until the new file takes it, where the file system has hard links: no moment
    /// without a file. Where it has none, or a directory is in the place, there is one, and that is a stop as well.
    /// So, where nothing can be written (a full disk), the file is taken away. Where not even that can be done, and the
    /// file stops everything by what is wrong with it, that is said.
    ///
    /// - Parameter trouble: Why the file could not be edited.
    func replaceWithStopOfEverything(_ trouble: EditError) throws(EditError) -> Result {
        let old = (try? FileReading.bytesOfRegularFile(path)) ?? []
        let aside: Aside
        do throws(EditError) {
            aside = try setAside()
        } catch {
            return try leaving(trouble, since: error)
        }
        let contents = contentsStoppingEverything(insteadOf: old)
        let file = DesiredFile(path: path, contents: contents, metadataPolicy: .bestEffort)
        var result = stopOfEverything(insteadOf: old)
        var notes: [String] = []
        do throws(FileError) {
            let applied = try file.apply()
            result.warnings = applied.warnings.map(\.description)
            result.replacedAt = applied.replacedAt ?? .now
        } catch {
            result.replacedAt = .now
            if error.code == .notDurable {
                result.warnings = ["\(error)"]
            } else {
                guard aside.name != nil, unlink(path) == 0 || errno == ENOENT else {
                    if case .linked(let name) = aside, unlink(name) != 0 {
                        notes.append("\(path) has the name \(name) as well, which could not be removed")
                    }
                    return try leaving(trouble, since: .file(error), notes)
                }
                notes.append("\(error)")
                notes.append("so \(path) was removed: while it is missing, everything is stopped")
                result.after = EntryTable()
                result.changed = []
            }
        }
        if let name = aside.name { notes.append("what was in \(path) is now \(name)") }
        result.notes = notes
        return result
    }

    /// What would be, changing nothing.
    func stopOfEverything(insteadOf old: [UInt8]? = nil) -> Result {
        let old = old ?? (try? FileReading.bytesOfRegularFile(path)) ?? []
        let after = StopFile(parsing: contentsStoppingEverything(insteadOf: old)).entries
        return Result(
            plan: EditPlan(request, entries: after, present: nil, files: []),
            before: EntryTable(), after: after, changed: [.everything], warnings: [], replacedAt: .now
        )
    }

    private func contentsStoppingEverything(insteadOf old: [UInt8]) -> [UInt8] {
        StopFileEditor.stoppingEverything(
            reason: request.reason, by: request.by, at: request.at, insteadOf: old)
    }

    /// The file stays, with the stop at its end where it can be appended to. It is malformed, or none at all, and so
    /// everything is stopped as it is.
    private func leaving(
        _ trouble: EditError, since error: EditError, _ notes: [String] = []
    ) throws(EditError) -> Result {
        guard trouble.stopsEverything else { throw error }
        var result = stopOfEverything()
        let isAppended = appendToMalformed()
        if !isAppended {
            result.after = EntryTable()
            result.changed = []
        }
        result.replacedAt = .now
        result.notes = notes
        result.notes.append(error.summary)
        result.notes.append(
            "so \(path) stays as it is\(isAppended ? ", with the stop appended" : ""). While nobody can read it as a "
                + "stop file, everything is stopped; correct it in place, and see to it with: "
                + "estopctl check \(Advice.quoted(path))"
                + (isAppended ? ". The stop that was appended then holds until it is released" : "")
        )
        return result
    }

    private func appendToMalformed() -> Bool {
        let edit = StopFileEditor.Edit(
            name: .everything, status: .stop, reason: request.reason, by: request.by, at: request.at
        )
        for _ in 0..<10 {
            guard let bytes = try? FileReading.bytesOfRegularFile(path) else { return false }
            let ending = StopFileEditor.Ending(
                place: bytes.count, bytes: StopFileEditor.lines([edit], behind: bytes)
            )
            switch FileAppending.write(ending, to: path, holding: bytes) {
            case .written: return true
            case .changed: continue
            case .failed: return false
            }
        }
        return false
    }

    /// Gives what is in the file's place another name as well.
    private func setAside() throws(EditError) -> Aside {
        var status = stat()
        guard lstat(path, &status) == 0 else { return .nowhere }
        guard isMovable(status) else { throw .immovable(path, String(cString: strerror(EPERM))) }
        let isRegular = status.st_mode & S_IFMT == S_IFREG
        for number in 0..<1000 {
            let aside = "\(path).broken-\(WallClock.nowForFileName)" + (number == 0 ? "" : "-\(number)")
            var other = stat()
            if lstat(aside, &other) == 0 { continue }
            if isRegular, link(path, aside) == 0 { return .linked(aside) }
            // Another operator, at the same moment.
            if isRegular, errno == EEXIST { continue }
            guard rename(path, aside) == 0 else { break }
            return .renamed(aside)
        }
        throw .immovable(path, String(cString: strerror(errno)))
    }

    /// Whether a sticky directory lets this user take the name away: else a second name could never be taken away
    /// again.
    func isMovable(_ file: stat) -> Bool {
        var directory = stat()
        guard stat(Self.directory(of: path), &directory) == 0, directory.st_mode & S_ISVTX != 0 else { return true }
        return geteuid() == 0 || [file.st_uid, directory.st_uid].contains(geteuid())
    }
}
