public import EmergencyStopCore

/// The changes of one workflow's status: the present report first, then each change.
///
/// ```swift
/// for await report in estop.changes("SatelliteDiskErase") {
///     print(report.status, report.reason ?? "")
/// }
/// ```
///
/// Every loop over it has a buffer of its own, which begins when the loop does and is freed when the loop is left.
public struct StatusChanges: AsyncSequence, Sendable {
    public typealias Element = StatusReport
    public typealias Failure = Never

    let client: EmergencyStopClient
    let name: String

    /// Begins to read the changes.
    public func makeAsyncIterator() -> Iterator {
        Iterator(client: client, name: name)
    }

    /// Reads the changes, one after another.
    public struct Iterator: AsyncIteratorProtocol {
        private enum Source {
            case notSubscribed
            case subscribed(Subscription)
            /// Nothing can change any more.
            case silent
        }

        private let client: EmergencyStopClient
        private let name: String
        private var source = Source.notSubscribed

        init(client: EmergencyStopClient, name: String) {
            self.client = client
            self.name = name
        }

        /// The present report at the first call, later the next change; `nil` once the task is cancelled.
        public mutating func next() async -> StatusReport? {
            await next(isolation: nil)
        }

        /// The present report at the first call, later the next change; `nil` once the task is cancelled.
        public mutating func next(isolation actor: isolated (any Actor)?) async -> StatusReport? {
            switch source {
            case .notSubscribed:
                if let report = await subscribe(isolation: actor) { return report }
                return await next(isolation: actor)
            case .subscribed(let subscription):
                return await subscription.reader.next(isolation: actor)
            case .silent:
                await Waiters().wait(after: 0, isolation: actor)
                return nil
            }
        }

        /// - Returns: What there is to say without a subscription.
        private mutating func subscribe(isolation: isolated (any Actor)?) async -> StatusReport? {
            let timeout = client.configuration.firstAnswerTimeout
            let deadline = MonotonicClock.now().advanced(by: timeout)
            let valid: WorkflowName
            do throws(WorkflowName.InvalidName) {
                valid = try WorkflowName(name)
            } catch {
                source = .silent
                return EmergencyStopClient.notAName(name, error)
            }
            await client.lifecycle.waitForStart(atMost: timeout, isolation: isolation)
            source = .subscribed(Subscription(client.subscriptions, valid, answerBy: deadline))
            guard case .notStarted = client.lifecycle.phase else { return nil }
            return Subscriptions.notRunning(valid)
        }
    }
}

extension StatusChanges {
    /// Holds a reader for as long as its iterator lives.
    private final class Subscription {
        let reader: StreamReader
        private let subscriptions: Subscriptions

        init(_ subscriptions: Subscriptions, _ name: WorkflowName, answerBy: MonotonicInstant) {
            self.subscriptions = subscriptions
            reader = subscriptions.join(name, answerBy: answerBy) { StreamReader($0) }
        }

        deinit {
            subscriptions.part(reader, reader.watched)
        }
    }
}
