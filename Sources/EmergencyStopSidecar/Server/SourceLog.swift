internal import EmergencyStopCore
internal import Logging

extension Logger {
    /// The most warnings about the file that are logged one by one; `estopctl check` shows them all.
    private static let warningLimit = 20

    /// Logs what a read found that an operator has to know. What it changes is logged where it takes effect.
    func log(_ event: SourceEvent) {
        switch event.finding {
        case .settled(let state):
            for warning in state.warnings.prefix(Self.warningLimit) {
                self.warning(
                    "in the stop file",
                    metadata: ["at": "\(warning.line):\(warning.column)", "what": "\(warning.message)"])
            }
            if state.warnings.count > Self.warningLimit {
                warning("in the stop file", metadata: ["more": "\(state.warnings.count - Self.warningLimit)"])
            }
        case .failed(let reason):
            warning("could not read", metadata: ["reason": "\(reason)", "trigger": "\(event.trigger.rawValue)"])
        case .shown, .verified:
            break
        }
    }
}
