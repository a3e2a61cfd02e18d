import Foundation
import Testing

@testable import Resilience

@Suite struct ReplacementLockTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try folder.write("a", [1])
    }

    private func lock(onlyLooks: Bool = false) -> ReplacementLock {
        ReplacementLock(
            of: folder.path("a"), patience: .milliseconds(50), until: .now + .seconds(60), onlyLooks: onlyLooks)
    }

    private func mode(_ name: String) -> mode_t {
        var status = stat()
        return lstat(folder.path(name), &status) == 0 ? status.st_mode & 0o7777 : 0
    }

    @Test(arguments: [(0o755, 0o600), (0o775, 0o660), (0o777, 0o660), (0o1777, 0o600)] as [(mode_t, mode_t)])
    func `it can be opened by those alone who may replace the file`(directory: mode_t, expected: mode_t) {
        chmod(folder.path, directory)
        let held = lock()
        #expect(held.outcome == .held)
        #expect(mode("a.lock") == expected)
        withExtendedLifetime(held) {}
    }

    @Test func `it is had by one at a time, and gone with the last`() {
        do {
            let first = lock()
            #expect(lock().outcome == .busy)
            #expect(lock(onlyLooks: true).outcome == .busy)
            withExtendedLifetime(first) {}
        }
        #expect(folder.names == ["a"])
        #expect(lock(onlyLooks: true).outcome == .held)
        #expect(lock().outcome == .held)
        #expect(folder.names == ["a"])
    }

    @Test func `what a killed holder has left is the next one's`() throws {
        try folder.write("a.lock", [], mode: 0o600)
        #expect(lock(onlyLooks: true).outcome == .held)
        #expect(folder.names == ["a", "a.lock"])
        #expect(lock().outcome == .held)
        #expect(folder.names == ["a"])
    }

    @Test func `a file that others can open is none, and neither is a link`() throws {
        try folder.write("a.lock", [], mode: 0o644)
        #expect(lock().outcome == .held)
        symlink("a", folder.path("a.lock"))
        guard case .unavailable = lock().outcome else {
            Issue.record("a link was followed")
            return
        }
    }
}
