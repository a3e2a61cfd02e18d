/// Commands to recommend, with the options that the operator gave: without them they would be about another file, or
/// ask another sidecar.
package struct Advice: Hashable {
    let file: String?
    let socket: String?

    package init(file: String?, socket: String?) {
        self.file = file
        self.socket = socket
    }

    /// A command that changes or checks the file.
    package func edit(_ command: String) -> String {
        "estopctl \(command)\(option("--file", file))\(option("--socket", socket))"
    }

    /// A command that only asks the sidecar.
    package func ask(_ command: String) -> String { "estopctl \(command)\(option("--socket", socket))" }

    private func option(_ name: String, _ value: String?) -> String {
        value.map { " \(name) \(Self.quoted($0))" } ?? ""
    }

    /// A word of a command line as somebody would type it: quoted only where it needs that.
    package static func asTyped(_ word: String) -> String {
        let isPlain = word.wholeMatch(of: /[A-Za-z0-9_.\/=:+-]+/) != nil
        return isPlain ? word : quoted(word)
    }

    /// A word as a shell takes it, whatever it holds.
    package static func quoted(_ word: String) -> String {
        "'\(Printable.text(word).replacing("'", with: #"'\''"#))'"
    }
}
