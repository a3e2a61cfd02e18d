internal import EmergencyStopCore
internal import EmergencyStopSystem
internal import Synchronization

/// The fleet file beside the stop file: a thread of its own, so that a file system that holds up the reading of one does
/// not hold up that of the other. What the listener hears of it is looked at on the listener's thread, as with the stop
/// file.
package final class FleetFileSource: Sendable {
    private let configuration: FleetFileConfiguration
    private let changed: @Sendable (_ old: FleetView, _ new: FleetView) -> Void
    private let inbox = ReaderInbox()
    private let currentView: Mutex<FleetView>
    private let currentActivity = Mutex(ReaderActivity(phase: .idle, since: .now))

    /// - Parameter changed: takes each change of what there is to see, on the thread that has seen it. Must not block.
    package init(
        configuration: FleetFileConfiguration,
        changed: @escaping @Sendable (_ old: FleetView, _ new: FleetView) -> Void = { _, _ in }
    ) {
        self.configuration = configuration
        self.changed = changed
        currentView = Mutex(configuration.view)
    }

    package var view: FleetView { currentView.withLock { $0 } }

    /// The files that are to be listened to.
    var paths: [String] { [configuration.path, configuration.leavePath] }

    /// Whether the thread has been at something else than reading for longer than it ever is.
    var isStuck: Bool {
        currentActivity.withLock { $0 }.isStuck(at: .now, patience: configuration.lease)
    }

    func passOn(_ request: ReadRequest) { inbox.pass(request) }

    /// Begins to read; gives what takes the hints of whoever listens.
    func start(
        sink: @escaping @Sendable (SourceEvent) -> Void
    ) throws(SystemError) -> @Sendable (ChangeHint) -> Void {
        let reading = Shared(
            FleetReading(
                configuration: configuration,
                inbox: inbox,
                activityChanged: { [self] phase in
                    currentActivity.withLock { $0 = ReaderActivity(phase: phase, since: .now) }
                },
                viewChanged: { [self] view in
                    let old = currentView.withLock { current in
                        defer { current = view }
                        return current
                    }
                    if view != old { changed(old, view) }
                },
                sink: sink
            )
        )
        try DetachedThread.start(name: "estop-fleet-rd") { [inbox] in
            while true { inbox.wait(until: reading.value.withLock { $0.readIfDue() }) }
        }
        return { [inbox] hint in
            inbox.leave(hint)
            // Where the reader reads just now, it finds the hint when it is done.
            let next = reading.value.withLockIfAvailable { $0.readIfDue() }
            if let next { inbox.wake(before: next) }
        }
    }
}
