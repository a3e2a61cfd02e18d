/// The sessions that watch one name, in the order in which they began to: told one after the other, what the kernel
/// and this process have of each lies side by side more often than not.
struct Watchers: Sendable {
    /// As many are found by looking at each.
    private static let searchLimit = 16

    private(set) var sessions: [SessionID] = []
    /// Where each stands, once they are many.
    private var places: [SessionID: Int] = [:]

    var isEmpty: Bool { sessions.isEmpty }
    var count: Int { sessions.count }

    /// Adds a session, which is none of them yet.
    mutating func insert(_ session: SessionID) {
        sessions.append(session)
        if sessions.count > Self.searchLimit {
            if places.isEmpty {
                for (place, session) in sessions.enumerated() { places[session] = place }
            } else {
                places[session] = sessions.count - 1
            }
        }
    }

    /// Removes a session in constant time: the last one takes its place.
    mutating func remove(_ session: SessionID) {
        guard let place = places.isEmpty ? sessions.firstIndex(of: session) : places[session] else { return }
        let last = sessions.removeLast()
        if last != session { sessions[place] = last }
        guard !places.isEmpty else { return }
        places[session] = nil
        if last != session { places[last] = place }
        if sessions.count <= Self.searchLimit { places = [:] }
    }
}
