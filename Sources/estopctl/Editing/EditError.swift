internal import EmergencyStop
internal import Resilience

/// Why a stop file could not be changed. It is as it was.
enum EditError: Error, CustomStringConvertible {
    case malformed(String, Diagnostic)
    case missing(String)
    case unreadable(String, String)
    case locked(String, Duration)
    case unlockable(String, String)
    case notEditable(String, String)
    case file(FileError)

    var description: String {
        switch self {
        case .malformed(let path, let diagnostic):
            """
            \(path):\(diagnostic.description)
            The file was left as it is. A sidecar that reads it stops everything while it is malformed. Correct it and \
            see to it with "estopctl check \(path)"; to stop everything whatever the file holds: \
            estopctl stop --all --force
            """
        case .missing(let path):
            "\(path): there is no such file; nothing was changed. A sidecar that reads it stops everything while it is "
                + "missing. Put it back, or name the right one with --file"
        case .unreadable(let path, let why):
            "\(path): \(why). The file was left as it is; check its owner and mode, or use sudo"
        case .locked(let directory, let limit):
            "\(directory): another edit has held the lock for \(limit.readable); nothing was changed. "
                + "See who: fuser -v \(directory)"
        case .unlockable(let directory, let why):
            "\(directory): cannot be locked (\(why)), so that another's edit could be lost; nothing was changed"
        case .notEditable(let path, let why): "\(path): \(why). The file was left as it is"
        case .file(let error): "\(error)"
        }
    }
}
