internal import Glibc

/// What this process was started with, to be handed on to the command as it came.
struct Invocation {
    /// The descriptors from 3 up, ascending.
    let descriptors: [CInt]
    /// The signals that were ignored, as under `nohup`.
    let ignored: sigset_t
    /// The signals that were blocked.
    let mask: sigset_t

    /// Looks, before anything has been opened, and blocks what is read from descriptors from now on.
    init(blocking signals: some Sequence<Int32>) {
        descriptors = Self.openDescriptors()
        ignored = Signals.ignored()
        mask = Signals.block(signals)
    }

    /// Lets go of what is the command's: a reader at the other end of a pipe shall see its end when the command closes
    /// it. Standard error stays, for what there is to say.
    func release() {
        for descriptor in descriptors { close(descriptor) }
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        guard null >= 0 else { return }
        dup2(null, STDIN_FILENO)
        dup2(null, STDOUT_FILENO)
        close(null)
    }

    private static func openDescriptors() -> [CInt] {
        guard let directory = opendir("/proc/self/fd") else { return [] }
        defer { closedir(directory) }
        var numbers: [CInt] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if let number = CInt(name), number > 2, number != dirfd(directory) { numbers.append(number) }
        }
        return numbers.sorted()
    }
}
