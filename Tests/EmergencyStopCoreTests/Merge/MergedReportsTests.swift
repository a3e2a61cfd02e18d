import EmergencyStopCore
import Testing

@Suite struct `Reports that wait for a slow reader` {
    /// Offers reports given as letters (g, p, s), and takes what waits at each dash.
    private func told(_ script: String) -> String {
        var reports = MergedReports()
        var told = ""
        for letter in script + "-" {
            switch letter {
            case "g": reports.offer(StatusReport(name: "A", status: .go, cause: .listed))
            case "p": reports.offer(StatusReport(name: "A", status: .pause, cause: .listed))
            case "s": reports.offer(StatusReport(name: "A", status: .stop, cause: .listed))
            default:
                while let report = reports.take() { told += report.status.rawValue.prefix(1) }
                told += "-"
            }
        }
        return told
    }

    @Test(arguments: [
        ("g-s-g", "g-s-g-"),
        ("gp", "p-"),
        ("sg", "sg-"),
        ("g-sg", "g-sg-"),
        ("g-sgp", "g-sp-"),
        ("g-sgsg", "g-sg-"),
        ("g-sgs", "g-s-"),
        ("g-p", "g-p-"),
        ("g-pg", "g--"),
        ("g-psg", "g-sg-"),
        ("s-g-", "s-g--"),
        ("s-gs", "s--"),
        ("g-g", "g--"),
    ])
    func `merge to the latest, and keep a stop that lies between`(_ script: String, _ expected: String) {
        #expect(told(script) == expected)
    }

    @Test func `never wait for more than two`() {
        var reports = MergedReports()
        for _ in 0..<10_000 {
            for status in WorkflowStatus.allCases {
                reports.offer(StatusReport(name: "A", status: status, cause: .listed))
            }
        }
        var count = 0
        while reports.take() != nil { count += 1 }
        #expect(count == 2)
    }

    @Test func `a change of reason alone is told`() {
        var reports = MergedReports()
        reports.offer(StatusReport(name: "A", status: .stop, cause: .listed))
        #expect(reports.take() != nil)
        reports.offer(StatusReport(name: "A", status: .stop, cause: .listed, reason: "because"))
        #expect(reports.take()?.reason == "because")
    }
}
