internal import Glibc

/// Writes out what was printed and is still in a buffer.
func flushOutput() {
    // All streams: the variable that names standard output cannot be used from concurrent code.
    fflush(nil)
}
