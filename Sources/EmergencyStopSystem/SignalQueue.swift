internal import CPosix
internal import Glibc

/// Signals as something to read (signalfd), instead of an interruption of whatever runs.
package struct SignalQueue: ~Copyable {
    package let descriptor: CInt

    /// Blocks the signals and queues them from now on.
    ///
    /// To be called before there is any other thread: each inherits what is blocked, and one where a signal is not
    /// blocked would be interrupted by it.
    package init(_ signals: [CInt]) throws(SystemError) {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in signals { sigaddset(&set, signal) }
        pthread_sigmask(SIG_BLOCK, &set, nil)
        descriptor = signalfd(-1, &set, CInt(SFD_CLOEXEC) | CInt(SFD_NONBLOCK))
        guard descriptor >= 0 else { throw .last }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// The signal that has waited longest, if there is one.
    package func next() -> CInt? {
        var information = signalfd_siginfo()
        let size = MemoryLayout<signalfd_siginfo>.size
        guard read(descriptor, &information, size) == size else { return nil }
        return CInt(information.ssi_signo)
    }
}
