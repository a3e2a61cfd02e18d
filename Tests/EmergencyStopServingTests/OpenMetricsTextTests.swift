import EmergencyStopServing
import Testing

@Suite("OpenMetrics text")
struct OpenMetricsTextTests {
    @Test("names each family, then its samples, and ends with EOF")
    func layout() {
        var text = OpenMetricsText()
        text.family("estop_runs", .gauge, help: "Runs.")
        text.sample("estop_runs", [("workflow", "A"), ("status", "go")], 2)
        text.sample("estop_connections", 3)
        text.end()
        #expect(
            text.lines == [
                "# TYPE estop_runs gauge", "# HELP estop_runs Runs.", #"estop_runs{workflow="A",status="go"} 2"#,
                "estop_connections 3", "# EOF",
            ]
        )
    }

    @Test("escapes what a label's value may not hold")
    func escaping() {
        var text = OpenMetricsText()
        text.sample("x", [("l", "a\"b\\c\nd")], 1)
        #expect(text.lines == [#"x{l="a\"b\\c\nd"} 1"#])
    }
}
