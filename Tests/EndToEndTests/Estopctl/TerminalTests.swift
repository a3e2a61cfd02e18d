import Glibc
import TestSupport
import Testing

@Suite("estopctl: tables on a terminal", .blocking)
struct TerminalTests {
    private static let file = #"""
        {"Name":"卫星磁盘擦除卫星磁盘擦除卫星磁盘擦除卫星磁盘擦除","Status":"stop","Reason":"磁盘故障磁盘故障磁盘故障","By":"王","At":"2026-11-24T12:00:00Z"}
        {"Name":"SatelliteDiskEraseOfEveryRegionThatThereIsAnywhere","Status":"go"}
        """#

    @Test("fit its width, with wide characters too, and are coloured there alone", arguments: [200, 80, 60, 30, 12])
    func width(columns: Int) throws {
        try withSidecar(file: Self.file) { sidecar in
            let client = try sidecar.connect()
            let run = String(repeating: "a", count: 32)
            _ = try client.ask("enter SatelliteDiskEraseOfEveryRegionThatThereIsAnywhere\trun=\(run)")
            // For the history.
            try sidecar.folder.replace("es.json", with: Self.file.replacing(#""go""#, with: #""pause""#))
            try sidecar.awaitStatus("pause SatelliteDiskEraseOfEveryRegionThatThereIsAnywhere")
            for command in ["list", "ps", "history"] {
                let arguments = [builtProgram("estopctl"), command, "--socket", sidecar.socket]
                let terminal = try PseudoTerminal(columns: columns, rows: 24)
                let process = try SpawnedProcess(
                    arguments, environment: ["TERM": "xterm"], in: sidecar.folder, name: command, terminal: terminal)
                defer { process.destroy() }
                #expect(try process.wait() == .exited(0))
                try terminal.expect("\r\n", times: 2)
                // What is said beside the table may have any length.
                let table = terminal.text.ranges(of: "estopctl: ").first.map { terminal.text[..<$0.lowerBound] }
                let screen = TerminalScreen(
                    columns: columns, rows: 24, showing: table.map(String.init) ?? terminal.text)
                #expect(!screen.hasWrapped, "\(command) of \(columns): \(screen.lines)")
                #expect(screen.lines.count >= 2)
                #expect(terminal.text.contains("\u{1B}["))

                let piped = try piped(arguments, sidecar)
                #expect(!piped.output.contains("\u{1B}"))
                #expect(piped.output.contains("SatelliteDiskEraseOfEveryRegionThatThereIsAnywhere"))
            }
        }
    }

    @Test("are without colour under NO_COLOR and on a dumb terminal", arguments: [["NO_COLOR": "1"], ["TERM": "dumb"]])
    func plain(environment: [String: String]) throws {
        try withSidecar(file: Self.file) { sidecar in
            let terminal = try PseudoTerminal()
            let process = try SpawnedProcess(
                [builtProgram("estopctl"), "list", "--socket", sidecar.socket], environment: environment,
                in: sidecar.folder, name: "list", terminal: terminal)
            defer { process.destroy() }
            #expect(try process.wait() == .exited(0))
            #expect(terminal.text.contains("STATUS"))
            #expect(!terminal.text.contains("\u{1B}"))
        }
    }

    private func piped(_ arguments: [String], _ sidecar: RunningSidecar) throws -> ShellResult {
        try run(arguments, environment: ["TERM": "xterm"], in: sidecar.folder)
    }
}
