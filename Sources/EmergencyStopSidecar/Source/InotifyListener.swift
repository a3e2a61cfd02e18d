internal import EmergencyStopCore
internal import EmergencyStopSystem
internal import Glibc
internal import Synchronization

/// Watches, through libinotifytools, the directories on which the paths of some files depend, and passes on hints.
///
/// Lives on a thread of its own, which the library needs. The watches are on directories, never on the file: a
/// file that is replaced takes its watch along. Which directories these are is found out by ``PathWalk``, again
/// whenever something named in them comes or goes, and every poll interval; they are told apart by device and
/// inode, since another directory may stand at the same path any time.
struct InotifyListener: ~Copyable {
    private struct Watched {
        var identity: FileIdentity
        var directory: [UInt8]
        /// For each path, the names that matter to it here; none where the directory does not.
        var names: [Set<[UInt8]>]
    }

    /// A directory that is to be watched.
    private struct Wanted {
        var directory: [UInt8]
        var names: [Set<[UInt8]>]
    }

    /// The library's state is global to the process, so there can be one listener.
    private static let isClaimed = Atomic(false)

    /// Everything that is known to change a file or directory; never that somebody reads it.
    private static let mask =
        IN_MODIFY | IN_ATTRIB | IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO
        | IN_DELETE_SELF | IN_MOVE_SELF

    /// How often to walk anew when each walk finds the directories changed: the next event or poll goes on.
    private static let walkLimit = 8

    private let paths: [String]
    private let pollInterval: Duration
    private let hint: @Sendable (ChangeHint, _ path: Int) -> Void
    private let stateChanged: @Sendable (ListenerState) -> Void

    private var watches: [CInt: Watched] = [:]
    private var state: ListenerState?
    private var checkedAt = ContinuousClock.now
    /// Keeps a low number for the library's next descriptor.
    private let reserve = DescriptorReserve(size: 1)

    /// - Parameters:
    ///   - paths: Those of the files.
    ///   - hint: takes each hint, with the place of the path that it is about, on the listener's thread.
    ///   - stateChanged: takes each change of the listener's state, on its thread, and its first state.
    init(
        paths: [String],
        pollInterval: Duration,
        hint: @escaping @Sendable (ChangeHint, _ path: Int) -> Void,
        stateChanged: @escaping @Sendable (ListenerState) -> Void
    ) {
        self.paths = paths
        self.pollInterval = pollInterval
        self.hint = hint
        self.stateChanged = stateChanged
    }

    /// Listens for as long as the process lives; returns only where another listener does already.
    mutating func run() {
        guard !Self.isClaimed.exchange(true, ordering: .relaxed) else {
            report(.down("this process listens to another file already"))
            return
        }
        while true {
            do {
                _ = reserve.release()
                var tools = try InotifyTools()
                try tools.proveDelivery()
                try listen(&tools)
            } catch {
                // Nothing is heard from here on, which the reader must know before it believes anything.
                if !watches.isEmpty { hintAll(.overflow) }
                watches = [:]
                report(.down(error.description))
            }
            reserve.restore()
            pause()
        }
    }

    private mutating func listen(_ tools: inout InotifyTools) throws(InotifyFailure) {
        check(&tools)
        let seconds = Int(pollInterval.components.seconds)
        while true {
            switch tools.next(withinSeconds: seconds) {
            case .event(let event): handle(event, &tools)
            case .timeOut: check(&tools)
            case .failed(let error): throw InotifyFailure("inotify failed: \(error)")
            }
            // Under a storm of events there is no time-out.
            if .now - checkedAt >= pollInterval { check(&tools) }
        }
    }

    // MARK: Events

    private mutating func handle(_ event: InotifyTools.Event, _ tools: inout InotifyTools) {
        guard event.watch >= 0 else {
            hintAll(.overflow)
            check(&tools)
            return
        }
        // A watch that was given up goes on to tell of a directory that is no longer ours, until it is removed.
        guard let watched = watches[event.watch] else { return }

        if event.has(IN_DELETE_SELF, IN_MOVE_SELF, IN_UNMOUNT, IN_IGNORED) {
            hintAll(.neighbour)
            watches[event.watch] = nil
            tools.remove(event.watch)
            walk(&tools)
            return
        }
        var isNamed = false
        var kind: ChangeHint?
        for (path, names) in watched.names.enumerated() where !names.isEmpty {
            guard names.contains(event.name) else {
                hint(.neighbour, path)
                continue
            }
            isNamed = true
            let known = kind ?? Self.kind(of: event, in: watched.directory)
            kind = known
            hint(known, path)
        }
        // The directory itself: it may have become accessible, or the opposite.
        if isNamed ? event.has(IN_CREATE, IN_DELETE, IN_MOVED_FROM, IN_MOVED_TO) : event.name.isEmpty { walk(&tools) }
    }

    private func hintAll(_ kind: ChangeHint) {
        for path in paths.indices { hint(kind, path) }
    }

    /// What an event says about whoever writes what it names.
    private static func kind(of event: InotifyTools.Event, in directory: [UInt8]) -> ChangeHint {
        if event.has(IN_DELETE, IN_MOVED_FROM, IN_MOVED_TO) { return .replaced }
        if event.has(IN_CLOSE_WRITE) { return .closed }
        if event.has(IN_ATTRIB) { return .attributes }
        // A symbolic link or a directory is complete as soon as it exists; a file is about to be written.
        let isFile = PathWalk.kind(directory + [UInt8(ascii: "/")] + event.name) == S_IFREG
        return event.has(IN_CREATE) && (event.has(IN_ISDIR) || !isFile) ? .replaced : .writing
    }

    // MARK: Watches

    /// Makes sure that what ought to be watched is, whether or not anything was heard.
    private mutating func check(_ tools: inout InotifyTools) {
        if let live = tools.liveWatches { watches = watches.filter { live.contains($0.key) } }
        walk(&tools)
        checkedAt = .now
    }

    /// Walks the paths until the directories that they depend on are those that are watched.
    private mutating func walk(_ tools: inout InotifyTools) {
        var isChanged = false
        var failure: String?
        for _ in 0..<Self.walkLimit {
            let (wanted, isWhole) = wanted()
            failure = wanted.isEmpty ? "there is no directory to watch" : nil
            for (watch, watched) in watches where wanted[watched.identity] == nil {
                tools.remove(watch)
                watches[watch] = nil
            }
            // A directory that was there for the walk and is gone now calls for another walk.
            var isComplete = isWhole
            for (identity, place) in wanted {
                let watched = Watched(identity: identity, directory: place.directory, names: place.names)
                if let watch = watches.first(where: { $0.value.identity == identity })?.key {
                    watches[watch] = watched
                    continue
                }
                do {
                    // What stands at the path may have changed since it was identified: the next walk shows.
                    let watch = try tools.watch(place.directory, for: Self.mask)
                    watches[watch] = watched
                    isComplete = false
                } catch  where error.code == ENOENT || error.code == ENOTDIR {
                    isComplete = false
                } catch {
                    let directory = String(decoding: place.directory, as: UTF8.self)
                    failure = "\(directory) cannot be watched: \(error)"
                }
            }
            if isComplete { break }
            isChanged = true
        }
        // What changed before the watch was there, nobody told of.
        if isChanged { hintAll(.neighbour) }
        report(failure.map(ListenerState.down) ?? .up)
    }

    /// The directories of all walks by their identities, two spellings of one directory as one, and whether all of them
    /// could be identified.
    private func wanted() -> (directories: [FileIdentity: Wanted], isWhole: Bool) {
        var directories: [FileIdentity: Wanted] = [:]
        var isWhole = true
        for (path, text) in paths.enumerated() {
            for place in PathWalk(text).places {
                guard let identity = FileIdentity(ofDirectory: place.directory) else {
                    isWhole = false
                    continue
                }
                let none = Wanted(directory: place.directory, names: Array(repeating: [], count: paths.count))
                directories[identity, default: none].names[path].formUnion(place.names)
            }
        }
        return (directories, isWhole)
    }

    // MARK: State

    private mutating func report(_ state: ListenerState) {
        guard state != self.state else { return }
        self.state = state
        stateChanged(state)
    }

    private func pause() {
        let (seconds, attoseconds) = pollInterval.components
        var wanted = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
        var left = timespec()
        while nanosleep(&wanted, &left) != 0, errno == EINTR { wanted = left }
    }
}

/// Whether changes of the stop file are heard of at once, or only found by the poll.
package enum ListenerState: Sendable, Hashable {
    case up
    /// Not known yet: listening is being tried for the first time.
    case starting
    /// The poll alone serves; the text says why. Listening is tried again at every poll interval.
    case down(String)
}
