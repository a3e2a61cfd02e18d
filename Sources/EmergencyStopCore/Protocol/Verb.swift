/// The requests of the line protocol, by their first word.
package enum Verb: String, Sendable, CaseIterable {
    case status, watch, unwatch, list, enter, leave, ps, ping, sync, info, history, metrics, hello

    /// The request as documentation writes it.
    package var usage: String {
        switch self {
        case .status: "status NAME"
        case .watch: "watch or watch NAME"
        case .unwatch: "unwatch NAME"
        case .list: "list"
        case .enter: "enter NAME<TAB>run=ID"
        case .leave: "leave NAME<TAB>run=ID"
        case .ps: "ps or ps NAME"
        case .ping: "ping TOKEN"
        case .sync: "sync"
        case .info: "info"
        case .history: "history"
        case .metrics: "metrics"
        case .hello: "hello VERSION"
        }
    }

    /// The verb that these bytes spell.
    package init?(_ bytes: Span<UInt8>) {
        // The two that carry the load come first; the rest may take their time.
        if bytes.spells("status") {
            self = .status
        } else if bytes.spells("ping") {
            self = .ping
        } else {
            guard let verb = Self.allCases.first(where: { bytes.spells($0.rawValue) }) else { return nil }
            self = verb
        }
    }
}

extension Span<UInt8> {
    /// Whether both are the same bytes.
    package func isSame(as other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        for index in 0..<count where self[index] != other[index] { return false }
        return true
    }

    /// Whether the bytes are those of the word.
    package func spells(_ word: String) -> Bool {
        let utf8 = word.utf8
        guard utf8.count == count else { return false }
        var index = 0
        for byte in utf8 {
            guard self[index] == byte else { return false }
            index += 1
        }
        return true
    }
}
