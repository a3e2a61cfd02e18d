import EmergencyStopCore

/// The stop file, those who write it, and what inotify has told of them and nobody has heard yet.
struct Disk {
    private(set) var bytes: [UInt8]? = FileText.random(1)
    private(set) var inode: UInt64 = 1
    private(set) var isReadable = true
    /// Hints that lie in the kernel, and since when.
    private(set) var hints: [(hint: ChangeHint, at: Int64)] = []
    /// Whether inotify tells nothing, as on a network's file system.
    private(set) var isSilent = false
    /// Whether something was not told that was done since the present writer began.
    private(set) var hasUntold = false
    /// How often something was done to the file, so that a read can see that it was not alone.
    private(set) var changes = 0

    /// Who writes the file in its place and has it open: what it is to hold, and how much of that is written.
    private var writer: (target: [UInt8], done: Int)?
    /// Whether he has done something to it: inotify tells of that, and not that he has opened it.
    private var hasWritten = false

    private var writers = 0

    var isBeingWritten: Bool { writer != nil && hasWritten }

    /// The number of the writer who is at it, as far as inotify has told all of him.
    var toldWriter: Int? { isBeingWritten && !hasUntold ? writers : nil }

    // MARK: Writers

    /// Puts another file in the path's place, whole.
    mutating func replace(by content: [UInt8], at now: Int64) {
        writer = nil
        inode += 1
        bytes = content
        hasUntold = false
        tell(.replaced, now)
    }

    mutating func delete(at now: Int64) {
        guard bytes != nil else { return }
        writer = nil
        bytes = nil
        hasUntold = false
        tell(.replaced, now)
    }

    /// Opens the file to write it anew, having emptied it or over what it holds.
    mutating func open(toWrite content: [UInt8], isTruncated: Bool, at now: Int64) {
        guard writer == nil, bytes != nil else { return }
        hasUntold = isSilent
        writer = (content, 0)
        writers += 1
        hasWritten = false
        if isTruncated, bytes?.isEmpty == false {
            bytes = []
            hasWritten = true
            tell(.writing, now)
        }
    }

    mutating func write(_ count: Int, at now: Int64) {
        guard let (target, done) = writer, var content = bytes, done < target.count else { return }
        let end = min(target.count, done + count)
        content.replaceSubrange(done..<min(max(end, done), max(done, content.count)), with: target[done..<end])
        bytes = content
        writer = (target, end)
        hasWritten = true
        tell(.writing, now)
    }

    /// Closes the file: the writer is done with it, or has died.
    mutating func close(isFinished: Bool, at now: Int64) {
        guard let (target, _) = writer else { return }
        if isFinished {
            write(target.count, at: now)
            if bytes != target {
                bytes = target
                tell(.writing, now)
            }
        }
        writer = nil
        tell(.closed, now)
    }

    /// Appends an entry at one stroke, as `echo … >>` does.
    mutating func append(_ entry: [UInt8], at now: Int64) {
        guard writer == nil, let content = bytes else { return }
        hasUntold = isSilent
        bytes = content + entry
        tell(.writing, now)
        tell(.closed, now)
    }

    mutating func toggleReadable(at now: Int64) {
        isReadable.toggle()
        tell(.attributes, now)
    }

    mutating func touch(at now: Int64) { tell(.attributes, now) }

    // MARK: Hints

    mutating func neighbour(at now: Int64) { tell(.neighbour, now, isChange: false) }

    /// The kernel's queue is full: what lay in it is lost.
    mutating func overflow(at now: Int64) {
        hints = []
        hasUntold = true
        tell(.overflow, now, isChange: false)
    }

    /// A new listener hears nothing of what was before it.
    mutating func beginListening() {
        hints = []
        hasUntold = true
    }

    mutating func toggleSilence() {
        isSilent.toggle()
        if isSilent { hasUntold = true }
    }

    /// Hands over the hints that are as old as this, each kind once and in the order in which each came last.
    mutating func takeHints(until time: Int64) -> [ChangeHint] {
        var taken: [ChangeHint] = []
        for (hint, at) in hints where at <= time {
            taken.removeAll { $0 == hint }
            taken.append(hint)
        }
        hints.removeAll { $0.at <= time }
        return taken
    }

    private mutating func tell(_ hint: ChangeHint, _ now: Int64, isChange: Bool = true) {
        if isChange { changes += 1 }
        if isSilent { hasUntold = true } else { hints.append((hint, now)) }
    }
}
