#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

extension TargetFile {
    /// Gives an open file the mode and owner that it shall have.
    ///
    /// - Returns: What could not be had, when that is acceptable.
    func set(
        _ desired: FileMetadata, on file: borrowing FileDescriptor, current: FileMetadata,
        _ policy: DesiredFile.MetadataPolicy, _ willStep: (String) -> Void
    ) throws(FileError) -> [DesiredFile.Applied.Warning] {
        var warnings: [DesiredFile.Applied.Warning] = []
        var mode = desired.mode
        // The owner first: changing it clears the bits that run a program as its owner.
        if desired.owner != current.owner {
            willStep("fchown")
            do throws(SystemError) {
                try Self.change(desired.owner, of: file)
            } catch {
                guard policy == .bestEffort, error.code == EPERM || error.code == EINVAL else {
                    throw FileError(.metadata, path, error)
                }
                // The group alone may be this process's to give. Nothing may run as somebody that it was not meant to.
                let kept = (try? Self.change(FileOwner(user: .max, group: desired.owner.group), of: file)) != nil
                mode &= ~(S_ISUID | (kept ? 0 : S_ISGID))
                warnings.append(.owner(desired.owner, isGroupKept: kept))
            }
        }
        if mode != current.mode || desired.owner != current.owner {
            let number = file.number
            willStep("fchmod")
            do throws(SystemError) {
                try retrying("fchmod") { fchmod(number, mode) }
            } catch {
                guard policy == .bestEffort, error.code == EPERM else { throw FileError(.metadata, path, error) }
                warnings.append(.mode(desired.mode))
            }
        }
        return warnings
    }

    private static func change(_ owner: FileOwner, of file: borrowing FileDescriptor) throws(SystemError) {
        let number = file.number
        try retrying("fchown") { fchown(number, owner.user, owner.group) }
    }
}

extension DesiredFile.Applied.Warning {
    fileprivate static func owner(_ owner: FileOwner, isGroupKept: Bool) -> Self {
        let pair = "\(owner.user):\(owner.group)"
        let found = isGroupKept ? "its group is as it should be, its owner is not" : "it belongs to who wrote it"
        return .init(
            kind: .owner, description: "the owner could not be set to \(pair), and \(found): run chown \(pair)")
    }

    fileprivate static func mode(_ mode: mode_t) -> Self {
        let digits = String(mode, radix: 8)
        return .init(kind: .mode, description: "the mode could not be set to \(digits): run chmod \(digits)")
    }
}
