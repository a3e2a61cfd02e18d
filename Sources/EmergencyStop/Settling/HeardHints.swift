/// What the hints since the read before the present one say about whoever writes the file.
struct HeardHints: Sendable {
    /// Whether the last thing heard of the file itself was a write. A writer may be silent for long, so no read
    /// ends this: only word that it is done, or settling.
    private(set) var isWriting = false
    private var doneSinceRead = false
    private var doneBeforeRead = false

    mutating func hear(_ hint: ChangeHint) {
        switch hint {
        case .done:
            isWriting = false
            doneSinceRead = true
        case .writing:
            isWriting = true
        case .overflow:
            // What was lost may have been a write that followed.
            doneSinceRead = false
            doneBeforeRead = false
        case .neighbour:
            break
        }
    }

    /// A read begins: word from before the last read explains nothing that this one can find.
    mutating func beginRead() {
        doneBeforeRead = doneSinceRead
        doneSinceRead = false
    }

    /// The read that began did not take place, so the next one stands in for it.
    mutating func readFailed() {
        doneSinceRead = doneSinceRead || doneBeforeRead
    }

    /// Nobody is believed to be writing any more.
    mutating func settled() {
        isWriting = false
    }

    /// How far apart two reads must be for what the present read found.
    func delay(_ times: SettlingTimes) -> Duration {
        if isWriting { return times.writing }
        return doneSinceRead || doneBeforeRead ? times.done : times.quiet
    }
}
