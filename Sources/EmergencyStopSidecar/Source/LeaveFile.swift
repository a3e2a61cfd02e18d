internal import EmergencyStopCore
internal import EmergencyStopSystem
internal import Glibc

/// The file by which root lets this host leave its fleet for a while.
///
/// Its directory is the fleet daemon's, which is reached from the network. So only a file counts that root owns and that
/// nobody else may write, at the path itself and under no second name.
enum LeaveFile {
    enum Found: Hashable {
        case none
        case leave(FleetLeave)
        /// There is something that does not hold; the text says why.
        case doubtful(String)
        /// Nothing was found out, for a reason that says nothing about the file.
        case failed(String)
    }

    static func read(_ path: String) -> Found {
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW)
        guard descriptor >= 0 else {
            let error = SystemError.last
            switch error.code {
            case ENOENT, ENOTDIR: return .none
            case EACCES, EPERM, ELOOP, ENXIO: return .doubtful(error.description)
            default: return .failed(error.description)
            }
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return .failed(SystemError.last.description) }
        if let doubt = doubt(status) { return .doubtful(doubt) }
        var buffer = [UInt8](repeating: 0, count: FleetLeave.sizeLimit + 1)
        let count = Glibc.read(descriptor, &buffer, buffer.count)
        guard count >= 0 else { return .failed(SystemError.last.description) }
        do throws(Diagnostic) {
            return .leave(try FleetLeave(parsing: Array(buffer[..<count])))
        } catch {
            return .doubtful(error.description)
        }
    }

    private static func doubt(_ status: stat) -> String? {
        guard status.st_mode & S_IFMT == S_IFREG else { return "is no regular file" }
        guard status.st_uid == 0 else { return "does not belong to root" }
        guard status.st_mode & 0o022 == 0 else { return "may be written by others than root" }
        guard status.st_nlink == 1 else { return "has more than one name" }
        return status.st_size <= FleetLeave.sizeLimit ? nil : "is larger than \(FleetLeave.sizeLimit) bytes"
    }
}
