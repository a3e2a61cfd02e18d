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
    private var lapse: Scheduled<Void>?
    private var reaper: Scheduled<Void>?

    init(
        _ configuration: SidecarConfiguration, source: any EntrySource, metrics: SidecarMetrics, logger: Logger,
        on loop: any EventLoop
    ) {
        self.loop = loop
        context = ServerContext(configuration: configuration, source: source, metrics: metrics, logger: logger)
        context.onLostRuns = { [weak self] in self?.scheduleReaper() }
        scheduleLapse()
    }

    /// Takes what the source has said, and tells everyone whom it concerns.
    func receive(_ delivery: Delivery) {
        context.registry.apply(
            delivery.update, verifiedAt: delivery.verifiedAt, satisfied: delivery.satisfied, at: .now, .now()
        )
        if delivery.update != nil { context.metrics.recordNotification(.now - delivery.readAt) }
        openIfDue()
        if delivery.verifiedAt != nil { scheduleLapse() }
    }

    func beginToStop() {
        listener?.close(promise: nil)
        lapse?.cancel()
        reaper?.cancel()
        for handler in context.handlers.values { handler.closeWhenDrained() }
    }

    func closeAll() {
        for handler in context.handlers.values { handler.close() }
    }

    private func openIfDue() {
        if context.registry.isOpen(at: .now) { context.open() }
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
