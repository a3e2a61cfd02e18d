internal import Glibc

/// A file descriptor held for a moment when there is no other: give it up, open what matters, take it back.
///
/// Another thread may be faster between giving up and opening. Then opening fails as it would have without it.
struct ReservedDescriptor: ~Copyable {
    private var descriptor: CInt

    init() {
        descriptor = Self.acquire()
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    var isHeld: Bool { descriptor >= 0 }

    /// Gives the descriptor up.
    mutating func release() {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
    }

    /// Takes a descriptor back, where one can be had and none is held.
    mutating func restore() {
        if descriptor < 0 { descriptor = Self.acquire() }
    }

    private static func acquire() -> CInt {
        open("/dev/null", O_RDONLY | O_CLOEXEC)
    }
}
