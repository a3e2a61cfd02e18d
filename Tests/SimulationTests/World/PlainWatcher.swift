/// Somebody at the socket without the library, who watches all, and one name besides.
final class PlainWatcher {
    private(set) var wire: Wire?
    private(set) var told = [0, 0, 0]
    private(set) var hasAll = false
    private var owed: Set<Int> = []
    private var partial: [UInt8] = []

    func connect(_ wire: Wire) {
        self.wire = wire
        told = [0, 0, 0]
        owed = []
        partial = []
        hasAll = false
        wire.ask(Array("watch\nwatch A\nsync\n".utf8))
    }

    func leave() {
        wire?.isClosedByClient = true
        wire = nil
        owed = []
    }

    func hear(_ count: Int) {
        guard let wire else { return }
        partial += wire.receiveAtClient(count)
        while let end = partial.firstIndex(of: 10) {
            let line = String(decoding: partial[..<end], as: UTF8.self)
            partial.removeFirst(end + 1)
            let words = line.prefix { $0 != "\t" }.split(separator: " ").map(String.init)
            if words.first == "watching" { hasAll = true }
            guard words.count == 2, let name = FileText.names.firstIndex(of: words[1]),
                let level = ["stop", "pause", "go"].firstIndex(of: words[0])
            else { continue }
            told[name] = level
            if level == 0 { owed.remove(name) }
        }
        if wire.isBroken || wire.isClosedBySidecar { leave() }
    }

    func owe(_ names: [Int]) {
        for name in names where told[name] > 0 { owed.insert(name) }
    }

    /// All is handled: what is owed must have been told.
    var isOwed: Bool { wire != nil && !owed.isEmpty }
}
