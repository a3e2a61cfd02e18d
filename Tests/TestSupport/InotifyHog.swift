/// A process that takes all inotify instances that a user may have: the limit is the user's, so it takes a user of the
/// test's own. Needs root, `setpriv` and `perl`.
package final class InotifyHog: Sendable {
    #if arch(x86_64)
        private static let inotifyInit = 294
    #else
        private static let inotifyInit = 26
    #endif

    /// What starts a program as that user.
    package let asUser: [String]
    private let process: SpawnedProcess

    package init(user: Int, in folder: TemporaryFolder) throws {
        asUser = ["setpriv", "--reuid=\(user)", "--clear-groups"]
        process = try SpawnedProcess(
            asUser + [
                "perl", "-e",
                "$| = 1; for (1..100000) { last if syscall(\(Self.inotifyInit), 0) < 0 } print 'full'; sleep 600",
            ], in: folder, name: "hog"
        )
        do {
            try eventually("all instances taken") { process.output == "full" }
        } catch {
            process.destroy()
            throw error
        }
    }

    /// Gives them back.
    package func destroy() { process.destroy() }
}
