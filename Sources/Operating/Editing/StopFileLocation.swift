internal import Glibc

/// Which stop file is meant.
package enum StopFileLocation {
    package static let fallback = "/etc/estop/es.json"

    /// The file that is given, else `$ESTOP_FILE`, else the one that the sidecar reads, else the usual one.
    package static func path(given: String?, sidecar: SidecarInformation?) -> String {
        given ?? Operator.environment("ESTOP_FILE") ?? sidecar?.filePath ?? fallback
    }

    /// Whether without a sidecar's word the file could only be the usual one.
    package static func isGuessed(given: String?) -> Bool { given == nil && Operator.environment("ESTOP_FILE") == nil }

    /// The path with every symbolic link followed, so that the file is replaced and not a link to it.
    package static func resolved(_ path: String) -> String {
        guard let found = realpath(path, nil) else { return path }
        defer { free(found) }
        return String(cString: found)
    }

    /// As ``resolved(_:)``, for a file that is to be changed, which need not be there yet: where others may put links,
    /// none is followed but root's, this user's and the directory's owner's, or they could have any file changed that
    /// this user may write to.
    static func trusted(_ path: String) throws(EditError) -> String {
        var place = path.hasPrefix("/") ? "" : resolved(".")
        var rest = path.split(separator: "/").map(String.init)[...]
        var links = 0
        while let name = rest.popFirst() {
            switch name {
            case ".": continue
            case "..": place = String(place[..<(place.lastIndex(of: "/") ?? place.startIndex)])
            default:
                guard let link = try Link(name, in: place) else {
                    place += "/" + name
                    continue
                }
                links += 1
                // As many as the kernel follows; what is wrong then is said where it is read.
                guard links <= 40 else { return path }
                if link.target.hasPrefix("/") { place = "" }
                rest = link.target.split(separator: "/").map(String.init) + rest
            }
        }
        return place.isEmpty ? "/" : place
    }

    /// A symbolic link that may be followed.
    private struct Link {
        let target: String

        /// `nil` where there is none.
        init?(_ name: String, in directory: String) throws(EditError) {
            let path = directory + "/" + name
            var (link, folder) = (stat(), stat())
            guard lstat(path, &link) == 0, link.st_mode & S_IFMT == S_IFLNK else { return nil }
            var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
            let count = readlink(path, &buffer, buffer.count)
            guard count > 0 else { return nil }
            target = String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
            guard stat(directory + "/", &folder) == 0,
                folder.st_mode & (S_IWGRP | S_IWOTH) == 0
                    || [0, geteuid(), folder.st_uid].contains(link.st_uid)
            else { throw .foreignLink(path, target: target, owner: link.st_uid) }
        }
    }
}
