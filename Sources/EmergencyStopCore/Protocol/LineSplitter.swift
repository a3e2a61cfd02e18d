/// Cuts a stream of bytes into lines, wherever the stream was cut on its way.
package struct LineSplitter: Sendable {
    /// A line was longer than the limit: whoever sends that does not speak the protocol, so nothing after it counts.
    package struct LineTooLong: Error, Hashable {}

    /// The most bytes that an answer may have, its line feed included.
    package static let answerLimit = 4_096

    private let limit: Int
    /// The beginning of a line whose end has not come.
    private var partial: [UInt8] = []

    package init(limit: Int = answerLimit) {
        self.limit = limit
    }

    /// Adds bytes, and hands over every line that they complete, without its line feed.
    ///
    /// A line that comes whole is handed over where it lies, without being copied.
    package mutating func append(
        _ bytes: Span<UInt8>, _ line: (Span<UInt8>) -> Void
    ) throws(LineTooLong) {
        var start = 0
        while let end = bytes.firstIndex(of: UInt8(ascii: "\n"), in: start..<bytes.count) {
            guard partial.count + end - start < limit else { throw LineTooLong() }
            if partial.isEmpty {
                line(bytes.extracting(start..<end))
            } else {
                keep(bytes.extracting(start..<end))
                line(partial.span)
                partial.removeAll(keepingCapacity: true)
            }
            start = end + 1
        }
        guard partial.count + bytes.count - start < limit else { throw LineTooLong() }
        keep(bytes.extracting(start..<bytes.count))
    }

    private mutating func keep(_ bytes: Span<UInt8>) {
        for index in 0..<bytes.count { partial.append(bytes[index]) }
    }
}
