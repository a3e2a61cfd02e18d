internal import Glibc

/// The number that a failed system call leaves in `errno`.
struct SystemError: Error, Hashable, CustomStringConvertible {
    var code: CInt

    /// The error of the system call made last on this thread.
    static var last: SystemError { SystemError(code: errno) }

    /// The system's words for it. glibc's `strerror` keeps its buffer per thread.
    var description: String { String(cString: strerror(code)) }
}
