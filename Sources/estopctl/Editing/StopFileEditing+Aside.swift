internal import EmergencyStop
internal import Glibc
internal import Resilience

extension StopFileEditing {
    /// Sets aside what is in the file's place, whatever it is, and writes a file that stops everything.
    ///
    /// What is there keeps its name until the new file takes it, where the file system has hard links: no moment
    /// without a file. Where it has none, or a directory is in the place, there is one, and that is a stop as well.
    func replaceWithStopOfEverything() throws(EditError) -> Result {
        let aside = try setAside()
        if let aside { StandardError.say("what was in \(path) is now \(aside)") }
        let contents = StopFileEditor.stoppingEverything(reason: request.reason, by: request.by, at: request.at)
        let clock = ReplacementClock()
        var file = DesiredFile(path: path, contents: contents, metadataPolicy: .bestEffort)
        file.willStep = clock.note
        do throws(FileError) {
            let applied = try file.apply()
            let after = StopFile(parsing: contents).entries
            return Result(
                plan: EditPlan(request, entries: after, present: present, files: []),
                before: EntryTable(), after: after, changed: [.everything],
                warnings: applied.warnings.map(\.description), replacedAt: clock.time
            )
        } catch {
            throw .file(error)
        }
    }

    /// Gives what is in the file's place another name as well.
    private func setAside() throws(EditError) -> String? {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        for number in 0..<1000 {
            let aside = "\(path).broken-\(WallClock.nowForFileName)" + (number == 0 ? "" : "-\(number)")
            if status.st_mode & S_IFMT == S_IFREG, link(path, aside) == 0 { return aside }
            if errno == EEXIST { continue }
            guard access(aside, F_OK) != 0 else { continue }
            guard rename(path, aside) == 0 else { break }
            return aside
        }
        throw .unreadable(path, "cannot be set aside: \(String(cString: strerror(errno)))")
    }
}
