internal import Glibc

/// Which users a sidecar may run as. A stranger who squats on the socket's path is nobody to take `go` from.
package struct TrustedUsers: Sendable {
    package var userIDs: Set<UInt32>

    /// Those who are always trusted, and these.
    package init(userIDs: Set<UInt32> = []) {
        self.userIDs = userIDs
    }

    package func contains(_ userID: UInt32) -> Bool {
        userID == 0 || userID == geteuid() || userIDs.contains(userID)
            || PeerCredentials.userName(of: userID) == "estop"
    }
}
