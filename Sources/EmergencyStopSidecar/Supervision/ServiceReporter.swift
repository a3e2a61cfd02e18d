internal import EmergencyStopCore
internal import Glibc

/// Tells the service manager how the sidecar is. Belongs to the server's event loop.
final class ServiceReporter {
    /// How many signs of life are given in the time in which one is expected.
    private static let signsPerInterval = 3

    private let socket: NotifySocket
    private var notices: ServiceNotices

    init(_ socket: NotifySocket, reloadLimit: Duration) {
        self.socket = socket
        notices = ServiceNotices(feedsWatchdog: socket.watchdogInterval != nil, reloadLimit: reloadLimit)
    }

    /// How often to report even if nothing happens, where signs of life are expected.
    var interval: Duration? { socket.watchdogInterval.map { $0 / Self.signsPerInterval } }

    /// Whether what happens is to be reported at once, and not only with the next sign of life.
    var isAwaited: Bool { interval == nil || notices.isAwaited }

    func beginReload(_ request: ReadRequest, at now: ContinuousClock.Instant) {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        let monotonic = MonotonicInstant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
        _ = socket.send(notices.beginReload(request, at: now, monotonic: monotonic))
    }

    func report(_ look: ServiceNotices.Look, at now: ContinuousClock.Instant) {
        guard let message = notices.message(look, at: now), socket.send(message) else { return }
        notices.noteSent()
    }

    func stopping() { _ = socket.send(ServiceNotices.stopping) }
}
