internal import Glibc

/// Tells which of the signals that estopctl's processes get the command has got as well, along with them.
///
/// A signal to the process group (`timeout`, `kill -- -PGID`) reaches guardian and command, one to the cgroup (systemd)
/// the supervisor, too; passed on, the command would have it twice. How it was sent cannot be seen in it. But the sweeper
/// stands in the guardian's group, and nobody has a reason to send it anything: what it gets was sent to more than one.
/// So each signal is held for a moment, in which the sweeper may say that it has it, too.
///
/// Where that is in doubt, the command rather gets a signal twice than never. Who kills all that run `/usr/bin/estopctl`
/// reaches the three and not the command. What the supervisor gets is taken for a cgroup's only from who started
/// estopctl, as the manager of a cgroup has.
struct SharedSignals {
    struct Signal: Hashable {
        var number: Int32
        var sender: pid_t

        /// Whether each is another: of all but the real-time signals, two that are pending are one.
        fileprivate var isCounted: Bool { number >= 32 }
    }

    /// Who of estopctl's processes got a signal.
    enum Receiver: Hashable {
        case guardian, supervisor, sweeper
    }

    struct Settled: Hashable {
        var number: Int32
        /// Whether the command has it already.
        var isShared: Bool
    }

    /// Waits for what another process has to say: a moment after it was seen to have taken the signal, if it has it.
    private struct Wait {
        var until: ContinuousClock.Instant
        private var hasLooked = false

        init(from now: ContinuousClock.Instant) { until = now }

        mutating func isOver(at now: ContinuousClock.Instant, isPending: () -> Bool) -> Bool {
            guard now >= until else { return false }
            let isPending = isPending()
            if hasLooked, !isPending { return true }
            hasLooked = !isPending
            until = now + SharedSignals.moment
            return false
        }
    }

    private struct Held {
        let signal: Signal
        let receiver: Receiver
        let since: ContinuousClock.Instant
        var wait: Wait
    }

    /// What one got who shows by it that the signal was sent to more than one.
    private struct Trace {
        let signal: Signal
        let witness: Receiver
        var wait: Wait
        /// What it explains of what a receiver got: when that came.
        var uses: [Receiver: ContinuousClock.Instant] = [:]
    }

    /// How far apart the parts of one signal may come: who sends to a cgroup sends to one process after the other.
    private static let moment = Duration.milliseconds(50)
    /// How soon after another a signal is the same: `timeout` signals its child and then the group.
    private static let instant = Duration.milliseconds(10)
    /// How long a signal is held for a sweeper that does not take it.
    private static let limit = Duration.seconds(1)

    private var held: [Held] = []
    private var traces: [Trace] = []

    mutating func note(_ signal: Signal, to receiver: Receiver, at now: ContinuousClock.Instant) {
        let wait = Wait(from: now)
        if receiver != .guardian { traces.append(Trace(signal: signal, witness: receiver, wait: wait)) }
        if receiver != .sweeper { held.append(Held(signal: signal, receiver: receiver, since: now, wait: wait)) }
    }

    /// When to settle again, if nothing else happens.
    func nextLook(at now: ContinuousClock.Instant) -> Duration? {
        (held.map(\.wait.until) + traces.map(\.wait.until)).min().map { max($0 - now, .milliseconds(1)) }
    }

    /// Takes out what is settled, in the order in which it came.
    ///
    /// - Parameters:
    ///   - isInGroup: Whether the command is in the guardian's process group: else it gets by itself only what the
    ///     supervisor gets, too.
    ///   - isAbove: Whether a process has started estopctl, directly or not.
    ///   - isPending: Whether one has a signal that it has not taken yet, as one that stands still: what it has to say
    ///     is still to come.
    mutating func settle(
        at now: ContinuousClock.Instant, isInGroup: Bool, isAbove: (pid_t) -> Bool,
        isPending: (Receiver, Int32) -> Bool
    ) -> [Settled] {
        traces = traces.compactMap { trace in
            let (signal, until) = (trace.signal, trace.wait.until)
            // The sweeper's word may still be to come for what is held.
            let isOfUse = trace.witness == .supervisor && held.contains { $0.signal == signal && $0.since < until }
            var trace = trace
            let isOver = trace.wait.isOver(at: now) { isOfUse || isPending(.guardian, signal.number) }
            return isOver ? nil : trace
        }
        var settled: [Settled] = []
        var kept: [Held] = []
        for var item in held {
            let number = item.signal.number
            if hasTrace(of: item, isInGroup: isInGroup, isAbove: isAbove) {
                settled.append(Settled(number: number, isShared: true))
            } else if now - item.since >= Self.limit
                || item.wait.isOver(at: now, isPending: { isPending(.sweeper, number) })
            {
                settled.append(Settled(number: number, isShared: false))
            } else {
                kept.append(item)
            }
        }
        held = kept
        return settled
    }

    private mutating func hasTrace(
        of item: Held, isInGroup: Bool, isAbove: (pid_t) -> Bool
    ) -> Bool {
        func find(_ witness: Receiver) -> [Int] {
            traces.indices.filter { index in
                guard traces[index].witness == witness, traces[index].signal == item.signal else { return false }
                guard let use = traces[index].uses[item.receiver] else { return true }
                return !item.signal.isCounted && item.since - use < Self.instant
            }
        }
        let found = find(.sweeper)
        // To the group alone, or to the cgroup.
        guard !found.isEmpty,
            item.receiver == .guardian && isInGroup || !find(.supervisor).isEmpty && isAbove(item.signal.sender)
        else { return false }
        for index in found.prefix(item.signal.isCounted ? 1 : found.count)
        where traces[index].uses[item.receiver] == nil {
            traces[index].uses[item.receiver] = item.since
        }
        return true
    }
}
