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
