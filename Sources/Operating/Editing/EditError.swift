internal import EmergencyStopCore
internal import EmergencyStopSystem
internal import Glibc
internal import Resilience

/// Why a stop file could not be changed. It is as it was.
enum EditError: Error {
    case malformed(String, Diagnostic)
    case missing(String)
    case unreadable(String, FileReading.Failure)
    /// What is in its place could not be set aside.
    case immovable(String, String)
    case locked(String, Duration)
    case unlockable(String, String)
    case notEditable(String, String)
    /// A symbolic link that another user has put where others may.
    case foreignLink(String, target: String, owner: UInt32)
    /// No new file could take the place of the old: found out by looking.
    case irreplaceable(String, Int32)
    case file(FileError)

    /// Whether everything is stopped for as long as the file is as it is, by whoever reads it.
    var stopsEverything: Bool {
        switch self {
        case .malformed: true
        case .unreadable(_, let failure): failure.isNotRegular
        default: false
        }
    }

    /// What is wrong, in a word, for programs.
    var code: String {
        switch self {
        case .malformed: "malformed-file"
        case .missing: "missing-file"
        case .unreadable: "unreadable-file"
        case .locked: "locked"
        case .foreignLink: "foreign-link"
        case .immovable, .unlockable, .notEditable, .irreplaceable, .file: "not-editable"
        }
    }

    /// What is wrong, in a line.
    var summary: String {
        switch self {
        case .malformed(let path, let diagnostic): "\(path):\(diagnostic.description)"
        case .missing(let path): "\(path): there is no such file; nothing changed"
        case .unreadable(let path, let failure): "\(path): \(failure.description)"
        case .immovable(let path, let why): "\(path): cannot be set aside: \(why)"
        case .locked(let lock, let limit):
            "\(lock): another edit has held the lock for \(limit.readable); nothing changed"
        case .unlockable(let lock, let why):
            "\(lock): \(why); without the lock another edit could be lost, so nothing changed"
        case .notEditable(let path, let why): "\(path): \(why)"
        case .foreignLink(let path, let target, let owner):
            "\(Printable.text(path)): a symbolic link to \(Printable.text(target)), which user "
                + "\(Accounts.name(ofUser: owner) ?? "\(owner)") has put into a directory where others may write; it is "
                + "not followed"
        case .irreplaceable(let path, let code):
            "\(path): the file cannot be replaced: \(String(cString: strerror(code)))"
        case .file(let error) where error.isMountedByItself:
            "\(error.path): is a mount point of its own, so it cannot be replaced "
                + "(\(String(cString: strerror(error.systemError ?? EBUSY)))); nothing changed"
        case .file(let error): "\(error)"
        }
    }

    /// What is wrong, and what to do about it.
    func text(_ advice: Advice) -> String {
        switch self {
        case .malformed(let path, _):
            """
            \(summary)
            The file was left as it is. A sidecar that reads it stops everything while it is malformed. Correct it and \
            see to it with: estopctl check \(Advice.quoted(path)); to stop everything whatever the file holds: \
            \(advice.edit("stop --all --force"))
            """
        case .missing:
            "\(summary). A sidecar that reads it stops everything while it is missing. Put it back, or name the right "
                + "one with --file"
        case .unreadable(_, let failure): "\(summary). The file was left as it is; \(failure.remedy)"
        case .foreignLink(let path, let target, _):
            "\(summary). Nothing changed. If that is right, give the file itself with --file, or let root make the "
                + "link again: ln -sfn \(Advice.quoted(target)) \(Advice.quoted(path)); to stop everything, with the "
                + "link set aside: \(advice.edit("stop --all --force"))"
        case .irreplaceable(let path, _) where FileFlags.isImmutable(path):
            "\(summary): it is immutable, and nothing changed. To let it be changed: chattr -i \(Advice.quoted(path))"
        case .irreplaceable: "\(summary). Run as its owner or as root"
        case .immovable, .notEditable: "\(summary). The file was left as it is"
        case .locked(let lock, _):
            "\(summary). See who: fuser -v \(Advice.quoted(lock)); if nobody has it open, remove it"
        case .unlockable: summary
        case .file(let error) where error.isMountedByItself:
            "\(summary). Change the entry in place, with an editor or where it is mounted from; "
                + "mount its directory instead"
        case .file(let error) where error.code == .noSpace:
            "\(summary). Nothing changed. Make room, or change the entry in place, with an editor; to stop everything, "
                + "which needs no room: \(advice.edit("stop --all --force"))"
        case .file(let error) where error.code == .notPermitted && FileFlags.isImmutable(error.path):
            "\(summary): it is immutable, and nothing changed. To let it be changed: "
                + "chattr -i \(Advice.quoted(error.path))"
        case .file(let error) where error.isOfThePlace && access(error.path, W_OK) == 0:
            "\(summary). Nothing changed; the file itself may be written to: change the entry in place, with an "
                + "editor"
        case .file: summary
        }
    }
}

extension FileError {
    /// Whether it is the file's place that cannot be given to a new file; that to which it leads may yet be written.
    var isOfThePlace: Bool {
        switch code {
        case .notPermitted, .readOnlyFileSystem, .noSpace, .metadata: true
        default: isMountedByItself
        }
    }

    fileprivate var isMountedByItself: Bool { code == .system && (systemError == EBUSY || systemError == EXDEV) }
}
