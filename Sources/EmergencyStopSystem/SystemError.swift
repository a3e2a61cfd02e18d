internal import Glibc

/// The number that a failed system call leaves in `errno`.
package struct SystemError: Error, Hashable, CustomStringConvertible {
    package var code: CInt

    package init(code: CInt) {
        self.code = code
    }

    /// The error of the system call made last on this thread.
    package static var last: SystemError { SystemError(code: errno) }

    /// Whether a call failed for want of descriptors, of this process or of the whole system.
    package var isShortageOfDescriptors: Bool { code == EMFILE || code == ENFILE }

    /// The system's words for it. glibc's `strerror` keeps its buffer per thread.
    package var description: String { String(cString: strerror(code)) }
}
