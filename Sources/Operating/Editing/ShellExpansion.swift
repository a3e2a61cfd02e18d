internal import EmergencyStopSystem

/// Finds out that what was meant as a pattern reached this program as the names of files: `estopctl stop Sat*` without
/// quotes, in a directory with files that begin so, is `estopctl stop Satellites.txt`.
enum ShellExpansion {
    /// The pattern that the shell has replaced by these names, as far as can be told.
    ///
    /// - Parameters:
    ///   - names: What came as arguments, in their order.
    ///   - files: The names in the working directory.
    static func pattern(behind names: [String], files: [String]) -> String? {
        guard names.count > 1 else { return nil }
        let prefix = commonPrefix(names)
        let matching = files.filter { $0.hasPrefix(prefix) && (!prefix.isEmpty || !$0.hasPrefix(".")) }
        // A shell replaces a pattern by every match, so all of them are here.
        return Set(names) == Set(matching) && Set(names).count == names.count ? prefix + "*" : nil
    }

    private static func commonPrefix(_ names: [String]) -> String {
        names.dropFirst().reduce(names[0]) { $0.commonPrefix(with: $1) }
    }

    /// The names in the working directory; none where it cannot be read.
    static func filesHere() -> [String] { Directory.names(in: ".") ?? [] }
}

extension String {
    fileprivate func commonPrefix(with other: String) -> String {
        String(zip(self, other).prefix { $0 == $1 }.map(\.0))
    }
}
