internal import EmergencyStopCore

extension EmergencyStopClient {
    /// Runs a workflow for as long as it may.
    ///
    /// The body starts once the sidecar has registered the run and answered `go`; until the body returns, operators see
    /// it as running. On `stop` the body's task is cancelled, and this throws ``EmergencyStopped`` when the body has
    /// ended, also if it took no notice and returned a value. On `pause` the body goes on until its next
    /// ``WorkflowRun/checkpoint()``.
    ///
    /// A stop reaches a body that is busy as well: it shows in ``WorkflowRun/status`` and `Task.isCancelled`, even
    /// where the body never suspends and occupies its caller's actor.
    ///
    /// - Parameters:
    ///   - name: The workflow's name as the stop file spells it.
    ///   - pausePolicy: What to do about a pause before the body has begun: wait for its end, or throw.
    ///   - stopPolicy: What to do about a stop before the body has begun: throw, or wait for `go`, as a daemon does that
    ///     stays up. Where the client does not run, or the text can be no name, it throws all the same: no `go` could come.
    ///   - isolation: The caller's actor, on which the body runs; it may use what that actor owns.
    ///   - body: The workflow. It runs in a task of its own, with the caller's priority and task-local values, which
    ///     is cancelled by a stop and whenever the caller's task is.
    /// - Returns: What the body returned.
    /// - Throws: ``EmergencyStopped`` if the workflow may not run or was stopped, `CancellationError` if the caller's
    ///   task was cancelled before the body began, or what the body threw.
    public func withWorkflow<R>(
        _ name: String,
        whenPaused pausePolicy: StartPolicy = .wait,
        whenStopped stopPolicy: StartPolicy = .fail,
        isolation: isolated (any Actor)? = #isolation,
        _ body: (WorkflowRun) async throws -> R
    ) async throws -> R {
        var hasWaited = false
        while true {
            let live = try await join(name)
            defer { subscriptions.part(live, live.watched) }
            let result: Result<R, any Error>
            do throws(NotAdmitted) {
                result = try await run(live, pausePolicy, hasWaited: hasWaited, body)
            } catch {
                guard case .stopped(let report) = error else { throw CancellationError() }
                // What was stopped once stays so: after the wait it is another run that begins.
                guard stopPolicy == .wait, report.cause != .notRunning else { throw EmergencyStopped(report: report) }
                try await waitForEndOfStop(name)
                hasWaited = true
                continue
            }
            return try result.get()
        }
    }

    /// Why a body has not begun.
    private enum NotAdmitted: Error {
        case stopped(StatusReport)
        /// The caller's task was cancelled.
        case cancelled
    }

    /// Runs the body once it may begin.
    ///
    /// - Returns: How the body ended, a stop that came meanwhile included.
    private func run<R>(
        _ live: LiveRun, _ pausePolicy: StartPolicy, hasWaited: Bool,
        isolation: isolated (any Actor)? = #isolation,
        _ body: (WorkflowRun) async throws -> R
    ) async throws(NotAdmitted) -> Result<R, any Error> {
        let run = WorkflowRun(live: live, resumeJitter: configuration.resumeJitter)
        var hasWaited = hasWaited
        while true {
            try await admit(live, pausePolicy, hasWaited: hasWaited)
            defer { subscriptions.post(.leave(live)) }
            // Where it may not begin after all, what is decided above decides: wait, or throw.
            guard let result = await Self.cancellable(run, body) else {
                hasWaited = false
                continue
            }
            guard let report = live.end() else { return result }
            return .failure(EmergencyStopped(report: report, underlying: result.failure))
        }
    }

    /// Returns once the workflow is not stopped any more.
    private func waitForEndOfStop(_ name: String, isolation: isolated (any Actor)? = #isolation) async throws {
        for await report in changes(name) {
            if report.status != .stop { return }
            if report.cause == .notRunning { throw EmergencyStopped(report: report) }
        }
        throw CancellationError()
    }

    /// Joins those who are told of the name.
    private func join(
        _ name: String, isolation: isolated (any Actor)? = #isolation
    ) async throws -> LiveRun {
        let deadline = MonotonicClock.now().advanced(by: configuration.firstAnswerTimeout)
        let valid: WorkflowName
        do throws(WorkflowName.InvalidName) {
            valid = try WorkflowName(name)
        } catch {
            throw EmergencyStopped(report: Self.notAName(name, error))
        }
        await lifecycle.waitForStart(atMost: configuration.firstAnswerTimeout)
        try Task.checkCancellation()
        guard case .running = lifecycle.phase else {
            throw EmergencyStopped(report: Subscriptions.notRunning(valid))
        }
        var generator = SystemRandomNumberGenerator()
        let id = RunID.random(using: &generator)
        return subscriptions.join(valid, answerBy: deadline) { LiveRun(id, $0) }
    }

    /// Returns once the run is registered and may start; leaves nothing registered if it throws.
    private func admit(
        _ live: LiveRun, _ pausePolicy: StartPolicy, hasWaited: Bool, isolation: isolated (any Actor)? = #isolation
    ) async throws(NotAdmitted) {
        var hasWaited = hasWaited
        while true {
            guard !Task.isCancelled else { throw .cancelled }
            let changes = live.changes
            switch live.present?.status {
            case nil:
                await live.waitForChange(after: changes)
            case .stop:
                throw .stopped(live.report)
            case .pause:
                if pausePolicy == .fail { throw .stopped(live.report) }
                hasWaited = true
                await live.waitForChange(after: changes)
            case .go where hasWaited:
                hasWaited = false
                guard (try? await Task.sleep(for: .zero.random(upTo: configuration.resumeJitter))) != nil else {
                    throw .cancelled
                }
            case .go:
                if try await register(live) { return }
            }
        }
    }

    /// Registers the run with the sidecar.
    ///
    /// - Returns: Whether it may start; if not, it is not registered any more.
    private func register(
        _ live: LiveRun, isolation: isolated (any Actor)? = #isolation
    ) async throws(NotAdmitted) -> Bool {
        subscriptions.post(.enter(live, registration: live.beginRegistration()))
        while true {
            let changes = live.changes
            // The answer decides, and after it what has come since.
            if let report = live.registeredAs, report.status == .go, live.status == .go, !Task.isCancelled {
                return true
            }
            let isWaiting = live.registeredAs == nil && live.status == .go && !Task.isCancelled
            guard isWaiting else {
                subscriptions.post(.leave(live))
                guard !Task.isCancelled else { throw .cancelled }
                return false
            }
            await live.waitForChange(after: changes)
        }
    }

    /// Runs the body in a task that a stop can cancel from any thread, and waits for its end.
    ///
    /// The task inherits the caller's actor. It is what the event loop holds on to: cancelling a task through its
    /// handle needs no turn on an actor that the body may be occupying.
    ///
    /// - Returns: How the body ended; `nil` if it did not begin. The actor may have been busy for long since the run was
    ///   registered, so status and cancellation are looked at once more on it, directly before the body.
    private static func cancellable<R>(
        _ run: WorkflowRun,
        isolation: isolated (any Actor)? = #isolation,
        _ body: (WorkflowRun) async throws -> R
    ) async -> Result<R, any Error>? {
        await withoutActuallyEscaping(body) { body in
            // Neither the body nor its result is sendable, and neither is ever used by two at once: the caller waits,
            // on the same actor, until the task has ended.
            let box = Box(body)
            // The body begins only when a stop can cancel it: elsewhere than on an actor it could be ahead of this.
            let begin = Waiters()
            let task = Task {
                _ = isolation
                await begin.wait(after: 0)
                await box.perform(run)
            }
            run.live.onStop { task.cancel() }
            begin.wake()
            await withTaskCancellationHandler {
                await task.value
            } onCancel: {
                task.cancel()
            }
            return box.outcome
        }
    }
}

/// A body and its result, on their way to a task and back.
// Unchecked because one task at a time has it: the caller gives it away, and looks at it again after that task's end.
private final class Box<R>: @unchecked Sendable {
    typealias Body = (WorkflowRun) async throws -> R

    private var body: Body?
    /// How the body ended; `nil` where it has not begun.
    private(set) var outcome: Result<R, any Error>?

    init(_ body: @escaping Body) {
        self.body = body
    }

    /// Looks once more, on the actor on which the body runs and without a turn elsewhere between the look and its first
    /// line.
    func perform(_ run: WorkflowRun, isolation: isolated (any Actor)? = #isolation) async {
        guard let body else { return }
        // Freed before the caller goes on: it must not escape.
        self.body = nil
        guard run.status == .go, !Task.isCancelled else { return }
        do {
            outcome = .success(try await body(run))
        } catch {
            outcome = .failure(error)
        }
    }
}

extension Result {
    fileprivate var failure: Failure? {
        if case .failure(let error) = self { error } else { nil }
    }
}
