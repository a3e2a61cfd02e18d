import EmergencyStopCore
import Testing

@testable import Operating

@Suite("When a name was stopped")
struct StopTimesTests {
    private func times(_ lines: String...) -> StopTimes {
        StopTimes(lines.compactMap { HistoryRecord(LineFields(Array($0.utf8).span)) })
    }

    private let name = WorkflowName(validated: "SatelliteDiskErase")

    @Test("is when it, a pattern that matches it, or everything changed last")
    func last() {
        let own = "change SatelliteDiskErase\ttime=T1\told=go\tnew=stop\tcause=listed"
        let pattern = "change Satellite*\ttime=T2\told=none\tnew=stop\tcause=listed"
        #expect(times().time(of: name) == nil)
        #expect(times(own).time(of: name) == "T1")
        #expect(times(pattern).time(of: name) == "T2")
        #expect(times(own, pattern).time(of: name) == "T1")
        #expect(times(own, own.replacing("new=stop", with: "new=go")).time(of: name) == nil)
        #expect(times(pattern, pattern.replacing("new=stop", with: "new=released")).time(of: name) == nil)
        #expect(times("change Router\ttime=T1\told=go\tnew=stop").time(of: name) == nil)
        let file = "file malformed-file\ttime=T3\told=readable\tnew=malformed-file"
        #expect(times(file).time(of: name) == "T3")
        #expect(times(file, "file readable\ttime=T4\told=malformed-file\tnew=readable").time(of: name) == nil)
    }
}
