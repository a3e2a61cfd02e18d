/// A request of the line protocol, understood.
package enum Request: Sendable, Hashable {
    case status(WorkflowName)
    case watch(WorkflowName)
    case watchAll
    case unwatch(WorkflowName)
    case list
    /// `parents` is how many processes above the peer's own stand for the run as well; `age`, of a run that is entered
    /// again, how long it has been going on.
    case enter(WorkflowName, RunID, parents: Int = 0, age: Duration? = nil)
    case leave(WorkflowName, RunID)
    case processes(WorkflowName?)
    case ping(token: String)
    case sync
    case info
    case history
    case metrics
    case hello(version: Int)

    /// How many processes above the peer's own can stand for a run.
    package static let parentLimit = 2

    /// Lines of so many bytes every sidecar takes: a name of the greatest length fits, with its verb and a run's id.
    package static let guaranteedLength = 320

    /// Understands a line, or says what was expected instead.
    package init(_ line: Span<UInt8>) throws(Mistake) {
        let parts = RequestLine(line)
        guard let verb = Verb(line.extracting(parts.verb)) else { throw .unknownVerb }
        switch verb {
        case .status: self = .status(try Self.name(parts, of: line, verb))
        case .watch: self = parts.argument.isEmpty ? .watchAll : .watch(try Self.name(parts, of: line, verb))
        case .unwatch: self = .unwatch(try Self.name(parts, of: line, verb))
        case .list: self = .list
        case .enter:
            self = .enter(
                try Self.name(parts, of: line, verb), try Self.run(parts, of: line, verb),
                parents: try Self.parents(parts, of: line, verb), age: try Self.age(parts, of: line, verb)
            )
        case .leave: self = .leave(try Self.name(parts, of: line, verb), try Self.run(parts, of: line, verb))
        case .ps: self = .processes(parts.argument.isEmpty ? nil : try Self.name(parts, of: line, verb))
        case .ping: self = .ping(token: try Self.token(parts, of: line))
        case .sync: self = .sync
        case .info: self = .info
        case .history: self = .history
        case .metrics: self = .metrics
        case .hello: self = .hello(version: try Self.version(parts, of: line))
        }
        if [.list, .sync, .info, .history, .metrics].contains(verb), !parts.argument.isEmpty {
            throw Mistake(expected: "\(verb.usage) with nothing after it")
        }
    }

    /// Whether a name can be taken as it stands: printable ASCII without a space at its ends, which is all but a few.
    ///
    /// For the path that answers `status` without making a string.
    package static func isPlainName(_ name: Span<UInt8>) -> Bool {
        guard (1...WorkflowName.byteLimit).contains(name.count),
            name[0] != UInt8(ascii: " "), name[name.count - 1] != UInt8(ascii: " ")
        else { return false }
        for index in 0..<name.count where !(0x20..<0x7F).contains(name[index]) { return false }
        return true
    }

    private static func name(
        _ parts: RequestLine, of line: Span<UInt8>, _ verb: Verb
    ) throws(Mistake) -> WorkflowName {
        let bytes = line.extracting(parts.argument)
        if isPlainName(bytes) { return WorkflowName(validated: String(copying: bytes)) }
        guard let text = String(validating: bytes) else {
            throw Mistake(expected: "\(verb.usage), NAME in valid UTF-8")
        }
        do throws(WorkflowName.InvalidName) {
            return try WorkflowName(text)
        } catch {
            switch error {
            case .empty: throw Mistake(expected: verb.usage)
            case .tooLong: throw Mistake(expected: "\(verb.usage), NAME of at most \(WorkflowName.byteLimit) bytes")
            case .controlCharacter: throw Mistake(expected: "\(verb.usage), NAME without control characters")
            }
        }
    }

    private static func run(
        _ parts: RequestLine, of line: Span<UInt8>, _ verb: Verb
    ) throws(Mistake) -> RunID {
        guard let value = parts.value(of: "run", in: line), let run = RunID(line.extracting(value)) else {
            throw Mistake(expected: "\(verb.usage), ID of 32 hexadecimal digits")
        }
        return run
    }

    private static func parents(
        _ parts: RequestLine, of line: Span<UInt8>, _ verb: Verb
    ) throws(Mistake) -> Int {
        guard let value = parts.value(of: "parents", in: line) else { return 0 }
        guard let text = String(validating: line.extracting(value)), let count = Int(text),
            (0...parentLimit).contains(count)
        else { throw Mistake(expected: "\(verb.usage), parents= a number up to \(parentLimit)") }
        return count
    }

    /// The most that a run's age may be, in milliseconds: ten years.
    static let ageLimit = 315_360_000_000

    private static func age(_ parts: RequestLine, of line: Span<UInt8>, _ verb: Verb) throws(Mistake) -> Duration? {
        guard let value = parts.value(of: "age", in: line) else { return nil }
        guard let text = String(validating: line.extracting(value)), let age = Int(text), (0...ageLimit).contains(age)
        else { throw Mistake(expected: "\(verb.usage), age= a number of milliseconds up to \(ageLimit)") }
        return .milliseconds(age)
    }

    private static func token(_ parts: RequestLine, of line: Span<UInt8>) throws(Mistake) -> String {
        guard let name = try? Self.name(parts, of: line, .ping) else {
            throw Mistake(expected: "ping TOKEN, TOKEN of 1 to \(WorkflowName.byteLimit) bytes")
        }
        return name.text
    }

    private static func version(_ parts: RequestLine, of line: Span<UInt8>) throws(Mistake) -> Int {
        guard let text = String(validating: line.extracting(parts.argument)), let version = Int(text), version > 0
        else { throw Mistake(expected: "hello VERSION, VERSION a number from 1; this sidecar speaks 1") }
        return version
    }
}

extension Request {
    /// Why a line is no request: what was expected in its place.
    package struct Mistake: Error, Hashable, Sendable {
        package let expected: String

        package init(expected: String) {
            self.expected = expected
        }

        static let unknownVerb = Mistake(
            expected: "one of " + Verb.allCases.map(\.usage).joined(separator: ", ")
        )
    }
}

extension String {
    /// The bytes as text, without a check: for bytes that are known to be ASCII.
    package init(copying ascii: Span<UInt8>) {
        self.init(unsafeUninitializedCapacity: ascii.count) { buffer in
            for index in 0..<ascii.count { buffer[index] = ascii[index] }
            return ascii.count
        }
    }

    /// The bytes as text: for bytes that are known to be valid UTF-8.
    package init(decodingValid bytes: Span<UInt8>) {
        self = bytes.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
    }

    /// The bytes as text, or `nil` where they are no valid UTF-8.
    package init?(validating bytes: Span<UInt8>) {
        guard let view = try? UTF8Span(validating: bytes) else { return nil }
        self.init(copying: view)
    }

}
