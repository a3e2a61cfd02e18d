package import EmergencyStopCore
internal import EmergencyStopServing
internal import EmergencyStopSystem

/// What is known of the fleet that restrains the host, for people.
package struct FleetView: Sendable, Hashable {
    package var path: String
    package var lease: Duration
    /// The header that was read last, where there was one.
    package var header: FleetHeader?
    package var condition = SettledState.Condition.fleetStale(.unread)
    /// That the host has left its fleet, while that holds.
    package var leave: FleetLeave?
    /// Why a leave that is there does not hold.
    package var leaveProblem: String?

    package init(path: String, lease: Duration) {
        self.path = path
        self.lease = lease
    }
}

extension FleetView {
    /// How long ago the fleet's file was verified, where it is of this boot.
    func age() -> Duration? {
        guard let header, BootName.isSame(header.boot, Boot.name) else { return nil }
        return header.verifiedAt.duration(to: MonotonicInstant(nanoseconds: Boot.nanoseconds))
    }

    /// When a leave ends, for people.
    func leaveEnd(of leave: FleetLeave) -> Timestamp {
        let left = MonotonicInstant(nanoseconds: Boot.nanoseconds).duration(to: leave.until)
        return Timestamp.now().before(.zero - left).inWholeSeconds
    }
}
