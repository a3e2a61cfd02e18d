import Glibc
import Testing

@testable import Operating

@Suite("Signals that the command has got along with estopctl")
struct SharedSignalsTests {
    private let start = ContinuousClock.now
    private let signal = SharedSignals.Signal(number: SIGTERM, sender: 42)
    private let later = Duration.milliseconds(60)

    /// What is settled at a time; nothing is pending where nothing else is said.
    private func settle(
        _ signals: inout SharedSignals, after time: Duration = .zero, isInGroup: Bool = true,
        isAbove: Bool = true, pending: SharedSignals.Receiver? = nil
    ) -> [SharedSignals.Settled] {
        signals.settle(
            at: start + time, isInGroup: isInGroup, isAbove: { _ in isAbove },
            isPending: { receiver, _ in receiver == pending })
    }

    private let shared = SharedSignals.Settled(number: SIGTERM, isShared: true)
    private let alone = SharedSignals.Settled(number: SIGTERM, isShared: false)

    @Test(
        "a signal to the guardian or supervisor alone is passed on once, after a moment",
        arguments: [SharedSignals.Receiver.guardian, .supervisor])
    func alone(receiver: SharedSignals.Receiver) {
        var signals = SharedSignals()
        #expect(signals.nextLook(at: start) == nil)
        signals.note(signal, to: receiver, at: start)
        #expect(settle(&signals) == [])
        #expect(signals.nextLook(at: start) == .milliseconds(50))
        #expect(settle(&signals, after: later) == [alone])
        for times in 1...3 { #expect(settle(&signals, after: later * times) == []) }
        #expect(signals.nextLook(at: start + later * 3) == nil)
    }

    @Test("one to the group or the cgroup is never passed on, in whichever order its parts come")
    func group() {
        let parts: [SharedSignals.Receiver] = [.guardian, .supervisor, .sweeper]
        for first in parts {
            for second in parts where second != first {
                for third in [parts.first { $0 != first && $0 != second }!, nil]
                where [first, second, third].contains(.sweeper) {
                    var signals = SharedSignals()
                    var settled: [SharedSignals.Settled] = []
                    for (index, part) in [first, second, third].compactMap(\.self).enumerated() {
                        let time = Duration.milliseconds(20 * index)
                        signals.note(signal, to: part, at: start + time)
                        settled += settle(&signals, after: time)
                    }
                    settled += settle(&signals, after: .seconds(1))
                    #expect(!settled.isEmpty && settled.allSatisfy { $0 == shared }, "\(first) \(second)")
                }
            }
        }
    }

    @Test("another number, another sender or another time is another signal")
    func others() {
        var signals = SharedSignals()
        signals.note(signal, to: .sweeper, at: start)
        signals.note(.init(number: SIGHUP, sender: 42), to: .guardian, at: start)
        signals.note(.init(number: SIGTERM, sender: 43), to: .guardian, at: start)
        #expect(settle(&signals) == [])
        #expect(settle(&signals, after: later) == [.init(number: SIGHUP, isShared: false), alone])
        // The same sender may send it to estopctl alone soon afterwards.
        signals.note(signal, to: .guardian, at: start + later)
        #expect(settle(&signals, after: later) == [])
        #expect(settle(&signals, after: later * 2) == [alone])
    }

    @Test("a command outside of the group has what the cgroup gets, and not what the group gets")
    func outside() {
        var signals = SharedSignals()
        for receiver in [SharedSignals.Receiver.guardian, .sweeper] { signals.note(signal, to: receiver, at: start) }
        #expect(settle(&signals, isInGroup: false) == [])
        #expect(settle(&signals, after: later, isInGroup: false) == [alone])
        for receiver in [SharedSignals.Receiver.guardian, .sweeper, .supervisor] {
            signals.note(signal, to: receiver, at: start + later)
        }
        #expect(settle(&signals, after: later, isInGroup: false) == [shared, shared])
    }

    @Test("one to all of estopctl's processes by somebody else is passed on once: the command may not have got it")
    func byProgram() {
        var signals = SharedSignals()
        for receiver in [SharedSignals.Receiver.guardian, .sweeper, .supervisor] {
            signals.note(signal, to: receiver, at: start)
        }
        let settled = settle(&signals, isAbove: false) + settle(&signals, after: later, isAbove: false)
        #expect(settled == [shared, alone])
    }

    @Test("a guardian that stands still, and a sweeper that is late, are waited for; a sweeper not for ever")
    func pending() {
        var signals = SharedSignals()
        signals.note(signal, to: .sweeper, at: start)
        for second in 1...100 {
            #expect(settle(&signals, after: .seconds(second), pending: .guardian) == [])
        }
        #expect(settle(&signals, after: .milliseconds(100_020)) == [])
        // It has taken the signal, and a moment later it says so.
        #expect(settle(&signals, after: .milliseconds(100_050)) == [])
        signals.note(signal, to: .guardian, at: start + .milliseconds(100_090))
        #expect(settle(&signals, after: .milliseconds(100_090)) == [shared])

        signals = SharedSignals()
        signals.note(signal, to: .guardian, at: start)
        #expect(settle(&signals, after: .milliseconds(500), pending: .sweeper) == [])
        #expect(settle(&signals, after: .milliseconds(550)) == [])
        signals.note(signal, to: .sweeper, at: start + .milliseconds(590))
        #expect(settle(&signals, after: .milliseconds(590)) == [shared])

        signals = SharedSignals()
        signals.note(signal, to: .guardian, at: start)
        #expect(settle(&signals, after: .milliseconds(500), pending: .sweeper) == [])
        #expect(settle(&signals, after: .seconds(1), pending: .sweeper) == [alone])
    }

    @Test("what the guardian gets after its part is another signal, also while what shows the first is remembered")
    func afterwards() {
        var signals = SharedSignals()
        // The sweeper had it twice where the guardian had it once.
        for receiver in [SharedSignals.Receiver.sweeper, .sweeper, .guardian] {
            signals.note(signal, to: receiver, at: start)
        }
        #expect(settle(&signals, pending: .guardian) == [shared])
        signals.note(signal, to: .guardian, at: start + .milliseconds(20))
        #expect(settle(&signals, after: .milliseconds(20), pending: .guardian) == [])
        #expect(settle(&signals, after: .milliseconds(80), pending: .guardian) == [alone])
    }

    @Test("what the supervisor has got of a cgroup's is remembered until a late sweeper has spoken")
    func lateSweeper() {
        var signals = SharedSignals()
        for receiver in [SharedSignals.Receiver.guardian, .supervisor] { signals.note(signal, to: receiver, at: start) }
        for time in stride(from: 0, to: 600, by: 50) {
            #expect(settle(&signals, after: .milliseconds(time), isInGroup: false, pending: .sweeper) == [])
        }
        signals.note(signal, to: .sweeper, at: start + .milliseconds(600))
        #expect(settle(&signals, after: .milliseconds(600), isInGroup: false) == [shared, shared])
    }

    @Test("a part that is shown late to be one does not take what comes after it along")
    func late() {
        var signals = SharedSignals()
        signals.note(signal, to: .guardian, at: start)
        #expect(settle(&signals) == [])
        signals.note(signal, to: .sweeper, at: start + .milliseconds(40))
        #expect(settle(&signals, after: .milliseconds(40)) == [shared])
        signals.note(signal, to: .guardian, at: start + .milliseconds(41))
        #expect(settle(&signals, after: .milliseconds(41)) == [])
        #expect(settle(&signals, after: .milliseconds(100)) == [alone])
    }

    @Test("real-time signals are counted, others that follow each other at once are one")
    func counted() {
        for number: Int32 in [40, SIGTERM] {
            let signal = SharedSignals.Signal(number: number, sender: 42)
            var signals = SharedSignals()
            for receiver in [SharedSignals.Receiver.sweeper, .guardian, .guardian] {
                signals.note(signal, to: receiver, at: start)
            }
            let settled = settle(&signals) + settle(&signals, after: later)
            #expect(settled.map(\.isShared) == [true, number == SIGTERM])
        }
    }
}
