internal import EmergencyStopCore
internal import Glibc
internal import Resilience

/// The entry that a drill stops, and how it was before.
struct DrillEntry {
    let name: WorkflowName
    let path: String
    private let advice: Advice
    private let original: [UInt8]
    private let entry: Entry
    private let edit: StopFileEditor.Edit

    /// Reads the entry, which has to be go.
    init(_ name: WorkflowName, in path: String, _ advice: Advice) throws(DrillFailure) {
        self.advice = advice
        self.name = name
        self.path = path
        original = try Self.bytes(path)
        guard let entry = try Self.editor(original, path).entries.entry(name) else {
            throw DrillFailure(
                "\(path) has no entry \(name). Add it: \(advice.edit("go \(Advice.quoted(name.text)) --add"))")
        }
        guard entry.status == .go else {
            let by = entry.by.map { " by \($0)" } ?? ""
            throw DrillFailure(Printable.text("\(name) is \(entry.status)\(by) in \(path): a drill begins with go"))
        }
        self.entry = entry
        edit = StopFileEditor.Edit(
            name: name, status: .stop, reason: "drill", by: Operator.name, at: WallClock.now, addsEntry: true
        )
    }

    /// Stops the entry; gives when the file was replaced.
    func stop() throws(DrillFailure) -> ContinuousClock.Instant { try write(edit) }

    /// Puts the entry back, byte for byte where nothing else has changed; gives when the file was replaced.
    ///
    /// Somebody else's stop stays: what the entry says now has to be what the drill wrote.
    func putBack() throws(DrillFailure) -> ContinuousClock.Instant {
        let limit = Duration.seconds(15)
        let lock = ReplacementLock(of: path, patience: limit, until: .now + limit)
        defer { withExtendedLifetime(lock) {} }
        guard lock.outcome == .held else { throw notBack("\(lock.path) cannot be locked") }
        let now = try Self.bytes(path)
        let editor = try Self.editor(now, path)
        let present = editor.duplicates[name] ?? [editor.entries.entry(name)].compactMap(\.self)
        if editor.entries.entry(name) == entry { return .now }
        let own = Entry(name: name, status: edit.status, reason: edit.reason, by: edit.by, at: edit.at)
        guard present.contains(own) else {
            throw DrillFailure("the entry \(name) was changed by somebody else during the drill; it is left as it is")
        }
        do {
            var contents = original
            if try StopFileEditor(original).applying([edit]).bytes != now {
                // Other entries have changed meanwhile, or somebody else has stopped this one as well.
                let back = StopFileEditor.Edit(
                    name: name, status: entry.status, reason: entry.reason, by: entry.by, at: entry.at,
                    spares: present.filter { $0 != own }
                )
                contents = try editor.applying([back]).bytes
            }
            var file = DesiredFile(path: path, contents: contents, metadataPolicy: .bestEffort)
            file.takesLock = false
            file.narrowsAccess = false
            return try file.apply(expecting: .contents(now)).replacedAt ?? .now
        } catch {
            throw notBack("\(error)")
        }
    }

    private func notBack(_ why: String) -> DrillFailure {
        DrillFailure(
            "\(name) is still stopped in \(path): \(why). Put it back: \(advice.edit("go \(Advice.quoted(name.text))"))"
        )
    }

    private func write(_ edit: StopFileEditor.Edit) throws(DrillFailure) -> ContinuousClock.Instant {
        let request = EditRequest(
            names: [name], status: edit.status, reason: edit.reason, by: edit.by, at: edit.at
        )
        do throws(EditError) {
            return try StopFileUpdate(path: path, request: request, files: []).perform { [:] }.replacedAt
        } catch {
            throw DrillFailure(error.text(advice))
        }
    }

    private static func bytes(_ path: String) throws(DrillFailure) -> [UInt8] {
        do throws(FileReading.Failure) {
            return try FileReading.bytesOfRegularFile(path)
        } catch {
            throw DrillFailure("\(path): \(error)")
        }
    }

    private static func editor(_ bytes: [UInt8], _ path: String) throws(DrillFailure) -> StopFileEditor {
        do throws(StopFileEditor.Malformed) {
            return try StopFileEditor(bytes)
        } catch {
            throw DrillFailure("\(path):\(error.diagnostic)")
        }
    }
}

/// Why a drill has failed.
struct DrillFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
