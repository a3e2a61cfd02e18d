internal import CPosix
internal import Glibc

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
