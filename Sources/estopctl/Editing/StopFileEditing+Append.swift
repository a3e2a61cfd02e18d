internal import EmergencyStop
internal import Glibc
internal import Resilience

extension StopFileEditing {
    /// Stops where no new file can take the place of the old, by entries at its end: of two entries of a name the more
    /// restrictive holds, and what is torn restrains no less.
    ///
    /// - Returns: `nil` if the file has changed meanwhile.
    func append(to bytes: [UInt8], instead error: FileError, _ result: Result) throws(EditError) -> Result? {
        var done = result
        // What is stopped already is so whatever stands behind it.
        let names = result.plan.accepted.filter { name in
            result.changed.contains(name) && result.before.entry(name)?.status != .stop
        }
        let why = error.systemError.map { ": \(String(cString: strerror($0)))" } ?? ""
        for name in result.plan.accepted where result.changed.contains(name) && !names.contains(name) {
            done.warnings.append("\(Printable.text(name.text)) is stopped already, and its entry stays as it is\(why)")
        }
        done.changed = Set(names)
        done.after = result.before
        guard !names.isEmpty else { return done }
        let edits = result.plan.edits(request).filter { names.contains($0.name) }
        let ending = try ending(of: bytes, with: edits)
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

    private func ending(
        of bytes: [UInt8], with edits: [StopFileEditor.Edit]
    ) throws(EditError) -> StopFileEditor.Ending {
        let editor: StopFileEditor
        do throws(StopFileEditor.Malformed) {
            editor = try StopFileEditor(bytes)
        } catch {
            throw .malformed(path, error.diagnostic)
        }
        do throws(StopFileEditor.Failure) {
            return try editor.ending(with: edits)
        } catch {
            throw .notEditable(path, "\(error)")
        }
    }
}
