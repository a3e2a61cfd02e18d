/// Changes entries of a stop file and nothing else of it: every byte outside the entries named stays as it is.
package struct StopFileEditor: Sendable {
    /// What an entry is to say.
    package struct Edit: Sendable, Hashable {
        package var name: WorkflowName
        package var status: WorkflowStatus
        package var reason: String?
        package var by: String?
        package var at: String?
        /// Whether an entry is added where none has this name.
        package var addsEntry: Bool
        /// Entries of this name that stay as they are: the edit is made to its others, or added beside these.
        package var spares: [Entry]

        package init(
            name: WorkflowName, status: WorkflowStatus, reason: String? = nil, by: String? = nil, at: String? = nil,
            addsEntry: Bool = false, spares: [Entry] = []
        ) {
            self.name = name
            self.status = status
            self.reason = reason
            self.by = by
            self.at = at
            self.addsEntry = addsEntry
            self.spares = spares
        }

        /// Whether entries of the name are taken out: go makes a pattern one that restrains nothing.
        fileprivate var isRemoval: Bool { status == .go && name.isPattern }

        fileprivate var entry: Entry { Entry(name: name, status: status, reason: reason, by: by, at: at) }

        /// Whether the entry is as the edit would have it: a restraint is that of who asks for it, and of nobody else.
        fileprivate func says(_ entry: Entry) -> Bool {
            entry.status == status && !entry.isInvalid && (reason == nil || reason == entry.reason)
                && (status == .go || entry.by == by)
        }
    }

    /// What an edit does.
    package enum Effect: Sendable, Hashable {
        /// The file says so already.
        case unchanged
        case changed
        case added
        /// A pattern that restrains nothing needs no entry.
        case removed
        /// No entry has the name, and none was to be added.
        case missing
    }

    /// The file with the edits.
    package struct Outcome: Sendable {
        package var bytes: [UInt8]
        /// What each edit does, in their order.
        package var effects: [Effect]
    }

    /// A malformed file cannot be edited: what is meant by it is not known.
    package struct Malformed: Error, Hashable {
        package let diagnostic: Diagnostic
    }

    /// The edited file would not be what was asked for, so it must not be written. A defect of the editor.
    package struct Failure: Error, Hashable, CustomStringConvertible {
        package let description: String
    }

    let bytes: [UInt8]
    /// The entries as they are.
    package let entries: EntryTable
    /// Where the objects stand, in the order of the file, with their names; a name that is listed twice twice.
    private let objects: [(name: WorkflowName, range: Range<Int>)]

    /// Reads a file.
    package init(_ bytes: [UInt8]) throws(Malformed) {
        let file = StopFile(parsing: bytes)
        if let malformation = file.malformation { throw Malformed(diagnostic: malformation) }
        self.bytes = bytes
        entries = file.entries
        objects = Self.objects(of: bytes)
    }

    /// The entries of each name that is listed more than once, of which ``entries`` has the most restrictive.
    package var duplicates: [WorkflowName: [Entry]] {
        guard objects.count > entries.count else { return [:] }
        return Dictionary(grouping: objects) { $0.name }.filter { $1.count > 1 }.mapValues { objects in
            objects.map { entry(at: $0.range) }
        }
    }

    /// The entry that a single object is.
    static func entry(_ object: ArraySlice<UInt8>) -> Entry { StopFile(parsing: Array(object)).entries[0] }

    private func entry(at range: Range<Int>) -> Entry { Self.entry(bytes[range]) }

    private func isSpared(_ range: Range<Int>, by edit: Edit) -> Bool {
        !edit.spares.isEmpty && edit.spares.contains(entry(at: range))
    }

    /// The table of entries knows one object of each name; an edit has to reach every one.
    static func objects(of bytes: [UInt8]) -> [(name: WorkflowName, range: Range<Int>)] {
        var parser = StopFileParser()
        parser.parse(bytes.span)
        let texts = parser.unescaped.isEmpty ? bytes : bytes + parser.unescaped
        return parser.takeRecords().map { record in
            let name = String(decoding: texts[record.name.range], as: UTF8.self)
            return (WorkflowName(validated: name), record.object.range)
        }
    }

    /// The file with these edits, made in their order; of two for the same name the last holds.
    package func applying(_ edits: [Edit]) throws(Failure) -> Outcome {
        let names = Set(edits.map(\.name))
        let places = Dictionary(grouping: objects.filter { names.contains($0.name) }) { $0.name }
        let effects = edits.map { effect($0, on: (places[$0.name] ?? []).map(\.range)) }
        var changes: [WorkflowName: Edit] = [:]
        var additions: [Edit] = []
        var removals: [WorkflowName: Edit] = [:]
        for (edit, effect) in zip(edits, effects) {
            switch effect {
            case .changed: changes[edit.name] = edit
            case .added:
                additions.removeAll { $0.name == edit.name }
                additions.append(edit)
            case .removed: removals[edit.name] = edit
            case .unchanged, .missing: continue
            }
        }
        guard !changes.isEmpty || !additions.isEmpty || !removals.isEmpty else {
            return Outcome(bytes: bytes, effects: effects)
        }
        var edited: [UInt8] = []
        edited.reserveCapacity(bytes.count + 256 * (changes.count + additions.count))
        var position = 0
        var released: Set<WorkflowName> = []
        for (index, (name, range)) in objects.enumerated() {
            guard let change = changes[name], !isSpared(range, by: change) else { continue }
            // Of the restraints of a name that are lifted one entry is left, or there were more after each incident.
            if change.status == .go, !released.insert(name).inserted,
                case let end = objects[index - 1].range.upperBound,
                FileEnd.isSeparator(bytes[end..<range.lowerBound])
            {
                edited += bytes[position..<end]
            } else {
                edited += bytes[position..<range.lowerBound]
                var object = EntryObject(bytes[range])
                object.apply(change)
                edited += object.bytes
            }
            position = range.upperBound
        }
        edited += bytes[position...]
        if !removals.isEmpty { edited = Self.removing(removals, from: edited) }
        if !additions.isEmpty { edited = FileEnd(edited, lastEntry: lastObject(in: edited)).adding(additions) }
        try check(edited, changes: changes, additions: additions, removals: removals)
        return Outcome(bytes: edited, effects: effects)
    }

    /// The content of a file that stops everything.
    ///
    /// - Parameter bytes: What it takes the place of, malformed as it may be: what others have restrained in there stays
    ///   restrained by them.
    package static func stoppingEverything(
        reason: String?, by: String?, at: String?, insteadOf bytes: [UInt8] = []
    ) -> [UInt8] {
        let edit = Edit(name: WorkflowName(validated: "*"), status: .stop, reason: reason, by: by, at: at)
        let others = objects(of: bytes).map { entry(bytes[$0.range]) }.filter { other in
            other.status != .go && (other.by != nil || other.reason != nil) && !edit.says(other)
        }
        let edits = others.map { Edit(name: $0.name, status: $0.status, reason: $0.reason, by: $0.by, at: $0.at) }
        return lines([edit] + edits, behind: [])
    }

    private func effect(_ edit: Edit, on objects: [Range<Int>]) -> Effect {
        let entries = objects.map(entry).filter { !edit.spares.contains($0) }
        if edit.isRemoval { return entries.isEmpty ? .missing : .removed }
        if entries.isEmpty { return edit.addsEntry ? .added : .missing }
        let isAsAsked = entries.contains(where: edit.says) && entries.allSatisfy { $0.status >= edit.status }
        return isAsAsked ? .unchanged : .changed
    }

    func lastObject(in edited: [UInt8]) -> (last: ArraySlice<UInt8>, before: ArraySlice<UInt8>?)? {
        let objects = Self.objects(of: edited)
        guard let last = objects.last else { return nil }
        let previous = objects.dropLast().last.map { edited[$0.range.upperBound..<last.range.lowerBound] }
        return (edited[last.range], previous)
    }

    /// Reads the result as the sidecar will: it must say what was asked for, and of everything else the same as before.
    private func check(
        _ bytes: [UInt8], changes: [WorkflowName: Edit], additions: [Edit], removals: [WorkflowName: Edit]
    ) throws(Failure) {
        let file = StopFile(parsing: bytes)
        if let malformation = file.malformation {
            throw Failure(description: "the edited file would be malformed: \(malformation)")
        }
        let after = file.entries
        let edits = Array(changes.values) + additions
        let edited = Set(edits.map(\.name)).union(removals.keys)
        for (name, edit) in removals {
            guard after.position(ofName: name).map({ edit.spares.contains(after[$0]) }) ?? true else {
                throw Failure(description: "the entry \(name) would not be gone")
            }
        }
        let gone = removals.keys.count { after.position(ofName: $0) == nil }
        let names = additions.count { entries.position(ofName: $0.name) == nil }
        guard after.count == entries.count + names - gone else {
            throw Failure(description: "the edited file would have \(after.count) entries")
        }
        for edit in edits {
            let entry = after.position(ofName: edit.name).map { after[$0] }
            // Of two the more restrictive holds, of two alike the first.
            let isSpared = entry.map { $0.status <= edit.status && edit.spares.contains($0) } ?? false
            guard entry == edit.entry || isSpared else {
                throw Failure(description: "the entry \(edit.name) would not be as asked for")
            }
        }
        try checkSpared(edits + removals.values, in: bytes)
        for position in 0..<entries.count where !edited.contains(entries.name(at: position)) {
            guard let other = after.position(ofEntryAt: position, in: entries),
                entries.isSameEntry(at: position, as: other, in: after)
            else { throw Failure(description: "the entry \(entries.name(at: position)) would change, too") }
        }
    }

    /// Every entry that was to stay must be there still, and the new one beside it, whichever of them holds.
    private func checkSpared(_ edits: [Edit], in bytes: [UInt8]) throws(Failure) {
        let edits = edits.filter { !$0.spares.isEmpty }
        guard !edits.isEmpty else { return }
        let objects = Self.objects(of: bytes)
        for edit in edits {
            let entries = objects.filter { $0.name == edit.name }.map { Self.entry(bytes[$0.range]) }
            guard edit.isRemoval || entries.contains(edit.entry), edit.spares.allSatisfy(entries.contains) else {
                throw Failure(description: "an entry \(edit.name) beside others would not be as asked for")
            }
        }
    }
}
