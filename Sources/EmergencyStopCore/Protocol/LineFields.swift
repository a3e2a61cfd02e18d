/// A line from the sidecar taken apart into its first word, what it is about, and values by their keys.
package struct LineFields {
    private let line: [UInt8]
    private let parts: RequestLine

    package init(_ line: Span<UInt8>) {
        var copy: [UInt8] = []
        copy.reserveCapacity(line.count)
        for index in 0..<line.count { copy.append(line[index]) }
        self.line = copy
        parts = RequestLine(copy.span)
    }

    /// The first word, unless it is no text.
    package var word: String? { String(validating: line.span.extracting(parts.verb)) }

    /// What stands between the first word and the fields, which a sidecar may have had to encode.
    package var argumentText: String { FieldEncoding.decode(line.span.extracting(parts.argument)) }

    /// The argument as a name, which is never encoded.
    package var name: WorkflowName? {
        guard let text = String(validating: line.span.extracting(parts.argument)) else { return nil }
        return try? WorkflowName(text)
    }

    /// The argument as a count.
    package var number: Int? { Self.count(argumentText) }

    /// The value of a field, decoded.
    package func text(_ key: String) -> String? {
        let bytes = line.span
        return parts.value(of: key, in: bytes).map { FieldEncoding.decode(bytes.extracting($0)) }
    }

    /// The value of a field that counts something.
    package func count(_ key: String) -> Int? { text(key).flatMap(Self.count) }

    /// The value of a field in whole milliseconds; none where it is absent or no number, for then nothing is proved.
    package func milliseconds(_ key: String) -> Duration { .milliseconds(count(key) ?? 0) }

    /// The run that the line names.
    package var run: RunID? {
        let bytes = line.span
        return parts.value(of: "run", in: bytes).flatMap { RunID(bytes.extracting($0)) }
    }

    private static func count(_ text: String) -> Int? {
        guard let number = Int(text), number >= 0, text.utf8.first != UInt8(ascii: "+") else { return nil }
        return number
    }
}
