internal import EmergencyStopCore
internal import Glibc

/// Writes at the end of a file in place.
enum FileAppending {
    enum Outcome: Hashable {
        /// Whether it is on the disk as well.
        case written(isDurable: Bool)
        /// The file holds something else than was read.
        case changed
        /// The file is as it was.
        case failed(CInt)
    }

    /// How long another may hold the file's lock, which is for the moment in which a new file takes its place: anybody
    /// can, who may read it.
    private static let patience = Duration.milliseconds(100)

    static func write(_ ending: StopFileEditor.Ending, to path: String, holding bytes: [UInt8]) -> Outcome {
        let isAppended = ending.place == bytes.count
        // Whoever appends at the same moment, `echo >>` say, is not written over.
        let flags = O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | (isAppended ? O_APPEND : 0)
        let descriptor = open(path, flags)
        guard descriptor >= 0 else { return .failed(errno) }
        defer { close(descriptor) }
        // Without it, a new file that takes this one's place just now may lose what is appended: that is looked for.
        let deadline = ContinuousClock.now + patience
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK || errno == EINTR,
            ContinuousClock.now < deadline
        {
            usleep(5_000)
        }
        guard isInPlace(descriptor, path), (try? FileReading.bytes(from: descriptor)) == bytes else { return .changed }
        let count = ending.bytes.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, ending.place) }
        guard count == ending.bytes.count else {
            let code = count < 0 ? errno : ENOSPC
            if count > 0 { undo(descriptor, bytes, ending.place, count) }
            return .failed(code)
        }
        let isDurable = fsync(descriptor) == 0
        return isInPlace(descriptor, path) ? .written(isDurable: isDurable) : .changed
    }

    /// Takes away what of the ending there was room for, unless another has written behind it.
    private static func undo(_ descriptor: CInt, _ bytes: [UInt8], _ place: Int, _ count: Int) {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_size == max(bytes.count, place + count) else { return }
        ftruncate(descriptor, place)
        guard place < bytes.count else { return }
        _ = bytes[place...].withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, place) }
    }

    private static func isInPlace(_ descriptor: CInt, _ path: String) -> Bool {
        var (opened, named) = (stat(), stat())
        return fstat(descriptor, &opened) == 0 && stat(path, &named) == 0
            && opened.st_dev == named.st_dev && opened.st_ino == named.st_ino
            && opened.st_mode & S_IFMT == S_IFREG
    }
}
