internal import EmergencyStopCore
internal import Glibc

/// What a sidecar tells about itself.
package struct SidecarInformation {
    /// All that it tells, in its order.
    package let facts: [(key: String, value: String)]
    private let values: [String: String]

    package init(_ connection: SidecarConnection) throws(SidecarError) {
        var facts: [(key: String, value: String)] = []
        try connection.ask(.info) { line in
            let fields = line.fields
            if fields.word == "info", let value = fields.text("value") { facts.append((fields.argumentText, value)) }
        }
        self.init(facts)
    }

    package init(_ facts: [(key: String, value: String)]) {
        self.facts = facts
        values = Dictionary(facts.map { ($0.key, $0.value) }) { $1 }
    }

    package subscript(key: String) -> String? { values[key] }

    /// What to say above everything where the file as a whole stops everything.
    package var conditionWarning: String? {
        guard let condition = values["condition"], condition != "readable" else { return nil }
        let problem = values["problem"].map { ": \(Printable.text($0))" } ?? ""
        let file = condition.hasPrefix("fleet-") ? "fleet-file" : "file"
        return "everything is stopped, \(condition)\(problem) (\(Printable.text(values[file] ?? "?")))"
    }

    /// The file it reads, where that can be told from here: a relative path is relative to the sidecar.
    package var filePath: String? {
        guard let file = values["file"] else { return nil }
        if file.hasPrefix("/") { return file }
        guard let pid = values["pid"] else { return nil }
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/\(pid)/cwd", &buffer, buffer.count)
        guard count > 0 else { return nil }
        return String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self) + "/" + file
    }

    /// Whether the file that it has settled on last is the one at the path. One that was replaced since is another.
    package func isServing(_ path: String) -> Bool {
        guard let place = FilePlace(path) else { return values["condition"] == "missing-file" }
        return values["file-device"] == "\(place.device)" && values["file-inode"] == "\(place.inode)"
    }
}

/// What tells whether a path still leads to the same file. The numbers of inodes are used again at once, and then the
/// time of the last change is another.
package struct FilePlace: Hashable {
    package let device: UInt64
    package let inode: UInt64
    private let seconds: Int
    private let nanoseconds: Int

    /// `nil` where there is no file.
    package init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        seconds = status.st_ctim.tv_sec
        nanoseconds = status.st_ctim.tv_nsec
    }
}
