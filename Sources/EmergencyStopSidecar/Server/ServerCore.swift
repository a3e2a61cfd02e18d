internal import EmergencyStop
internal import Logging
internal import NIOCore

/// What the server has on its event loop: the connections' common context, and the times at which something is due.
final class ServerCore {
    /// How often the processes of lost runs are looked at, while there are any.
    private static let reapInterval = TimeAmount.seconds(1)

    let context: ServerContext
    var listener: (any Channel)?
    private let loop: any EventLoop
    private let reporter: ServiceReporter?
    /// The requests for reads that the source has satisfied.
    private var satisfied = ReadRequest.none
    private var lapse: Scheduled<Void>?
    private var signsOfLife: RepeatedTask?
    private var reaper: Scheduled<Void>?
    private var reentry: Scheduled<Void>?

    init(
        _ configuration: SidecarConfiguration, source: any EntrySource, manager: NotifySocket?,
        metrics: SidecarMetrics, logger: Logger, on loop: any EventLoop
    ) {
        self.loop = loop
        reporter = manager.map { ServiceReporter($0, reloadLimit: configuration.lease) }
        context = ServerContext(configuration: configuration, source: source, metrics: metrics, logger: logger)
        context.onLostRuns = { [weak self] in self?.scheduleReaper() }
        scheduleLapse()
        scheduleSignsOfLife()
    }

    /// Takes what the source has said, and tells everyone whom it concerns.
    func receive(_ delivery: Delivery) {
        context.registry.apply(
            delivery.update, verifiedAt: delivery.verifiedAt, satisfied: delivery.satisfied, at: .now, .now()
        )
        if delivery.update != nil { context.metrics.recordNotification(.now - delivery.readAt) }
        satisfied = max(satisfied, delivery.satisfied)
        openIfDue()
        if delivery.verifiedAt != nil { scheduleLapse() }
        if reporter?.isAwaited ?? false { report() }
    }

    /// Has the source read now.
    func reload() {
        let request = context.source.requestRead()
        reporter?.beginReload(request, at: .now)
    }

    func beginToStop() {
        listener?.close(promise: nil)
        lapse?.cancel()
        reaper?.cancel()
        reentry?.cancel()
        signsOfLife?.cancel()
        reporter?.stopping()
        for handler in context.handlers.values { handler.closeWhenDrained() }
    }

    func closeAll() {
        for handler in context.handlers.values { handler.close() }
    }

    private func openIfDue() {
        guard !context.isOpen, context.registry.isOpen(at: .now) else { return }
        context.open()
        lookAtReentry()
    }

    /// Goes on until clients of an earlier sidecar have had the time to enter their runs again.
    private func lookAtReentry() {
        context.registry.reentry.look(at: .now)
        guard !context.registry.reentry.isOver else { return }
        let bound = NIOLoopBound(self, eventLoop: loop)
        reentry = loop.scheduleTask(in: TimeAmount(ReentryPeriod.lookInterval)) { bound.value.lookAtReentry() }
    }

    /// Has the lapse of the lease noticed when it happens and nothing else does.
    private func scheduleLapse() {
        lapse?.cancel()
        let registry = context.registry
        let remaining = (registry.verifiedAt ?? registry.startedAt) + registry.lease - .now
        let bound = NIOLoopBound(self, eventLoop: loop)
        lapse = loop.scheduleTask(in: TimeAmount(max(remaining, .zero)) + .milliseconds(1)) {
            bound.value.context.noteTime()
            bound.value.openIfDue()
            bound.value.report()
        }
    }

    /// Tells the service manager how things stand, where there is one.
    private func report() {
        guard let reporter else { return }
        let now = ContinuousClock.now
        let look = ServiceNotices.Look(
            isOpen: context.isOpen, isStuck: context.source.isStuck, satisfied: satisfied,
            summary: context.summary(now)
        )
        reporter.report(look, at: now)
    }

    /// Signs of life come from the event loop, so that there are none when it stands still.
    private func scheduleSignsOfLife() {
        guard let interval = reporter?.interval else { return }
        let bound = NIOLoopBound(self, eventLoop: loop)
        signsOfLife = loop.scheduleRepeatedTask(initialDelay: .zero, delay: TimeAmount(interval)) { _ in
            bound.value.report()
        }
    }

    private func scheduleReaper() {
        guard reaper == nil else { return }
        let bound = NIOLoopBound(self, eventLoop: loop)
        reaper = loop.scheduleTask(in: Self.reapInterval) {
            bound.value.reaper = nil
            if bound.value.context.registry.reapLostRuns() { bound.value.scheduleReaper() }
        }
    }
}
