package import EmergencyStopCore

/// What has to be done when what is served has changed, in this order: first those are told who have to stop or to hold,
/// then those who may go, then it is written down.
package struct Effects: Sendable {
    /// Who knew everything up to this revision has to be told what came after it.
    package let since: UInt64
    /// Whether everything may be other than before, as when the lease has lapsed.
    let concernsAll: Bool
    /// The names that are not `go` now, by their places in the registry.
    package var restrained: [Int] = []
    /// The names that are `go` now.
    package var released: [Int] = []
    package var records: [History.Record] = []
    package var tallies: [Tally] = []

    init(since: UInt64, concernsAll: Bool = false) {
        self.since = since
        self.concernsAll = concernsAll
    }
}
