internal import Glibc

/// A process whose first thread has ended while another works, for tests of who counts as gone.
///
/// `thread-probe [SOCKET LINE]`: sends the line to a sidecar, takes its answer and closes the connection; then prints
/// `ready` and sleeps until it is killed, on a second thread.
@main
enum ThreadProbe {
    static func main() {
        let arguments = CommandLine.arguments
        if arguments.count > 2 { ask(arguments[1], arguments[2] + "\n") }
        print("ready")
        fflush(nil)
        var thread = pthread_t()
        pthread_create(&thread, nil, work, nil)
        pthread_exit(nil)
    }

    private static func ask(_ socketPath: String, _ line: String) {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: socketPath.utf8) }
        let isConnected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
        var byte: UInt8 = 0
        guard isConnected, write(descriptor, line, line.utf8.count) == line.utf8.count else { exit(1) }
        while byte != UInt8(ascii: "\n") {
            guard read(descriptor, &byte, 1) == 1 else { exit(1) }
        }
        close(descriptor)
    }
}

/// What the second thread does. Not a closure in `main`, which would belong to the main actor and check that.
private func work(_: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    while true { pause() }
}
