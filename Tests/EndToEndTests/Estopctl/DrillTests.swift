import Glibc
import TestSupport
import Testing

@Suite("estopctl drill", .blocking)
struct DrillTests {
    /// A layout of its own, and text that could be written otherwise.
    private static let file = """
        {"Name": "A", "Status": "go"}

          { "status" : "go",
            "Reason" : "caf\\u00e9", "NAME" : "EstopDrill" , "At":"long ago" }
        {"Name":"Z","Status":"stop"}
        """

    private func arguments(_ sidecar: RunningSidecar, _ more: [String] = []) -> [String] {
        [builtProgram("estopctl"), "drill", "--socket", sidecar.socket] + more
    }

    @Test("stops, tells how long it took, and leaves the file as it was, byte for byte", arguments: [[], ["--json"]])
    func success(options: [String]) throws {
        try withSidecar(file: Self.file) { sidecar in
            let watcher = try sidecar.connect()
            #expect(try watcher.ask("watch EstopDrill").head == "go EstopDrill")
            let result = try run(arguments(sidecar, options), in: sidecar.folder)
            #expect(result.ending == .exited(0), "\(result.errorOutput)")
            #expect(result.errorOutput == "")
            if options.isEmpty {
                #expect(
                    result.lines.map { $0.prefix(18) }
                        == ["file to sidecar   ", "file to run       ", "back to go        ", "The emergency stop"])
                #expect(result.lines[..<3].allSatisfy { $0.hasSuffix("ms") || $0.hasSuffix(" s") })
            } else {
                #expect(result.lines.count == 1)
                for key in ["name", "sidecarMilliseconds", "runMilliseconds", "backMilliseconds"] {
                    #expect(result.output.contains("\"\(key)\":"))
                }
            }
            #expect(try sidecar.folder.text(of: "es.json") == Self.file)
            let stop = try watcher.line("the stop") { $0.head == "stop EstopDrill" }
            #expect(stop["reason"] == "drill")
            #expect(try watcher.line("go again") { $0.head == "go EstopDrill" }["reason"] == "café")
            #expect(try sidecar.connect().askLines("ps").map(\.head) == ["end 0"])
        }
    }

    @Test("does not end what really runs by the name")
    func realRun() throws {
        try withSidecar(file: Self.file) { sidecar in
            let run = try sidecar.enterRun("EstopDrill")
            let result = try TestSupport.run(arguments(sidecar), in: sidecar.folder)
            #expect(result.ending == .exited(1))
            #expect(result.errorOutput.contains("1 run of EstopDrill would be stopped by the drill"))
            #expect(try run.linesDue().isEmpty)
            #expect(try sidecar.folder.text(of: "es.json") == Self.file)
        }
    }

    @Test("does nothing without an entry that is go and no pattern restrains, without a sidecar, and for a pattern")
    func refusals() throws {
        let cases = [
            (#"{"Name":"A","Status":"go"}"#, "has no entry EstopDrill. Add it: estopctl go 'EstopDrill' --add"),
            (#"{"Name":"EstopDrill","Status":"pause","By":"ann"}"#, "EstopDrill is pause by ann in "),
            (
                #"{"Name":"EstopDrill","Status":"go"}{"Name":"Estop*","Status":"stop"}"#,
                "no run: stop EstopDrill (pattern Estop*)"
            ),
        ]
        for (file, why) in cases {
            try withSidecar(file: file) { sidecar in
                let result = try run(arguments(sidecar), in: sidecar.folder)
                #expect(result.ending == .exited(1))
                #expect(result.output == "")
                #expect(result.errorOutput.contains(why), "\(result.errorOutput)")
                #expect(try sidecar.folder.text(of: "es.json") == file)
            }
        }
        try withSidecar(file: Self.file) { sidecar in
            #expect(try run(arguments(sidecar, ["Estop*"]), in: sidecar.folder).ending == .exited(64))
            try sidecar.folder.write(Self.file, to: "other.json")
            let other = try run(
                arguments(sidecar, ["--file", sidecar.folder.path(of: "other.json")]), in: sidecar.folder)
            #expect(other.ending == .exited(3))
            #expect(other.errorOutput.contains("the sidecar reads \(sidecar.file), not "))
            _ = try sidecar.stop()
            let unserved = try run(arguments(sidecar), in: sidecar.folder)
            #expect(unserved.ending == .exited(3))
            #expect(try sidecar.folder.text(of: "es.json") == Self.file)
        }
    }

    @Test("interrupted, it puts the entry back at once and ends by the signal", arguments: [SIGINT, SIGTERM, SIGHUP])
    func interrupted(signal: Int32) throws {
        try withHalfADrill(sidecarIs: .frozen) { sidecar, drill in
            try eventually("the stop") { try sidecar.folder.text(of: "es.json").contains("drill") }
            drill.signal(signal)
            #expect(try drill.wait(within: .seconds(10)) == .killed(signal))
            #expect(drill.output == "")
            #expect(drill.errorOutput == "estopctl: interrupted; the entry was put back\n")
            #expect(try sidecar.folder.text(of: "es.json") == Self.file)
        }
    }

    @Test("when the sidecar dies, it puts the entry back and says that it has failed")
    func sidecarDies() throws {
        try withHalfADrill(sidecarIs: .killed) { sidecar, drill in
            let ending = try drill.wait(within: .seconds(20))
            #expect(ending == .exited(1))
            #expect(drill.output == "")
            #expect(drill.errorOutput.contains("; the entry was put back\n"), "\(drill.errorOutput)")
            #expect(try sidecar.folder.text(of: "es.json") == Self.file)
        }
    }

    @Test("what somebody else makes of the entry meanwhile is left as it is, and other entries' changes stay")
    func meanwhile() throws {
        let (theirs, other) = (#"{"Name":"EstopDrill","Status":"stop","By":"ann"}"#, #"{"Name":"B","Status":"go"}"#)
        for (isTheirs, other) in [(true, ""), (false, other), (false, theirs)] {
            try withHalfADrill(sidecarIs: .frozen) { sidecar, drill in
                try eventually("the stop") { try sidecar.folder.text(of: "es.json").contains("drill") }
                let changed = isTheirs ? theirs : try sidecar.folder.text(of: "es.json") + other
                try sidecar.folder.replace("es.json", with: changed)
                drill.signal(SIGTERM)
                #expect(try drill.wait() == .killed(SIGTERM))
                let text = try sidecar.folder.text(of: "es.json")
                if isTheirs {
                    #expect(text == theirs)
                    #expect(drill.errorOutput.contains("was changed by somebody else during the drill"))
                } else {
                    #expect(text.hasSuffix(other))
                    #expect(text.contains("café") && !text.contains("drill"))
                }
            }
        }
    }

    private enum Trouble {
        case frozen, killed
    }

    /// Runs a drill that stands in the middle: the stop is being written, and the sidecar will not tell of it.
    private func withHalfADrill(
        sidecarIs trouble: Trouble, _ body: (RunningSidecar, SpawnedProcess) throws -> Void
    ) throws {
        try withSidecar(file: Self.file) { sidecar in
            // Who holds the lock keeps the drill from writing.
            let unlock = try sidecar.folder.lock("es.json")
            let drill = try SpawnedProcess(arguments(sidecar), in: sidecar.folder, name: "drill")
            defer { drill.destroy() }
            let client = try sidecar.connect()
            // The run's and the one that hears of the stop.
            try eventually("its run and both its connections") {
                try client.askLines("list").contains { $0.subject == "EstopDrill" && $0["watchers"] == "2" }
            }
            switch trouble {
            case .frozen: try sidecar.freeze()
            case .killed: sidecar.process.destroy()
            }
            unlock()
            try body(sidecar, drill)
        }
    }
}
