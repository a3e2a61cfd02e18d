internal import Glibc

/// What a process makes of signals, as `/proc/PID/status` shows it.
struct SignalState: Hashable {
    /// As in `/proc/PID/stat`.
    private var state: Character = " "
    /// Sets of signals, with number 1 as the lowest bit.
    private var pending: UInt64 = 0
    private var blocked: UInt64 = 0
    private var ignored: UInt64 = 0
    private var caught: UInt64 = 0

    /// Reads `/proc/PID/status`; what is missing there is taken for none.
    init(status: String) {
        for line in status.split(separator: "\n") {
            let words = line.split(maxSplits: 2, whereSeparator: { $0 == "\t" || $0 == " " })
            guard words.count > 1 else { continue }
            let set = UInt64(words[1], radix: 16) ?? 0
            switch words[0] {
            case "State:": state = words[1].first ?? " "
            case "SigPnd:", "ShdPnd:": pending |= set
            case "SigBlk:": blocked = set
            case "SigIgn:": ignored = set
            case "SigCgt:": caught = set
            default: continue
            }
        }
    }

    /// The state of a process; `nil` where there is none.
    static func of(_ pid: pid_t) -> SignalState? {
        guard let status = try? FileReading.bytes(of: "/proc/\(pid)/status") else { return nil }
        return SignalState(status: String(decoding: status, as: UTF8.self))
    }

    /// Whether the process does nothing until somebody continues it.
    ///
    /// One that has called `vfork` seems to wait until its child has started something, and the child may stand still
    /// as well; `posix_spawn` blocks all signals meanwhile.
    var standsStill: Bool { state == "T" || seemsToBeInVfork }

    /// Whether it waits as in a `vfork`. Where it does so for an instant only, it was for a lock of the terminal, say,
    /// and it may be reading that.
    var seemsToBeInVfork: Bool { state == "D" && isDue(blocked: 0) }

    /// Whether the process has had a signal of a terminal that brings it to a stop before it does anything else, but for
    /// ending the system call that it is in: a read of the terminal may still give it what is typed next.
    var isAboutToStandStill: Bool { !standsStill && isDue(blocked: blocked) }

    /// Whether the process has had a signal and has not taken it yet.
    func isPending(_ number: Int32) -> Bool { Self.contains(pending, number) }

    /// Whether the process has a use of its own for a signal, or none: where its default action is to end, it does not.
    ///
    /// What is blocked is read by `sigwait` or from a descriptor, as a rule; in a `vfork` all is for a moment.
    func isHandled(_ number: Int32) -> Bool {
        Self.contains(caught | ignored | (state == "D" ? 0 : blocked), number)
    }

    private func isDue(blocked: UInt64) -> Bool {
        let due = pending & ~(ignored | caught | blocked)
        return Signals.stopping.contains { Self.contains(due, $0) }
    }

    private static func contains(_ set: UInt64, _ number: Int32) -> Bool { set >> UInt64(number - 1) & 1 == 1 }
}
