internal import Glibc

/// Who edits: what goes into `By`.
enum Operator {
    /// Who called `sudo`, as whomever, else the user's name, else the user's number.
    ///
    /// Says who it was, and proves nothing: who may write to the file could write any name into it.
    static var name: String { environment("SUDO_USER") ?? userName(of: geteuid()) ?? "\(geteuid())" }

    static func userName(of userID: UInt32) -> String? {
        var record = passwd()
        var found: UnsafeMutablePointer<passwd>?
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16_384) { buffer in
            guard let storage = buffer.baseAddress,
                getpwuid_r(userID, &record, storage, buffer.count, &found) == 0, found != nil
            else { return nil }
            return String(cString: record.pw_name)
        }
    }

    /// A variable's value, unless it is empty.
    static func environment(_ variable: String) -> String? {
        guard let value = getenv(variable).map({ String(cString: $0) }), !value.isEmpty else { return nil }
        return value
    }
}
