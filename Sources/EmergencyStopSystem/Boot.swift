internal import Glibc

/// This boot of the machine, and its clock.
package enum Boot {
    /// The environment variable in which a unit says which boot this is (`Environment=ESTOP_BOOT=%b`), as a sandbox with
    /// `ProcSubset=pid` hides the file that the kernel has for it.
    package static let variable = "ESTOP_BOOT"

    /// The name of this boot, empty where it cannot be told: then nothing that depends on it is believed.
    package static let name: String = {
        if let name = firstLine(of: "/proc/sys/kernel/random/boot_id") { return name }
        return getenv(variable).map { String(cString: $0) } ?? ""
    }()

    /// Nanoseconds of CLOCK_BOOTTIME: since the machine was started, its sleep included.
    package static var nanoseconds: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    private static func firstLine(of path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 128)
        let count = read(descriptor, &buffer, buffer.count)
        guard count > 0 else { return nil }
        return String(decoding: buffer[..<count].prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }
}
