package import EmergencyStopCore

/// What the service manager is told, and when: what there is to see of the sidecar and the time in, messages out.
///
/// Source: `sd_notify(3)`. A message that could not be sent is made again, brought up to date, at the next look.
package struct ServiceNotices: Sendable {
    /// What there is to see of the sidecar.
    package struct Look: Sendable, Hashable {
        /// Whether requests are answered: something has settled, or the lease has passed without.
        package var isOpen: Bool
        /// Whether the source has stopped to work in a way that a restart would mend.
        package var isStuck: Bool
        /// The requests for reads that are satisfied.
        package var satisfied: ReadRequest
        /// How things stand, for a person.
        package var summary: String

        package init(isOpen: Bool, isStuck: Bool, satisfied: ReadRequest, summary: String) {
            self.isOpen = isOpen
            self.isStuck = isStuck
            self.satisfied = satisfied
            self.summary = summary
        }
    }

    private struct Reload {
        var request: ReadRequest
        var deadline: ContinuousClock.Instant
    }

    private let feedsWatchdog: Bool
    private let reloadLimit: Duration
    private var isReady = false
    private var reload: Reload?
    private var toldSummary: String?
    /// What is so once the message under way has been sent.
    private var afterSending: (isReady: Bool, reload: Reload?, summary: String)?

    /// - Parameters:
    ///   - feedsWatchdog: Whether signs of life are expected.
    ///   - reloadLimit: How long a reload may last. A file that does not settle makes everything stale; that the
    ///     reload is over then is better than a manager that waits for it.
    package init(feedsWatchdog: Bool, reloadLimit: Duration) {
        self.feedsWatchdog = feedsWatchdog
        self.reloadLimit = reloadLimit
    }

    /// Whether somebody waits for a message: the start or a reload is not over.
    package var isAwaited: Bool { !isReady || reload != nil }

    /// The file is to be read again, which lasts until the request is satisfied.
    ///
    /// - Parameter monotonic: CLOCK_MONOTONIC, by which the manager tells this reload from an earlier one.
    package mutating func beginReload(
        _ request: ReadRequest, at now: ContinuousClock.Instant, monotonic: MonotonicInstant
    ) -> String {
        reload = Reload(request: request, deadline: now + reloadLimit)
        return "RELOADING=1\nMONOTONIC_USEC=\(monotonic.nanoseconds / 1000)"
    }

    /// What to tell now, if anything.
    package mutating func message(_ look: Look, at now: ContinuousClock.Instant) -> String? {
        var lines: [String] = []
        var reload = reload
        if let pending = reload, look.satisfied >= pending.request || now >= pending.deadline { reload = nil }
        let isReloaded = self.reload != nil && reload == nil
        if look.isOpen, !isReady || isReloaded { lines.append("READY=1") }
        if look.summary != toldSummary { lines.append("STATUS=\(Self.oneLine(look.summary))") }
        if feedsWatchdog, !look.isStuck { lines.append("WATCHDOG=1") }
        afterSending = (isReady || look.isOpen, reload, look.summary)
        return lines.isEmpty ? nil : lines.joined(separator: "\n")
    }

    /// The last message has been sent.
    package mutating func noteSent() {
        guard let afterSending else { return }
        (isReady, reload, toldSummary) = (afterSending.isReady, afterSending.reload, afterSending.summary)
        self.afterSending = nil
    }

    /// A path or a diagnostic may hold a line feed, behind which another message would begin.
    private static func oneLine(_ text: String) -> String {
        UnsafeText.replaced(in: text) { _ in " " }
    }

    /// The last words.
    package static let stopping = "STOPPING=1\nSTATUS=stopping"
}
