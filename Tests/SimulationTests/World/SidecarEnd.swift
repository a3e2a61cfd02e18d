import EmergencyStopCore
import EmergencyStopServing

/// The sidecar's end of a connection: what `Connection` does, on a wire instead of a descriptor.
final class SidecarEnd {
    let wire: Wire
    var session: Session
    private var input: [UInt8] = []
    private var wantsInput = true
    /// What has been written and the kernel has not taken.
    private var rest: [UInt8] = []
    private var writer = LineWriter()

    init(_ wire: Wire, _ session: consuming Session) {
        self.wire = wire
        self.session = session
    }

    var isAnswering: Bool { session.isAnswering || !rest.isEmpty }

    /// Whether the peer has gone and nothing that it sent is left.
    var isOver: Bool { wire.isBroken || wire.isClosedByClient && wire.toSidecar.isEmpty && input.isEmpty }

    /// Whether there is something to do, other than for a peer that takes nothing.
    func isBusy(_ registry: borrowing Registry) -> Bool {
        if isOver { return true }
        guard rest.isEmpty || wire.toClient.count < wire.capacity else { return false }
        return !rest.isEmpty || !wire.toSidecar.isEmpty || session.isOwed(registry) || !wantsInput
    }

    /// Says whether it came as far as to look at the time, which it does not while the peer takes nothing.
    @discardableResult
    func takeTurn(
        _ sidecar: SimulatedSidecar, receiving count: Int, at now: ContinuousClock.Instant, noteTime: () -> Void
    ) -> Bool {
        sendRest()
        guard rest.isEmpty else { return false }
        if wantsInput, !session.isAnswering { input += wire.receiveAtSidecar(count) }
        noteTime()
        guard rest.isEmpty else { return true }
        let handled = input.withUnsafeBufferPointer { handle($0, sidecar, now) }
        input.removeFirst(handled)
        flush()
        return true
    }

    private func handle(
        _ received: UnsafeBufferPointer<UInt8>, _ sidecar: SimulatedSidecar, _ now: ContinuousClock.Instant
    ) -> Int {
        var requests = RequestCutter(received, limit: 1_024, isWhole: false)
        var turn = Turn()
        while true {
            let pause = session.handle(
                &requests, now, { sidecar.time }, &sidecar.registry, in: &turn, to: &writer
            )
            switch pause {
            case .needs(let need, let place):
                supply(need, requests[place].span, sidecar)
            case .turnIsOver:
                wantsInput = requests.isAtEnd
                return requests.position
            case .needsMore:
                wantsInput = true
                return requests.position
            case .lineIsTooLong:
                return received.count
            }
        }
    }

    private func supply(_ need: Session.Need, _ line: Span<UInt8>, _ sidecar: SimulatedSidecar) {
        switch need {
        case .read: session.await(sidecar.requestRead(), &sidecar.registry)
        case .process(let entering):
            let process = KnownProcess(
                identity: ProcessIdentity(peer: session.peer, startedAt: 1), command: Array("simulated".utf8)
            )
            do throws(Request.Mistake) {
                try session.enter(entering, process, &sidecar.registry, to: &writer)
            } catch {
                session.refuse(line, expected: error.expected, to: &writer)
            }
        case .lostRuns(let name):
            sidecar.registry.lookAtLostRuns(64) { sidecar.gone.contains($0.peer.pid) }
            session.list(runsOf: name, sidecar.registry)
        case .information, .metrics: session.answer(["nothing"])
        }
    }

    /// Sends what has changed, out of turn, unless the peer has not taken what was written before.
    func sendNews(_ sidecar: SimulatedSidecar) {
        guard rest.isEmpty else { return }
        session.writeNews(&sidecar.registry, to: &writer)
        flush()
    }

    private func sendRest() {
        if !rest.isEmpty { rest.removeFirst(wire.answer(rest)) }
    }

    private func flush() {
        guard !writer.isEmpty else { return }
        rest = Array(writer.bytes.dropFirst(wire.answer(writer.bytes)))
        writer.removeAll()
    }
}
