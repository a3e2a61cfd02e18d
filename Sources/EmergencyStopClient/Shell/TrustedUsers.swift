internal import Glibc

/// Which users a sidecar may run as. A stranger who squats on the socket's path is nobody to take `go` from.
struct TrustedUsers: Sendable {
    var userIDs: Set<UInt32> = []

    func contains(_ userID: UInt32) -> Bool {
        userID == 0 || userID == geteuid() || userIDs.contains(userID)
            || PeerCredentials.userName(of: userID) == "estop"
    }
}
