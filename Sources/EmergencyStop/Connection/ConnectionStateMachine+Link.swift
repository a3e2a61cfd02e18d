internal import EmergencyStopCore

// MARK: - Attempts

extension ConnectionStateMachine {
    mutating func connect() {
        link = .connecting
        perform(.connect)
    }

    /// Waits for the next attempt, longer each time.
    mutating func wait(atLeast pause: Duration = .zero, from now: MonotonicInstant) {
        link = .waiting(until: now.advanced(by: pause + backoffDelay()))
    }

    mutating func connectFailed(_ failure: ConnectFailure, at now: MonotonicInstant) {
        guard case .connecting = link else { return }
        switch failure {
        case .busy:
            perform(.settleAttempt(.neutral))
            retry(because: "the sidecar at \(settings.address) has too many connections waiting", at: now)
        case .refused(let why):
            perform(.settleAttempt(.failure))
            retry(because: "\(Self.absence(at: settings.address)) (\(why))", at: now)
        }
    }

    mutating func connected(to peer: Peer, at now: MonotonicInstant) {
        guard case .connecting = link else { return }
        guard peer.isTrusted else {
            var owner =
                "the socket \(settings.address) belongs to user \(peer.userID), which is neither root, nor this"
                + " process's user, nor the user estop, nor a trusted one: no sidecar to believe"
            if let hint = TrustedUsers.hint(about: peer.userID) { owner += "; \(hint)" }
            perform(.settleAttempt(.failure))
            perform(.close)
            return retry(because: owner, at: now)
        }
        trouble = "the sidecar at \(settings.address) has not answered yet"
        link = .open(OpenLink(openedAt: now))
        perform(.send(.hello(version: 1)))
        for name in names.all { perform(.send(.watch(name))) }
        for (run, name) in runs.toRegister { register(run, name, at: now) }
        for (run, name) in runs.toSignOff { perform(.send(.leave(name, run))) }
    }

    /// The connection is of no use, or the sidecar has gone.
    mutating func fail(_ reason: String, at now: MonotonicInstant) {
        guard case .open = link else { return }
        perform(.close)
        lose(because: reason, at: now)
    }

    mutating func closed(at now: MonotonicInstant) {
        switch link {
        case .open(let open): lose(because: open.refusal ?? Self.absence(at: settings.address), at: now)
        case .connecting: connectFailed(.refused("closed at once"), at: now)
        case .idle, .waiting, .draining, .ended: break
        }
    }

    private mutating func lose(because reason: String, at now: MonotonicInstant) {
        guard case .open(let open) = link else { return }
        // An attempt has succeeded once a ping was answered; what did not get so far has failed.
        if !open.hasAnswered { perform(.settleAttempt(.failure)) }
        names.disconnect()
        for (id, _) in open.awaited { perform(.caughtUp(id)) }
        retry(because: reason, at: now)
    }

    private mutating func retry(because reason: String, at now: MonotonicInstant) {
        // Attempts that fail as the last one did are no news.
        if reason != noted { perform(.note(.disconnected(reason: reason, leaseLeft: names.leaseLeft(at: now)))) }
        noted = reason
        trouble = reason
        failedAttempts += 1
        wait(from: now)
    }
}

// MARK: - Lines

extension ConnectionStateMachine {
    mutating func received(_ line: ServerLine, at now: MonotonicInstant) {
        guard case .open(var open) = link else { return }
        switch line {
        case .status(let status):
            received(status, from: open.instance, at: now)
        case .pong(let token, let timeToLive):
            answered(token, timeToLive, at: now)
        case .hello(let greeting):
            open.instance = greeting.instance
            link = .open(open)
        case .unwatched(let name):
            names.unwatched(name)
        case .left(let name, let run):
            left(name, run)
        case .error(let refusal):
            received(refusal, at: now)
        case .watching, .run, .end, .synced, .unknown:
            break  // Answers to what a client never asks, and what a later sidecar may add.
        }
    }

    private mutating func answered(_ token: String, _ timeToLive: Duration, at now: MonotonicInstant) {
        guard case .open(var open) = link, let ping = open.answered(token) else { return }
        let isFirst = !open.hasAnswered
        open.hasAnswered = true
        let owesPing = open.owesQuestionPing
        let caughtUp = open.takeCaughtUp(upTo: ping.token)
        link = .open(open)
        if isFirst {
            failedAttempts = 0
            noted = nil
            trouble = silence
            perform(.settleAttempt(.success))
            perform(.note(.connected(instance: open.instance)))
        }
        perform(.note(.answered(after: ping.sentAt.duration(to: now))))
        let end = Lease.end(provedByPingSentAt: ping.sentAt, timeToLive: timeToLive, length: settings.lease)
        if end > now {
            extend(to: end, uncoveredOnly: ping.isQuestion, at: now)
            for (run, name) in runs.confirm(upToPing: ping.token) {
                perform(.entered(run, inForce(name, at: now) ?? unreachable(name)))
            }
        }
        if owesPing { question(at: now) }
        for id in caughtUp { perform(.caughtUp(id)) }
    }

    private mutating func received(_ refusal: ServerLine.Refusal, at now: MonotonicInstant) {
        perform(.note(.refused(refusal)))
        switch (refusal.verb, refusal.name) {
        case ("connect", _):
            // The sidecar closes next, and this says why.
            guard case .open(var open) = link else { return }
            open.refusal = "the sidecar at \(settings.address) refuses the connection: it expected \(refusal.expected)"
            link = .open(open)
        case ("watch", let name?):
            refuse(name, refusal.expected, at: now)
        case ("enter", let name?):
            for run in runs.unconfirmed(of: name) {
                let reason = "the sidecar does not register this run: it expected \(refusal.expected)"
                perform(.refused(run, unreachable(name, reason)))
            }
        case ("leave", let name?):
            runs.left(allOf: name)
        case ("unwatch", let name?):
            names.unwatched(name)
        case ("watch", nil), ("enter", nil):
            fail("the sidecar at \(settings.address) refuses a request and does not say which", at: now)
        default:
            break
        }
    }
}

// MARK: - Runs

extension ConnectionStateMachine {
    mutating func enter(_ run: RunID, _ name: WorkflowName, at now: MonotonicInstant) {
        runs.enter(run, name)
        register(run, name, at: now)
        question(at: now)
    }

    mutating func leave(_ run: RunID) {
        guard let name = runs.leave(run) else { return }
        switch link {
        case .open, .draining: perform(.send(.leave(name, run)))
        case .idle, .waiting, .connecting, .ended: break
        }
    }

    /// The sidecar has confirmed that a run has ended.
    mutating func left(_ name: WorkflowName, _ run: RunID?) {
        if let run { runs.left(run) } else { runs.left(allOf: name) }
    }

    private mutating func register(_ run: RunID, _ name: WorkflowName, at now: MonotonicInstant) {
        guard case .open(let open) = link else { return }
        let age = runs.sent(run, afterPing: open.lastToken, at: now)
        perform(.send(.enter(name, run, parents: settings.standingParents, age: age)))
    }
}

// MARK: - Time

extension ConnectionStateMachine {
    /// Does what is due.
    mutating func keepTime(at now: MonotonicInstant) {
        switch link {
        case .waiting(let until) where until <= now:
            connect()
        case .open(let open):
            if let since = open.silentSince, since.advanced(by: settings.silenceLimit) <= now {
                fail(silence, at: now)
            } else if open.nextPing <= now {
                for name in names.dueAgain(at: now, pause: settings.refusalPause) { perform(.send(.watch(name))) }
                ping(at: now)
            }
        case .draining(let until) where runs.isEmpty || until <= now:
            perform(.close)
            end()
        case .idle, .waiting, .connecting, .draining, .ended:
            break
        }
    }

    /// Sees to it that a ping follows a question, so that its answer is covered.
    mutating func question(at now: MonotonicInstant) {
        guard case .open(var open) = link else { return }
        let token = open.ask(at: now)
        link = .open(open)
        if let token { perform(.send(.ping(token: String(token)))) }
    }

    private mutating func ping(at now: MonotonicInstant) {
        guard case .open(var open) = link else { return }
        let token = open.ping(at: now, interval: settings.pingInterval)
        link = .open(open)
        perform(.send(.ping(token: String(token))))
    }

    /// A test wants to go on when what the sidecar has sent up to now is handled: it answers in order, so it is when
    /// a ping that is sent now is answered.
    mutating func catchUp(_ id: Int, at now: MonotonicInstant) {
        guard case .open(var open) = link else { return perform(.caughtUp(id)) }
        let token = open.ping(at: now, interval: settings.pingInterval)
        open.awaited.append((id, token))
        link = .open(open)
        perform(.send(.ping(token: String(token))))
    }

    mutating func shutDown(at now: MonotonicInstant) {
        for name in names.all { tellNotRunning(name) }
        if case .open(let open) = link {
            link = .draining(until: now.advanced(by: settings.drainLimit))
            if !open.hasAnswered { perform(.settleAttempt(.neutral)) }
            for (id, _) in open.awaited { perform(.caughtUp(id)) }
            return
        }
        // Without a connection nobody can be told that a run has ended.
        perform(.settleAttempt(.neutral))
        perform(.close)
        end()
    }

    mutating func end() {
        link = .ended
        perform(.finished)
    }
}
