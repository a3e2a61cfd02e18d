import Glibc
import TestSupport
import Testing

/// Whether a new process id namespace and mounts of its own can be had here.
private let canUnshare = isRoot && hasProgram("unshare") && hasProgram("mount") && canMount()

private func canMount() -> Bool {
    let result = try? withTemporaryFolder {
        try run(["unshare", "-fpm", "mount", "-t", "proc", "proc", "/proc"], in: $0)
    }
    return result?.ending == .exited(0)
}

@Suite("estopctl run: where /proc does not show everything", .blocking)
struct RunBlindTests {
    /// A command of three generations, two of which leave their parents.
    private static let script = """
        (setsid sh -c 'while :; do sleep 1; done' &)
        sh -c '(sleep 1000 &); exec sleep 1000' &
        echo ready
        while :; do sleep 0.1; done
        """

    @Test(
        "nothing is started under the /proc of another process id namespace, nor without one",
        .enabled(if: canUnshare),
        arguments: [["-fp", "--kill-child"], ["-m", "sh", "-c", "mount -t tmpfs tmpfs /proc && exec \"$@\"", "sh"]])
    func refusal(how: [String]) throws {
        try withSidecar { sidecar in
            let run = try EstopctlRun(["echo", "started"], prefix: ["unshare"] + how, under: sidecar)
            #expect(try run.guardian.wait() == .exited(75))
            #expect(run.guardian.output == "")
            #expect(run.guardian.errorOutput.hasPrefix("estopctl: not started: /proc does not show this process"))
            #expect(try sidecar.connect().askLines("ps").map(\.head) == ["end 0"])
            try run.expectNothingLeft()
        }
    }

    @Test(
        "a stop finds all where /proc was unmounted or hidden under something after the start",
        .enabled(if: canUnshare), arguments: ["mount -t tmpfs tmpfs /proc", "umount -l /proc"])
    func covered(how: String) throws {
        try withSidecar { sidecar in
            let run = try EstopctlRun(
                script: "\(how); \(Self.script)", options: ["--grace", "300ms"], prefix: ["unshare", "-m"],
                under: sidecar)
            try sidecar.set("pause")
            try run.expect(allStopped: true)
            try sidecar.set("stop")
            #expect(try run.guardian.wait() == .killed(SIGTERM))
            try run.expectNothingLeft()
        }
    }

    @Test("a stop finds what hides from its user's /proc", .enabled(if: canUnshare && hasProgram("setpriv")))
    func hidden() throws {
        try withSidecar(options: ["--socket-mode", "666"]) { sidecar in
            // Who cannot read a program cannot look at a process that runs it, under hidepid not even see it.
            let unreadable = try sidecar.folder.copy(ofProgram: "/bin/sleep")
            try #require(chmod(unreadable, 0o111) == 0)
            let mounting = """
                mount -t proc -o hidepid=2 proc /proc && exec setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
                """
            let run = try EstopctlRun(
                script: "\(unreadable) 1000 & (\(unreadable) 1000 &); echo ready; exec \(unreadable) 1000",
                options: ["--grace", "300ms"], prefix: ["unshare", "-m", "sh", "-c", mounting, "sh"],
                program: try sidecar.folder.copy(ofProgram: builtProgram("estopctl")), under: sidecar)
            try eventually("its three processes") { run.command.count == 3 }
            try sidecar.set("stop")
            #expect(try run.guardian.wait() == .killed(SIGTERM))
            #expect(run.command == [])
            try run.expectNothingLeft()
        }
    }

    @Test(
        "pause and stop find all without a free descriptor, and a stop where there is not even a reserve",
        .enabled(if: hasProgram("prlimit")), arguments: [true, false])
    func withoutDescriptors(hasReserve: Bool) throws {
        try withSidecar { sidecar in
            let run = try EstopctlRun(script: Self.script, options: ["--grace", "300ms"], under: sidecar)
            let supervisor = try run.supervisor(sidecar)
            let used = Set(namesInDirectory("/proc/\(supervisor)/fd").compactMap { Int($0) })
            // Below the limit there is no other number: a descriptor that is given up is the only one to be had.
            let limit = hasReserve ? (0...).first { !used.contains($0) }! : 3
            let limited = try TestSupport.run(
                ["prlimit", "--pid", "\(supervisor)", "--nofile=\(limit):\(limit)"], in: sidecar.folder)
            try #require(limited.ending == .exited(0), "\(limited.errorOutput)")
            if hasReserve {
                try sidecar.set("pause")
                try run.expect(allStopped: true)
            }
            try sidecar.set("stop")
            #expect(try run.guardian.wait() == .killed(SIGTERM))
            #expect(run.command == [])
            try run.expectNothingLeft()
        }
    }

    @Test("as the first process of a process id namespace it leaves no adopted zombie", .enabled(if: canUnshare))
    func orphans() throws {
        try withSidecar { sidecar in
            let run = try EstopctlRun(
                script: "echo ready; exec sleep 1000", prefix: ["unshare", "-fp", "--mount-proc", "--kill-child"],
                under: sidecar)
            let first = try #require(run.processes.first { run.name($0) == "estopctl" })
            func children() throws -> [pid_t] {
                try textOfFile(at: "/proc/\(first)/task/\(first)/children").split(separator: " ").compactMap {
                    pid_t($0)
                }
            }
            let sweeper = try children()
            #expect(sweeper.count == 1)
            // As `docker exec` does: its parent is in no other namespace, so what it leaves comes to the first.
            let entered = try TestSupport.run(
                ["nsenter", "-t", "\(first)", "-p", "sh", "-c", "for i in 1 2 3; do (sleep 1000 &); done"],
                in: sidecar.folder)
            try #require(entered.ending == .exited(0), "\(entered.errorOutput)")
            let orphans = Set(try children()).subtracting(sweeper)
            #expect(orphans.count == 3)
            for orphan in orphans { kill(orphan, SIGKILL) }
            try eventually("that they are buried") { try children() == sweeper }
            try sidecar.set("stop")
            #expect(try run.guardian.wait() == .exited(128 + SIGTERM))
            try run.expectNothingLeft()
        }
    }
}
