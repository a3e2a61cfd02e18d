internal import Foundation
internal import Resilience

// Applies a desired file in a process of its own, so that tests can kill it, starve it and take its rights away.
//
// usage: resilience-probe PATH BYTE COUNT [kill=STEP] [limit=BYTES] [user=ID] [policy=best-effort]
//
// Kills itself before the STEP-th system call that changes the disk. Prints what was done, then each warning; on an
// error prints its code and exits 1.

var arguments = CommandLine.arguments.dropFirst()
guard let path = arguments.popFirst(), let byte = arguments.popFirst().flatMap({ UInt8($0) }),
    let count = arguments.popFirst().flatMap({ Int($0) })
else {
    print("usage: resilience-probe PATH BYTE COUNT [kill=STEP] [limit=BYTES] [user=ID] [policy=best-effort]")
    exit(64)
}
var options: [String: String] = [:]
for argument in arguments {
    let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
    if parts.count == 2 { options[parts[0]] = parts[1] }
}

if let limit = options["limit"].flatMap({ rlim_t($0) }) {
    // Without the signal, the write itself fails.
    signal(SIGXFSZ, SIG_IGN)
    var limits = rlimit(rlim_cur: limit, rlim_max: limit)
    setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limits)
}
if let user = options["user"].flatMap({ uid_t($0) }) {
    guard setgroups(0, nil) == 0, setgid(user) == 0, setuid(user) == 0 else { exit(77) }
}

var file = DesiredFile(
    path: path, contents: [UInt8](repeating: byte, count: count),
    metadataPolicy: options["policy"] == "best-effort" ? .bestEffort : .required)
if let kill = options["kill"].flatMap({ Int($0) }) {
    let steps = StepCounter(last: kill)
    file.willStep = { _ in steps.next() }
}

do {
    let applied = try file.apply()
    print(applied.change)
    for warning in applied.warnings { print(warning.kind) }
} catch {
    print(error.code)
    exit(1)
}
