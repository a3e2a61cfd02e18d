internal import EmergencyStopCore
internal import EmergencyStopSystem

/// How the fleet file is read, by one thread at a time: hear, read, judge, tell.
///
/// What is missing, malformed or stale is told at once, and not when the lease of what was there before has ended. The
/// file is only ever replaced by renaming, so none of it comes of a writer that is not done: something is wrong with the
/// fleet, and which stop was to come next nobody knows.
struct FleetReading: ~Copyable {
    /// How long before its end a leave ends, so that the fleet has been asked by then and nothing lapses in between.
    private static let leaveMargin = Duration.seconds(1)

    private let inbox: ReaderInbox
    private let activityChanged: @Sendable (ReaderActivity.Phase) -> Void
    private let viewChanged: @Sendable (FleetView) -> Void
    private let sink: @Sendable (SourceEvent) -> Void
    private let sizeLimit: Int
    private let leavePath: String
    private var reader: StopFileReader
    private var pace: FleetPace
    private var view: FleetView

    init(
        configuration: FleetFileConfiguration,
        inbox: ReaderInbox,
        activityChanged: @escaping @Sendable (ReaderActivity.Phase) -> Void,
        viewChanged: @escaping @Sendable (FleetView) -> Void,
        sink: @escaping @Sendable (SourceEvent) -> Void
    ) {
        self.inbox = inbox
        self.activityChanged = activityChanged
        self.viewChanged = viewChanged
        self.sink = sink
        sizeLimit = configuration.sizeLimit
        leavePath = configuration.leavePath
        reader = StopFileReader(path: configuration.path, sizeLimit: configuration.sizeLimit)
        pace = FleetPace(lease: configuration.lease, startAt: .now)
        view = configuration.view
    }

    /// Hears what has come, and reads where it is time for that; says when to read next.
    mutating func readIfDue() -> ContinuousClock.Instant {
        hear()
        if pace.nextRead.at <= .now { read() }
        return pace.nextRead.at
    }

    private mutating func hear() {
        let contents = inbox.take()
        for hint in contents.hints { pace.hear(hint, at: .now) }
        pace.request(contents.requested)
    }

    private mutating func read() {
        let start = ContinuousClock.now
        let trigger = pace.beginRead(at: start)
        activityChanged(.reading)
        let (finding, review) = look()
        activityChanged(.handling)
        viewChanged(view)
        let hasFailed = if case .failed = finding { true } else { false }
        let satisfied = pace.endRead(hasFailed: hasFailed, review: review, at: .now)
        sink(SourceEvent(finding: .fleet(finding), readAt: start, trigger: trigger, satisfied: satisfied))
        activityChanged(.waiting)
    }

    /// What is found, and when it has to be looked at again in any case.
    private mutating func look() -> (FleetFinding, review: ContinuousClock.Instant?) {
        let leave = LeaveFile.read(leavePath)
        let times = Self.now()
        view.leaveProblem = nil
        switch leave {
        case .failed(let reason): return (.failed(reason), nil)
        case .doubtful(let why): view.leaveProblem = why
        case .leave(let leave) where leave.holds(boot: Boot.name, at: times.boot.advanced(by: Self.leaveMargin)):
            view.leave = leave
            let end = times.instant(of: leave.until)
            return (.left(until: end), end - Self.leaveMargin)
        case .leave, .none: break
        }
        view.leave = nil
        let found = reader.read()
        // The time is looked at behind the read: what is stale by now is.
        let finding = FleetFinding(found, boot: Boot.name, at: Self.now(), lease: view.lease, sizeLimit: sizeLimit)
        switch finding {
        case .live(let header, _, _):
            view.condition = .readable
            view.header = header
        case .stopped(let condition, let header):
            view.condition = condition
            view.header = header ?? view.header
        case .left, .failed: break
        }
        return (finding, nil)
    }

    /// The time on both clocks. If the process stands still between the two looks, what is computed from them ends too
    /// early, and never too late.
    private static func now() -> FleetTimes {
        let now = ContinuousClock.now
        return FleetTimes(now: now, boot: MonotonicInstant(nanoseconds: Boot.nanoseconds))
    }
}

/// Which file tells what the fleet restrains, and how long it may be believed.
package struct FleetFileConfiguration: Sendable {
    package var path: String
    package var lease: Duration
    /// The most bytes that it may have.
    package var sizeLimit: Int

    package init(path: String, lease: Duration = .seconds(10), sizeLimit: Int = 64 << 20) {
        self.path = path
        self.lease = lease
        self.sizeLimit = sizeLimit
    }

    /// The file by which the host leaves its fleet stands beside it.
    var leavePath: String { FleetLeave.path(beside: path) }

    /// Before anything was read.
    var view: FleetView { FleetView(path: path, lease: lease) }
}
