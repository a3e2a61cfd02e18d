internal import Glibc

/// A thread of one's own, for what may block: reading a file takes as long as a file system likes, and must happen neither
/// on an event loop nor on the cooperative pool.
package enum DetachedThread {
    private final class Body: Sendable {
        let name: String
        let run: @Sendable () -> Void

        init(name: String, run: @escaping @Sendable () -> Void) {
            self.name = name
            self.run = run
        }
    }

    /// Starts a detached thread: nobody waits for its end, and the end of the process does not either.
    ///
    /// Signals that are sent to the process go to other threads. Those that a fault of the thread itself raises
    /// are left alone, so that a crash reports itself as one.
    ///
    /// - Parameter name: what `ps -L` and debuggers show, at most 15 bytes.
    package static func start(name: String, _ run: @escaping @Sendable () -> Void) throws(SystemError) {
        // A thread inherits the mask of the one that creates it, so there is no instant without it.
        var blocked = sigset_t()
        sigfillset(&blocked)
        for fault in [SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS] { sigdelset(&blocked, fault) }
        var before = sigset_t()
        pthread_sigmask(SIG_SETMASK, &blocked, &before)
        let failure = create(Body(name: name, run: run))
        pthread_sigmask(SIG_SETMASK, &before, nil)
        if failure != 0 { throw SystemError(code: failure) }
    }

    /// Creates the thread and returns 0, or an error's number.
    private static func create(_ body: Body) -> CInt {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setdetachstate(&attributes, CInt(PTHREAD_CREATE_DETACHED))
        let retained = Unmanaged.passRetained(body)
        var thread = pthread_t()
        let failure = pthread_create(&thread, &attributes, Self.run, retained.toOpaque())
        if failure != 0 { retained.release() }
        pthread_attr_destroy(&attributes)
        return failure
    }

    private static let run: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { pointer in
        guard let pointer else { return nil }
        let body = Unmanaged<Body>.fromOpaque(pointer).takeRetainedValue()
        setName(body.name)
        body.run()
        return nil
    }

    /// Names the calling thread through the file that the kernel offers for it: the call for it is hidden behind
    /// a feature macro. A thread without a name works as well, so failure is of no interest.
    private static func setName(_ name: String) {
        let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        _ = write(file, name, name.utf8.count)
        close(file)
    }
}
