/// How far apart two equal reads have to be before what they found counts as settled.
package struct SettlingTimes: Sendable, Hashable {
    /// When the last thing heard says that the writer is done.
    package var done: Duration
    /// When nobody told of the change: at start, or when the poll found it.
    package var quiet: Duration
    /// When the last thing heard was a write, for then a writer may still have the file open.
    package var writing: Duration

    package init(
        done: Duration = .milliseconds(100),
        quiet: Duration = .seconds(1),
        writing: Duration = .seconds(5)
    ) {
        self.done = done
        self.quiet = quiet
        self.writing = writing
    }

    /// Sets all three by the shortest, in the proportions of the defaults.
    package init(settle: Duration) {
        self.init(done: settle, quiet: settle * 10, writing: settle * 50)
    }
}
