internal import EmergencyStopSystem
internal import Glibc
internal import Synchronization

/// File descriptors held for a moment when there are no others: give one up, open what matters, take it back.
///
/// Whoever is faster between giving up and opening has the descriptor, another thread as well as a new connection.
/// So there are several, and what is missing is missing for all who share them: whoever has opened what can be done
/// without has to close it until ``restore()`` succeeds.
final class DescriptorReserve: Sendable {
    /// The reserve of the process: for each thread that may open something, the loop, the reader, the listener, one.
    static let shared = DescriptorReserve(size: 3)

    private let size: Int
    private let held = Mutex<[CInt]>([])

    init(size: Int) {
        self.size = size
        restore()
    }

    deinit {
        while release() {}
    }

    /// Gives one up; says whether there was one.
    func release() -> Bool {
        held.withLock { held in
            guard let descriptor = held.popLast() else { return false }
            close(descriptor)
            return true
        }
    }

    /// Takes back what is missing; says whether there are descriptors for that.
    @discardableResult
    func restore() -> Bool {
        held.withLock { held in
            while held.count < size {
                // Of a kind that needs no path, and that a server of such sockets can have.
                let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
                // A reserve that cannot be had for another reason is done without.
                guard descriptor >= 0 else { return !SystemError.last.isShortageOfDescriptors }
                held.append(descriptor)
            }
            return true
        }
    }
}
