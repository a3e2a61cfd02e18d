package import EmergencyStopServing

/// Decides which connections are let in.
package struct Admission: Sendable {
    /// Why a connection is not let in, as ``Limits`` has it.
    package enum Refusal: Error, Hashable, Sendable {
        case allTaken(limit: Int)
        case userHasTooMany(uid: UInt32, limit: Int)

        /// The label of the metric that counts refusals.
        package var label: String {
            switch self {
            case .allTaken: "connections"
            case .userHasTooMany: "user"
            }
        }

        /// What the peer is told that was expected of it.
        package var expected: String {
            switch self {
            case .allTaken(let limit):
                "fewer than \(limit) connections in all; close some, or raise --max-connections and the limit of open files"
            case .userHasTooMany(let uid, let limit):
                "fewer than \(limit) connections of user \(uid); close some, or raise --max-connections-per-user"
            }
        }
    }

    private let limits: Limits
    private(set) var total = 0
    private var ofUser: [UInt32: Int] = [:]

    package init(limits: Limits) {
        self.limits = limits
    }

    /// Counts a connection in, or says why not.
    ///
    /// - Parameter isOperator: Whether the peer is root or of the operators' group, for whom some are kept.
    package mutating func admit(uid: UInt32, isOperator: Bool) throws(Refusal) {
        let limit = isOperator ? limits.connections : limits.connections - limits.connectionsForOperators
        guard total < limit else { throw .allTaken(limit: limit) }
        let count = ofUser[uid, default: 0]
        // An operator must get in whatever the operator's own automation has taken.
        guard isOperator || count < limits.connectionsOfOneUser else {
            throw .userHasTooMany(uid: uid, limit: limits.connectionsOfOneUser)
        }
        total += 1
        ofUser[uid] = count + 1
    }

    /// Counts out a connection that was let in.
    package mutating func release(uid: UInt32) {
        total -= 1
        ofUser[uid] = ofUser[uid].flatMap { $0 > 1 ? $0 - 1 : nil }
    }
}
