import Glibc
import TestSupport

/// `estopctl run`, the real binary, with a command of which every process can be found: they have inherited a mark.
final class EstopctlRun {
    let guardian: SpawnedProcess
    private let mark: String

    /// Starts `estopctl run NAME OPTIONS -- COMMAND`.
    ///
    /// - Parameters:
    ///   - prefix: A program that starts it, with its arguments.
    ///   - program: A copy of `estopctl`, for other users.
    ///   - errorOutput: The standard error of all, instead of a file.
    init(
        _ command: [String], of name: String = "A", options: [String] = [], prefix: [String] = [],
        program: String = builtProgram("estopctl"), under sidecar: RunningSidecar, terminal: PseudoTerminal? = nil,
        input: CInt? = nil,
        errorOutput: CInt? = nil
    ) throws {
        var generator = SystemRandomNumberGenerator()
        let key = String(generator.next(), radix: 16)
        mark = "ESTOP_TEST=\(key)"
        guardian = try SpawnedProcess(
            prefix + [program, "run", name] + options + ["--"] + command,
            environment: ["ESTOP_SOCKET": sidecar.socket, "ESTOP_TEST": key], in: sidecar.folder,
            name: "run-\(key)", input: input, errorOutput: errorOutput, terminal: terminal
        )
    }

    /// Starts a shell script, and waits until it has said that it is ready.
    convenience init(
        script: String, of name: String = "A", options: [String] = [], prefix: [String] = [],
        program: String = builtProgram("estopctl"), under sidecar: RunningSidecar, errorOutput: CInt? = nil
    ) throws {
        try self.init(
            ["sh", "-c", script], of: name, options: options, prefix: prefix, program: program, under: sidecar,
            errorOutput: errorOutput)
        try expect("ready")
    }

    /// Kills whatever is left, for a test that has failed.
    deinit {
        for pid in processes { kill(pid, SIGKILL) }
        guardian.destroy()
        for pid in processes { kill(pid, SIGKILL) }
    }

    /// Waits until the command has printed this.
    func expect(_ text: String) throws {
        try eventually("\(text) in \(guardian.output), \(guardian.errorOutput)") {
            if let ending = guardian.ending { throw TestFailure("ended: \(ending), \(guardian.errorOutput)") }
            return guardian.output.contains(text)
        }
    }

    /// Waits until estopctl has said this.
    func expectSaid(_ text: String) throws {
        try eventually("\(text) in \(guardian.errorOutput)") { guardian.errorOutput.contains(text) }
    }

    /// Every process with the mark, estopctl's own too, that has not ended.
    var processes: [pid_t] {
        namesInDirectory("/proc").compactMap { pid_t($0) }.filter { pid in
            let environment = (try? bytesOfFile(at: "/proc/\(pid)/environ")) ?? []
            guard environment.isEmpty, state(pid) == "Z" else { return isMarked(environment) }
            // The main thread may have ended before the others.
            return namesInDirectory("/proc/\(pid)/task").contains { thread in
                isMarked((try? bytesOfFile(at: "/proc/\(pid)/task/\(thread)/environ")) ?? [])
            }
        }
    }

    private func isMarked(_ environment: [UInt8]) -> Bool {
        environment.split(separator: 0).contains { $0.elementsEqual(mark.utf8) }
    }

    /// The processes of the command: all but estopctl's own three.
    var command: [pid_t] {
        processes.filter { pid in !["estop", "program-estop", "run-sweeper"].contains { name(pid).hasPrefix($0) } }
    }

    /// The process that the sidecar shows.
    func supervisor(_ sidecar: RunningSidecar) throws -> pid_t {
        var pid: pid_t?
        try eventually("the run in ps") {
            pid = try sidecar.connect().askLines("ps").first?["pid"].flatMap { pid_t($0) }
            return pid != nil
        }
        return pid!
    }

    func sweeper() throws -> pid_t {
        var pid: pid_t?
        try eventually("the sweeper") {
            pid = processes.first { name($0) == "run-sweeper" }
            return pid != nil
        }
        return pid!
    }

    /// Waits until not one process is left, estopctl's included.
    func expectNothingLeft(within limit: Duration = patience) throws {
        try eventually(within: limit, "that all are gone; left: \(processes.map { "\($0) \(name($0))" })") {
            // Collects the guardian, too.
            guardian.ending != nil && processes.isEmpty
        }
    }

    /// Waits until every process of the command stands still, or none does.
    func expect(allStopped: Bool) throws {
        try eventually("that all \(allStopped ? "stand still" : "go on")") {
            let seen = command
            // Whoever was started while they were listed is found by a second look.
            return !seen.isEmpty && seen.allSatisfy { isHeld($0) == allStopped } && (!allStopped || command == seen)
        }
    }

    /// Whether a process stands still, or will at the end of the `vfork` in which it waits for a child.
    func isHeld(_ pid: pid_t) -> Bool {
        guard state(pid) == "D" else { return state(pid) == "T" }
        let status = (try? textOfFile(at: "/proc/\(pid)/status")) ?? ""
        return status.split(separator: "\n").contains { line in
            guard line.hasPrefix("ShdPnd:\t"), let pending = UInt64(line.dropFirst(8), radix: 16) else { return false }
            return pending >> UInt64(SIGSTOP - 1) & 1 == 1
        }
    }

    /// As in `/proc/PID/stat`.
    func state(_ pid: pid_t) -> Character? {
        guard let line = try? textOfFile(at: "/proc/\(pid)/stat"), let end = line.lastIndex(of: ")") else { return nil }
        return line[end...].dropFirst(2).first
    }

    func name(_ pid: pid_t) -> Substring { ((try? textOfFile(at: "/proc/\(pid)/comm")) ?? "").prefix { $0 != "\n" } }
}

extension RunningSidecar {
    /// Gives an entry another status, as an editor would.
    func set(_ status: String, of name: String = "A") throws {
        try folder.replace("es.json", with: #"{"Name":"\#(name)","Status":"\#(status)","Reason":"INC-1"}"#)
    }
}
