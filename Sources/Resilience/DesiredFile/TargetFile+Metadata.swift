internal import Glibc

extension TargetFile {
    /// Gives an open file the mode, owner and attributes that it shall have.
    ///
    /// Whatever cannot be had: nobody gets to do what he could not before.
    ///
    /// - Parameter narrows: Whether an access list that cannot be had is acceptable, where the policy does not require
    ///   all.
    /// - Returns: What could not be had, when that is acceptable.
    func set(
        _ desired: FileMetadata, on file: borrowing FileDescriptor, current: FileMetadata,
        _ policy: DesiredFile.MetadataPolicy, narrows: Bool = true, _ willStep: (DesiredFile.Step) -> Void
    ) throws(FileError) -> [DesiredFile.Applied.Warning] {
        var warnings: [DesiredFile.Applied.Warning] = []
        var (mode, attributes) = (desired.mode, desired.attributes)
        // The owner first: changing it clears the bits that run a program as its owner.
        if desired.owner != current.owner {
            willStep(.setOwner)
            do throws(FailedCall) {
                try Self.change(desired.owner, of: file)
            } catch {
                guard policy == .bestEffort, error.code == EPERM || error.code == EINVAL else {
                    throw FileError(.metadata, path, error)
                }
                // The group alone may be this process's to give. Nothing may run as somebody that it was not meant to.
                let kept = (try? Self.change(FileOwner(user: .max, group: desired.owner.group), of: file)) != nil
                mode &= ~(S_ISUID | (kept ? 0 : S_ISGID))
                if !kept {
                    if let list = attributes.accessList {
                        attributes.accessList = list.forAnotherGroup()
                    } else {
                        // What the old group might, the new one need not.
                        mode &= ~0o070 | mode << 3
                    }
                }
                warnings.append(.owner(desired.owner, isGroupKept: kept))
            }
        }
        if attributes != current.attributes {
            willStep(.setAttributes)
            for (name, error) in attributes.set(on: file, current: current.attributes) {
                let isAccessList = FileAttributes.isAccessList(name)
                guard policy == .bestEffort, narrows || !isAccessList else { throw FileError(.metadata, path, error) }
                if isAccessList { mode = attributes.accessList?.narrowed(mode) ?? mode & ~0o070 }
                warnings.append(.attribute(name, error, mode: isAccessList ? mode : nil))
            }
        }
        if mode != current.mode || desired.owner != current.owner || attributes != current.attributes {
            let number = file.number
            willStep(.setMode)
            do throws(FailedCall) {
                try retrying("fchmod") { fchmod(number, mode) }
            } catch {
                guard policy == .bestEffort, error.code == EPERM else { throw FileError(.metadata, path, error) }
                warnings.append(.mode(desired.mode))
            }
        }
        return warnings
    }

    private static func change(_ owner: FileOwner, of file: borrowing FileDescriptor) throws(FailedCall) {
        let number = file.number
        try retrying("fchown") { fchown(number, owner.user, owner.group) }
    }
}

extension DesiredFile.Applied.Warning {
    fileprivate static func owner(_ owner: FileOwner, isGroupKept: Bool) -> Self {
        let pair = "\(owner.user):\(owner.group)"
        let found = isGroupKept ? "its group is as it should be, its owner is not" : "it belongs to who wrote it"
        return .init(
            kind: isGroupKept ? .owner : .ownerAndGroup,
            description: "the owner could not be set to \(pair), and \(found): run chown \(pair)")
    }

    fileprivate static func attribute(_ name: String, _ error: FailedCall, mode: mode_t?) -> Self {
        let what =
            mode.map { mode in
                "the access list could not be kept (\(error)), and the mode is \(String(mode, radix: 8)), so that nobody "
                    + "gets to write who could not: set it again with setfacl"
            } ?? "the attribute \(name) could not be kept (\(error)): set it again with setfattr"
        return .init(kind: .attribute, description: what)
    }

    fileprivate static func mode(_ mode: mode_t) -> Self {
        let digits = String(mode, radix: 8)
        return .init(kind: .mode, description: "the mode could not be set to \(digits): run chmod \(digits)")
    }
}
