internal import EmergencyStopCore

/// What one attempt to read the stop file brought back.
enum FileRead: Sendable {
    case file(FileContent)
    case absent(Absence)
    case failed(String)
}

/// A file's bytes, and what is known about the file that held them.
struct FileContent: Sendable {
    /// One more than the limit where the file is larger than the limit.
    var bytes: [UInt8]
    var identity: FileIdentity
    /// The numeric user id of the owner.
    var owner: UInt32
    /// Whether the bytes were there as a whole: nothing about the file changed under the read, or a second read in a row
    /// found the same.
    var isStable: Bool
}
