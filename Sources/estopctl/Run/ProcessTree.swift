internal import Glibc

/// The processes below this one, as `/proc` shows them.
///
/// Whatever a command starts is found here: a process whose parent has died comes to this one, their subreaper.
struct ProcessTree {
    struct Process: Hashable {
        var pid: pid_t
        var parent: pid_t
        /// As in `/proc/PID/stat`: T is stopped, Z has ended.
        var state: Character
        var name: String
        var threads = 1

        /// Where only the main thread has ended, the process has not.
        var hasEnded: Bool { state == "Z" && threads <= 1 || state == "X" }
        var isStopped: Bool { state == "T" }
    }

    /// Reads a line of `/proc/PID/stat`. The name may hold anything, parentheses too: it ends at the last one.
    static func process(_ line: [UInt8]) -> Process? {
        guard let open = line.firstIndex(of: UInt8(ascii: "(")), let close = line.lastIndex(of: UInt8(ascii: ")")),
            open < close, let pid = pid_t(String(decoding: line[..<open], as: UTF8.self).filter { $0 != " " })
        else { return nil }
        let words = line[(close + 1)...].split(separator: UInt8(ascii: " "), maxSplits: 18)
        guard words.count == 19, words[0].count == 1, let parent = pid_t(String(decoding: words[1], as: UTF8.self))
        else { return nil }
        return Process(
            pid: pid, parent: parent, state: Character(Unicode.Scalar(words[0][words[0].startIndex])),
            name: String(decoding: line[(open + 1)..<close], as: UTF8.self),
            threads: Int(String(decoding: words[17], as: UTF8.self)) ?? 1
        )
    }

    /// Of all processes those below one, without the ended.
    static func descendants(of root: pid_t, among all: [Process]) -> [Process] {
        let children = Dictionary(grouping: all, by: \.parent)
        var found: [Process] = []
        var next = [root]
        while let pid = next.popLast() {
            for child in children[pid] ?? [] where child.pid != root {
                next.append(child.pid)
                if !child.hasEnded { found.append(child) }
            }
        }
        return found
    }

    /// The processes below this one that have not ended.
    static func descendants() -> [Process] {
        descendants(of: getpid(), among: all())
    }

    /// One process; `nil` where there is none.
    static func process(_ pid: pid_t) -> Process? {
        (try? FileReading.bytes(of: "/proc/\(pid)/stat")).flatMap(process)
    }

    private static func all() -> [Process] {
        guard let directory = opendir("/proc") else { return [] }
        defer { closedir(directory) }
        var processes: [Process] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard name.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let pid = pid_t(name), let process = process(pid)
            else { continue }
            processes.append(process)
        }
        return processes
    }
}
