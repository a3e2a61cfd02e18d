internal import EmergencyStopCore

/// Drives a ``Settling`` through a story whose clock is a number of milliseconds.
struct SettlingTranscript {
    static let zero = ContinuousClock.now

    var settling: Settling

    init(times: SettlingTimes = SettlingTimes(), pollInterval: Duration = .seconds(10)) {
        settling = Settling(times: times, pollInterval: pollInterval, startAt: Self.zero)
    }

    /// Hears a hint. When it was heard matters only in relation to the reads.
    mutating func hear(_ hints: ChangeHint...) {
        for hint in hints { settling.hear(hint) }
    }

    mutating func request(_ number: UInt64) {
        settling.request(ReadRequest(number: number))
    }

    /// Reads at a time, for one millisecond unless told otherwise.
    @discardableResult
    mutating func read(
        _ observation: ReadObservation,
        at start: Int,
        until end: Int? = nil,
        during hints: [ChangeHint] = []
    ) -> Settling.Outcome {
        decide(observation, at: start, until: end, during: hints).outcome
    }

    /// Reads as ``read(_:at:until:during:)`` does and tells which requests are satisfied then.
    mutating func satisfied(_ observation: ReadObservation, at start: Int) -> UInt64 {
        decide(observation, at: start, until: nil, during: []).satisfied.number
    }

    private mutating func decide(
        _ observation: ReadObservation,
        at start: Int,
        until end: Int?,
        during hints: [ChangeHint]
    ) -> Settling.Decision {
        _ = settling.beginRead(at: Self.zero + .milliseconds(start))
        for hint in hints { settling.hear(hint) }
        return settling.endRead(observation, at: Self.zero + .milliseconds(end ?? start + 1))
    }

    /// Settles content at 0 ms and 1,001 ms, so that a story can begin with it.
    static func settled(on observation: ReadObservation) -> SettlingTranscript {
        var transcript = SettlingTranscript()
        transcript.read(observation, at: 0)
        transcript.read(observation, at: 1001)
        return transcript
    }

    /// When the next read is due, in milliseconds, and why.
    var next: Next {
        let planned = settling.nextRead
        let (seconds, attoseconds) = (planned.at - Self.zero).components
        return Next(at: Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000), trigger: planned.trigger)
    }

    struct Next: Equatable, CustomStringConvertible {
        var at: Int
        var trigger: ReadTrigger

        var description: String { "\(trigger) at \(at) ms" }
    }
}

extension ReadObservation {
    /// A stable read of a file with this text.
    static func file(_ text: String) -> ReadObservation {
        .content(ContentFingerprint(of: Array(text.utf8)), isStable: true)
    }

    /// A read of a file with this text that changed under the read.
    static func shifting(_ text: String) -> ReadObservation {
        .content(ContentFingerprint(of: Array(text.utf8)), isStable: false)
    }

    static let missing = ReadObservation.absent(.missing)
}
