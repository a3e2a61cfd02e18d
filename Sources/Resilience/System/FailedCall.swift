internal import Glibc

/// A system call that failed: which, and the system's own number for why.
struct FailedCall: Error, Hashable, CustomStringConvertible {
    let call: String
    let code: Int32

    /// Reads `errno`; to be made before anything else can change it.
    init(_ call: String) {
        self.call = call
        code = errno
    }

    var description: String { "\(call): \(Self.text(code))" }

    /// The system's words for an error number.
    static func text(_ code: Int32) -> String {
        // Per thread in the C libraries that Swift runs on (glibc since 2.32, musl always).
        guard let words = strerror(code) else { return "error \(code)" }
        return String(cString: words)
    }
}
