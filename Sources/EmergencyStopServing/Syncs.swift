internal import EmergencyStopCore

/// Who waits for a read that was asked for, in the order of asking.
struct Syncs: Sendable {
    private struct Waiting {
        var request: ReadRequest
        var session: SessionID
        var uid: UInt32
    }

    private var waiting: [Waiting] = []
    /// Those before this place have been taken.
    private var start = 0
    private var satisfied = ReadRequest.none

    mutating func append(_ request: ReadRequest, _ session: SessionID, _ uid: UInt32) {
        waiting.append(Waiting(request: request, session: session, uid: uid))
    }

    /// Every request up to this one is satisfied.
    mutating func satisfy(_ request: ReadRequest) { satisfied = max(satisfied, request) }

    /// Takes the next that waits no longer.
    mutating func next() -> (session: SessionID, uid: UInt32)? {
        guard start < waiting.count, waiting[start].request <= satisfied else { return nil }
        defer {
            start += 1
            if start == waiting.count || start >= 1024 && start * 2 >= waiting.count {
                waiting.removeFirst(start)
                start = 0
            }
        }
        return (waiting[start].session, waiting[start].uid)
    }
}
