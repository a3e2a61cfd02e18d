import TestSupport
import Testing

@testable import Operating

@Suite("Tables")
struct TableTests {
    @Test("fit every width, and lose their last columns first", arguments: 1...120)
    func width(width: Int) {
        var table = Table([
            .init(title: "STATUS"), .init(title: "NAME", isName: true), .init(title: "PID", isNumber: true, rank: 2),
            .init(title: "REASON", minimum: 12, rank: 1),
        ])
        table.rows = [
            ["stop", "卫星磁盘擦除卫星磁盘擦除卫星磁盘擦除", "1234567", "磁盘故障磁盘故障磁盘故障磁盘故障"].map { .init($0) },
            ["go", "A", "1", nil].map { .init($0) },
        ]
        let lines = table.lines(width: width, style: Style(isOn: false))
        #expect(lines.allSatisfy { TerminalScreen.width($0) <= width }, "\(lines)")
        #expect(lines == lines.map { String($0.reversed().drop { $0 == " " }.reversed()) })
        if width >= 6 { #expect(lines[1].hasPrefix("stop")) }
        // The name is whole before anything else is shown beside the status.
        if width >= 8 + 36 { #expect(lines[1].contains("卫星磁盘擦除卫星磁盘擦除卫星磁盘擦除")) }
        if width >= 8 + 36 + 9 { #expect(lines[1].contains("1234567")) }
        if width >= 8 + 36 + 9 + 14 { #expect(lines[1].contains("磁盘故障磁")) }
    }

    @Test("keep names apart that begin alike and end alike", arguments: 28...80)
    func names(width: Int) {
        let names = ["SatelliteDiskErase", "SatelliteDiskErase2", "SatelliteDiskErrors", "RouterDiskErase"]
        var table = Table(StatusRow.columns)
        table.rows = names.map { name in
            ["stop", name, "listed", "3", "12", "alice", "2026-11-25 03:53:38+00:00", "INC-1"].map { .init($0) }
        }
        let shown = table.lines(width: width, style: Style(isOn: false)).dropFirst().map { $0.split(separator: " ")[1] }
        #expect(Set(shown).count == names.count, "\(shown)")
    }
}
