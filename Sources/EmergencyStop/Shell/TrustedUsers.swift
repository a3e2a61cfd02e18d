internal import EmergencyStopSystem
internal import Glibc

/// Which users a sidecar may run as. A stranger who squats on the socket's path is nobody to take `go` from.
package struct TrustedUsers: Sendable {
    package var userIDs: Set<UInt32>

    /// Those who are always trusted, and these.
    package init(userIDs: Set<UInt32> = []) {
        self.userIDs = userIDs
    }

    package func contains(_ userID: UInt32) -> Bool { containsNumber(userID) || containsName(of: userID) }

    /// Whether the user is trusted whatever the name: asks nobody.
    func containsNumber(_ userID: UInt32) -> Bool {
        userID == 0 || userID == geteuid() || userIDs.contains(userID)
    }

    /// Whether the user is trusted by the name. May take as long as a directory service takes to answer.
    func containsName(of userID: UInt32) -> Bool { Accounts.name(ofUser: userID) == "estop" }
}
