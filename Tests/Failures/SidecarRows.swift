internal import Glibc
internal import TestSupport

extension Row {
    /// The sidecar.
    static let sidecars = [
        Row("sidecar-killed", "stop at the end of the lease") { scene in
            try scene.begin()
            scene.fail { scene.sidecar.signal(SIGKILL) }
            try scene.runEnds("unreachable", within: .lease, notBefore: .seconds(7))
            try scene.newRunBegins(within: .seconds(3)) { try scene.startSidecar() }
        },
        Row("sidecar-killed-and-back", "nothing; a stop made meanwhile arrives within the lease") { scene in
            // That another is stopped is nothing to the run.
            try scene.begin(Scene.goA + #"{"Name":"B","Status":"stop"}"#)
            scene.sidecar.process.destroy()
            try scene.startSidecar()
            try scene.awaitRegistration()
            try scene.runGoesOn()
            scene.note("run goes on")
            try scene.fail {
                scene.sidecar.process.destroy()
                try scene.replace(with: Scene.stopA)
                try scene.startSidecar()
            }
            try scene.runEnds("listed", within: .lease)
        },
        Row("sidecar-frozen", "stop at the end of the lease") { scene in
            try scene.begin()
            try scene.fail { try scene.sidecar.freeze() }
            try scene.runEnds("unreachable", within: .lease, notBefore: .seconds(7))
            try scene.newRunBegins(within: .seconds(3)) { scene.sidecar.signal(SIGCONT) }
        },
        Row(
            "sidecar-no-descriptors", "new connections are refused with a line; a stop reaches the others at once",
            unless: needs("prlimit")
        ) { scene in
            try scene.begin()
            let pid = scene.sidecar.process.pid
            func limit(_ count: Int) throws {
                let result = try run(["prlimit", "--pid", "\(pid)", "--nofile=\(count):"], in: scene.folder)
                guard result.ending == .exited(0) else { throw TestFailure(result.errorOutput) }
            }
            let highest = namesInDirectory("/proc/\(pid)/fd").compactMap { Int($0) }.max() ?? 0
            try limit(highest + 2)
            var taken: [LineClient] = []
            scene.fail {}
            var refused = false
            while !refused {
                let client = try scene.sidecar.connect()
                _ = client.sendWithoutWaiting(Array("ping x\n".utf8))
                refused = try client.line().text.hasPrefix("error connect\texpected=a free file descriptor")
                taken.append(client)
            }
            try scene.told("stop A", "listed", within: .atOnce) { try scene.replace(with: Scene.stopA) }
            try scene.runEnds("listed", within: .atOnce)
            taken.removeAll()
            try scene.replace(with: Scene.goA)
            try scene.newRunBegins(within: .seconds(3)) { try limit(1024) }
        },
        Row("sidecar-memory-limit", "as if it were killed", unless: needs("prlimit")) { scene in
            try scene.begin(prefix: ["prlimit", "--data=50000000"])
            let entries = (0..<400_000).map { #"{"Name":"workflow-\#($0)","Status":"go"}"# }.joined(separator: "\n")
            try scene.fail { try scene.replace(with: Scene.goA + entries) }
            try eventually("the sidecar's end") { scene.sidecar.process.ending != nil }
            try scene.runEnds("unreachable", within: .lease + .seconds(2))
            try scene.replace(with: Scene.goA)
            try scene.newRunBegins(within: .seconds(3)) { try scene.startSidecar() }
        },
        Row("sidecar-second", "nothing: it exits with 69 and names the first") { scene in
            try scene.begin()
            scene.fail {}
            let begin = ContinuousClock.now
            let second = try RunningSidecar(in: scene.folder, executable: Scene.estopd, name: "second")
            defer { second.process.destroy() }
            let ending = try second.process.wait()
            guard ending == .exited(69), second.log.contains("process \(scene.sidecar.process.pid)") else {
                throw TestFailure("\(ending): \(second.log)")
            }
            try scene.note("exit 69", .now - begin, within: .seconds(1))
            try scene.nothingSeen()
        },
        Row("sidecar-restarted", "50 times under load: no run stops, nothing that is stopped is go", isHeavy: true) {
            scene in
            try scene.begin(Scene.goA + #"{"Name":"B","Status":"stop"}"#)
            let isOver = Flag()
            let socket = scene.folder.path(of: RunningSidecar.socketName)
            let askers = try (0..<4).map { _ in
                try runThread {
                    while !isOver.isSet {
                        guard let client = try? LineClient(to: socket) else {
                            usleep(1000)
                            continue
                        }
                        // Killed in the middle of an answer, it may end anywhere.
                        while !isOver.isSet, let line = try? client.ask("status B") {
                            guard line.head == "stop B" else { throw TestFailure("answered \(line)") }
                            usleep(200)
                        }
                    }
                }
            }
            defer { isOver.set() }
            let begin = ContinuousClock.now
            for round in 0..<50 {
                // By turns, it is killed or ends.
                if round.isMultiple(of: 2) {
                    scene.sidecar.process.destroy()
                } else {
                    guard try scene.sidecar.stop() == .exited(0) else { throw TestFailure("ended otherwise") }
                }
                try scene.startSidecar(options: ["--settle-time", "10ms"])
            }
            let time = ContinuousClock.now - begin
            try scene.runGoesOn()
            isOver.set()
            for asker in askers { try asker.wait() }
            scene.note("50 restarts in \(time.text)")
            let reentered = ContinuousClock.now
            try scene.awaitRegistration()
            try scene.note("run registered again", .now - reentered, within: .lease)
            try scene.runGoesOn()
        },
    ]

    /// The socket.
    static let sockets = [
        Row("socket-removed", "who is connected nothing; it is made again") { scene in
            try scene.begin()
            scene.fail {}
            let begin = ContinuousClock.now
            try scene.folder.remove(RunningSidecar.socketName)
            try eventually("another socket") { (try? scene.sidecar.status("A").head) == "go A" }
            try scene.note("new ones connect", .now - begin, within: .milliseconds(5600))
            try scene.nothingSeen()
            try scene.newRunBegins(within: .seconds(1)) {}
        },
        Row(
            "socket-squatted", "by another user, who answers go: stop, unreachable", unless: needs("setpriv")
        ) { scene in
            try scene.folder.setMode(0o777, of: ".")
            try scene.begin()
            scene.fail { scene.sidecar.signal(SIGKILL) }
            _ = try scene.sidecar.process.wait()
            for name in ["", ".lock"] { try? scene.folder.remove(RunningSidecar.socketName + name) }
            // The worst that can be in its place: one that speaks the protocol, and a file that says go.
            let squatter = try RunningSidecar(
                in: scene.folder, prefix: ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"],
                executable: scene.folder.copy(ofProgram: Scene.estopd), name: "squatter"
            )
            defer { squatter.process.destroy() }
            try squatter.awaitReadiness()
            guard try squatter.status("A").head == "go A" else { throw TestFailure("the squatter does not say go") }
            try scene.runEnds("unreachable", within: .lease, notBefore: .seconds(7))
            let late = try SpawnedProcess(
                [builtProgram("client-probe"), scene.folder.path(of: RunningSidecar.socketName), "A"],
                in: scene.folder, name: "late"
            )
            defer { late.destroy() }
            try eventually("that a new run is refused; it says: \(late.output)") { late.output.contains("ended") }
            guard late.output.contains("stop (unreachable)"), !late.output.contains("started") else {
                throw TestFailure("a new run says: \(late.output)")
            }
            scene.note("no new run")
            squatter.process.destroy()
            for name in ["", ".lock"] { try? scene.folder.remove(RunningSidecar.socketName + name) }
            try scene.newRunBegins(within: .seconds(3)) { try scene.startSidecar() }
        },
    ]
}
