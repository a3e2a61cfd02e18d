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
                throw JournalError(code: .malformed(line: 1), path: path)
            }
            guard try file.tryLock() else { throw JournalError(code: .inUse, path: path) }
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
            throw JournalError(code: .otherWork(name), path: path)
        } catch JournalText.ParseError.malformed(let line) {
            throw JournalError(code: .malformed(line: line), path: path)
        } catch {
            throw JournalError(code: .system("\(error)"), path: path)
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
            throw JournalError(code: .system("\(error)"), path: path)
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
    /// What is wrong with it.
    public enum Code: Sendable, Hashable {
        /// It belongs to the work of that name.
        case otherWork(String)
        /// It is no journal, or that line of it is not as it was written.
        case malformed(line: Int)
        /// Another run has it open.
        case inUse
        /// The system refused: its words.
        case system(String)
    }

    /// What is wrong with it.
    public let code: Code
    /// The journal's path.
    public let path: String

    /// What is wrong and what to do.
    public var description: String {
        switch code {
        case .otherWork(let name):
            "\(path) is the journal of “\(name)”: give this work a journal of its own"
        case .malformed(let line):
            "\(path), line \(line), is not a journal's: give the path of another file, or look who changed it"
        case .inUse:
            "\(path) is in use by another run of this work: wait for it, or stop it"
        case .system(let words):
            "\(path): \(words)"
        }
    }
}
