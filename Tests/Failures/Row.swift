internal import TestSupport

/// A row of the failure table: what fails, what workflows see of it, and within what time.
struct Row: Sendable {
    let name: String
    let expectation: String
    /// Whether it keeps the processors busy, so that nothing else may run beside it.
    var isHeavy = false
    /// Whether it takes so long that it is done only when asked for.
    var isOnlyLong = false
    /// Why it cannot be done here, or `nil`.
    var obstacle: @Sendable () -> String? = { nil }
    let act: @Sendable (Scene) throws -> Void

    init(
        _ name: String, _ expectation: String, isHeavy: Bool = false, isOnlyLong: Bool = false,
        unless obstacle: @escaping @Sendable () -> String? = { nil }, act: @escaping @Sendable (Scene) throws -> Void
    ) {
        self.name = name
        self.expectation = expectation
        self.isHeavy = isHeavy
        self.isOnlyLong = isOnlyLong
        self.obstacle = obstacle
        self.act = act
    }

    static let all = files + directories + listening + sidecars + sockets + clients + crowds + writers

    /// What some rows need to play other users.
    static func needs(_ programs: String...) -> @Sendable () -> String? {
        {
            guard isRoot else { return "needs root" }
            return programs.first { !hasProgram($0) }.map { "needs \($0)" }
        }
    }
}

/// The times that the design promises, each with what a busy machine may add: half a second, and a quarter to what
/// happens at once.
extension Duration {
    /// A stop that a read shows.
    static let atOnce = milliseconds(250)
    /// What waits until a file has settled whose writer is done.
    static let settled = milliseconds(600)
    /// The same where nothing was heard of the file's writer.
    static let quiet = milliseconds(1500)
    /// The same where nothing was heard at all: it is found by the poll, and looked at again a second later.
    static let polled = milliseconds(11_500)
    /// The client's lease on the sidecar.
    static let lease = milliseconds(10_500)
    /// The sidecar's lease on the file.
    static let stale = milliseconds(20_500)

    /// In seconds, as far as they matter.
    var text: String {
        let microseconds = components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
        if microseconds < 1000 { return "\(microseconds) µs" }
        if microseconds < 10_000 { return "\(microseconds / 1000).\(microseconds % 1000 / 100) ms" }
        if microseconds < 1_000_000 { return "\(microseconds / 1000) ms" }
        return "\(microseconds / 1_000_000).\(microseconds % 1_000_000 / 100_000) s"
    }
}
