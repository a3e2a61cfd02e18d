/// A configuration that cannot keep the promises, and what to change.
public struct ConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong. Codes may be added: keep a `default`.
    public struct Code: Sendable, Hashable {
        private enum Value { case socketPath, duration, lease, reconnect }

        private let value: Value

        /// The socket's path is empty, not absolute or over 103 bytes.
        public static let socketPath = Code(value: .socketPath)
        /// A duration is not positive, or not within its limits.
        public static let duration = Code(value: .duration)
        /// The lease is longer than the 10 s that every workflow promises.
        public static let lease = Code(value: .lease)
        /// A reconnect would not fit into the lease, so every restart of the sidecar would stop everything.
        public static let reconnect = Code(value: .reconnect)
    }

    /// What is wrong.
    public let code: Code
    /// What is wrong and what to do about it.
    public let description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
