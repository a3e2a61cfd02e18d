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

        package init(
            name: WorkflowName, status: WorkflowStatus, reason: String? = nil, by: String? = nil, at: String? = nil,
            addsEntry: Bool = false
        ) {
            self.name = name
            self.status = status
            self.reason = reason
            self.by = by
            self.at = at
            self.addsEntry = addsEntry
        }
    }

    /// What an edit does.
    package enum Effect: Sendable, Hashable {
        /// The file says so already.
        case unchanged
        case changed
        case added
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

    private let bytes: [UInt8]
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
            objects.map { StopFile(parsing: Array(bytes[$0.range])).entries[0] }
        }
    }

    /// The table of entries knows one object of each name; an edit has to reach every one.
    private static func objects(of bytes: [UInt8]) -> [(name: WorkflowName, range: Range<Int>)] {
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
        let effects = edits.map(effect)
        var changes: [WorkflowName: Edit] = [:]
        var additions: [Edit] = []
        for (edit, effect) in zip(edits, effects) {
            switch effect {
            case .changed: changes[edit.name] = edit
            case .added:
                additions.removeAll { $0.name == edit.name }
                additions.append(edit)
            case .unchanged, .missing: continue
            }
        }
        guard !changes.isEmpty || !additions.isEmpty else { return Outcome(bytes: bytes, effects: effects) }
        var edited: [UInt8] = []
        edited.reserveCapacity(bytes.count + 256 * (changes.count + additions.count))
        var position = 0
        for (name, range) in objects {
            guard let change = changes[name] else { continue }
            edited += bytes[position..<range.lowerBound]
            var object = EntryObject(bytes[range])
            object.apply(change)
            edited += object.bytes
            position = range.upperBound
        }
        edited += bytes[position...]
        if !additions.isEmpty { edited = FileEnd(edited, lastEntry: lastObject(in: edited)).adding(additions) }
        try check(edited, changes: changes, additions: additions)
        return Outcome(bytes: edited, effects: effects)
    }

    /// The content of a file that stops everything.
    package static func stoppingEverything(reason: String?, by: String?, at: String?) -> [UInt8] {
        let edit = Edit(name: WorkflowName(validated: "*"), status: .stop, reason: reason, by: by, at: at)
        return EntryObject.Layout.oneLine.object(edit) + [UInt8(ascii: "\n")]
    }

    private func effect(_ edit: Edit) -> Effect {
        var text = edit.name.text
        guard let position = text.withUTF8({ entries.position(of: $0.span) }) else {
            return edit.addsEntry ? .added : .missing
        }
        let entry = entries[position]
        let saysSo = entry.status == edit.status && !entry.isInvalid
        return saysSo && (edit.reason == nil || edit.reason == entry.reason) ? .unchanged : .changed
    }

    private func lastObject(in edited: [UInt8]) -> (last: ArraySlice<UInt8>, before: ArraySlice<UInt8>?)? {
        let objects = Self.objects(of: edited)
        guard let last = objects.last else { return nil }
        let previous = objects.dropLast().last.map { edited[$0.range.upperBound..<last.range.lowerBound] }
        return (edited[last.range], previous)
    }

    /// Reads the result as the sidecar will: it must say what was asked for, and of everything else the same as before.
    private func check(
        _ edited: [UInt8], changes: [WorkflowName: Edit], additions: [Edit]
    ) throws(Failure) {
        let file = StopFile(parsing: edited)
        if let malformation = file.malformation {
            throw Failure(description: "the edited file would be malformed: \(malformation)")
        }
        let after = file.entries
        guard after.count == entries.count + additions.count else {
            throw Failure(description: "the edited file would have \(after.count) entries")
        }
        for edit in Array(changes.values) + additions {
            var text = edit.name.text
            let entry = text.withUTF8 { after.position(of: $0.span) }.map { after[$0] }
            let wanted = Entry(name: edit.name, status: edit.status, reason: edit.reason, by: edit.by, at: edit.at)
            guard entry == wanted else {
                throw Failure(description: "the entry \(edit.name) would not be as asked for")
            }
        }
        for position in 0..<entries.count where changes[entries.name(at: position)] == nil {
            guard let other = after.position(ofEntryAt: position, in: entries),
                entries.isSameEntry(at: position, as: other, in: after)
            else { throw Failure(description: "the entry \(entries.name(at: position)) would change, too") }
        }
    }
}
