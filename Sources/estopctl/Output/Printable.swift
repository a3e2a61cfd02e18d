internal import EmergencyStopCore

/// Makes text that others wrote safe to show: what would steer the terminal is shown, not obeyed.
enum Printable {
    /// The text with control and format characters (line ends and text direction among them) written as `\u{…}`.
    static func text(_ text: String) -> String {
        UnsafeText.replaced(in: text) { "\\u{\(String($0.value, radix: 16))}" }
    }
}
