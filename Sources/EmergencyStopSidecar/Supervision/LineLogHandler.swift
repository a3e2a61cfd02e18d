internal import EmergencyStopCore
internal import EmergencyStopServing
package import EmergencyStopSystem
package import Logging

/// Logs a line an event: for a person in a terminal, or for the journal, which wants each line's priority first.
package struct LineLogHandler: LogHandler {
    /// Who reads the lines.
    package enum Reader: Sendable {
        case person
        case journal
    }

    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    private let reader: Reader
    private let writer: BackgroundWriter

    package init(level: Logger.Level, reader: Reader, writer: BackgroundWriter) {
        self.logLevel = level
        self.reader = reader
        self.writer = writer
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var line = LineWriter()
        switch reader {
        case .journal: line.text("<\(event.level.priority)>")
        case .person: line.text("\(Timestamp.now()) \(event.level.rawValue) ")
        }
        var message = event.message.description
        message.withUTF8 { line.encoded($0.span) }
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        for (key, value) in all.sorted(by: { $0.key < $1.key }) {
            line.text(" \(key)=")
            line.quoted(value.description)
        }
        line.end()
        writer.write(line.bytes)
    }
}

extension Logger.Level {
    /// The priority of syslog that the journal knows the level by.
    fileprivate var priority: Int {
        switch self {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}
