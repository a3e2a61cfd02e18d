internal import Glibc
internal import TestSupport

/// What a row acts on: a real sidecar with its own defaults, a stop file, a client that watches, and a workflow's
/// process that runs A through the library. Says what was measured, and fails where a bound is passed.
final class Scene {
    static let goA = #"{"Name":"A","Status":"go"}"#
    static let stopA = #"{"Name":"A","Status":"stop"}"#

    /// The sidecar's binary, where it is not the one that was built beside this.
    static let estopd = getenv("ESTOPD").map { String(cString: $0) } ?? RunningSidecar.executable

    let folder: TemporaryFolder
    /// Whether there is time for the full size.
    let isLong: Bool
    /// The stop file, below the folder.
    private(set) var fileName = RunningSidecar.fileName
    private(set) var measured: [String] = []
    private var processes: [SpawnedProcess] = []
    private var current: (sidecar: RunningSidecar, watcher: LineClient)?
    private var run: SpawnedProcess?
    /// When what fails did.
    private(set) var faultTime = ContinuousClock.now

    init(isLong: Bool) throws {
        folder = try TemporaryFolder()
        self.isLong = isLong
    }

    func end() {
        for process in processes { process.destroy() }
        folder.removeAll()
    }

    var sidecar: RunningSidecar { current!.sidecar }
    var watcher: LineClient { current!.watcher }

    // MARK: Before the fault

    /// Starts a sidecar on a file in which A may go, a watcher of A, B and C, and, unless told otherwise, a run of A.
    func begin(
        _ content: String = goA, in fileName: String = RunningSidecar.fileName, options: [String] = [],
        prefix: [String] = [], environment: [String: String] = [:], copied: Bool = false, withRun: Bool = true
    ) throws {
        self.fileName = fileName
        try write(content)
        try startSidecar(options: options, prefix: prefix, environment: environment, copied: copied)
        if withRun { try startRun(environment: environment) }
    }

    func startSidecar(
        options: [String] = [], prefix: [String] = [], environment: [String: String] = [:], copied: Bool = false
    ) throws {
        let sidecar = try RunningSidecar(
            in: folder, options: (options.contains("--settle-time") ? [] : ["--settle-time", "100ms"]) + options,
            environment: environment, prefix: prefix,
            executable: copied ? folder.copy(ofProgram: Self.estopd) : Self.estopd, name: "estopd-\(processes.count)",
            fileName: fileName
        )
        processes.append(sidecar.process)
        try sidecar.awaitReadiness()
        let watcher = try sidecar.connect()
        for name in ["A", "B", "C"] { _ = try watcher.ask("watch \(name)") }
        current = (sidecar, watcher)
    }

    /// Starts a workflow's process and waits until its run has begun.
    @discardableResult
    func startRun(_ mode: String..., environment: [String: String] = [:]) throws -> SpawnedProcess {
        let probe = try SpawnedProcess(
            [builtProgram("client-probe"), folder.path(of: RunningSidecar.socketName), "A"] + mode,
            environment: environment, in: folder, name: "run-\(processes.count)"
        )
        processes.append(probe)
        run = probe
        try eventually("that a run begins; it says: \(probe.output)") { probe.output.contains("started\n") }
        return probe
    }

    func start(_ arguments: [String]) throws -> SpawnedProcess {
        let process = try SpawnedProcess(arguments, in: folder, name: "process-\(processes.count)")
        processes.append(process)
        return process
    }

    // MARK: Faults

    /// Writes the stop file in place.
    func write(_ content: String) throws { try folder.write(content, to: fileName) }

    /// Puts another stop file in its place.
    func replace(with content: String) throws { try folder.replace(fileName, with: content) }

    func fail(_ fault: () throws -> Void) rethrows {
        faultTime = .now
        try fault()
    }

    // MARK: What is seen of it

    /// A watcher is told so, in time after the fault.
    func told(
        _ head: String, _ cause: String? = nil, within bound: Duration, notBefore least: Duration = .zero,
        after fault: () throws -> Void
    ) throws {
        try fail(fault)
        let what = "\(head)\(cause.map { " \($0)" } ?? "")"
        try watcher.line(within: bound * 2 + .seconds(5), what) {
            $0.head == head && (cause == nil || $0["cause"] == cause)
        }
        try note(what, .now - faultTime, within: bound, notBefore: least)
    }

    /// The run has ended, in time after the fault.
    func runEnds(_ cause: String, within bound: Duration, notBefore least: Duration = .zero) throws {
        let run = run!
        func awaitWord(_ word: String) throws {
            try eventually(within: bound * 2 + .seconds(5), "the end of the run by \(cause); it says: \(run.output)") {
                run.output.contains(word)
            }
        }
        // Its body is over; it takes a second to find that nobody hears it sign off.
        try awaitWord("over\n")
        let time = ContinuousClock.now - faultTime
        try awaitWord("ended: ")
        guard run.output.contains("ended: A: stop (\(cause))") else { throw TestFailure("the run says: \(run.output)") }
        try note("run ended \(cause)", time, within: bound, notBefore: least)
    }

    /// The run goes on, and was told of nothing.
    func runGoesOn() throws {
        guard let run, run.ending == nil, !run.output.contains("stop") else {
            throw TestFailure("the run was told: \(run?.output ?? "nothing")")
        }
    }

    /// The run is known to the sidecar that serves now.
    func awaitRegistration() throws {
        try eventually("that the run has entered again; it says: \(run?.output ?? "nothing")") {
            try sidecar.connect().askLines("ps").contains { $0.word == "run" && $0["lost"] != "yes" }
        }
    }

    /// Nobody was told of anything, and all goes on.
    func nothingSeen() throws {
        if run != nil { try runGoesOn() }
        let lines = try watcher.linesDue()
        guard lines.isEmpty else { throw TestFailure("the watcher was told: \(lines)") }
    }

    /// Healed: another run begins, in time after this.
    func newRunBegins(within bound: Duration, after healing: () throws -> Void) throws {
        try fail(healing)
        try startRun()
        try note("new run", .now - faultTime, within: bound)
    }

    // MARK: Measured

    func note(_ what: String, _ time: Duration, within bound: Duration, notBefore least: Duration = .zero) throws {
        let text = "\(what) \(time.text) (≤ \(bound.text))"
        measured.append(text)
        guard time <= bound else { throw TestFailure("too late: \(text)") }
        guard time >= least else { throw TestFailure("too early: \(text), not before \(least.text)") }
    }

    func note(_ what: String, _ count: Int, _ unit: String, atMost bound: Int) throws {
        let text = "\(what) \(count) \(unit) (≤ \(bound))"
        measured.append(text)
        guard count <= bound else { throw TestFailure("too much: \(text)") }
    }

    func note(_ what: String) { measured.append(what) }

    /// What is resident of the sidecar, or was at most, in KB.
    func memory(_ key: String = "VmRSS") throws -> Int {
        let status = try textOfFile(at: "/proc/\(sidecar.process.pid)/status")
        guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix(key + ":") }),
            let number = line.split(separator: " ").dropLast().last?.split(separator: "\t").last.flatMap({ Int($0) })
        else { throw TestFailure("no \(key)") }
        return number
    }

    func metric(_ name: String) throws -> Double {
        let lines = try sidecar.connect().askLines("metrics") { $0.text == "# EOF" }
        guard let line = lines.first(where: { $0.word == name }), let value = Double(line.subject) else {
            throw TestFailure("no metric \(name)")
        }
        return value
    }
}
