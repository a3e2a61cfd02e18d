internal import EmergencyStop
internal import Glibc
internal import Resilience

extension StopFileEditing {
    /// Sets aside what is in the file's place, whatever it is, and writes a file that stops everything.
    ///
    /// What is there keeps its name until the new file takes it, where the file system has hard links: no moment
    /// without a file. Where it has none, or a directory is in the place, there is one, and that is a stop as well.
    /// So, where nothing can be written (a full disk), the file is taken away.
    func replaceWithStopOfEverything() throws(EditError) -> Result {
        let aside = try setAside()
        if let aside { StandardError.say("what was in \(path) is now \(aside)") }
        let contents = StopFileEditor.stoppingEverything(reason: request.reason, by: request.by, at: request.at)
        let after = StopFile(parsing: contents).entries
        let clock = ReplacementClock()
        var file = DesiredFile(path: path, contents: contents, metadataPolicy: .bestEffort)
        file.willStep = clock.note
        var result = Result(
            plan: EditPlan(request, entries: after, present: nil, files: []),
            before: EntryTable(), after: after, changed: [.everything], warnings: [], replacedAt: .now
        )
        do throws(FileError) {
            result.warnings = try file.apply().warnings.map(\.description)
        } catch {
            if error.code == .notDurable {
                result.warnings = ["\(error)"]
            } else {
                guard aside != nil, unlink(path) == 0 || errno == ENOENT else { throw .file(error) }
                StandardError.say("\(error)")
                StandardError.say("so \(path) was taken away: while there is no such file, everything is stopped")
                result.after = EntryTable()
                result.changed = []
            }
        }
        result.replacedAt = clock.time
        return result
    }

    /// Gives what is in the file's place another name as well.
    private func setAside() throws(EditError) -> String? {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        for number in 0..<1000 {
            let aside = "\(path).broken-\(WallClock.nowForFileName)" + (number == 0 ? "" : "-\(number)")
            var other = stat()
            if lstat(aside, &other) == 0 { continue }
            if status.st_mode & S_IFMT == S_IFREG, link(path, aside) == 0 { return aside }
            // Another operator, at the same moment.
            if status.st_mode & S_IFMT == S_IFREG, errno == EEXIST { continue }
            guard rename(path, aside) == 0 else { break }
            return aside
        }
        throw .unreadable(path, "cannot be set aside: \(String(cString: strerror(errno)))")
    }
}
