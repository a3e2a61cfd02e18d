internal import EmergencyStopCore
internal import Glibc
internal import Resilience

extension StopFileEditing {
    /// What there is and what it would become, changing nothing; refuses what ``perform()`` would, as far as that can be
    /// told by looking.
    func preview() throws(EditError) -> Result {
        if request.status == .go {
            try check(ReplacementLock(of: path, patience: limit, until: .now + limit, onlyLooks: true))
        }
        let bytes = try read()
        let (edited, result) = try edited(bytes)
        guard edited != nil, let code = obstacle() else { return result }
        guard request.status == .stop, bytes != nil, faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0 else {
            throw .irreplaceable(path, code)
        }
        var appended = result
        appended.warnings.append(
            "the stop would be appended in place, as no new file can take this one's: \(String(cString: strerror(code)))"
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

extension StopFileEditing.Result {
    /// What restrains a name or pattern more than was asked for once the file is changed.
    func obstacle(to status: WorkflowStatus, of name: WorkflowName) -> Entry? {
        let own = name.isPattern ? nil : after.entry(name)
        return ([own, restraint(on: name)].compactMap(\.self)).filter { $0.status < status }.min {
            $0.status < $1.status
        }
    }
}
