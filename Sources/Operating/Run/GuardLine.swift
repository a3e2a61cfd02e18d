internal import Glibc

/// What guardian and supervisor, or sweeper and supervisor, tell each other, over a pair of sockets that keeps messages
/// apart. The end of it tells each that the other is gone.
struct GuardLine {
    enum Message: Hashable {
        /// The supervisor, which is this process, does its work.
        case beat(pid_t)
        /// The command has started, as this process.
        case started(pid_t)
        /// Something has stopped the command that is not the emergency stop.
        case stopped
        /// The command has ended, with the status of `wait`.
        case ended(Int32)
        /// The supervisor ends, with this exit code.
        case leaving(Int32)
        /// A signal that guardian or sweeper got. Here the kernel's are those alone that it sent to the process group.
        case signal(Signals.Arrival)
    }

    let descriptor: CInt

    /// Both ends, or the error number.
    static func pair() -> (other: GuardLine, supervisor: GuardLine)? {
        var ends: [CInt] = [-1, -1]
        let kind = Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { return nil }
        return (GuardLine(descriptor: ends[0]), GuardLine(descriptor: ends[1]))
    }

    /// Sends what the other reads when it can. Gives whether there was room; if it stands still for long there is none.
    @discardableResult
    func send(_ message: Message) -> Bool {
        let packet: [Int32] =
            switch message {
            case .beat(let pid): [0, pid, 0]
            case .started(let pid): [1, pid, 0]
            case .ended(let status): [2, status, 0]
            case .leaving(let code): [3, code, 0]
            case .signal(let signal): [signal.isFromKernel ? 5 : 4, signal.number, signal.sender]
            case .stopped: [6, 0, 0]
            }
        let count = packet.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        return count >= 0 || errno != EAGAIN
    }

    enum Arrival: Hashable {
        case message(Message)
        case nothing
        case end
    }

    func receive() -> Arrival {
        var packet: [Int32] = [0, 0, 0]
        var count: Int
        // Where the other ends with something unread, that is told once, and before what it has said.
        repeat {
            count = packet.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
        } while count < 0 && errno == ECONNRESET
        if count == 0 { return .end }
        guard count == 12 else { return errno == EAGAIN || errno == EINTR ? .nothing : .end }
        switch packet[0] {
        case 0: return .message(.beat(packet[1]))
        case 1: return .message(.started(packet[1]))
        case 2: return .message(.ended(packet[1]))
        case 3: return .message(.leaving(packet[1]))
        case 6: return .message(.stopped)
        default:
            return .message(.signal(.init(number: packet[1], sender: packet[2], isFromKernel: packet[0] == 5)))
        }
    }

    func end() { close(descriptor) }
}
