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
    ///   - policy: What to do about a pause before the body has begun: wait for its end, or throw.
    ///   - isolation: The caller's actor, on which the body runs; it may use what that actor owns.
    ///   - body: The workflow. It runs in a task of its own, with the caller's priority and task-local values, which
    ///     is cancelled by a stop and whenever the caller's task is.
    /// - Returns: What the body returned.
    /// - Throws: ``EmergencyStopped`` if the workflow may not run or was stopped, `CancellationError` if the caller's
    ///   task was cancelled before the body began, or what the body threw.
    public func withWorkflow<R>(
        _ name: String,
        whenPaused policy: PausePolicy = .wait,
        isolation: isolated (any Actor)? = #isolation,
        _ body: (WorkflowRun) async throws -> R
    ) async throws -> R {
        let entry = try await join(name)
        defer { subscriptions.part(entry, entry.entry) }
        let run = WorkflowRun(entry: entry, resumeJitter: configuration.resumeJitter)
        while true {
            try await admit(entry, policy)
            defer { subscriptions.post(.leave(entry)) }
            // Where it may not begin after all, what is decided above decides: wait, or throw.
            guard let result = await Self.cancellable(run, body) else { continue }
            guard let report = entry.end() else { return try result.get() }
            throw EmergencyStopped(report: report, underlying: result.failure)
        }
    }

    /// Joins those who are told of the name.
    private func join(
        _ name: String, isolation: isolated (any Actor)? = #isolation
    ) async throws -> RunEntry {
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
        return subscriptions.join(valid, answerBy: deadline) { RunEntry(id, $0) }
    }

    /// Returns once the run is registered and may start; leaves nothing registered if it throws.
    private func admit(
        _ entry: RunEntry, _ policy: PausePolicy, isolation: isolated (any Actor)? = #isolation
    ) async throws {
        var wasPaused = false
        while true {
            try Task.checkCancellation()
            let changes = entry.changes
            switch entry.present?.status {
            case nil:
                await entry.waitForChange(after: changes)
            case .stop:
                throw EmergencyStopped(report: entry.report)
            case .pause:
                if policy == .fail { throw EmergencyStopped(report: entry.report) }
                wasPaused = true
                await entry.waitForChange(after: changes)
            case .go where wasPaused:
                wasPaused = false
                try await Task.sleep(for: .zero.random(upTo: configuration.resumeJitter))
            case .go:
                if try await register(entry) { return }
            }
        }
    }

    /// Registers the run with the sidecar.
    ///
    /// - Returns: Whether it may start; if not, it is not registered any more.
    private func register(
        _ entry: RunEntry, isolation: isolated (any Actor)? = #isolation
    ) async throws -> Bool {
        subscriptions.post(.enter(entry, registration: entry.beginRegistration()))
        while true {
            let changes = entry.changes
            // The answer decides, and after it what has come since.
            if let report = entry.registeredAs, report.status == .go, entry.status == .go, !Task.isCancelled {
                return true
            }
            let isWaiting = entry.registeredAs == nil && entry.status == .go && !Task.isCancelled
            guard isWaiting else {
                subscriptions.post(.leave(entry))
                try Task.checkCancellation()
                return false
            }
            await entry.waitForChange(after: changes)
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
            run.entry.onStop { task.cancel() }
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
