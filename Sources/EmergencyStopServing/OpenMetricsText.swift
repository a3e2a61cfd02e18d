/// Writes metrics as OpenMetrics text, line by line.
///
/// Source: the OpenMetrics 1.0 specification, section "Text Format".
package struct OpenMetricsText {
    package private(set) var lines: [String] = []

    package init() {}

    package enum Kind: String {
        case counter, gauge, info, histogram
    }

    /// Begins a family. The samples of one family have to follow each other.
    package mutating func family(_ name: String, _ kind: Kind, help: String) {
        lines.append("# TYPE \(name) \(kind.rawValue)")
        lines.append("# HELP \(name) \(help)")
    }

    package mutating func sample(_ name: String, _ value: some LosslessStringConvertible) {
        sample(name, [], value)
    }

    package mutating func sample(_ name: String, _ labels: [(String, String)], _ value: some LosslessStringConvertible)
    {
        guard !labels.isEmpty else {
            lines.append("\(name) \(value)")
            return
        }
        let list = labels.map { "\($0.0)=\"\(Self.escape($0.1))\"" }.joined(separator: ",")
        lines.append("\(name){\(list)} \(value)")
    }

    package mutating func end() {
        lines.append("# EOF")
    }

    private static func escape(_ value: String) -> String {
        var escaped = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\"": escaped += "\\\""
            case "\n": escaped += "\\n"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
