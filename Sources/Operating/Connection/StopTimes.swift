package import EmergencyStopCore

/// When names were stopped, as far as the sidecar remembers its changes.
package struct StopTimes {
    /// When all that changed at once did, as when the file became malformed; `nil` where something readable came later.
    private var ofAll: String?
    private var ofNames: [WorkflowName: String] = [:]

    /// - Parameter records: The oldest first.
    package init(_ records: [HistoryRecord]) {
        for record in records where record.isChange {
            if record.kind == "file" { ofAll = record.new == "readable" ? nil : record.time }
            guard let name = record.workflow else { continue }
            ofNames[name] = record.new == "stop" ? record.time : nil
        }
    }

    /// When a name that is stopped was: with everything, by itself, or by a pattern. `nil` where that is not remembered.
    package func time(of name: WorkflowName) -> String? {
        ofAll ?? ofNames[name] ?? ofNames.filter { $0.key.matches(name) }.map(\.value).min()
    }
}
