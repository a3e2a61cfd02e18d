internal import CPosix
internal import Glibc

/// Waits for many descriptors at once (epoll), level-triggered: what is not taken is told of again.
package struct Poller: ~Copyable {
    /// What to be told of. That the peer has gone (`EPOLLHUP`, `EPOLLERR`) is told of in any case.
    package struct Interest: OptionSet, Sendable {
        package let rawValue: UInt32

        package init(rawValue: UInt32) {
            self.rawValue = rawValue
        }

        package static let input = Interest(rawValue: EPOLLIN.rawValue)
        package static let output = Interest(rawValue: EPOLLOUT.rawValue)
        /// Edge-triggered: told of once for each time that something comes, whether it is taken or not.
        package static let edges = Interest(rawValue: 1 << 31)
    }

    /// Something that there is to be done about a descriptor.
    package struct Event {
        /// What the descriptor was added under. Of several events that were taken together, one may have closed what
        /// a later one is about, so look it up anew for each.
        package let key: UInt64
        /// The peer takes and sends nothing any more; what it has sent can still be read.
        package let isHangUp: Bool
    }

    /// How many events are taken at a time.
    private static let batchSize = 128

    private let descriptor: CInt
    private let batch = UnsafeMutableBufferPointer<epoll_event>.allocate(capacity: batchSize)

    package init() throws(SystemError) {
        descriptor = epoll_create1(CInt(EPOLL_CLOEXEC))
        guard descriptor >= 0 else { throw .last }
    }

    deinit {
        batch.deallocate()
        if descriptor >= 0 { close(descriptor) }
    }

    package func add(_ descriptor: CInt, under key: UInt64, _ interest: Interest) throws(SystemError) {
        guard control(EPOLL_CTL_ADD, descriptor, key, interest) == 0 else { throw .last }
    }

    /// Changes what to be told of; the key is the same as before.
    package func change(_ descriptor: CInt, under key: UInt64, _ interest: Interest) {
        _ = control(EPOLL_CTL_MOD, descriptor, key, interest)
    }

    /// Is to be called before the descriptor is closed: another process may hold a copy of it, which would keep it.
    package func remove(_ descriptor: CInt) {
        _ = control(EPOLL_CTL_DEL, descriptor, 0, [])
    }

    /// Waits until there are events or the time has passed, `nil` for without end; says how many events there are.
    ///
    /// The kernel counts milliseconds: the time is rounded up, or the wait would end over and over before it.
    package func wait(_ time: Duration?) -> Int {
        let milliseconds = time.map { time -> CInt in
            let (seconds, attoseconds) = max(time, .zero).components
            return CInt(clamping: seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
        }
        return max(0, Int(epoll_wait(descriptor, batch.baseAddress, CInt(batch.count), milliseconds ?? -1)))
    }

    /// One of the events that the last wait ended with.
    package subscript(position: Int) -> Event {
        let event = batch[position]
        return Event(key: event.data.u64, isHangUp: event.events & (EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0)
    }

    private func control(_ operation: CInt, _ descriptor: CInt, _ key: UInt64, _ interest: Interest) -> CInt {
        var event = epoll_event(events: interest.rawValue, data: epoll_data_t(u64: key))
        return epoll_ctl(self.descriptor, operation, descriptor, &event)
    }
}

/// Wakes the thread that waits in a ``Poller``, from another one (eventfd).
///
/// To be added with ``Poller/Interest/edges``: then there is nothing to take.
package final class WakeUp: Sendable {
    package let descriptor: CInt

    package init() throws(SystemError) {
        descriptor = eventfd(0, CInt(EFD_CLOEXEC) | CInt(EFD_NONBLOCK))
        guard descriptor >= 0 else { throw .last }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    package func callAsFunction() { eventfd_write(descriptor, 1) }
}
