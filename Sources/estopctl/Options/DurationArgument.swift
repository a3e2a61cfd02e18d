internal import ArgumentParser
internal import EmergencyStop

/// A duration on the command line: `10s`, `250ms`, `2m`.
struct DurationArgument: ExpressibleByArgument {
    let duration: Duration

    init(_ duration: Duration) {
        self.duration = duration
    }

    init?(argument: String) {
        guard let duration = Duration(written: argument) else { return nil }
        self.duration = duration
    }

    var defaultValueDescription: String { duration.written }
}
