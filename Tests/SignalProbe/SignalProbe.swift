internal import Glibc

/// A process that tells of each signal that it gets, for tests that count them; SIGQUIT ends it.
///
/// `signal-probe`: prints `ready`, then the number of each signal on a line.
@main
enum SignalProbe {
    static func main() {
        var all = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_BLOCK, &all, nil)
        say("ready")
        while true {
            var information = siginfo_t()
            let number = sigwaitinfo(&all, &information)
            // What it gets at its own continuing is no news.
            guard number > 0, number != SIGCONT else { continue }
            if number == SIGQUIT { exit(3) }
            say("\(number)")
        }
    }

    /// In one piece, at once.
    private static func say(_ line: String) {
        _ = write(1, line + "\n", line.utf8.count + 1)
    }
}
