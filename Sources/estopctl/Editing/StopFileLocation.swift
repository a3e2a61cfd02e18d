internal import Glibc

/// Which stop file is meant.
enum StopFileLocation {
    static let fallback = "/etc/estop/es.json"

    /// The file that is given, else `$ESTOP_FILE`, else the one that the sidecar reads, else the usual one.
    static func path(given: String?, sidecar: SidecarInformation?) -> String {
        given ?? Operator.environment("ESTOP_FILE") ?? sidecar?.filePath ?? fallback
    }

    /// Whether without a sidecar's word the file could only be the usual one.
    static func isGuessed(given: String?) -> Bool { given == nil && Operator.environment("ESTOP_FILE") == nil }

    /// The path with every symbolic link followed, so that the file is replaced and not a link to it.
    static func resolved(_ path: String) -> String {
        guard let found = realpath(path, nil) else { return path }
        defer { free(found) }
        return String(cString: found)
    }
}
