/// A file that could not be made as desired, and what to do about it.
public struct FileError: Error, Hashable, CustomStringConvertible {
    /// What stood in the way. Codes may be added: keep a `default`.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        fileprivate enum Value: String {
            case invalidPath, missingDirectory, notADirectory, isDirectory, notRegular
            case linkLeavesDirectory, tooManyLinks, notReadable, notPermitted, readOnlyFileSystem
            case noSpace, metadata, contentsChanged, notDurable, system
        }

        fileprivate let value: Value

        /// The name of the code.
        public var description: String { value.rawValue }

        /// The path is empty or ends in a slash, a dot or two, or a part of it is too long.
        public static let invalidPath = Code(value: .invalidPath)
        /// The directory that the file is to be in does not exist.
        public static let missingDirectory = Code(value: .missingDirectory)
        /// What the path says is that directory is none.
        public static let notADirectory = Code(value: .notADirectory)
        /// A directory is in the place of the file.
        public static let isDirectory = Code(value: .isDirectory)
        /// A FIFO, a socket or a device is in the place of the file.
        public static let notRegular = Code(value: .notRegular)
        /// A symbolic link is in its place, and leads out of its directory.
        public static let linkLeavesDirectory = Code(value: .linkLeavesDirectory)
        /// Symbolic links lead from one to the next without end.
        public static let tooManyLinks = Code(value: .tooManyLinks)
        /// This process may not read the file, and so cannot tell whether it is as desired.
        public static let notReadable = Code(value: .notReadable)
        /// This process may not write to the directory, or not reach it.
        public static let notPermitted = Code(value: .notPermitted)
        /// The file system is mounted read-only.
        public static let readOnlyFileSystem = Code(value: .readOnlyFileSystem)
        /// No room on the disk, in the quota or below the limit on a file's size.
        public static let noSpace = Code(value: .noSpace)
        /// The owner, the mode, the access list or another attribute is not to be had, and was required.
        public static let metadata = Code(value: .metadata)
        /// The file does not hold what was expected.
        public static let contentsChanged = Code(value: .contentsChanged)
        /// The file was written and can be read, but a crash of the machine may yet lose it.
        public static let notDurable = Code(value: .notDurable)
        /// Anything else that the system says.
        public static let system = Code(value: .system)
    }

    /// What stood in the way.
    public let code: Code
    /// The path as it was given.
    public let path: String
    /// The system's error number, where there was one.
    public let systemError: Int32?
    /// The system call that failed, where one did.
    public let systemCall: String?

    /// Where a link leads that leaves its directory.
    private let linkTarget: String?

    init(_ code: Code, _ path: String, _ cause: FailedCall? = nil, linkTarget: String? = nil) {
        self.code = code
        self.linkTarget = linkTarget
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
        switch code.value {
        case .invalidPath: "is no path of a file: give one that ends in the file's name"
        case .missingDirectory: "its directory does not exist: create it first"
        case .notADirectory: "a part of the path before the last is not a directory: correct the path"
        case .isDirectory: "is a directory: give the path of a file in it"
        case .notRegular: "is a FIFO, a socket or a device, not a file: move it away or give another path"
        case .linkLeavesDirectory:
            "is a symbolic link to \(linkTarget ?? "elsewhere"), out of its directory: give the path of the file itself"
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
