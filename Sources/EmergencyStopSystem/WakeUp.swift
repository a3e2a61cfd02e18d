internal import CPosix
internal import Glibc

/// Wakes the thread that waits in a ``Poller``, from another one (eventfd).
///
/// To be added with ``Poller/Interest/edges``: then there is nothing to take.
package final class WakeUp: Sendable {
    package let descriptor: CInt

    package init() throws(SystemError) {
        descriptor = eventfd(0, CInt(EFD_CLOEXEC) | CInt(EFD_NONBLOCK))
        guard descriptor >= 0 else { throw .last }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    package func callAsFunction() { eventfd_write(descriptor, 1) }
}
