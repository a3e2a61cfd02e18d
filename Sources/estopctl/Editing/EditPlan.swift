internal import EmergencyStop

/// Which entries an operator's request changes, and which it may not.
///
/// A name without an entry is stopped already, so that a typing error would look like a success: it is refused unless
/// somebody runs or watches a workflow of that name, or the operator insists.
struct EditPlan {
    private(set) var accepted: [WorkflowName] = []
    private(set) var refusals: [Refusal] = []

    /// - Parameters:
    ///   - entries: Those of the stop file.
    ///   - present: Names that are watched or run; none where no sidecar tells.
    init(
        _ request: EditRequest, entries: EntryTable, present: [WorkflowName: EditRequest.Presence],
        files: [String]
    ) {
        for name in request.names {
            if let refusal = Self.refusal(of: name, request, entries, present, files) {
                refusals.append(refusal)
            } else {
                accepted.append(name)
            }
        }
        // A stop does not wait until every name is spelled well; what is released is released whole or not at all.
        if request.status == .go, !refusals.isEmpty { accepted = [] }
    }

    private static func refusal(
        of name: WorkflowName, _ request: EditRequest, _ entries: EntryTable,
        _ present: [WorkflowName: EditRequest.Presence], _ files: [String]
    ) -> Refusal? {
        guard let entry = entries.entry(name) else {
            if request.status == .go, name.isPattern { return Refusal(name, .nothingToRelease) }
            if request.addsEntries || name.isEverything { return nil }
            if request.status != .go, isPresent(name, entries, present) { return nil }
            return Refusal(name, unknown(name, entries, present, files))
        }
        if entry.status < request.status, !request.overrides, let by = entry.by, by != request.by {
            return Refusal(name, .foreign(entry))
        }
        return nil
    }

    /// Whether anything answers to the name: for a pattern, whether it matches anything.
    private static func isPresent(
        _ name: WorkflowName, _ entries: EntryTable, _ present: [WorkflowName: EditRequest.Presence]
    ) -> Bool {
        if present.keys.contains(where: { name.matches($0) }) { return true }
        return name.isPattern && (0..<entries.count).contains { name.matches(entries.name(at: $0)) }
    }

    private static func unknown(
        _ name: WorkflowName, _ entries: EntryTable, _ present: [WorkflowName: EditRequest.Presence],
        _ files: [String]
    ) -> Refusal.Cause {
        if files.contains(name.text) { return .fileName }
        let known = (0..<entries.count).map { entries.name(at: $0).text } + present.keys.map(\.text)
        return .unknown(suggestion: suggestion(for: name.text, among: known))
    }
}

extension EditPlan {
    /// Why a name is left as it is.
    struct Refusal: Hashable, CustomStringConvertible {
        enum Cause: Hashable {
            /// Neither an entry nor anyone who runs or watches it.
            case unknown(suggestion: String?)
            /// The same, and a file of that name is in the working directory.
            case fileName
            /// A pattern without an entry restrains nothing.
            case nothingToRelease
            /// Somebody else has restrained it.
            case foreign(Entry)
        }

        let name: WorkflowName
        let cause: Cause

        init(_ name: WorkflowName, _ cause: Cause) {
            self.name = name
            self.cause = cause
        }

        var description: String {
            let shown = Printable.text(name.text)
            switch cause {
            case .unknown(let suggestion):
                let kind = name.isPattern ? "no entry, and none that \(shown) matches" : "no entry, no run of that name"
                let hint = suggestion.map { "; did you mean \(Printable.text($0))?" } ?? "."
                return "\(shown): \(kind)\(hint) Nothing was changed for it. To add an entry: --add"
            case .fileName:
                return "\(shown): no entry, but a file of that name is here: did the shell expand a *? "
                    + "Quote the pattern, as in 'Satellite*', or use --prefix Satellite, or --all"
            case .nothingToRelease:
                return "\(shown): the pattern has no entry, so it restrains nothing; a pattern cannot make anything go"
            case .foreign(let entry):
                let why = entry.reason.map { ": \(Printable.text($0))" } ?? " without a reason"
                let when = entry.at.map { ", \(Printable.text($0))" } ?? ""
                return "\(shown): \(entry.status) by \(Printable.text(entry.by ?? "somebody"))\(when)\(why). "
                    + "To lift another person's \(entry.status): --override"
            }
        }
    }
}

extension EntryTable {
    /// The entry with this name.
    func entry(_ name: WorkflowName) -> Entry? {
        var text = name.text
        return text.withUTF8 { position(of: $0.span) }.map { self[$0] }
    }
}

extension WorkflowName {
    static let everything = WorkflowName(validated: "*")

    /// Whether this is the pattern that matches every name.
    var isEverything: Bool { self == .everything }
}
