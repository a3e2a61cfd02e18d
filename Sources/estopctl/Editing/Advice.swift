/// Commands to recommend, with the options that the operator gave: without them they would be about another file, or
/// ask another sidecar.
struct Advice: Hashable {
    var file: String?
    var socket: String?

    /// A command that changes or checks the file.
    func edit(_ command: String) -> String {
        "estopctl \(command)\(option("--file", file))\(option("--socket", socket))"
    }

    /// A command that only asks the sidecar.
    func ask(_ command: String) -> String { "estopctl \(command)\(option("--socket", socket))" }

    private func option(_ name: String, _ value: String?) -> String {
        value.map { " \(name) \(Self.quoted($0))" } ?? ""
    }

    /// A word as a shell takes it, whatever it holds.
    static func quoted(_ word: String) -> String {
        "'\(Printable.text(word).replacing("'", with: #"'\''"#))'"
    }
}
