internal import Glibc

/// A folder of one test's own, in which its socket and its files are.
package struct TemporaryFolder: Sendable {
    package let path: String

    /// A folder that is there already, and somebody else's to remove.
    package init(path: String) {
        self.path = path
    }

    /// A new one, to be removed by its maker.
    package init() throws {
        // A socket's path may have 103 bytes, so the folder's name is short.
        var template = Array("/tmp/es-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw TestFailure(systemCall: "mkdtemp") }
        path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        chmod(path, 0o755)
    }

    package func removeAll() { removeTree(path) }

    /// The path of something in the folder.
    package func path(of name: String) -> String { "\(path)/\(name)" }

    /// Writes a file in place: truncates it, then writes.
    package func write(_ text: String, to name: String) throws {
        try write(Array(text.utf8), to: name)
    }

    package func write(_ bytes: [UInt8], to name: String) throws {
        try write(bytes, to: name, O_WRONLY | O_CREAT | O_TRUNC)
    }

    /// Writes a file beside and renames it over, so that no reader sees a part of it.
    package func replace(_ name: String, with text: String) throws {
        try write(text, to: name + ".new")
        try move(name + ".new", to: name)
    }

    package func append(_ text: String, to name: String) throws {
        try write(Array(text.utf8), to: name, O_WRONLY | O_CREAT | O_APPEND)
    }

    package func move(_ name: String, to other: String) throws {
        guard rename(path(of: name), path(of: other)) == 0 else { throw TestFailure(systemCall: "rename \(name)") }
    }

    package func remove(_ name: String) throws {
        guard Glibc.remove(path(of: name)) == 0 else { throw TestFailure(systemCall: "remove \(name)") }
    }

    /// A copy of a program that other users can run, wherever the checkout lies.
    ///
    /// Another process makes it: a descriptor of this one that is open for writing lives on for a moment in whatever
    /// another test starts just then, and a file that somebody may write cannot be executed.
    package func copy(ofProgram path: String) throws -> String {
        let copy = self.path(of: "program-\(path.split(separator: "/").last ?? "")")
        let result = try run(["install", "-m", "0755", path, copy], in: self)
        guard result.ending == .exited(0) else { throw TestFailure("cannot copy \(path): \(result.errorOutput)") }
        return copy
    }

    package func makeDirectory(_ name: String) throws {
        guard mkdir(path(of: name), 0o755) == 0 else { throw TestFailure(systemCall: "mkdir \(name)") }
    }

    package func makeFIFO(_ name: String) throws {
        guard mkfifo(path(of: name), 0o644) == 0 else { throw TestFailure(systemCall: "mkfifo \(name)") }
    }

    package func setMode(_ mode: UInt32, of name: String) throws {
        guard chmod(path(of: name), mode) == 0 else { throw TestFailure(systemCall: "chmod \(name)") }
    }

    /// The permission bits and the group of something, or `nil` where there is nothing.
    package func status(of name: String) -> (mode: UInt32, group: UInt32, inode: UInt64)? {
        var status = stat()
        guard lstat(path(of: name), &status) == 0 else { return nil }
        return (status.st_mode & 0o7777, status.st_gid, UInt64(status.st_ino))
    }

    package func exists(_ name: String) -> Bool { status(of: name) != nil }

    package func text(of name: String) throws -> String { try textOfFile(at: path(of: name)) }

    /// Takes the lock of those who replace the file of this name, as `estopctl` does; gives what lets go of it.
    package func lock(_ name: String) throws -> () -> Void {
        let path = path(of: name + ".lock")
        let descriptor = open(path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0, flock(descriptor, LOCK_EX) == 0 else { throw TestFailure(systemCall: "lock \(name)") }
        return {
            unlink(path)
            close(descriptor)
        }
    }

    private func write(_ bytes: [UInt8], to name: String, _ flags: CInt) throws {
        let descriptor = open(path(of: name), flags | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw TestFailure(systemCall: "open \(name)") }
        defer { close(descriptor) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count >= 0 else { throw TestFailure(systemCall: "write \(name)") }
            rest = rest.dropFirst(count)
        }
    }
}

/// Runs a test with a folder, which is gone afterwards. Other users may go through it.
package func withTemporaryFolder<R>(_ body: (TemporaryFolder) throws -> R) throws -> R {
    let folder = try TemporaryFolder()
    defer { folder.removeAll() }
    return try body(folder)
}

/// All that a file holds.
package func textOfFile(at path: String) throws -> String {
    String(decoding: try bytesOfFile(at: path), as: UTF8.self)
}

package func bytesOfFile(at path: String) throws -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw TestFailure(systemCall: "open \(path)") }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while true {
        let count = read(descriptor, &piece, piece.count)
        guard count >= 0 else { throw TestFailure(systemCall: "read \(path)") }
        if count == 0 { return bytes }
        bytes += piece[..<count]
    }
}

/// The names in a directory, sorted.
package func namesInDirectory(_ path: String) -> [String] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
        let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
}

private func removeTree(_ path: String) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    if status.st_mode & S_IFMT == S_IFDIR {
        chmod(path, 0o700)
        for name in namesInDirectory(path) { removeTree("\(path)/\(name)") }
    }
    remove(path)
}
