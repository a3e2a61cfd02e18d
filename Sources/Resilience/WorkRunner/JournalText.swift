/// What a journal holds, as text: a line that says whose it is, then one for each job that is done.
///
/// A line is only a line with its end: what a crash left of the last one is not, so its job runs again.
struct JournalText {
    /// The jobs that are done.
    private(set) var done: Set<String> = []
    /// How many bytes hold whole lines; what follows is torn and to be cut off.
    private(set) var length = 0

    static func header(work: String) -> String { "work-journal 1 \(escaped(work))\n" }
    static func line(job: String) -> String { "done \(escaped(job))\n" }

    enum ParseError: Error, Equatable {
        case otherWork(String)
        case malformed(line: Int)
    }

    /// Reads the journal of `work`.
    init(_ bytes: [UInt8], work: String) throws(ParseError) {
        let header = Array(Self.header(work: work).utf8)
        guard let firstEnd = bytes.firstIndex(of: UInt8(ascii: "\n")) else {
            // Nothing, or a crash came while the first line was written. Any other text is somebody else's.
            guard header.starts(with: bytes) else { throw .malformed(line: 1) }
            return
        }
        if !bytes.starts(with: header) {
            let found = String(decoding: bytes[..<firstEnd], as: UTF8.self)
            guard let name = Self.argument(of: "work-journal 1 ", in: found) else { throw .malformed(line: 1) }
            throw .otherWork(name)
        }
        length = header.count
        var number = 2
        while let end = bytes[length...].firstIndex(of: UInt8(ascii: "\n")) {
            let text = String(decoding: bytes[length..<end], as: UTF8.self)
            guard let job = Self.argument(of: "done ", in: text) else { throw .malformed(line: number) }
            done.insert(job)
            length = end + 1
            number += 1
        }
    }

    private static func argument(of verb: String, in line: String) -> String? {
        line.hasPrefix(verb) ? unescaped(line.dropFirst(verb.count)) : nil
    }

    /// `%` and control characters as `%` and two digits, so that no name can forge a line.
    private static func escaped(_ name: String) -> String {
        var text = ""
        for scalar in name.unicodeScalars {
            if scalar == "%" || scalar.value < 0x20 || scalar.value == 0x7F {
                let digits = String(scalar.value, radix: 16, uppercase: true)
                text += "%" + (digits.count == 1 ? "0" : "") + digits
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    private static func unescaped(_ text: Substring) -> String? {
        var scalars = String.UnicodeScalarView()
        var rest = text.unicodeScalars
        while let scalar = rest.popFirst() {
            if scalar == "%" {
                guard rest.count >= 2, let value = UInt8(String(rest.prefix(2)), radix: 16) else { return nil }
                scalars.append(Unicode.Scalar(value))
                rest.removeFirst(2)
            } else {
                scalars.append(scalar)
            }
        }
        return String(scalars)
    }
}
