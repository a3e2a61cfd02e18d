internal import EmergencyStopCore

/// How the stop file is read, by one thread at a time: hear, read, settle, tell.
struct Reading: ~Copyable {
    private let inbox: ReaderInbox
    private let activityChanged: @Sendable (ReaderActivity.Phase) -> Void
    private let sink: @Sendable (SourceEvent) -> Void
    private var reader: StopFileReader
    private var interpreter: StopFileInterpreter
    private var settling: Settling

    init(
        configuration: StopFileConfiguration,
        inbox: ReaderInbox,
        activityChanged: @escaping @Sendable (ReaderActivity.Phase) -> Void,
        sink: @escaping @Sendable (SourceEvent) -> Void
    ) {
        self.inbox = inbox
        self.activityChanged = activityChanged
        self.sink = sink
        reader = StopFileReader(path: configuration.path, sizeLimit: configuration.sizeLimit)
        interpreter = StopFileInterpreter(sizeLimit: configuration.sizeLimit)
        settling = Settling(
            times: configuration.settlingTimes, pollInterval: configuration.pollInterval, startAt: .now
        )
    }

    /// Hears what has come, and reads where it is time for that; says when to read next.
    mutating func readIfDue() -> ContinuousClock.Instant {
        hear(inbox.take())
        if settling.nextRead.at <= .now {
            read()
            activityChanged(.waiting)
        }
        return settling.nextRead.at
    }

    /// Hears what has come, and reads where that calls for it at once; says when to read next.
    ///
    /// For the thread that hears: as it hears nothing meanwhile, it never makes the read that settles.
    mutating func readIfHeard() -> ContinuousClock.Instant {
        hear(inbox.take())
        let next = settling.nextRead
        if next.trigger == .hint, next.at <= .now, !settling.isSettling {
            read()
            activityChanged(.waiting)
        }
        return settling.nextRead.at
    }

    private mutating func read() {
        let start = ContinuousClock.now
        let trigger = settling.beginRead(at: start)
        activityChanged(.reading)
        let found = reader.read()
        let end = ContinuousClock.now
        activityChanged(.handling)
        // What was heard during the read counts against it.
        hear(inbox.take())
        let (finding, satisfied) = interpret(found, readUntil: end)
        sink(SourceEvent(finding: finding, readAt: start, trigger: trigger, satisfied: satisfied))
        settling.finishHandling(at: .now)
    }

    private mutating func hear(_ contents: ReaderInbox.Contents) {
        for hint in contents.hints { settling.hear(hint) }
        settling.request(contents.requested)
    }

    private mutating func interpret(
        _ found: FileRead,
        readUntil end: ContinuousClock.Instant
    ) -> (SourceEvent.Finding, ReadRequest) {
        switch found {
        case .file(let content):
            let fingerprint = ContentFingerprint(of: content.bytes)
            let decision = settling.endRead(
                .content(fingerprint, isStable: content.isStable), at: end
            )
            let finding = Self.finding(
                decision.outcome,
                shown: interpreter.entries(content, fingerprint),
                settled: interpreter.state(content, fingerprint),
                found: interpreter.provenance(of: content)
            )
            return (finding, decision.satisfied)
        case .absent(let absence):
            let decision = settling.endRead(.absent(absence), at: end)
            let finding = Self.finding(
                decision.outcome, shown: EntryTable(), settled: interpreter.state(absence), found: nil
            )
            return (finding, decision.satisfied)
        case .failed(let reason):
            let decision = settling.endRead(.failed(reason), at: end)
            return (.failed(reason), decision.satisfied)
        }
    }

    private static func finding(
        _ outcome: Settling.Outcome,
        shown: @autoclosure () -> EntryTable,
        settled: @autoclosure () -> SettledState,
        found: @autoclosure () -> Provenance?
    ) -> SourceEvent.Finding {
        switch outcome {
        case .shown: .shown(shown())
        case .settled: .settled(settled())
        case .verified: .verified(found())
        case .failed(let reason): .failed(reason)
        }
    }
}
