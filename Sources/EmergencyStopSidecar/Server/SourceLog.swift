internal import EmergencyStopCore
internal import EmergencyStopServing
package import Logging

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
        case .failed(let reason), .fleet(.failed(let reason)):
            warning("could not read", metadata: ["reason": "\(reason)", "trigger": "\(event.trigger.rawValue)"])
        case .shown, .verified, .fleet:
            break
        }
    }

    /// Logs what has changed about the fleet that is no status: which it is, and whether this host has left it.
    package func log(_ fleet: FleetView, after old: FleetView) {
        if fleet.header?.fleet != old.header?.fleet || fleet.header?.epoch != old.header?.epoch,
            let header = fleet.header
        {
            notice(
                "a fleet restrains this host",
                metadata: [
                    "fleet": "\(header.fleet)", "epoch": "\(header.epoch)", "revision": "\(header.revision)",
                    "file": "\(fleet.path)",
                ]
            )
        }
        if fleet.leaveProblem != old.leaveProblem, let why = fleet.leaveProblem {
            error(
                "a leave of this host from its fleet does not hold",
                metadata: ["file": "\(FleetLeave.path(beside: fleet.path))", "reason": "\(why)"]
            )
        }
        guard fleet.leave != old.leave else { return }
        guard let leave = fleet.leave else {
            notice("the host is back in its fleet", metadata: ["file": "\(fleet.path)"])
            return
        }
        warning(
            "THE HOST HAS LEFT ITS FLEET: only its own stop file holds",
            metadata: [
                "until": "\(fleet.leaveEnd(of: leave))", "reason": "\(leave.reason)", "by": "\(leave.by)",
            ]
        )
    }
}
