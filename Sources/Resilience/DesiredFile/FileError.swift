/// A file that could not be made as desired, and what to do about it.
public struct FileError: Error, Hashable, CustomStringConvertible {
    /// What stood in the way.
    public enum Code: Sendable, Hashable {
        /// The path is empty or ends in a slash, a dot or two, or a part of it is too long.
        case invalidPath
        /// The directory that the file is to be in does not exist.
        case missingDirectory
        /// What the path says is that directory is none.
        case notADirectory
        /// A directory is in the place of the file.
        case isDirectory
        /// A FIFO, a socket or a device is in the place of the file.
        case notRegular
        /// A symbolic link is in its place, and leads to this, out of its directory.
        case linkLeavesDirectory(String)
        /// Symbolic links lead from one to the next without end.
        case tooManyLinks
        /// This process may not read the file, and so cannot tell whether it is as desired.
        case notReadable
        /// This process may not write to the directory, or not reach it.
        case notPermitted
        /// The file system is mounted read-only.
        case readOnlyFileSystem
        /// No room on the disk, in the quota or below the limit on a file's size.
        case noSpace
        /// The owner, the mode, the access list or another attribute is not to be had, and was required.
        case metadata
        /// The file does not hold what was expected.
        case contentsChanged
        /// The file was written and can be read, but a crash of the machine may yet lose it.
        case notDurable
        /// Anything else that the system says.
        case system
    }

    /// What stood in the way.
    public let code: Code
    /// The path as it was given.
    public let path: String
    /// The system's error number, where there was one.
    public let systemError: Int32?
    /// The system call that failed, where one did.
    public let systemCall: String?

    init(_ code: Code, _ path: String, _ cause: FailedCall? = nil) {
        self.code = code
        self.path = path
        systemError = cause?.code
        systemCall = cause?.call
    }

    /// What stood in the way and what to do.
    public var description: String {
        let name = path.isEmpty ? "the empty path" : path
        let cause = systemError.map { " (\(systemCall ?? "system"): \(FailedCall.text($0)))" } ?? ""
        return "\(name): \(explanation)\(cause)"
    }

    private var explanation: String {
        switch code {
        case .invalidPath: "is no path of a file: give one that ends in the file's name"
        case .missingDirectory: "its directory does not exist: create it first"
        case .notADirectory: "a part of the path before the last is not a directory: correct the path"
        case .isDirectory: "is a directory: give the path of a file in it"
        case .notRegular: "is a FIFO, a socket or a device, not a file: move it away or give another path"
        case .linkLeavesDirectory(let target):
            "is a symbolic link to \(target), out of its directory: give the path of the file itself"
        case .tooManyLinks: "symbolic links lead around in a circle: mend them"
        case .notReadable: "may not be read, and so not be compared: run as its owner or as root"
        case .notPermitted: "its directory may not be written to: run as its owner or as root"
        case .readOnlyFileSystem: "the file system is read-only: mount it for writing"
        case .noSpace: "no room to write it; what was there is untouched: free some"
        case .metadata:
            "its owner, mode, access list or attributes cannot be set; what was there is untouched: run as root, or do "
                + "without them"
        case .contentsChanged: "has changed since it was read; it is left as it is: read it and try again"
        case .notDurable: "is written, but a crash of the machine may lose it: apply it again"
        case .system: "could not be written; what was there is untouched"
        }
    }
}
