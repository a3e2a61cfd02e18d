internal import ArgumentParser
internal import EmergencyStopCore

/// A duration on the command line: `10s`, `250ms`, `2m`.
struct DurationArgument: CustomStringConvertible {
    /// How one is written, for the help of the options that take one.
    static let examples = "60s, 250ms or 2m"

    let duration: Duration

    init(_ duration: Duration) {
        self.duration = duration
    }

    /// Reads one, or says how it is written: a bare number could be of anything.
    static func read(_ argument: String) throws -> DurationArgument {
        guard let duration = Duration(written: argument) else {
            throw ValidationError("write a duration with its unit, as in \(examples)")
        }
        return DurationArgument(duration)
    }

    var description: String { duration.written }
}
