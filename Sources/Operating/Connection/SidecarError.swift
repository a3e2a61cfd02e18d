internal import EmergencyStop
internal import EmergencyStopSystem
internal import Glibc
internal import Resilience

/// Why the sidecar could not be asked. Whoever wanted a status then has a stop.
package struct SidecarError: Error, Hashable, CustomStringConvertible {
    package enum Reason: Hashable {
        /// No sidecar listens there.
        case absent
        /// There is one, but this user may not connect.
        case notPermitted
        /// A user listens there whom nobody trusts.
        case stranger(userID: UInt32)
        /// It did not answer in time.
        case silent(Duration)
        /// It closed the connection.
        case closed
        /// It refused the connection or the request, and said what it expected.
        case refused(String)
        /// What came is not the protocol.
        case garbled
        /// A system call failed.
        case system(String, Int32)
    }

    package let reason: Reason
    package let socket: String

    /// Whether for certain no sidecar is there. Where one is and does not tell, the file may well be in force.
    package var isAbsence: Bool { reason == .absent }

    /// Whether it may be over in a moment: a sidecar that starts has nothing to say before its first settled read.
    package var mayPass: Bool {
        switch reason {
        case .silent, .closed, .system: true
        case .absent, .notPermitted, .stranger, .refused, .garbled: false
        }
    }

    /// The same in a word, for programs.
    package var code: String {
        switch reason {
        case .absent: "no-sidecar"
        case .notPermitted: "not-permitted"
        case .stranger: "stranger"
        case .silent: "no-answer"
        case .closed: "connection-closed"
        case .refused: "refused"
        case .garbled: "not-the-protocol"
        case .system: "system-error"
        }
    }

    package var description: String {
        switch reason {
        case .absent: "no sidecar listens on \(socket): start estopd, or give another --socket"
        case .notPermitted:
            "not permitted to connect to \(socket): join the group \(Accounts.nameOfGroup(owning: socket) ?? "estop"), "
                + "or use sudo"
        case .stranger(let userID):
            "a process of user \(userID) listens on \(socket); that is neither root, you, nor the user estop, so "
                + "its answers are not believed: "
                + (TrustedUsers.hint(about: userID) ?? "find out who it is")
        case .silent(let limit): "the sidecar on \(socket) did not answer within \(limit.readable)"
        case .closed: "the sidecar on \(socket) closed the connection"
        case .refused(let expected): "the sidecar on \(socket) refuses: it expected \(expected)"
        case .garbled: "what listens on \(socket) is no sidecar of the emergency stop"
        case .system(let call, let code): "\(socket): \(call): \(String(cString: strerror(code)))"
        }
    }
}
