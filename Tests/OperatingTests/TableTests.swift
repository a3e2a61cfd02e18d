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
        // A name is shortened before a column is left out, as long as it has 16 columns.
        if width >= 8 + 16 { #expect(lines[1].contains("卫星磁")) }
        if width >= 8 + 16 + 9 { #expect(lines[1].contains("1234567")) }
        if width >= 8 + 16 + 9 + 14 { #expect(lines[1].contains("磁盘故障磁")) }
        if width >= 8 + 36 + 9 + 34 { #expect(lines[1].contains("卫星磁盘擦除卫星磁盘擦除卫星磁盘擦除")) }
    }

    @Test("show no column less on a wider terminal, and leave out the empty ones first")
    func columns() {
        var table = Table(StatusRow.columns)
        table.rows = (0..<3).map { number in
            ["stop", "SatelliteDiskEraseOfRegion\(number)", "listed", "3", nil, "alice", nil, "INC-1: wrong list"]
                .map { .init($0) }
        }
        var before = 0
        for width in 24...160 {
            let titles = table.lines(width: width, style: Style(isOn: false))[0].split(separator: " ")
            #expect(titles.count >= before, "\(width): \(titles)")
            before = titles.count
            if titles.count < StatusRow.columns.count { #expect(!titles.contains("AT")) }
            if width >= 80 { #expect(titles.contains("REASON") && titles.contains("BY")) }
        }
    }

    @Test("have times as a person in a hurry reads them")
    func times() {
        let now = LocalTime.seconds("2026-11-24T12:00:00Z") ?? 0
        let at = LocalTime.brief("2026-11-24T11:57:30Z", now: now)
        #expect(at.hasSuffix(":57:30 (2 min ago)"))
        #expect(LocalTime.brief("2026-11-21T11:57:30Z", now: now).hasSuffix(" (3 d ago)"))
        #expect(!LocalTime.brief("2026-11-24T12:57:30Z", now: now).contains("ago"))
        #expect(LocalTime.brief("yesterday", now: now) == "yesterday")
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
