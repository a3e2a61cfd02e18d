public import EmergencyStopCore

extension EmergencyStopClient {
    /// Whether a workflow may run.
    ///
    /// The first call for a name asks the sidecar; it takes a fraction of a millisecond, and at the most
    /// ``Configuration/firstAnswerTimeout``, within which a sidecar that restarts is back. Later calls are answered
    /// from memory, for the last 1,024 names that were asked for.
    ///
    /// - Parameter name: The workflow's name as the stop file spells it, 1 to 255 bytes of UTF-8; white space around it
    ///   does not count.
    /// - Returns: `stop` in every case of doubt: no answer, no sidecar, a cancelled task, a text that can be no name.
    ///   ``report(_:)`` says which.
    ///
    /// It answers on the caller's actor: going elsewhere and back would take longer than the answer.
    nonisolated(nonsending) public func status(_ name: String) async -> WorkflowStatus {
        if let status = subscriptions.present(name) { return status }
        return await report(name).status
    }

    /// Whether a workflow may run, with cause, reason, and who set it when.
    ///
    /// Takes as long as ``status(_:)``, and answers with a report of `stop` in every case of doubt.
    public func report(_ name: String) async -> StatusReport {
        let deadline = MonotonicClock.now().advanced(by: configuration.firstAnswerTimeout)
        let valid: WorkflowName
        do throws(WorkflowName.InvalidName) {
            valid = try WorkflowName(name)
        } catch {
            return Self.notAName(name, error)
        }
        await lifecycle.waitForStart(atMost: configuration.firstAnswerTimeout)
        guard case .running = lifecycle.phase, let watched = subscriptions.ask(valid, answerBy: deadline) else {
            return Subscriptions.notRunning(valid)
        }
        defer { subscriptions.answered(watched) }
        return await watched.answer()
            ?? StatusReport(
                name: valid.text, status: .stop, cause: .unreachable,
                reason: "the task that asked was cancelled before the sidecar answered"
            )
    }

    /// The present report of a workflow, then each change.
    ///
    /// Any number of tasks may read changes of any names. A reader that falls behind is told the latest report, and
    /// before it a stop that came and went meanwhile: no stop is skipped, and no more than two reports ever wait.
    ///
    /// - Returns: A sequence that never fails and never ends by itself. Leave its loop, or cancel its task, to end it.
    public func changes(_ name: String) -> StatusChanges {
        StatusChanges(client: self, name: name)
    }

    static func notAName(_ text: String, _ error: WorkflowName.InvalidName) -> StatusReport {
        let why =
            switch error {
            case .empty: "it is empty"
            case .tooLong: "it has more than \(WorkflowName.byteLimit) bytes"
            case .controlCharacter: "it has a control character in it"
            }
        return StatusReport(
            name: text, status: .stop, cause: .unlisted, reason: "this can be no workflow's name: \(why)"
        )
    }
}
