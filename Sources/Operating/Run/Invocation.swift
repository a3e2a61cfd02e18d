internal import CPosix
internal import EmergencyStopSystem
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
        // One of them was the listing's own, and is closed by now.
        (Directory.names(in: "/proc/self/fd") ?? []).compactMap { CInt($0) }
            .filter { $0 > 2 && fcntl($0, F_GETFD) >= 0 }.sorted()
    }
}

/// The command as it was given, byte for byte: an argument need not be text.
struct Command {
    private let arguments: [[CChar]]

    /// The last of this process's arguments.
    init(lastArguments count: Int) {
        let all = cposix_argument_count()
        arguments = (all - Int32(count)..<all).compactMap { index in
            cposix_argument(index).map { Array(UnsafeBufferPointer(start: $0, count: strlen($0) + 1)) }
        }
    }

    /// What is run, to be shown.
    var name: String {
        Printable.text(String(decoding: arguments[0].dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self))
    }

    /// What is run, without the folders.
    var baseName: Substring { name.split(separator: "/").last ?? "" }

    /// Has the arguments as `exec` takes them.
    func withArguments<R>(_ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> R) -> R {
        let pointers = arguments.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        return pointers.withUnsafeBufferPointer { body($0.baseAddress!) }
    }
}
