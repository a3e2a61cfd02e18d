/// Writes lines of the protocol into a buffer that is used again and again.
///
/// A line is a word, what it is about, and fields: `go SatelliteDiskErase<TAB>cause=listed`.
package struct LineWriter: Sendable {
    /// What has been written and not been taken.
    package private(set) var bytes: [UInt8] = []

    package init() {}

    package var isEmpty: Bool { bytes.isEmpty }

    package var count: Int { bytes.count }

    /// Forgets what was written and keeps the room for what will be.
    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
    }

    /// Hands over what was written, where anything was, and forgets it.
    package mutating func take(_ body: (UnsafeRawBufferPointer) -> Void) {
        guard !bytes.isEmpty else { return }
        bytes.withUnsafeBytes(body)
        removeAll()
    }

    /// Writes the word that begins a line, or text that is known to need no encoding.
    package mutating func text(_ text: String) {
        var text = text
        text.withUTF8 { bytes.append(contentsOf: $0) }
    }

    package mutating func number(_ number: some BinaryInteger) {
        text(String(number))
    }

    package mutating func space() {
        bytes.append(UInt8(ascii: " "))
    }

    /// Writes a name, which has nothing in it that would need encoding.
    package mutating func name(_ name: WorkflowName) {
        text(name.text)
    }

    package mutating func name(_ name: Span<UInt8>) {
        name.withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
    }

    /// Writes whole lines that were written before.
    package mutating func lines(_ lines: Span<UInt8>) {
        lines.withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
    }

    /// Writes what a peer sent, encoded, as it may be anything.
    package mutating func encoded(_ value: Span<UInt8>) {
        FieldEncoding.append(value, to: &bytes)
    }

    /// Writes text that may be anything between quotation marks, so that it ends where they say.
    package mutating func quoted(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { FieldEncoding.append($0.span, to: &bytes, inQuotes: true) }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Writes a field. The value is encoded.
    package mutating func field(_ key: String, _ value: String) {
        fieldKey(key)
        var value = value
        value.withUTF8 { FieldEncoding.append($0.span, to: &bytes) }
    }

    /// Writes a field. The value is encoded.
    package mutating func field(_ key: String, _ value: Span<UInt8>) {
        fieldKey(key)
        FieldEncoding.append(value, to: &bytes)
    }

    package mutating func field(_ key: String, _ value: some BinaryInteger) {
        fieldKey(key)
        number(value)
    }

    /// Ends the line.
    package mutating func end() {
        bytes.append(UInt8(ascii: "\n"))
    }

    private mutating func fieldKey(_ key: String) {
        bytes.append(UInt8(ascii: "\t"))
        text(key)
        bytes.append(UInt8(ascii: "="))
    }
}
