internal import Glibc

/// An open file, closed when it goes out of scope. Every call is tried again when a signal interrupts it.
struct FileDescriptor: ~Copyable, Sendable {
    let number: Int32

    /// Opens `name` in `directory`, or where the process is when there is none.
    init(opening name: String, in directory: Int32 = AT_FDCWD, _ flags: Int32, mode: mode_t = 0) throws(FailedCall) {
        number = try retrying("open") { openat(directory, name, flags | O_CLOEXEC, mode) }
    }

    deinit {
        // The descriptor is gone whatever close says, and a second try could close another's.
        _ = close(number)
    }

    func status() throws(FailedCall) -> stat {
        var status = stat()
        try retrying("fstat") { fstat(number, &status) }
        return status
    }

    /// Reads to the end.
    func readAll() throws(FailedCall) -> [UInt8] {
        var bytes: [UInt8] = []
        while case let chunk = try read(), !chunk.isEmpty { bytes += chunk }
        return bytes
    }

    /// Whether the file holds exactly `bytes` from where it stands to its end; reads no further than the first
    /// difference.
    func holds(_ bytes: [UInt8]) throws(FailedCall) -> Bool {
        var rest = bytes[...]
        while case let chunk = try read(), !chunk.isEmpty {
            guard rest.starts(with: chunk) else { return false }
            rest = rest.dropFirst(chunk.count)
        }
        return rest.isEmpty
    }

    private func read() throws(FailedCall) -> ArraySlice<UInt8> {
        let size = 1 << 16
        // Errors cannot leave the initializer's closure typed, so the count does.
        var count = 0
        var failure: FailedCall?
        let chunk = [UInt8](unsafeUninitializedCapacity: size) { buffer, initialized in
            do throws(FailedCall) {
                count = try retrying("read") { Self.systemRead(number, buffer.baseAddress, size) }
            } catch {
                failure = error
            }
            initialized = count
        }
        if let failure { throw failure }
        return chunk[...]
    }

    /// Writes all of `bytes`, however few the system takes at a time.
    func writeAll(_ bytes: [UInt8]) throws(FailedCall) {
        var offset = 0
        while offset < bytes.count {
            offset += try retrying("write") {
                bytes.withUnsafeBytes { rest in
                    write(number, rest.baseAddress.map { $0 + offset }, rest.count - offset)
                }
            }
        }
    }

    /// Returns once everything written is on the disk.
    func synchronize() throws(FailedCall) {
        try retrying("fsync") { fsync(number) }
    }

    /// Takes the file's lock for as long as the descriptor is open.
    ///
    /// - Returns: False when another holds it.
    func tryLock() throws(FailedCall) -> Bool {
        do {
            try retrying("flock") { flock(number, LOCK_EX | LOCK_NB) }
            return true
        } catch {
            if error.code == EWOULDBLOCK { return false }
            throw error
        }
    }

    // A method of this name hides the system's function.
    private static func systemRead(_ number: Int32, _ buffer: UnsafeMutableRawPointer?, _ size: Int) -> Int {
        Glibc.read(number, buffer, size)
    }
}

/// Makes a system call, again when a signal interrupts it.
@discardableResult
func retrying<Result: SignedInteger>(_ call: String, _ make: () -> Result) throws(FailedCall) -> Result {
    while true {
        let result = make()
        if result != -1 { return result }
        let error = FailedCall(call)
        if error.code != EINTR { throw error }
    }
}
