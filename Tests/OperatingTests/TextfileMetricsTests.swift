import Testing

@testable import Operating

@Suite("Metrics for the textfile collector")
struct TextfileMetricsTests {
    @Test("counters and information are named as the older format has them, and the end is left out")
    func conversion() {
        let metrics = TextfileMetrics([
            "# TYPE estop_build info", "# HELP estop_build The version that runs.",
            #"estop_build_info{version="1"} 1"#,
            "# TYPE estop_reads counter", "# HELP estop_reads Reads of the file.",
            #"estop_reads_total{trigger="poll"} 3"#,
            "# TYPE estop_entries gauge", "# HELP estop_entries Entries, info", #"estop_entries{status="go"} 1"#,
            "# EOF",
        ])
        #expect(
            metrics.text == """
                # HELP estop_up Whether the sidecar answers.
                # TYPE estop_up gauge
                estop_up 1
                # TYPE estop_build_info gauge
                # HELP estop_build_info The version that runs.
                estop_build_info{version="1"} 1
                # TYPE estop_reads_total counter
                # HELP estop_reads_total Reads of the file.
                estop_reads_total{trigger="poll"} 3
                # TYPE estop_entries gauge
                # HELP estop_entries Entries, info
                estop_entries{status="go"} 1

                """)
    }

    @Test("without a sidecar they say that it is down, and nothing else")
    func unreachable() {
        #expect(TextfileMetrics.unreachable.text.hasSuffix("\nestop_up 0\n"))
        #expect(TextfileMetrics.unreachable.text.split(separator: "\n").count == 3)
    }
}
