/// The sidecar's metrics in the format that the node exporter's textfile collector reads: Prometheus' text format
/// 0.0.4, which knows no `info` and names a counter's family as its samples, with `_total`.
package struct TextfileMetrics {
    package let text: String

    /// Without a sidecar there is one thing to say.
    package static let unreachable = TextfileMetrics(isUp: false, [])

    /// - Parameter openMetrics: The lines of OpenMetrics text, in which a family's type comes before its help.
    package init(_ openMetrics: [String]) {
        self.init(isUp: true, openMetrics)
    }

    private init(isUp: Bool, _ openMetrics: [String]) {
        var lines = [
            "# HELP estop_up Whether the sidecar answers.", "# TYPE estop_up gauge", "estop_up \(isUp ? 1 : 0)",
        ]
        var renamed: (from: Substring, to: String)?
        for line in openMetrics where line != "# EOF" {
            let words = line.split(separator: " ", maxSplits: 3)
            guard words.count == 4, words[0] == "#" else {
                lines.append(line)
                continue
            }
            if words[1] == "TYPE" {
                switch words[3] {
                case "info": renamed = (words[2], words[2] + "_info")
                case "counter": renamed = (words[2], words[2] + "_total")
                default: renamed = nil
                }
            }
            let name = renamed.flatMap { $0.from == words[2] ? $0.to : nil } ?? String(words[2])
            lines.append("# \(words[1]) \(name) \(words[3] == "info" ? "gauge" : words[3])")
        }
        text = lines.joined(separator: "\n") + "\n"
    }
}
