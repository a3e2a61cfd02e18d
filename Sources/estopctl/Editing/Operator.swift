internal import EmergencyStopSystem
internal import Glibc

/// Who edits: what goes into `By`.
enum Operator {
    /// Who called `sudo`, as whomever, else the user's name, else the user's number.
    ///
    /// Says who it was, and proves nothing: who may write to the file could write any name into it.
    static var name: String { environment("SUDO_USER") ?? Accounts.name(ofUser: geteuid()) ?? "\(geteuid())" }

    /// A variable's value, unless it is empty.
    static func environment(_ variable: String) -> String? {
        guard let value = getenv(variable).map({ String(cString: $0) }), !value.isEmpty else { return nil }
        return value
    }
}
