internal import Glibc

/// Cuts what a connection has received into requests, a line each.
///
/// A line may end in CR LF, whose carriage return is no part of it, and the last one without either.
package struct RequestCutter {
    package enum Next: Hashable {
        /// A request, as a range of what was received.
        case request(Range<Int>)
        /// There is no whole line yet.
        case incomplete
        /// A line is longer than the limit: who sends that does not speak the protocol.
        case tooLong
    }

    private let received: UnsafeBufferPointer<UInt8>
    private let limit: Int
    private let isWhole: Bool
    /// How much has been cut off.
    package private(set) var position = 0

    /// - Parameters:
    ///   - limit: The longest line, in bytes.
    ///   - isWhole: Whether nothing more will come, so that what stands at the end is a line.
    package init(_ received: UnsafeBufferPointer<UInt8>, limit: Int, isWhole: Bool) {
        self.received = received
        self.limit = limit
        self.isWhole = isWhole
    }

    /// Whether all has been cut off.
    package var isAtEnd: Bool { position == received.count }

    /// A request that was cut off.
    package subscript(request: Range<Int>) -> UnsafeBufferPointer<UInt8> { received.extracting(request) }

    package mutating func next() -> Next {
        let left = received.count - position
        guard left > 0, let start = received.baseAddress.map({ $0 + position }) else { return .incomplete }
        guard let found = memchr(start, CInt(UInt8(ascii: "\n")), min(left, limit + 2)) else {
            guard !isTooLong(left) else { return .tooLong }
            return isWhole ? cut(left, ending: 0) : .incomplete
        }
        let length = UnsafeRawPointer(found) - UnsafeRawPointer(start)
        return isTooLong(length) ? .tooLong : cut(length, ending: 1)
    }

    private func isTooLong(_ length: Int) -> Bool {
        length > limit + 1 || (length > limit && received[position + limit] != UInt8(ascii: "\r"))
    }

    private mutating func cut(_ length: Int, ending: Int) -> Next {
        defer { position += length + ending }
        return .request(position..<position + length)
    }
}
