import EmergencyStopCore
import FoundationEssentials
import Glibc
import TestSupport
import Testing

/// What `man estopctl-json` promises, read from the page itself: so the page and the programs cannot drift apart.
struct JSONContract {
    struct Key: Hashable {
        let type: String
        let isOptional: Bool
    }

    private(set) var kinds: [String: [String: Key]] = [:]

    init() throws {
        var kind: String?
        for line in try String(decoding: readFile("systemd/estopctl-json.5"), as: UTF8.self).split(separator: "\n") {
            if line.hasPrefix(".SH") { kind = nil }
            if line.hasPrefix(".SS ") {
                kind = String(line.dropFirst(4))
                kinds[kind ?? ""] = [:]
            }
            guard let kind, line.hasPrefix(".BR ") else { continue }
            let parts = line.dropFirst(4).split(separator: " ", maxSplits: 1)
            let type = parts[1].dropFirst(3).dropLast(2).split(separator: ",")
            kinds[kind]?[String(parts[0])] = Key(type: String(type[0]), isOptional: type.count > 1)
        }
    }

    /// What is wrong with a line, or nothing.
    func problem(of line: String) -> String? {
        guard case .object(let object)? = try? JSONDecoder().decode(Value.self, from: Data(line.utf8)) else {
            return "no object"
        }
        guard case .text(let kind)? = object["kind"], let keys = kinds[kind] else { return "no documented kind" }
        for (key, value) in object where key != "kind" {
            guard let known = keys[key] else { return "\(kind).\(key) is not documented" }
            if known.type != value.type { return "\(kind).\(key) is a \(value.type), not a \(known.type)" }
        }
        return keys.first { !$1.isOptional && object[$0] == nil }.map { "\(kind).\($0.key) is missing" }
    }

    static func kind(of line: String) -> String? {
        guard case .object(let object)? = try? JSONDecoder().decode(Value.self, from: Data(line.utf8)),
            case .text(let kind)? = object["kind"]
        else { return nil }
        return kind
    }

    private indirect enum Value: Decodable, Hashable {
        case text(String)
        case number(Double)
        case truth(Bool)
        case object([String: Value])

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let truth = try? container.decode(Bool.self) {
                self = .truth(truth)
            } else if let number = try? container.decode(Double.self) {
                self = .number(number)
            } else if let text = try? container.decode(String.self) {
                self = .text(text)
            } else {
                self = .object(try container.decode([String: Value].self))
            }
        }

        var type: String {
            switch self {
            case .text: "text"
            case .number: "number"
            case .truth: "true or false"
            case .object: "object"
            }
        }
    }
}

/// The bytes of a file of the repository.
private func readFile(_ path: String) throws -> [UInt8] {
    let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
    return Array(try Data(contentsOf: URL(filePath: "/\(root)/\(path)")))
}

@Suite("estopctl --json keeps to its contract, which is man estopctl-json", .blocking)
struct JSONContractTests {
    private static let file = """
        {"Name":"Router","Status":"go"}
        {"Name":"Disk","Status":"stop","Reason":"INC-1","By":"bob","At":"2026-01-02T03:04:05Z"}
        {"Name":"Rack*","Status":"pause"}
        {"Name":"Idle*","Status":"go"}
        {"Name":"EstopDrill","Status":"go"}

        """

    @Test("in every command, and each kind is seen")
    func everyCommand() throws {
        let contract = try JSONContract()
        var seen: Set<String> = []
        func check(_ result: ShellResult, _ ending: SpawnedProcess.Ending, last: String) {
            #expect(result.ending == ending, "\(result.errorOutput)")
            for line in result.lines {
                #expect(contract.problem(of: line) == nil, "\(line)")
                JSONContract.kind(of: line).map { _ = seen.insert($0) }
            }
            #expect(result.lines.last.flatMap(JSONContract.kind) == last)
        }
        try withSidecar(file: Self.file) { sidecar in
            let alice = sidecar.alice
            let run = try sidecar.enterRun("Router")
            check(try alice.calls("status", "Disk", "--json"), .exited(20), last: "status")
            check(try alice.calls("list", "--json"), .exited(0), last: "end")
            check(try alice.calls("ps", "--json"), .exited(0), last: "end")
            check(try alice.calls("info", "--json"), .exited(0), last: "info")
            check(try alice.calls("stop", "Router", "--dry-run", "--json"), .exited(0), last: "end")
            check(try alice.calls("stop", "Router", "--wait", "0s", "--json"), .exited(4), last: "end")
            check(try alice.calls("go", "Disk", "--json"), .exited(1), last: "error")
            check(try alice.calls("stop", "Rooter", "--json"), .exited(1), last: "error")
            check(try alice.calls("pause", "Rack*", "--json"), .exited(0), last: "edit")
            check(try alice.calls("drill", "--json"), .exited(0), last: "drill")
            check(try alice.calls("doctor", "--json"), .exited(0), last: "end")
            check(try alice.calls("check", sidecar.folder.path(of: "es.json"), "--json"), .exited(0), last: "end")
            _ = try run.linesDue()
            try sidecar.folder.replace("es.json", with: "{")
            check(try alice.calls("check", sidecar.folder.path(of: "es.json"), "--json"), .exited(1), last: "end")
            check(try alice.calls("check", "/nowhere", "--json"), .exited(1), last: "error")
            check(try alice.calls("stop", "Router", "--json"), .exited(1), last: "error")
            try eventually("the whole file's change") {
                try alice.calls("history", "--json").output.contains("malformed-file")
            }
            check(try alice.calls("history", "--json"), .exited(0), last: "end")
        }
        // Thousands of names that change at once are not told of one by one.
        let many = (0..<200).map { #"{"Name":"W\#($0)","Status":"go"}"# + "\n" }.joined()
        try withSidecar(file: many) { sidecar in
            check(try sidecar.alice.calls("stop", "--all", "--json"), .exited(0), last: "edit")
            check(try sidecar.alice.calls("history", "--json"), .exited(0), last: "end")
        }
        #expect(seen == Set(contract.kinds.keys))
    }

    @Test("where no sidecar answers: an object says so, with the exit code that it has without")
    func noSidecar() throws {
        let contract = try JSONContract()
        try withTemporaryFolder { folder in
            for (command, ending) in [
                (["status", "A"], 20), (["list"], 69), (["ps"], 69), (["history"], 69), (["info"], 69), (["doctor"], 1),
                (["drill"], 3),
            ] {
                let result = try run(
                    [Operator.program] + command + ["--json", "--socket", folder.path(of: "none")], in: folder)
                #expect(result.ending == .exited(Int32(ending)), "\(command)")
                #expect(!result.lines.isEmpty, "\(command)")
                for line in result.lines { #expect(contract.problem(of: line) == nil, "\(line)") }
            }
        }
    }
}
