internal import EmergencyStopCore
internal import Glibc

/// What a sidecar tells about itself.
struct SidecarInformation {
    /// All that it tells, in its order.
    let facts: [(key: String, value: String)]
    private let values: [String: String]

    init(_ connection: SidecarConnection) throws(SidecarError) {
        var facts: [(key: String, value: String)] = []
        try connection.ask(.info) { line in
            let fields = line.fields
            if fields.word == "info", let value = fields.text("value") { facts.append((fields.argumentText, value)) }
        }
        self.init(facts)
    }

    init(_ facts: [(key: String, value: String)]) {
        self.facts = facts
        values = Dictionary(facts.map { ($0.key, $0.value) }) { $1 }
    }

    subscript(key: String) -> String? { values[key] }

    /// What to say above everything where the file as a whole stops everything.
    var conditionWarning: String? {
        guard let condition = values["condition"], condition != "readable" else { return nil }
        let problem = values["problem"].map { ": \(Printable.text($0))" } ?? ""
        return "everything is stopped, \(condition)\(problem) (\(Printable.text(values["file"] ?? "?")))"
    }

    /// The file it reads, where that can be told from here: a relative path is relative to the sidecar.
    var filePath: String? {
        guard let file = values["file"] else { return nil }
        if file.hasPrefix("/") { return file }
        guard let pid = values["pid"] else { return nil }
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/\(pid)/cwd", &buffer, buffer.count)
        guard count > 0 else { return nil }
        return String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self) + "/" + file
    }

    /// Whether the file that it has settled on last is the one at the path. One that was replaced since is another.
    func isServing(_ path: String) -> Bool {
        guard let place = FilePlace(path) else { return values["condition"] == "missing-file" }
        return values["file-device"] == "\(place.device)" && values["file-inode"] == "\(place.inode)"
    }
}
