internal import EmergencyStop

/// Which entries an operator's request changes, and which it may not.
///
/// A name without an entry is stopped already, so that a typing error would look like a success: it is refused unless
/// somebody runs or watches a workflow of that name, or the operator insists.
struct EditPlan {
    private(set) var accepted: [WorkflowName] = []
    private(set) var refusals: [Refusal] = []
    /// What others have restrained as asked for, and given a reason for: it stays as it is, so that nobody takes
    /// another's stop over, to lift it, without knowing.
    private(set) var kept: [Kept] = []

    /// - Parameters:
    ///   - entries: Those of the stop file.
    ///   - duplicates: All entries of the names that are listed more than once.
    ///   - present: Names that are watched or run; `nil` where no sidecar tells. Asked for where it decides.
    init(
        _ request: EditRequest, entries: EntryTable, duplicates: [WorkflowName: [Entry]] = [:],
        present: @autoclosure () -> [WorkflowName: EditRequest.Presence]?, files: [String]
    ) {
        for name in request.names {
            let foreign = Self.foreign(duplicates[name] ?? [entries.entry(name)].compactMap(\.self), request)
            if let refusal = Self.refusal(of: name, request, entries, present, files) {
                refusals.append(refusal)
            } else if let entry = foreign, entry.status < request.status {
                refusals.append(Refusal(name, .foreign(entry)))
            } else {
                accepted.append(name)
                if let reason = request.reason, let entry = foreign, entry.status == request.status,
                    entry.reason != reason
                {
                    kept.append(Kept(entry: entry))
                }
            }
        }
        // A stop does not wait until every name is spelled well; what is released is released whole or not at all.
        if request.status == .go, !refusals.isEmpty { accepted = [] }
    }

    private static func refusal(
        of name: WorkflowName, _ request: EditRequest, _ entries: EntryTable,
        _ present: () -> [WorkflowName: EditRequest.Presence]?, _ files: [String]
    ) -> Refusal? {
        guard entries.entry(name) == nil else { return nil }
        if request.status == .go, name.isPattern { return Refusal(name, .nothingToRelease) }
        if request.addsEntries || name.isEverything { return nil }
        if request.status != .go, name.matchesEntry(of: entries) { return nil }
        let present = present()
        if request.status != .go, (present ?? [:]).keys.contains(where: { name.matches($0) }) { return nil }
        return Refusal(name, unknown(name, entries, present, files))
    }

    /// The most restrictive entry that somebody else has made, unless the operator insists.
    private static func foreign(_ entries: [Entry], _ request: EditRequest) -> Entry? {
        guard !request.overrides else { return nil }
        return entries.filter { $0.status != .go && $0.by != nil && $0.by != request.by }.min { $0.status < $1.status }
    }

    private static func unknown(
        _ name: WorkflowName, _ entries: EntryTable, _ present: [WorkflowName: EditRequest.Presence]?,
        _ files: [String]
    ) -> Refusal.Cause {
        if let presence = present?[name] { return .noEntry(presence) }
        if files.contains(name.text) { return .fileName }
        let known = (0..<entries.count).map { entries.name(at: $0).text } + (present ?? [:]).keys.map(\.text)
        return .unknown(suggestion: suggestion(for: name.text, among: known), runsAreKnown: present != nil)
    }
}

extension EditPlan {
    /// Why a name is left as it is.
    struct Refusal: Hashable, CustomStringConvertible {
        enum Cause: Hashable {
            /// Neither an entry nor anyone, as far as is known, who runs or watches it.
            case unknown(suggestion: String?, runsAreKnown: Bool)
            /// Somebody runs or watches it, and there is no entry that could go.
            case noEntry(EditRequest.Presence)
            /// As ``unknown(suggestion:runsAreKnown:)``, and a file of that name is in the working directory.
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
            case .unknown(let suggestion, let runsAreKnown):
                var kind = name.isPattern ? "no entry, and none that \(shown) matches" : "no entry, no run of that name"
                if !runsAreKnown { kind = "no entry, and no sidecar tells whether there is a run of that name" }
                return "\(shown): \(kind)\(didYouMean(suggestion)) "
                    + "Nothing was changed for it. To add an entry: --add"
            case .noEntry(let presence):
                return "\(shown): no entry, so it is stopped (runs: \(presence.runs), watchers: \(presence.watchers)). "
                    + "Nothing was changed for it. To add an entry: --add"
            case .fileName:
                return "\(shown): no entry, but a file of that name is here: did the shell expand a *? "
                    + "Quote the pattern, as in 'Satellite*', or use --prefix Satellite, or --all"
            case .nothingToRelease:
                return "\(shown): the pattern has no entry, so it restrains nothing; a pattern cannot make anything go"
            case .foreign(let entry):
                return "\(entry.account). To lift another person's \(entry.status): --override"
            }
        }

        private func didYouMean(_ suggestion: String?) -> String {
            guard let suggestion else { return "." }
            // Canonically equivalent: it looks the same and is another name.
            let how = suggestion == name.text ? " (the same letters in another encoding)" : ""
            return "; did you mean \(Printable.text(suggestion))\(how)?"
        }
    }

    /// An entry of somebody else that says the status asked for.
    struct Kept: Hashable, CustomStringConvertible {
        let entry: Entry

        var description: String { "\(entry.account). That stays as it is; to put yours in its place: --override" }
    }
}

extension Entry {
    /// Who has restrained it, when and why.
    fileprivate var account: String {
        let why = reason.map { ": \(Printable.text($0))" } ?? " without a reason"
        let when = at.map { ", \(Printable.text(LocalTime.text($0)))" } ?? ""
        return "\(Printable.text(name.text)): \(status) by \(Printable.text(by ?? "somebody"))\(when)\(why)"
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

    /// Whether this is a pattern that matches an entry.
    fileprivate func matchesEntry(of entries: EntryTable) -> Bool {
        isPattern && (0..<entries.count).contains { matches(entries.name(at: $0)) }
    }

    /// Whether this is the pattern that matches every name.
    var isEverything: Bool { self == .everything }
}
