/// One thing found in a stop file: where it is, what it is and what to do about it.
package struct Diagnostic: Error, Hashable {
    package enum Severity: String, Sendable {
        /// The whole file is malformed: every name stops.
        case error
        /// One entry is not what its author meant.
        case warning
    }

    package var severity: Severity
    /// The line, counted from 1 by line feeds.
    package var line: Int
    /// The column, counted from 1 in Unicode scalars, a byte order mark not counted.
    package var column: Int
    /// What is wrong, what was expected, and what follows from it.
    package var message: String

    package init(severity: Severity, line: Int, column: Int, message: String) {
        self.severity = severity
        self.line = line
        self.column = column
        self.message = message
    }
}

extension Diagnostic: CustomStringConvertible {
    /// `LINE:COLUMN: error: MESSAGE`, to be put behind the file's path and a colon.
    package var description: String { "\(line):\(column): \(severity.rawValue): \(message)" }
}
