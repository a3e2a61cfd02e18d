/// How much of what the sidecar has to remember each user has caused, and how much a user may.
///
/// A user is counted, not a connection: who may have many connections could have all that each of them may.
package struct Quotas: Sendable {
    /// What is remembered for somebody.
    package enum Kind: UInt8, Sendable, CaseIterable {
        /// Names that connections watch.
        case watches
        /// Runs, lost ones too.
        case runs
        /// Reads that were asked for and are not over.
        case syncs
    }

    private struct Key: Hashable {
        var kind: Kind
        var uid: UInt32
    }

    private let limits: [Int]
    private var taken: [Key: Int] = [:]

    package init(watches: Int, runs: Int, syncs: Int) {
        limits = [watches, runs, syncs]
    }

    package func limit(_ kind: Kind) -> Int { limits[Int(kind.rawValue)] }

    /// Counts one more; says whether that is allowed.
    package mutating func take(_ kind: Kind, _ uid: UInt32) -> Bool {
        let key = Key(kind: kind, uid: uid)
        let count = taken[key, default: 0]
        guard count < limit(kind) else { return false }
        taken[key] = count + 1
        return true
    }

    package mutating func giveBack(_ kind: Kind, _ uid: UInt32, count: Int = 1) {
        let key = Key(kind: kind, uid: uid)
        taken[key] = taken[key].flatMap { $0 > count ? $0 - count : nil }
    }
}
