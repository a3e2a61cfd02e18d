package import EmergencyStopCore

/// Which entries an operator's request changes, and which it may not.
///
/// A name without an entry is stopped already, so that a typing error would look like a success: it is refused unless
/// somebody runs a workflow of that name, or the operator insists. That somebody watches it proves nothing: who has
/// mistyped it once may have done so in another window, too.
///
/// What others have restrained is never written over, and what is restrained already is restrained once more by who asks
/// for it: each person's restraint stands beside the others', so that nobody lifts another's without knowing.
struct EditPlan {
    private(set) var accepted: [WorkflowName] = []
    private(set) var refusals: [Refusal] = []
    /// What others have restrained, and stays.
    private(set) var kept: [Kept] = []
    /// The entries of others, which stay as they are.
    private var spared: [WorkflowName: [Entry]] = [:]

    /// - Parameters:
    ///   - entries: Those of the stop file.
    ///   - duplicates: All entries of the names that are listed more than once.
    ///   - present: Names that are watched or run; `nil` where no sidecar tells, or ``needsPresence(_:entries:files:)``
    ///     says that nothing hangs on it.
    init(
        _ request: EditRequest, entries: EntryTable, duplicates: [WorkflowName: [Entry]] = [:],
        present: [WorkflowName: EditRequest.Presence]?, files: [String]
    ) {
        for name in request.names {
            let all = duplicates[name] ?? [entries.entry(name)].compactMap(\.self)
            let others = Self.foreign(all, request)
            if let refusal = Self.refusal(of: name, request, entries, present, files) {
                refusals.append(refusal)
            } else if let strictest = others.min(by: { $0.status < $1.status }) {
                // Among several, a name is released by all who have restrained it, or none of them is.
                let liftsOwn = request.names.count == 1 && all.contains { $0.status != .go && !others.contains($0) }
                guard request.status != .go || liftsOwn else {
                    refusals.append(Refusal(name, .foreign(strictest)))
                    continue
                }
                accepted.append(name)
                spared[name] = others
                kept += others.map { Kept(entry: $0, asked: request.status) }
            } else {
                accepted.append(name)
            }
        }
        // A stop does not wait until every name is spelled well; what is released is released whole or not at all.
        if request.status == .go, !refusals.isEmpty {
            refusals += accepted.map { Refusal($0, .heldBack) }
            accepted = []
        }
    }

    /// Whether all that was asked for is done once the accepted edits are.
    func isWhole(_ request: EditRequest) -> Bool {
        refusals.isEmpty && kept.allSatisfy { $0.entry.status >= request.status }
    }

    /// What is to be changed in the file.
    func edits(_ request: EditRequest) -> [StopFileEditor.Edit] {
        accepted.map { name in
            StopFileEditor.Edit(
                name: name, status: request.status, reason: request.reason, by: request.by, at: request.at,
                addsEntry: true, spares: spared[name] ?? []
            )
        }
    }

    /// Whether who watches and runs what has to be known: a name has no entry, and an entry is not enough of an answer.
    static func needsPresence(_ request: EditRequest, entries: EntryTable, files: [String]) -> Bool {
        request.names.contains { name in
            guard entries.entry(name) == nil, !name.isEverything else { return false }
            if request.status == .go, name.isPattern { return false }
            if request.addsEntries { return files.contains(name.text) }
            return request.status == .go || !name.matchesEntry(of: entries)
        }
    }

    private static func refusal(
        of name: WorkflowName, _ request: EditRequest, _ entries: EntryTable,
        _ present: [WorkflowName: EditRequest.Presence]?, _ files: [String]
    ) -> Refusal? {
        guard entries.entry(name) == nil else { return nil }
        if request.status == .go, name.isPattern {
            // Where it matches something, it is as it should be; else it is mistyped, perhaps.
            return name.isEverything || name.matchesEntry(of: entries) ? nil : Refusal(name, .nothingToRelease)
        }
        if name.isEverything { return nil }
        // What was to be added is then hardly what was meant.
        if request.addsEntries {
            let isFile = files.contains(name.text) && present?[name].map { $0.runs > 0 } != true
            return isFile ? Refusal(name, .fileName) : nil
        }
        if request.status != .go, name.matchesEntry(of: entries) { return nil }
        if request.status != .go, (present ?? [:]).contains(where: { $1.runs > 0 && name.matches($0) }) { return nil }
        return Refusal(name, unknown(name, entries, present, files))
    }

    /// The restraints that somebody else has made, unless the operator insists: a reason without a name is somebody's,
    /// too.
    private static func foreign(_ entries: [Entry], _ request: EditRequest) -> [Entry] {
        guard !request.overrides else { return [] }
        return entries.filter { entry in
            entry.status != .go && (entry.by.map { $0 != request.by } ?? (entry.reason != nil))
        }
    }

    private static func unknown(
        _ name: WorkflowName, _ entries: EntryTable, _ present: [WorkflowName: EditRequest.Presence]?,
        _ files: [String]
    ) -> Refusal.Cause {
        if let presence = present?[name], presence.runs > 0 { return .noEntry(presence) }
        if files.contains(name.text) { return .fileName }
        let running = (present ?? [:]).filter { $1.runs > 0 }.keys.map(\.text)
        let known = (0..<entries.count).map { entries.name(at: $0).text } + running
        return .unknown(
            suggestion: suggestion(for: name.text, among: known), runsAreKnown: present != nil,
            watchers: (present ?? [:]).filter { name.matches($0.key) }.values.reduce(0) { $0 + $1.watchers }
        )
    }
}

extension EditPlan {
    /// Why a name is left as it is.
    struct Refusal: Hashable, CustomStringConvertible {
        enum Cause: Hashable {
            /// Neither an entry nor anyone, as far as is known, who runs it.
            case unknown(suggestion: String?, runsAreKnown: Bool, watchers: Int)
            /// Somebody runs it, and there is no entry that could go.
            case noEntry(EditRequest.Presence)
            /// As ``unknown(suggestion:runsAreKnown:watchers:)``, or to be added, and a file of that name is in the
            /// working directory.
            case fileName
            /// A pattern without an entry restrains nothing.
            case nothingToRelease
            /// Somebody else has restrained it.
            case foreign(Entry)
            /// Another of the names is refused, and all are released or none.
            case heldBack
        }

        let name: WorkflowName
        let cause: Cause

        init(_ name: WorkflowName, _ cause: Cause) {
            self.name = name
            self.cause = cause
        }

        /// The cause in a word, for programs.
        var code: String {
            switch cause {
            case .unknown: "unknown-workflow"
            case .noEntry: "no-entry"
            case .fileName: "file-name"
            case .nothingToRelease: "nothing-to-release"
            case .foreign: "restrained-by-another"
            case .heldBack: "held-back"
            }
        }

        var description: String {
            let shown = Printable.text(name.text)
            switch cause {
            case .unknown(let suggestion, let runsAreKnown, let watchers):
                var kind = name.isPattern ? "matches no workflow" : "unknown workflow"
                if !runsAreKnown { kind = "no entry, and without a sidecar its runs are unknown" }
                if watchers > 0 { kind += " (watched, but with no entry and no run)" }
                let everything = name.text.lowercased() == "all" ? "; for everything: --all" : ""
                return "\(shown): \(kind); nothing changed\(didYouMean(suggestion))\(everything)"
                    + "\(suggestion == nil ? "." : "") To add an entry: --add"
            case .noEntry(let presence):
                return "\(shown): no entry, so it is stopped (runs: \(presence.runs), watchers: \(presence.watchers)); "
                    + "nothing changed. To add an entry: --add"
            case .fileName:
                return "\(shown): no entry, but a file of that name is here: did the shell expand a *? Nothing was "
                    + "changed for it. Quote the pattern, as in 'Satellite*', or use --prefix Satellite, or --all; "
                    + "if you do mean this name, run it from another directory"
            case .nothingToRelease:
                return "\(shown): the pattern has no entry and matches none, so it restrains nothing, and nothing was "
                    + "changed for it; a pattern cannot make anything go"
            case .foreign(let entry):
                return "\(entry.account). Nothing changed. To lift another person's \(entry.status): "
                    + "--override"
            case .heldBack:
                return "\(shown): nothing changed: of names given together, all are released or none"
            }
        }

        private func didYouMean(_ suggestion: String?) -> String {
            guard let suggestion else { return "" }
            // Canonically equivalent: it looks the same and is another name.
            let how = suggestion == name.text ? " (the same letters in another encoding)" : ""
            return "; did you mean \(Printable.text(suggestion))\(how)?"
        }
    }

    /// An entry of somebody else that stays.
    struct Kept: Hashable, CustomStringConvertible {
        let entry: Entry
        let asked: WorkflowStatus

        var description: String {
            asked == .go
                ? "\(entry.account). That stays; only yours was lifted. To lift another person's "
                    + "\(entry.status): --override"
                : "\(entry.account). That stays beside your entry. To replace it: --override"
        }
    }
}

extension Entry {
    /// Who has restrained it, when and why.
    fileprivate var account: String {
        let why = reason.map { ": \(Printable.text($0))" } ?? " without a reason"
        let when = at.map { ", \(Printable.text(LocalTime.column($0)))" } ?? ""
        return "\(Printable.text(name.text)): \(status) by \(Printable.text(by ?? "somebody"))\(when)\(why)"
    }
}

extension EntryTable {
    /// The entry with this name.
    func entry(_ name: WorkflowName) -> Entry? {
        position(ofName: name).map { self[$0] }
    }
}

extension WorkflowName {
    package static let everything = WorkflowName(validated: "*")

    /// Whether this is a pattern that matches an entry.
    fileprivate func matchesEntry(of entries: EntryTable) -> Bool {
        isPattern && (0..<entries.count).contains { matches(entries.name(at: $0)) }
    }

    /// Whether this is the pattern that matches every name.
    var isEverything: Bool { self == .everything }
}
