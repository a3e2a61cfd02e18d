/// What the hints since the read before the present one say about whoever writes the file.
struct HeardHints: Sendable {
    /// Whether somebody may be writing the file. A writer may be silent for long, so no read ends this: only word that
    /// it is done, or settling.
    private(set) var isWriting = false
    /// Whether the file was written in its place since it settled or came to the path.
    private var wasWritten = false
    /// Whether somebody closes the file who has not written it: then no close says that the writer is done.
    private var hasIdleClosers = false
    private var doneSinceRead = false
    private var doneBeforeRead = false

    mutating func hear(_ hint: ChangeHint) {
        switch hint {
        case .replaced:
            isWriting = false
            wasWritten = false
            doneSinceRead = true
        case .closed:
            if !isWriting {
                // One close more than there were writers: the one before may have been no writer's, either.
                hasIdleClosers = true
                isWriting = wasWritten
            } else if !hasIdleClosers {
                isWriting = false
            }
            doneSinceRead = true
        case .attributes:
            doneSinceRead = true
        case .writing:
            isWriting = true
            wasWritten = true
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
        wasWritten = false
        hasIdleClosers = false
    }

    /// How far apart two reads must be for what the present read found.
    func delay(_ times: SettlingTimes) -> Duration {
        if isWriting { return times.writing }
        return doneSinceRead || doneBeforeRead ? times.done : times.quiet
    }
}
