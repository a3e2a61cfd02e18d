internal import EmergencyStop
internal import EmergencyStopCore
internal import Glibc

/// Colour and emphasis, on a terminal only.
struct Style {
    enum Emphasis: String {
        case plain = ""
        case dim = "2"
        case bold = "1"
        case red = "1;31"
        case yellow = "33"
        case green = "32"
    }

    let isOn: Bool

    /// As standard output wants it: a terminal that understands, and nobody who asked for none (no-color.org).
    static var standardOutput: Style {
        let isPlain = Operator.environment("NO_COLOR") != nil || Operator.environment("TERM") == "dumb"
        return Style(isOn: isatty(STDOUT_FILENO) == 1 && !isPlain)
    }

    func apply(_ emphasis: Emphasis, to text: String) -> String {
        guard isOn, emphasis != .plain, !text.isEmpty else { return text }
        return "\u{1B}[\(emphasis.rawValue)m\(text)\u{1B}[0m"
    }
}

extension Style.Emphasis {
    init(_ status: WorkflowStatus) {
        switch status {
        case .stop: self = .red
        case .pause: self = .yellow
        case .go: self = .green
        }
    }
}
