import EmergencyStop
import EmergencyStopCore
import Testing

@testable import Operating

@Suite("What watch knows")
struct WatchViewTests {
    private let start = ContinuousClock.now

    private func line(
        _ name: String, _ status: WorkflowStatus, _ cause: StopCause = .listed, pattern: String? = nil
    ) -> ServerLine.Status {
        ServerLine.Status(
            name: WorkflowName(validated: name),
            report: StatusReport(name: name, status: status, cause: cause, pattern: pattern))
    }

    private func shown(_ view: WatchView) -> [String] {
        view.sorted.map { "\($0.report.status) \($0.report.name) \($0.report.cause)" }
    }

    @Test("a name is shown as stop until something is heard of it, and told of once, whatever it is")
    func first() {
        for first in [line("A", .go), line("A", .stop, .unreachable)] {
            var view = WatchView(names: [first.name], followsAll: false, now: start)
            #expect(shown(view) == ["stop A unreachable"])
            #expect(view.note(first, at: start) == first.report)
            #expect(view.note(first, at: start) == nil)
            #expect(!view.sorted[0].isFresh(at: start), "the first is no change")
        }
    }

    @Test("without a sign of life within the lease everything stops, once, and a late sign does not hide it")
    func lapse() {
        var view = WatchView(names: [WorkflowName(validated: "A")], followsAll: false, now: start)
        _ = view.note(line("A", .go), at: start)
        view.noteAlive(pingSentAt: start + .seconds(1))
        #expect(view.lapse(at: start + .milliseconds(10_999)) == [])
        #expect(view.lapse(at: start + .seconds(11)) == [line("A", .stop, .unreachable).report])
        #expect(view.lapse(at: start + .seconds(12)) == [])
        #expect(shown(view) == ["stop A unreachable"])
        #expect(view.sorted[0].isFresh(at: start + .seconds(12)))
    }

    @Test("where there never was a sidecar, the lapse is told")
    func never() {
        var one = WatchView(names: [WorkflowName(validated: "A")], followsAll: false, now: start)
        #expect(one.lapse(at: start + .seconds(10)) == [line("A", .stop, .unreachable).report])
        var all = WatchView(names: [], followsAll: true, now: start)
        #expect(all.lapse(at: start + .seconds(10)) == [line("*", .stop, .unreachable).report])
    }

    @Test("what holds for everything has a row while it does, and its end is told")
    func everything() {
        var view = WatchView(names: [], followsAll: true, now: start)
        #expect(view.note(line("*", .stop, .unlisted), at: start) == nil)
        #expect(shown(view) == [])
        #expect(view.note(line("*", .stop, .malformedFile), at: start) != nil)
        #expect(shown(view) == ["stop * malformed-file"])
        let end = line("*", .stop, .unlisted)
        #expect(view.note(end, at: start) == end.report)
        #expect(shown(view) == [])
        // An entry for everything is one like others, also where it restrains nothing.
        _ = view.note(line("*", .stop, .unlisted, pattern: "*"), at: start)
        _ = view.note(line("A", .go), at: start)
        #expect(shown(view) == ["stop * unlisted", "go A listed"])
    }

    @Test("a new look leaves out what is gone, but not the names asked for, nor what holds for everything")
    func keep() {
        var view = WatchView(names: [WorkflowName(validated: "A")], followsAll: true, now: start)
        for name in ["B", "C"] { _ = view.note(line(name, .go), at: start) }
        _ = view.lapse(at: start + .seconds(10))
        view.keep(only: [WorkflowName(validated: "B")])
        #expect(shown(view) == ["stop * unreachable", "stop A unreachable", "stop B unreachable"])
    }
}
