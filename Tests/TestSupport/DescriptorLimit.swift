internal import Glibc

/// How many descriptors this process may have.
package enum DescriptorLimit {
    private static let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)

    /// What it may allow itself.
    package static var hard: Int { Int(clamping: limit.rlim_max) }

    /// Allows itself so many, where it is allowed fewer: a session is often allowed 1,024, and may allow itself more.
    package static func raise(to count: Int) throws {
        var limit = limit
        guard limit.rlim_cur < rlim_t(count) else { return }
        limit.rlim_cur = min(rlim_t(count), limit.rlim_max)
        guard setrlimit(resource, &limit) == 0 else { throw TestFailure(systemCall: "setrlimit") }
    }

    private static var limit: rlimit {
        var limit = rlimit()
        getrlimit(resource, &limit)
        return limit
    }
}
