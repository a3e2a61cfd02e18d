/// What the sidecar allows its clients, so that none can take from the others what they need.
package struct Limits: Sendable, Hashable {
    /// The longest request, in bytes without its line feed.
    package var lineLength = 1024
    /// The most connections at a time.
    package var connections = 10_000
    /// The most connections of one user, or `nil` for all but 5 %.
    package var connectionsPerUser: Int?
    /// Of all connections, so many are kept for root and for the operators' group.
    package var reservedConnections = 16
    /// The most names that one connection may watch, and the most runs that it may have entered.
    package var watchesPerConnection = 10_000
    /// The most names that all connections of one user may watch.
    package var watchesPerUser = 200_000
    /// The most runs of one user, lost ones too.
    package var runsPerUser = 100_000
    /// The most requests of one user to read the file that may be unanswered.
    package var syncsPerUser = 10_000
    /// A connection that has not taken what was written to it for so long is closed.
    package var drainTimeout = Duration.seconds(30)
    /// The most changes that the history keeps.
    package var history = 1_000
    /// The largest stop file that is read, in bytes.
    package var fileSize = 64 << 20

    package init() {}

    /// The most connections of one user.
    package var connectionsOfOneUser: Int { connectionsPerUser ?? max(1, connections - connections / 20) }

    /// How many connections only operators get, never more than half.
    package var connectionsForOperators: Int { min(reservedConnections, connections / 2) }
}
