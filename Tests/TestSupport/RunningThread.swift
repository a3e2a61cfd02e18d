internal import Glibc
internal import Synchronization

/// Something that runs beside the test, on a thread of its own, as it may block.
package final class RunningThread: Sendable {
    private let result = Mutex<Result<Void, any Error>?>(nil)

    fileprivate init(_ body: @escaping @Sendable () throws -> Void) throws {
        final class Body: Sendable {
            let run: @Sendable () -> Void

            init(run: @escaping @Sendable () -> Void) {
                self.run = run
            }
        }
        let retained = Unmanaged.passRetained(
            Body { [self] in
                let outcome = Result { try body() }
                result.withLock { $0 = outcome }
            }
        )
        var thread = pthread_t()
        let failure = pthread_create(
            &thread, nil,
            { pointer in
                Unmanaged<Body>.fromOpaque(pointer!).takeRetainedValue().run()
                return nil
            }, retained.toOpaque()
        )
        guard failure == 0 else { throw TestFailure(systemCall: "pthread_create", failure) }
        pthread_detach(thread)
    }

    package var hasEnded: Bool { result.withLock { $0 != nil } }

    /// Waits for its end; what it threw is thrown here.
    package func wait(within limit: Duration = patience) throws {
        try eventually(within: limit, "the end of a thread") { hasEnded }
        try result.withLock { try $0?.get() }
    }
}

/// Runs something beside the test.
package func runThread(_ body: @escaping @Sendable () throws -> Void) throws -> RunningThread {
    try RunningThread(body)
}
