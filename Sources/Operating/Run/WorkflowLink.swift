internal import CPosix
internal import EmergencyStop
internal import Glibc
internal import Logging
internal import Synchronization

/// Between the thread that looks after the command and the tasks that listen to the emergency stop: what holds can be
/// read at any time, and a descriptor becomes readable when it may have changed.
final class WorkflowLink: Sendable {
    private enum State {
        /// Not registered; what holds, where that is known.
        case waiting(StatusReport?)
        case running(WorkflowRun)
        /// It may not start.
        case refused(StatusReport)
        case failed(String)
        case left
    }

    /// What there is to know now.
    enum Look {
        /// The run is not registered yet; what holds, where that is known.
        case waiting(StatusReport?)
        /// The run is registered; how it stands as of this instant.
        case running(StatusReport)
        case refused(StatusReport)
        case failed(String)
        /// The run is registered no more.
        case left
    }

    /// Becomes readable when there may be something new.
    let descriptor = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
    private let state = Mutex(State.waiting(nil))
    /// An element for each run that is left unused; its end is that of the last run.
    private let withdrawals: AsyncStream<Void>
    private let withdrawing: AsyncStream<Void>.Continuation

    init() {
        (withdrawals, withdrawing) = AsyncStream.makeStream(of: Void.self)
    }

    /// What holds now. The run's own status looks at its lease, so that a process that stood still is not misled.
    func look() -> Look {
        var count: UInt64 = 0
        read(descriptor, &count, 8)
        return switch state.withLock(\.self) {
        case .waiting(let report): .waiting(report)
        case .running(let run): .running(run.status == .stop && run.report.status != .stop ? run.stopped : run.report)
        case .refused(let report): .refused(report)
        case .failed(let text): .failed(text)
        case .left: .left
        }
    }

    /// The command and all that it started are gone: the run may be left.
    func finish() { withdrawing.finish() }

    /// Has a run left in which nothing was started, and the next go waited for; from now on there is none to look at.
    func withdraw() {
        state.withLock { state in
            guard case .running(let run) = state else { return }
            state = .waiting(run.report)
            withdrawing.yield()
        }
    }

    /// Registers a run and keeps it until ``finish()``, or registers another one after ``withdraw()``.
    ///
    /// - Parameter standingParents: How many processes above this one stand for the run as well.
    func listen(_ name: String, socket: String, waitsForGo: Bool, standingParents: Int = 0) async {
        do {
            // What the client would log is said by who uses this, in words for who ran a command.
            var configuration = EmergencyStopClient.Configuration(socketPath: socket)
            configuration.standingParents = standingParents
            let client = try EmergencyStopClient(
                configuration: configuration,
                logger: Logger(label: "estop") { _ in SwiftLogNoOpLogHandler() }
            )
            let running = Task { await client.run() }
            let following = Task {
                for await report in client.changes(name) { note(report) }
            }
            defer {
                following.cancel()
                running.cancel()
            }
            try await enter(name, client, waitsForGo: waitsForGo)
            // The word that the run is left is on its way; the client sends it before it ends.
            running.cancel()
            await running.value
            set(.left)
        } catch let stopped as EmergencyStopped {
            set(.refused(stopped.report))
        } catch {
            set(.failed("\(error)"))
        }
    }

    /// Returns when the run is over; throws where it did not begin.
    private func enter(_ name: String, _ client: EmergencyStopClient, waitsForGo: Bool) async throws {
        while true {
            do {
                let isOver = try await client.withWorkflow(name, whenPaused: waitsForGo ? .wait : .fail) { run in
                    set(.running(run))
                    return await untilLeft()
                }
                if isOver { return }
            } catch let stopped as EmergencyStopped {
                guard case .waiting = state.withLock(\.self) else { return }
                guard waitsForGo else { throw stopped }
                for await report in client.changes(name) where report.status != .stop { break }
            }
        }
    }

    /// Waits for the end of the command, whatever becomes of the task: a stop cancels it, and the run lasts as long as
    /// the command does. Gives whether it has come to that end, and was not left unused.
    private func untilLeft() async -> Bool {
        await withTaskCancellationHandler {
            let withdrawals = withdrawals
            return await Task.detached {
                for await _ in withdrawals { return false }
                return true
            }.value
        } onCancel: {
            wake()
        }
    }

    private func set(_ new: State) {
        state.withLock { $0 = new }
        wake()
    }

    private func note(_ report: StatusReport) {
        state.withLock { if case .waiting = $0 { $0 = .waiting(report) } }
        wake()
    }

    private func wake() {
        var one: UInt64 = 1
        write(descriptor, &one, 8)
    }
}

extension WorkflowRun {
    /// A report of a stop that came between two looks.
    fileprivate var stopped: StatusReport {
        var report = report
        report.status = .stop
        return report
    }
}
