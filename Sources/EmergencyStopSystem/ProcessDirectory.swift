package import Glibc

/// `/proc`, held open from the start: it goes on to show the processes when it is unmounted, when something is mounted
/// over it and when there is no descriptor left.
///
/// For one thread. A process that forks needs one on each side, as the place in the directory would be shared.
package final class ProcessDirectory {
    private let stream: OpaquePointer
    /// A descriptor that is given up for the moment of a look when there is no other, or -1.
    private var reserve: CInt = -1

    /// `nil` with `errno` where there is none.
    package init?() {
        guard let stream = opendir("/proc") else { return nil }
        self.stream = stream
        holdReserve()
    }

    deinit {
        closedir(stream)
        if reserve >= 0 { close(reserve) }
    }

    /// Whether it is this process's own: that of another process id namespace shows others under its number.
    package var isOwn: Bool {
        var target = [CChar](repeating: 0, count: 32)
        return readlinkat(dirfd(stream), "self", &target, target.count - 1) > 0
            && target.withUnsafeBufferPointer { String(cString: $0.baseAddress!) } == "\(getpid())"
    }

    /// All processes that are shown, or `nil` where it cannot be looked at: that is no proof that there are none.
    package func all() -> [ProcessStatus]? {
        var processes: [ProcessStatus] = []
        rewinddir(stream)
        while true {
            errno = 0
            guard let entry = readdir(stream) else { return errno == 0 ? processes : nil }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { continue }
            switch read("\(name)/stat") {
            case .success(let line): if let process = ProcessStatus(line: line) { processes.append(process) }
            case .failure(let shortage) where Self.isShortage(shortage.code): return nil
            // It has ended meanwhile, or is hidden.
            case .failure: continue
            }
        }
    }

    /// The highest id that a process can have anywhere.
    package static let highestID: pid_t = 1 << 22

    /// The highest id that a process can have here.
    package var highestID: pid_t {
        let line = (try? read("sys/kernel/pid_max").get()) ?? []
        return pid_t(String(decoding: line.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)) ?? Self.highestID
    }

    private struct Failure: Error {
        let code: Int32
    }

    private func read(_ path: String) -> Result<[UInt8], Failure> {
        var descriptor = openat(dirfd(stream), path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0, Self.isShortage(errno), reserve >= 0 {
            close(reserve)
            reserve = -1
            descriptor = openat(dirfd(stream), path, O_RDONLY | O_CLOEXEC)
        }
        guard descriptor >= 0 else {
            let failure = Failure(code: errno)
            holdReserve()
            return .failure(failure)
        }
        defer {
            close(descriptor)
            holdReserve()
        }
        guard let line = ProcessStatus.bytes(of: descriptor) else { return .failure(Failure(code: errno)) }
        return .success(line)
    }

    private func holdReserve() {
        if reserve < 0 { reserve = fcntl(dirfd(stream), F_DUPFD_CLOEXEC, 0) }
    }

    private static func isShortage(_ code: Int32) -> Bool { [EMFILE, ENFILE, ENOMEM].contains(code) }
}
