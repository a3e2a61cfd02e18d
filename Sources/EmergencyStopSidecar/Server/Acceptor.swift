internal import EmergencyStopSystem
internal import Glibc

/// Takes connections from the listening socket, also where there is no descriptor left for them: those it takes with
/// one held in reserve, tells them so in a line and closes them, so that nobody waits for an answer that will not
/// come.
///
/// A connection is let in only while the reserve is complete: one that was quicker to a descriptor which the reserve
/// had just given up would keep it, and neither could the next one be answered nor the file be read.
struct Acceptor {
    /// What came of accepting.
    enum Accepted: Equatable {
        case connection(CInt)
        /// One was refused for want of descriptors, and knows.
        case refused
        /// Nobody waits.
        case nobody
        /// Somebody waits, and not even the reserve helps, for example where the whole system has no descriptors left.
        case impossible
    }

    private static let message =
        "error connect\texpected=a free file descriptor; the sidecar has none left, raise its limit of open files\n"

    let listening: CInt
    private let reserve: DescriptorReserve

    /// - Parameter listening: Listens, and does not block.
    init(listening: CInt, reserve: DescriptorReserve = .shared) {
        self.listening = listening
        self.reserve = reserve
    }

    /// Takes the connection that has waited longest.
    func next() -> Accepted {
        do throws(SystemError) {
            let connection = try StreamSocket.accept(listening)
            if reserve.restore() { return .connection(connection) }
            refuse(connection)
            reserve.restore()
            return .refused
        } catch {
            if error.code == EAGAIN { return .nobody }
            let isShortage = error.isShortageOfDescriptors || error.code == ENOBUFS || error.code == ENOMEM
            return isShortage && refuseNext() ? .refused : .impossible
        }
    }

    /// Refuses the connection that has waited longest; says whether that could be done.
    private func refuseNext() -> Bool {
        defer { reserve.restore() }
        while reserve.release() {
            do throws(SystemError) {
                refuse(try StreamSocket.accept(listening))
                return true
            } catch {
                // Where another thread was quicker to the descriptor, the next one.
                guard error.isShortageOfDescriptors else { break }
            }
        }
        return false
    }

    private func refuse(_ connection: CInt) {
        var message = Self.message
        message.withUTF8 { _ = StreamSocket.send(connection, UnsafeRawBufferPointer($0)) }
        close(connection)
    }
}
