import EmergencyStop
import EmergencyStopCore
import Testing

@testable import Operating

/// What an operator sees, kept as text: whoever changes a screen changes it here as well, and looks at it.
@Suite("Screens")
struct ScreenTests {
    private static let statuses: [ServerLine.Status] = [
        "go RouterFirmwareUpgrade\tcause=listed\twatchers=2\truns=1",
        "stop SatelliteDiskErase\tcause=listed\treason=INC-4711: the list of disks is wrong\tby=alice\tat=this morning"
            + "\twatchers=1\truns=3",
        "pause RackPowerCycleOfEveryRackInTheDatacentre\tcause=pattern\tpattern=Rack*\tby=bob\treason=night shift"
            + "\twatchers=0\truns=0",
        "none Satellite*\tcause=unlisted\trestrains=none\twatchers=0\truns=0",
    ].compactMap { line in
        let bytes = Array(line.utf8)
        guard case .status(let status) = ServerLine(bytes.span) else { return nil }
        return status
    }

    private func list(_ width: Int, colour: Bool = false) -> String {
        var table = Table(StatusRow.columns)
        table.rows = Self.statuses.sorted(by: StatusRow.precedes).map { StatusRow.cells($0) }
        return table.lines(width: width, style: Style(isOn: colour)).joined(separator: "\n")
    }

    private func history(_ width: Int) -> String {
        let lines = [
            "change SatelliteDiskErase\ttime=just now\told=go\tnew=stop\tcause=listed\treason=INC-4711: the list of disks"
                + " is wrong\tby=alice\trev=4",
            "file malformed-file\ttime=just now\told=readable\tnew=malformed-file\treason=3:1: error: a comma\trev=5",
            "change *\ttime=just now\told=stop\tnew=released\tcause=unlisted\trev=6",
        ]
        var table = Table(HistoryRecord.columns)
        table.rows = lines.compactMap { HistoryRecord(LineFields(Array($0.utf8).span)) }.map(\.cells)
        return table.lines(width: width, style: Style(isOn: false)).joined(separator: "\n")
    }

    @Test("of list: restraints first, names shortened before a column is left out")
    func list() {
        #expect(
            list(80) == """
                STATUS  NAME              CAUSE              RUNS  BY     AT        REASON
                stop    Satellit…skErase  listed                3  alice  this mo…  INC-4711: t…
                pause   RackPowe…acentre  pattern Rack*         -  bob              night shift
                go      RouterFi…Upgrade  listed                1
                -       Satellite*        restrains nothing     -
                """)
        #expect(
            list(120) == """
                STATUS  NAME                                      CAUSE              RUNS  WATCHERS  BY     AT            REASON
                stop    SatelliteDiskErase                        listed                3         1  alice  this morning  INC-4711: the…
                pause   RackPowerCycleOfEveryRackInTheDatacentre  pattern Rack*         -         -  bob                  night shift
                go      RouterFirmwareUpgrade                     listed                1         2
                -       Satellite*                                restrains nothing     -         -
                """)
    }

    @Test("of list in colour: the same text, what is restrained most stands out")
    func colour() {
        let coloured = list(80, colour: true)
        #expect(coloured.replacing(/\u{1B}\[[0-9;]*m/, with: "") == list(80))
        let heads = coloured.split(separator: "\n").dropFirst().map { $0 }
        #expect(heads[0].hasPrefix("\u{1B}[1;31mstop"))
        #expect(heads[1].hasPrefix("\u{1B}[33mpause"))
        #expect(heads[2].hasPrefix("\u{1B}[32mgo"))
    }

    @Test("of history: who and why before when")
    func history() {
        #expect(
            history(80) == """
                NAME                CHANGE                      BY     REASON           TIME
                SatelliteDiskErase  go -> stop                  alice  INC-4711: the …  just now
                (the file)          readable -> malformed-file         3:1: error: a …  just now
                *                   stop -> released                                    just now
                """)
        #expect(
            history(120) == """
                NAME                CHANGE                      BY     REASON                                TIME      CAUSE     OWNER
                SatelliteDiskErase  go -> stop                  alice  INC-4711: the list of disks is wrong  just now  listed
                (the file)          readable -> malformed-file         3:1: error: a comma                   just now
                *                   stop -> released                                                         just now  unlisted
                """)
    }
}
