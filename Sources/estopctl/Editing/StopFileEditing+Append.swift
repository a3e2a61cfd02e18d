internal import EmergencyStopCore
internal import Glibc
internal import Resilience

extension StopFileEditing {
    /// Stops where no new file can take the place of the old, by entries at its end: of two entries of a name the more
    /// restrictive holds, and what is torn restrains no less. Of what others have stopped, too: theirs may be lifted.
    ///
    /// - Returns: `nil` if the file has changed meanwhile.
    func append(to bytes: [UInt8], instead error: FileError, _ result: Result) throws(EditError) -> Result? {
        var done = result
        let editor = try editor(of: bytes)
        let own = result.plan.accepted.filter { name in
            result.changed.contains(name)
                && (editor.duplicates[name] ?? [result.before.entry(name)].compactMap(\.self)).contains { entry in
                    entry.status == .stop && entry.by == request.by
                }
        }
        let why = error.systemError.map { ": \(String(cString: strerror($0)))" } ?? ""
        for name in own {
            done.warnings.append(
                "\(Printable.text(name.text)) is stopped by you already, and that entry stays as it is\(why)")
        }
        let names = result.plan.accepted.filter { result.changed.contains($0) && !own.contains($0) }
        done.changed = Set(names)
        done.after = result.before
        guard !names.isEmpty else { return done }
        let edits = result.plan.edits(request).filter { names.contains($0.name) }
        let ending: StopFileEditor.Ending
        do throws(StopFileEditor.Failure) {
            ending = try editor.ending(with: edits)
        } catch {
            throw .notEditable(path, "\(error)")
        }
        done.after = StopFile(parsing: bytes[..<ending.place] + ending.bytes).entries
        switch FileAppending.write(ending, to: path, holding: bytes) {
        case .changed: return nil
        case .failed: throw .file(error)
        case .written(let isDurable):
            done.replacedAt = .now
            done.warnings.append("the stop was appended in place, as no new file can take this one's\(why)")
            if !isDurable { done.warnings.append("a crash of the machine may lose it") }
            return done
        }
    }
}
