internal import CInotifyTools
internal import EmergencyStopSystem
internal import Glibc

/// libinotifytools, with what experience says about it. All else of the listener is written in terms of this.
///
/// The library's state is global to the process and made for one thread: there is at most one of these, and it
/// belongs to the listener's thread.
struct InotifyTools: ~Copyable {
    /// An event, copied out of the library's buffer, which the next call overwrites.
    struct Event {
        var watch: CInt
        var mask: UInt32
        /// The entry of the watched directory that the event is about; empty for the directory itself.
        var name: [UInt8]

        func has(_ bits: Int32...) -> Bool {
            bits.contains { mask & UInt32(bitPattern: $0) != 0 }
        }
    }

    /// What waiting for an event came to.
    enum Waited {
        case event(Event)
        case timeOut
        case failed(SystemError)
    }

    /// The library waits with `select`, whose sets have room for this many descriptors. Debian's build ends the
    /// process when asked to wait for a higher one.
    private static let descriptorLimit: CInt = 1024

    /// The library's own descriptor, found out from outside: it tells nobody.
    private let descriptor: CInt
    /// Counts watches, so that each has a spelling of its own.
    private var watchCount: UInt64 = 0

    /// Initialises the library. That it says so proves nothing: see ``proveDelivery()``.
    init() throws(InotifyFailure) {
        let before = Self.inotifyDescriptors()
        guard inotifytools_initialize() != 0 else {
            throw InotifyFailure("inotify cannot be had: \(SystemError(code: inotifytools_error()))")
        }
        // Where another part of the process opened one in the same instant, either may be ours, and is low enough.
        guard let found = Self.inotifyDescriptors().subtracting(before).max() else {
            inotifytools_cleanup()
            throw InotifyFailure(
                "inotify's descriptor is not one of the first \(Self.descriptorLimit) in /proc/self/fd")
        }
        // The library leaves it open to child processes.
        _ = fcntl(found, F_SETFD, FD_CLOEXEC)
        descriptor = found
    }

    deinit {
        inotifytools_cleanup()
    }

    /// Shows that one event arrives, on a directory that always exists and without the need to write anywhere:
    /// by opening it. Before anything else is watched, since the mask of a directory that is watched twice is
    /// replaced.
    mutating func proveDelivery() throws(InotifyFailure) {
        let root = Array("/".utf8)
        let watch: CInt
        do {
            watch = try self.watch(root, for: IN_OPEN)
        } catch {
            throw InotifyFailure("inotify cannot watch even the root directory: \(error)")
        }
        defer { remove(watch) }
        let opened = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if opened >= 0 { close(opened) }
        // Events of an earlier life may come first, for the library keeps what it has buffered.
        for _ in 0..<Self.bufferedEventLimit {
            switch next(withinSeconds: 1) {
            case .event(let event) where event.watch == watch && event.has(IN_OPEN): return
            case .event: continue
            case .timeOut: throw InotifyFailure("inotify delivers no events")
            case .failed(let error): throw InotifyFailure("inotify fails its test: \(error)")
            }
        }
        throw InotifyFailure("inotify delivers other events than those asked for")
    }

    /// As many events as the library's buffer can hold, those without names.
    private static let bufferedEventLimit = 4096

    /// Watches a directory.
    ///
    /// The library does not say which watch descriptor it got, and if asked by path answers with the first one
    /// that this path ever had, even after that directory is gone. So each watch gets a spelling of the path
    /// that no other had: the bits of its number, as `/` and `/.`, at the end.
    mutating func watch(_ directory: [UInt8], for mask: Int32) throws(SystemError) -> CInt {
        watchCount += 1
        var spelling = directory
        var bits = watchCount
        while bits > 0 {
            spelling += bits & 1 == 0 ? [UInt8(ascii: "/")] : [UInt8(ascii: "/"), UInt8(ascii: ".")]
            bits >>= 1
        }
        spelling.append(UInt8(ascii: "/"))
        // Events of files that have no name any more are none of ours: the writer of a file that was replaced may
        // go on for ever.
        let flags = IN_ONLYDIR | IN_EXCL_UNLINK
        let watch = PathWalk.withPath(spelling) { path in
            inotifytools_watch_file(path, mask | Int32(flags)) != 0 ? inotifytools_wd_from_filename(path) : -1
        }
        guard watch >= 0 else { throw SystemError(code: inotifytools_error()) }
        return watch
    }

    /// Removes a watch, if the kernel still has it. Asked to remove another, the library would complain on
    /// standard error.
    mutating func remove(_ watch: CInt) {
        if liveWatches?.contains(watch) == true { inotifytools_remove_watch_by_wd(watch) }
    }

    /// The watches that the kernel has, as it lists them itself; `nil` while there is no descriptor to ask with.
    var liveWatches: Set<CInt>? {
        guard let listing = fopen("/proc/self/fdinfo/\(descriptor)", "re") else { return nil }
        defer { fclose(listing) }
        var watches: Set<CInt> = []
        var line = [CChar](repeating: 0, count: 512)
        while fgets(&line, CInt(line.count), listing) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            let label = "inotify wd:"
            if text.hasPrefix(label), let watch = CInt(text.dropFirst(label.count).prefix { $0 != " " }, radix: 16) {
                watches.insert(watch)
            }
        }
        return watches
    }

    /// Waits for the next event.
    ///
    /// - Parameter seconds: how long to wait, at least 1: the library takes 0 for ever.
    mutating func next(withinSeconds seconds: Int) -> Waited {
        guard let event = inotifytools_next_event(max(seconds, 1)) else {
            let error = inotifytools_error()
            // An interruption, by a debugger say, is no more than waiting a little less.
            return error == 0 || error == EINTR ? .timeOut : .failed(SystemError(code: error))
        }
        let nameOffset = MemoryLayout<inotify_event>.size
        let bytes = UnsafeRawBufferPointer(
            start: UnsafeRawPointer(event) + nameOffset,
            count: Int(event.pointee.len)
        )
        return .event(
            Event(watch: event.pointee.wd, mask: event.pointee.mask, name: Array(bytes.prefix { $0 != 0 }))
        )
    }

    /// The descriptors below the limit that are inotify's, found without the need for another descriptor.
    private static func inotifyDescriptors() -> Set<CInt> {
        let inotify = Array("anon_inode:inotify".utf8)
        return Set((0..<descriptorLimit).filter { PathWalk.target(Array("/proc/self/fd/\($0)".utf8)) == inotify })
    }
}

/// Why there is no listening.
struct InotifyFailure: Error, Hashable, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }
}
