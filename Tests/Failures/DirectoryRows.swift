internal import Glibc
internal import TestSupport

extension Row {
    private static let fileBelow = "d/es.json"

    /// The directory of the stop file.
    static let directories = [
        Row("directory-gone", "stop once that has settled; found again by the poll") { scene in
            try scene.folder.makeDirectory("d")
            try scene.begin(in: fileBelow)
            try scene.told("stop A", "missing-file", within: .settled) {
                try scene.folder.remove(fileBelow)
                try scene.folder.remove("d")
            }
            try scene.runEnds("missing-file", within: .settled)
            try scene.told("go A", within: .polled) {
                try scene.folder.makeDirectory("d")
                try scene.write(Scene.goA)
            }
        },
        Row("directory-renamed", "stop once that has settled; found again by the poll") { scene in
            try scene.folder.makeDirectory("d")
            try scene.begin(in: fileBelow)
            // That it is gone from its place tells inotify nothing of the file.
            try scene.told("stop A", "missing-file", within: .quiet) { try scene.folder.move("d", to: "e") }
            try scene.runEnds("missing-file", within: .quiet)
            try scene.told("go A", within: .polled) { try scene.folder.move("e", to: "d") }
        },
        Row("directory-remounted", "what the other file system has, found by the poll", unless: cannotMount) { scene in
            try scene.folder.makeDirectory("d")
            try scene.begin(in: fileBelow, prefix: ["unshare", "-m"])
            func mount(_ arguments: String...) throws {
                let inside = ["nsenter", "-m", "-t", "\(scene.sidecar.process.pid)"]
                let result = try run(inside + arguments + [scene.folder.path(of: "d")], in: scene.folder)
                guard result.ending == .exited(0) else { throw TestFailure(result.errorOutput) }
            }
            try scene.told("stop A", "missing-file", within: .polled) { try mount("mount", "-t", "tmpfs", "none") }
            try scene.runEnds("missing-file", within: .polled)
            try scene.told("go A", within: .polled) { try mount("umount") }
        },
    ]

    @Sendable private static func cannotMount() -> String? {
        if let missing = needs("unshare", "nsenter", "mount")() { return missing }
        guard let folder = try? TemporaryFolder() else { return "no folder" }
        defer { folder.removeAll() }
        let result = try? run(["unshare", "-m", "mount", "-t", "tmpfs", "none", folder.path], in: folder)
        return result?.ending == .exited(0) ? nil : "may not mount"
    }

    /// Listening to the directory.
    static let listening = [
        Row("inotify-unavailable", "changes are found by the poll", unless: needs("setpriv", "perl")) { scene in
            try scene.folder.setMode(0o777, of: ".")
            let hog = try InotifyHog(user: 61_235, in: scene.folder)
            defer { hog.destroy() }
            // No run: the library believes no sidecar of a stranger.
            try scene.begin(prefix: hog.asUser, copied: true, withRun: false)
            try eventually("that it is said") { try scene.sidecar.information("inotify") == "down" }
            try scene.told("stop A", "listed", within: .polled) { try scene.replace(with: Scene.stopA) }
            try scene.told("go A", within: .polled) { try scene.replace(with: Scene.goA) }
            hog.destroy()
            scene.fail {}
            try eventually("inotify again") { try scene.sidecar.information("inotify") == "up" }
        },
        Row("inotify-overflow", "what was lost is read at once") { scene in
            try scene.begin()
            let limit =
                Int(
                    try textOfFile(at: "/proc/sys/fs/inotify/max_queued_events").filter(\.isNumber)) ?? 16_384
            try scene.sidecar.freeze()
            for number in 0..<limit {
                // Two events each, none of which is like the one before.
                try scene.folder.write("", to: "other-\(number % 2)")
                try scene.folder.remove("other-\(number % 2)")
            }
            try scene.replace(with: Scene.stopA)
            try scene.told("stop A", "listed", within: .atOnce) { scene.sidecar.signal(SIGCONT) }
            try scene.runEnds("listed", within: .lease)
            try scene.told("go A", within: .settled) { try scene.replace(with: Scene.goA) }
        },
        Row("inotify-silent", "changes are found by the poll") { scene in
            // What is written through memory makes no event, whatever the file system.
            let go = #"{"Name":"A","Status":"go"  }"#
            let stop = #"{"Name":"A","Status":"stop"}"#
            try scene.begin(go)
            let file = open(scene.folder.path(of: scene.fileName), O_RDWR | O_CLOEXEC)
            let length = go.utf8.count
            guard let memory = mmap(nil, length, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0), memory != MAP_FAILED
            else { throw TestFailure(systemCall: "mmap") }
            close(file)
            defer { munmap(memory, length) }
            try scene.told("stop A", "listed", within: .polled) { memory.copyMemory(from: stop, byteCount: length) }
            try scene.runEnds("listed", within: .polled)
            try scene.told("go A", within: .polled) { memory.copyMemory(from: go, byteCount: length) }
        },
    ]
}
