internal import Glibc

/// The socket on which the service manager hears of readiness, reloads and signs of life, where there is one.
///
/// Source: `sd_notify(3)`, `sd_watchdog_enabled(3)`; the protocol is a datagram, so it needs no library.
package struct NotifySocket: Sendable {
    /// How often the manager expects a sign of life, where it does.
    package let watchdogInterval: Duration?

    private let descriptor: Int32
    private let address: sockaddr_un
    private let length: socklen_t

    /// What the environment says, or `nil` where nobody is to be told.
    package init?() {
        guard let path = getenv("NOTIFY_SOCKET").map({ String(cString: $0) }),
            let (address, length) = Self.address(path)
        else { return nil }
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        self.address = address
        self.length = length
        watchdogInterval = Self.watchdogIntervalOfEnvironment()
        // Nobody whom this process starts speaks for it.
        for variable in ["NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC"] { unsetenv(variable) }
    }

    /// Sends a message without waiting; says whether that went. A manager that is busy has room for few.
    package func send(_ message: String) -> Bool {
        var message = message
        var address = address
        return message.withUTF8 { bytes in
            withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                    let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
                    return sendto(descriptor, bytes.baseAddress, bytes.count, flags, pointer, length) == bytes.count
                }
            }
        }
    }

    /// The address of a path, or of a name in the abstract namespace where it begins with `@`.
    private static func address(_ path: String) -> (sockaddr_un, socklen_t)? {
        var address = sockaddr_un()
        var bytes = Array(path.utf8)
        guard bytes.first == UInt8(ascii: "/") || bytes.first == UInt8(ascii: "@"),
            bytes.count < MemoryLayout.size(ofValue: address.sun_path)
        else { return nil }
        if bytes[0] == UInt8(ascii: "@") { bytes[0] = 0 }
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        return (address, socklen_t(MemoryLayout<sa_family_t>.size + bytes.count))
    }

    private static func watchdogIntervalOfEnvironment() -> Duration? {
        guard let text = getenv("WATCHDOG_USEC").map({ String(cString: $0) }), let microseconds = Int64(text),
            microseconds > 0
        else { return nil }
        if let pid = getenv("WATCHDOG_PID"), String(cString: pid) != "\(getpid())" { return nil }
        return .microseconds(microseconds)
    }
}
