import TestSupport
import Testing

@testable import estopctl

@Suite("Tables")
struct TableTests {
    @Test("fit every width, and lose their last columns first", arguments: 1...120)
    func width(width: Int) {
        var table = Table([
            .init(title: "STATUS"), .init(title: "NAME", minimum: 16), .init(title: "PID", isNumber: true),
            .init(title: "REASON", minimum: 12),
        ])
        table.rows = [
            ["stop", "卫星磁盘擦除卫星磁盘擦除卫星磁盘擦除", "1234567", "磁盘故障磁盘故障磁盘故障磁盘故障"].map { .init($0) },
            ["go", "A", "1", nil].map { .init($0) },
        ]
        let lines = table.lines(width: width, style: Style(isOn: false))
        #expect(lines.allSatisfy { TerminalScreen.width($0) <= width }, "\(lines)")
        #expect(lines == lines.map { String($0.reversed().drop { $0 == " " }.reversed()) })
        if width >= 6 { #expect(lines[1].hasPrefix("stop")) }
        if width >= 36 { #expect(lines[1].contains("1234567")) }
    }
}
