internal import EmergencyStop
internal import EmergencyStopCore

/// The names that a shell offers when somebody presses TAB: those that the sidecar lists. What is completed is not
/// mistyped.
package enum NameCompletion {
    /// Nobody waits longer for a completion.
    private static let limit = Duration.milliseconds(500)

    /// The names that begin so; none where no sidecar answers.
    ///
    /// - Parameter words: The command line, where another socket may have been given.
    package static func names(beginning prefix: String, words: [String]) -> [String] {
        do throws(SidecarError) {
            let connection = try SidecarConnection(to: socket(in: words) ?? SocketPath.resolved, limit: limit)
            // A pattern would need quotes, or the shell takes it for its own.
            return try connection.list().map(\.name).filter { !$0.isPattern }.map(\.text)
                .filter { $0.hasPrefix(prefix) }
        } catch {
            return []
        }
    }

    private static func socket(in words: [String]) -> String? {
        for (word, next) in zip(words, words.dropFirst()) where word == "--socket" { return next }
        return words.first { $0.hasPrefix("--socket=") }.map { String($0.dropFirst("--socket=".count)) }
    }
}
