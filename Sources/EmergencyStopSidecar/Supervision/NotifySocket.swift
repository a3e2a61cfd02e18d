internal import EmergencyStopSystem
internal import Glibc

/// The socket on which the service manager hears of readiness, reloads and signs of life, where there is one.
///
/// Source: `sd_notify(3)`, `sd_watchdog_enabled(3)`; the protocol is a datagram, so it needs no library.
package struct NotifySocket: Sendable {
    /// How often the manager expects a sign of life, where it does.
    package let watchdogInterval: Duration?

    private let descriptor: Int32
    private let address: SocketAddress

    /// What the environment says, or `nil` where nobody is to be told.
    package init?() {
        guard let path = getenv("NOTIFY_SOCKET").map({ String(cString: $0) }),
            let address = Self.address(path)
        else { return nil }
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        self.address = address
        watchdogInterval = Self.watchdogIntervalOfEnvironment()
        // Nobody whom this process starts speaks for it.
        for variable in ["NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC"] { unsetenv(variable) }
    }

    /// Sends a message without waiting; says whether that went. A manager that is busy has room for few.
    package func send(_ message: String) -> Bool {
        var message = message
        return message.withUTF8 { bytes in
            address.withPointer { pointer, length in
                let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
                return sendto(descriptor, bytes.baseAddress, bytes.count, flags, pointer, length) == bytes.count
            }
        }
    }

    /// The address of a path, or of a name in the abstract namespace where it begins with `@`.
    private static func address(_ path: String) -> SocketAddress? {
        switch path.utf8.first {
        case UInt8(ascii: "/"): SocketAddress(path: path)
        case UInt8(ascii: "@"): SocketAddress(abstract: String(path.dropFirst()))
        default: nil
        }
    }

    private static func watchdogIntervalOfEnvironment() -> Duration? {
        guard let text = getenv("WATCHDOG_USEC").map({ String(cString: $0) }), let microseconds = Int64(text),
            microseconds > 0
        else { return nil }
        if let pid = getenv("WATCHDOG_PID"), String(cString: pid) != "\(getpid())" { return nil }
        return .microseconds(microseconds)
    }
}
