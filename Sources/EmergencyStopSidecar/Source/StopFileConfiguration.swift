package import EmergencyStopCore

/// Which file to watch, and how.
package struct StopFileConfiguration: Sendable {
    /// Relative paths are taken from the working directory, which must not change.
    package var path: String
    /// How often the file is read when nothing is heard.
    package var pollInterval: Duration
    package var settlingTimes: SettlingTimes
    /// The most bytes that a stop file may have.
    package var sizeLimit: Int

    package init(
        path: String,
        pollInterval: Duration = .seconds(10),
        settlingTimes: SettlingTimes = SettlingTimes(),
        sizeLimit: Int = 64 * 1024 * 1024
    ) {
        self.path = path
        self.pollInterval = pollInterval
        self.settlingTimes = settlingTimes
        self.sizeLimit = sizeLimit
    }
}
