/// The number of a request for a read. Requests are numbered upwards from 1.
package struct ReadRequest: Sendable, Hashable, Comparable {
    package var number: UInt64

    package init(number: UInt64) {
        self.number = number
    }

    /// Before every request.
    package static let none = ReadRequest(number: 0)

    package static func < (lhs: ReadRequest, rhs: ReadRequest) -> Bool { lhs.number < rhs.number }
}
