internal import CPosix
internal import Glibc

/// The signals that `run` has to do with.
enum Signals {
    /// Those that a command is asked to end with.
    static let ending: Set<Int32> = [SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGABRT]
    /// Those of them that ask for something else of who handles them: to read its files again, to show what it does.
    static let reused: Set<Int32> = [SIGHUP, SIGQUIT]
    /// Those that stop a job of a shell.
    static let stopping: Set<Int32> = [SIGTSTP, SIGTTIN, SIGTTOU]
    /// Those that are passed on to the command: all that somebody may send, but for SIGCONT, which is for this process
    /// as well. SIGKILL and SIGSTOP cannot be.
    static let forwarded = ending.union(stopping).union([
        SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGWINCH, SIGURG, SIGIO, SIGPWR,
    ]).union(realTime)
    /// The C library keeps those below for itself.
    private static let realTime: ClosedRange<Int32> = 34...64
    /// `si_code` of what the kernel itself sends, a terminal's Ctrl-C for example.
    static let sentByKernel: Int32 = 0x80

    /// Those of a set that are in none of the kernel's form.
    static func numbers(of numbers: Set<Int32>, without excluded: sigset_t) -> Set<Int32> {
        var excluded = excluded
        return numbers.filter { sigismember(&excluded, $0) != 1 }
    }

    static func set(_ numbers: some Sequence<Int32>) -> sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for number in numbers { sigaddset(&set, number) }
        return set
    }

    /// The signals that this process ignores, as it inherited them.
    static func ignored() -> sigset_t {
        set(
            (1..<65).filter { number in
                var action = sigaction()
                guard sigaction(number, nil, &action) == 0 else { return false }
                return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1
            })
    }

    /// Blocks signals, which are then read from a descriptor; gives the mask of before.
    static func block(_ numbers: some Sequence<Int32>) -> sigset_t {
        var blocked = set(numbers)
        var before = sigset_t()
        pthread_sigmask(SIG_BLOCK, &blocked, &before)
        return before
    }

    /// A descriptor that blocked signals are read from.
    static func descriptor(_ numbers: some Sequence<Int32>) -> CInt {
        var set = set(numbers)
        return signalfd(-1, &set, Int32(SFD_CLOEXEC) | Int32(SFD_NONBLOCK))
    }

    /// A signal as it came.
    struct Arrival: Hashable {
        var number: Int32
        /// Who sent it; 0 where that is somebody outside of the pid namespace.
        var sender: pid_t
        /// Whether the kernel sent it.
        var isFromKernel: Bool
    }

    /// The next signal of this process.
    static func next(_ descriptor: CInt) -> Arrival? {
        var information = signalfd_siginfo()
        let size = MemoryLayout<signalfd_siginfo>.size
        guard read(descriptor, &information, size) == size else { return nil }
        return Arrival(
            number: Int32(information.ssi_signo), sender: pid_t(truncatingIfNeeded: information.ssi_pid),
            isFromKernel: information.ssi_code == sentByKernel
        )
    }

    /// Stands still as a job does, until somebody continues this process.
    ///
    /// - Parameter isMeant: Whether to stand still is right. It is asked when the signal is pending, and blocked: who
    ///   continues the job from there on takes the signal back, and who did before has continued the command as well.
    static func standStill(if isMeant: () -> Bool) {
        var stop = set([SIGTSTP])
        kill(getpid(), SIGTSTP)
        guard isMeant() else {
            var none = timespec()
            sigtimedwait(&stop, nil, &none)
            return
        }
        pthread_sigmask(SIG_UNBLOCK, &stop, nil)
        pthread_sigmask(SIG_BLOCK, &stop, nil)
    }

    /// Ends this process by a signal, without a core file: so that a shell sees what it would have seen of the command.
    static func end(by number: Int32) -> Never {
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        signal(number, SIG_DFL)
        var unblocked = set([number])
        pthread_sigmask(SIG_UNBLOCK, &unblocked, nil)
        kill(getpid(), number)
        exit(128 + number)
    }
}
