package import EmergencyStopCore
internal import EmergencyStopSystem
internal import Synchronization

/// The stop file as a source of entries: reads it whenever there is reason to, and tells what each read found.
///
/// Two threads that nothing can hold up but the file system: the listener, which is in libinotifytools or on its way
/// there, and the reader, which waits for requests, settling times and the poll. What the listener hears it
/// looks at itself, if nothing waits to settle: to wake the reader would cost a stop more time than to read. They run until the process
/// ends, and its end waits for neither, for either may be inside a call that never returns.
package final class StopFileSource: EntrySource {
    private let configuration: StopFileConfiguration
    private let listenerChanged: @Sendable (ListenerState) -> Void
    private let inbox = ReaderInbox()
    private let lostEvents = Atomic(0)
    private let currentListenerState = Mutex(ListenerState.starting)
    private let currentActivity = Mutex(ReaderActivity(phase: .idle, since: .now))
    private let fleetSource: FleetFileSource?

    /// Creates a source that does nothing until it is started.
    ///
    /// - Parameters:
    ///   - fleet: What else restrains the host, where it belongs to a fleet.
    ///   - listenerChanged: takes each change of the listener's state, on its thread. Must not block.
    package init(
        configuration: StopFileConfiguration,
        fleet: FleetFileSource? = nil,
        listenerChanged: @escaping @Sendable (ListenerState) -> Void = { _ in }
    ) {
        self.configuration = configuration
        fleetSource = fleet
        self.listenerChanged = listenerChanged
    }

    package var name: String { configuration.path }

    package var fleet: FleetView? { fleetSource?.view }

    package var listenerState: ListenerState { currentListenerState.withLock { $0 } }

    /// Starts both threads. To be called once, and early, while low file descriptors are free.
    ///
    /// - Parameter sink: takes one event for each read, in their order, on the reader's thread. Reading waits for it.
    package func start(sink: @escaping @Sendable (SourceEvent) -> Void) throws(SourceFailure) {
        do {
            let reading = Shared(
                Reading(
                    configuration: configuration,
                    inbox: inbox,
                    activityChanged: { [self] phase in
                        currentActivity.withLock { $0 = ReaderActivity(phase: phase, since: .now) }
                    },
                    sink: sink
                )
            )
            try DetachedThread.start(name: "estop-reader") { [inbox] in
                while true { inbox.wait(until: reading.value.withLock { $0.readIfDue() }) }
            }
            let fleetReads = try fleetSource?.start(sink: sink)
            try DetachedThread.start(name: "estop-listener") { [self] in
                var listener = InotifyListener(
                    paths: [configuration.path] + (fleetSource?.paths ?? []),
                    pollInterval: configuration.pollInterval,
                    hint: { [self] hint, path in
                        guard path == 0 else {
                            fleetReads?(hint)
                            return
                        }
                        if hint == .overflow { lostEvents.wrappingAdd(1, ordering: .relaxed) }
                        inbox.leave(hint)
                        // Where the reader reads just now, it finds the hint when it is done.
                        let next = reading.value.withLockIfAvailable { $0.readIfHeard() }
                        if let next { inbox.wake(before: next) }
                    },
                    stateChanged: { [self] state in
                        currentListenerState.withLock { $0 = state }
                        listenerChanged(state)
                    }
                )
                listener.run()
            }
        } catch {
            throw SourceFailure("a thread to read the stop file cannot be started: \(error)")
        }
    }

    /// Asks for a read now. Its event, or a later one, says when the request is satisfied.
    package func requestRead() -> ReadRequest {
        let request = inbox.request()
        fleetSource?.passOn(request)
        return request
    }

    /// What the reader's thread does.
    package var activity: ReaderActivity {
        currentActivity.withLock { $0 }
    }

    package var isStuck: Bool {
        // It waits for at most a poll interval, and what it handles in two is stale anyway.
        activity.isStuck(at: .now, patience: configuration.pollInterval * 2) || fleetSource?.isStuck ?? false
    }

    /// How often inotify lost events.
    package var overflows: Int {
        lostEvents.load(ordering: .relaxed)
    }
}

/// Why a source cannot be started.
package struct SourceFailure: Error, Hashable, CustomStringConvertible {
    package var description: String

    init(_ description: String) {
        self.description = description
    }
}

/// Something that one thread has at a time, at a place of its own.
final class Shared<Value: ~Copyable & Sendable>: Sendable {
    let value: Mutex<Value>

    init(_ value: consuming sending Value) {
        self.value = Mutex(value)
    }
}

/// Which file to watch, and how.
package struct StopFileConfiguration: Sendable {
    /// Relative paths are taken from the working directory, which must not change.
    package var path: String
    /// How often the file is read when nothing is heard.
    package var pollInterval: Duration
    package var settlingTimes: SettlingTimes
    /// The most bytes that a stop file may have.
    package var sizeLimit: Int

    package init(
        path: String,
        pollInterval: Duration = .seconds(10),
        settlingTimes: SettlingTimes = SettlingTimes(),
        sizeLimit: Int = 64 * 1024 * 1024
    ) {
        self.path = path
        self.pollInterval = pollInterval
        self.settlingTimes = settlingTimes
        self.sizeLimit = sizeLimit
    }
}
