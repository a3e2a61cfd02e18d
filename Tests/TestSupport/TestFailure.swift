internal import Glibc

/// Why a test cannot go on; thrown out of the test, which so fails and says it.
package struct TestFailure: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }

    /// A system call failed.
    package init(systemCall: String, _ code: CInt = errno) {
        description = "\(systemCall): \(String(cString: strerror(code)))"
    }
}
