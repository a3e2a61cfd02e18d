internal import Glibc

/// What a process was started as.
enum ProcessCommand {
    /// What the command line of the process that `run` registers begins with; behind it stands the id of the process
    /// that was started as estopctl.
    static let supervisor = "estop-run "

    /// The command line, where the process can be looked at and is the one meant; else the name that the sidecar gives.
    ///
    /// Ids are used again and differ between containers: the kernel's name of the process has to be the one that the
    /// sidecar read.
    static func text(of pid: Int?, named name: String?) -> String? {
        guard let pid, pid > 0, let name, let found = file("/proc/\(pid)/comm"),
            found.last == UInt8(ascii: "\n"), String(decoding: found.dropLast(), as: UTF8.self) == name,
            let line = file("/proc/\(pid)/cmdline"), !line.isEmpty
        else { return name }
        let text = commandLine(line)
        guard text.hasPrefix(supervisor), let guardian = pid_t(text.dropFirst(supervisor.count)),
            let started = file("/proc/\(guardian)/cmdline"), !started.isEmpty
        else { return text }
        return commandLine(started)
    }

    private static func commandLine(_ line: [UInt8]) -> String {
        let ends = line.reversed().prefix { $0 == 0 }.count
        let words = line.dropLast(ends).split(separator: 0, omittingEmptySubsequences: false)
        return words.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
    }

    private static func file(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = read(descriptor, &buffer, buffer.count)
        return count >= 0 ? Array(buffer[..<count]) : nil
    }
}
