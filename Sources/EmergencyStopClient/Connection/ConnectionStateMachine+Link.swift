internal import EmergencyStop

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
            let owner =
                "the socket \(settings.address) belongs to user \(peer.userID), which is neither root, nor this"
                + " process's user, nor the user estop, nor a trusted one: no sidecar to believe"
            perform(.settleAttempt(.failure))
            perform(.close)
            return retry(because: owner, at: now)
        }
        trouble = "the sidecar at \(settings.address) has not answered yet"
        link = .open(OpenLink(openedAt: now))
        perform(.send(.hello(version: 1)))
        for name in names.keys { perform(.send(.watch(name))) }
        for (run, name) in runs.toRegister { register(run, name) }
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
        case .idle, .waiting, .ended: break
        }
    }

    private mutating func lose(because reason: String, at now: MonotonicInstant) {
        guard case .open(let open) = link else { return }
        // An attempt has succeeded once a ping was answered; what did not get so far has failed.
        if !open.hasAnswered { perform(.settleAttempt(.failure)) }
        disconnectNames()
        retry(because: reason, at: now)
    }

    private mutating func retry(because reason: String, at now: MonotonicInstant) {
        // Attempts that fail as the last one did are no news.
        if reason != noted { perform(.note(.disconnected(reason: reason, leaseLeft: leaseLeft(at: now)))) }
        noted = reason
        trouble = reason
        failedAttempts += 1
        if drainsUntil == nil { wait(from: now) } else { end() }
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
            unwatched(name)
        case .left(let name, let run):
            if let run { runs.left(run) } else { runs.left(allOf: name) }
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
        link = .open(open)
        if isFirst {
            failedAttempts = 0
            noted = nil
            trouble = "the sidecar at \(settings.address) has fallen silent"
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
    }

    private mutating func received(_ refusal: ServerLine.Refusal, at now: MonotonicInstant) {
        perform(.note(.refused(refusal)))
        switch (refusal.verb, refusal.name) {
        case ("connect", _):
            // The sidecar closes next, and this says why.
            guard case .open(var open) = link else { return }
            open.refusal = "the sidecar at \(settings.address) takes no connection: it expected \(refusal.expected)"
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
            unwatched(name)
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
        register(run, name)
        question(at: now)
    }

    mutating func leave(_ run: RunID) {
        guard let name = runs.leave(run), case .open = link else { return }
        perform(.send(.leave(name, run)))
    }

    private mutating func register(_ run: RunID, _ name: WorkflowName) {
        guard case .open(let open) = link else { return }
        runs.sent(run, afterPing: open.lastToken)
        perform(.send(.enter(name, run)))
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
                fail("the sidecar at \(settings.address) has fallen silent", at: now)
            } else if open.nextPing <= now {
                retryRefused(at: now)
                ping(at: now)
            }
        case .idle, .waiting, .connecting, .ended:
            break
        }
        guard let drainsUntil, !isEnded, runs.isEmpty || now >= drainsUntil else { return }
        if case .open = link { perform(.close) }
        end()
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

    mutating func shutDown(at now: MonotonicInstant) {
        guard drainsUntil == nil, !isEnded else { return }
        drainsUntil = now.advanced(by: settings.drainLimit)
        for name in names.keys { tellNotRunning(name) }
        // Without a connection nobody can be told that a run has ended.
        if case .open = link { return }
        perform(.settleAttempt(.neutral))
        perform(.close)
        end()
    }

    private mutating func end() {
        link = .ended
        perform(.finished)
    }
}
