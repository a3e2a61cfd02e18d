internal import EmergencyStopCore

/// Where the connection stands.
enum Link: Sendable {
    /// Not running yet.
    case idle
    /// Between two attempts.
    case waiting(until: MonotonicInstant)
    case connecting
    case open(OpenLink)
    /// The client has stopped running. The connection is open for this long at most, so that runs which end now can
    /// be signed off.
    case draining(until: MonotonicInstant)
    /// Not running any more.
    case ended
}

/// A connection: the pings that are on their way, and which life of the sidecar answers.
struct OpenLink: Sendable {
    struct Ping: Sendable {
        var token: UInt64
        var sentAt: MonotonicInstant
        /// Whether it was sent to have a question's answer covered, and so concerns only names that are not covered.
        var isQuestion: Bool
    }

    /// The sidecar's life, as its answer to `hello` says.
    var instance: String?
    /// Why the sidecar takes no connection, where it said so.
    var refusal: String?
    /// Whether a ping was answered.
    var hasAnswered = false
    private(set) var lastToken: UInt64 = 0
    private(set) var nextPing: MonotonicInstant
    private var outstanding: [Ping] = []
    /// Who waits for the answer to which ping.
    var awaited: [(id: Int, token: UInt64)] = []
    /// Whether questions were asked after the last question's ping, which is still on its way.
    private var hasWaitingQuestion = false

    init(openedAt now: MonotonicInstant) {
        nextPing = now
    }

    /// When the oldest ping without an answer was sent.
    var silentSince: MonotonicInstant? { outstanding.first?.sentAt }

    /// Sends the ping that is sent at every interval.
    mutating func ping(at now: MonotonicInstant, interval: Duration) -> UInt64 {
        nextPing = now.advanced(by: interval)
        hasWaitingQuestion = false
        return send(isQuestion: false, now)
    }

    /// A question was asked: it needs a ping behind it. Only one such ping is on its way at a time, so that ten
    /// thousand questions at once take a few.
    mutating func ask(at now: MonotonicInstant) -> UInt64? {
        if outstanding.contains(where: { $0.isQuestion }) {
            hasWaitingQuestion = true
            return nil
        }
        hasWaitingQuestion = false
        return send(isQuestion: true, now)
    }

    private mutating func send(isQuestion: Bool, _ now: MonotonicInstant) -> UInt64 {
        lastToken += 1
        outstanding.append(Ping(token: lastToken, sentAt: now, isQuestion: isQuestion))
        return lastToken
    }

    /// The ping that an answer belongs to, if it was sent on this connection and not answered before. Answers come in
    /// order, so those before it are not waited for any more.
    mutating func answered(_ token: String) -> Ping? {
        guard let number = UInt64(token), let index = outstanding.firstIndex(where: { $0.token == number }) else {
            return nil
        }
        let ping = outstanding[index]
        outstanding.removeFirst(index + 1)
        return ping
    }

    /// Those who waited for the answer to a ping, or to one before it.
    mutating func takeCaughtUp(upTo token: UInt64) -> [Int] {
        guard !awaited.isEmpty else { return [] }
        defer { awaited.removeAll { $0.token <= token } }
        return awaited.filter { $0.token <= token }.map(\.id)
    }

    /// Whether a question still waits for a ping to be sent behind it.
    var owesQuestionPing: Bool { hasWaitingQuestion && !outstanding.contains { $0.isQuestion } }
}
