internal import Glibc

/// The record of what is done, on disk: a run that was killed goes on from it.
///
/// A job's line is on the disk before the job counts as done; a line that a crash tore is cut off by the next run.
final class Journal: Sendable {
    /// The jobs that earlier runs have done.
    let done: Set<String>

    private let path: String
    private let file: Guarded<FileDescriptor>

    /// Opens the journal of `work`, making it if need be, and keeps other runs from it until ``release()``.
    init(path: String, work: String) throws(JournalError) {
        self.path = path
        do {
            // Not blocking: a FIFO must not hang the work. Who may read it could lock it, and so keep the work from it.
            let file = try FileDescriptor(
                opening: path, O_RDWR | O_CREAT | O_APPEND | O_NOCTTY | O_NONBLOCK, mode: 0o600)
            guard try file.status().st_mode & S_IFMT == S_IFREG else {
                throw JournalError.malformed(line: 1, path: path)
            }
            guard try file.tryLock() else { throw JournalError.inUse(path: path) }
            let bytes = try file.readAll()
            let text = try JournalText(bytes, work: work)
            if text.length < bytes.count {
                try retrying("ftruncate") { ftruncate(file.number, off_t(text.length)) }
            }
            if text.length == 0 {
                try file.writeAll(Array(JournalText.header(work: work).utf8))
                try file.synchronize()
                let directory = try FileDescriptor(opening: Self.directory(of: path), O_RDONLY | O_DIRECTORY)
                try directory.synchronize()
            }
            done = text.done
            self.file = Guarded(file)
        } catch let error as JournalError {
            throw error
        } catch JournalText.ParseError.otherWork(let name) {
            throw JournalError.otherWork(name, path: path)
        } catch JournalText.ParseError.malformed(let line) {
            throw JournalError.malformed(line: line, path: path)
        } catch {
            throw JournalError.system("\(error)", path: path)
        }
    }

    /// Returns once it is on the disk that `job` is done.
    func record(_ job: String) throws(JournalError) {
        let line = Array(JournalText.line(job: job).utf8)
        do throws(FailedCall) {
            try file.withLock { file throws(FailedCall) in
                try file.writeAll(line)
                try file.synchronize()
            }
        } catch {
            throw JournalError.system("\(error)", path: path)
        }
    }

    /// Lets another run have the journal; nothing may be recorded after it.
    ///
    /// Said outright, since closing the file would not do: a process that another thread is just starting has a
    /// duplicate of it for a moment.
    func release() {
        file.withLock { _ = flock($0.number, LOCK_UN) }
    }

    private static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}

/// A journal that cannot be used, and what to do about it.
public struct JournalError: Error, Hashable, CustomStringConvertible {
    /// What is wrong with it. Codes may be added: keep a `default`.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        fileprivate enum Value: String { case otherWork, malformed, inUse, system }

        fileprivate let value: Value

        /// The name of the code.
        public var description: String { value.rawValue }

        /// It belongs to another work.
        public static let otherWork = Code(value: .otherWork)
        /// It is no journal, or a line of it is not as it was written.
        public static let malformed = Code(value: .malformed)
        /// Another run has it open.
        public static let inUse = Code(value: .inUse)
        /// The system refused.
        public static let system = Code(value: .system)
    }

    /// What is wrong with it.
    public let code: Code
    /// The journal's path.
    public let path: String
    /// The line that is wrong, where one is.
    public let line: Int?
    /// The name of the other work, or the system's words.
    private let detail: String

    static func otherWork(_ name: String, path: String) -> JournalError {
        JournalError(code: .otherWork, path: path, line: nil, detail: name)
    }

    static func malformed(line: Int, path: String) -> JournalError {
        JournalError(code: .malformed, path: path, line: line, detail: "")
    }

    static func inUse(path: String) -> JournalError {
        JournalError(code: .inUse, path: path, line: nil, detail: "")
    }

    static func system(_ words: String, path: String) -> JournalError {
        JournalError(code: .system, path: path, line: nil, detail: words)
    }

    private init(code: Code, path: String, line: Int?, detail: String) {
        self.code = code
        self.path = path
        self.line = line
        self.detail = detail
    }

    /// What is wrong and what to do.
    public var description: String {
        switch code.value {
        case .otherWork:
            "\(path) is the journal of “\(detail)”: give this work a journal of its own"
        case .malformed:
            "\(path), line \(line ?? 1), is not a journal's: give the path of another file, or look who changed it"
        case .inUse:
            "\(path) is in use by another run of this work: wait for it, or stop it"
        case .system:
            "\(path): \(detail)"
        }
    }
}
