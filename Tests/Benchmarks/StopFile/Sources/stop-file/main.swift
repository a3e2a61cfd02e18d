internal import EmergencyStopCore
internal import Glibc

/// The bytes of a file.
func read(_ path: String) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { fatalError("cannot open \(path)") }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { fatalError("cannot look at \(path)") }
    let size = Int(status.st_size)
    return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
        while count < size {
            let more = Glibc.read(descriptor, buffer.baseAddress! + count, size - count)
            guard more > 0 else { fatalError("cannot read \(path)") }
            count += more
        }
    }
}

/// What a settled read of the file makes everything be.
func snapshot(_ path: String) -> Snapshot {
    let file = StopFile(parsing: read(path))
    if let malformation = file.malformation { fatalError(malformation.description) }
    return Snapshot(SettledState(condition: .readable, entries: file.entries, warnings: file.warnings))
}

let arguments = CommandLine.arguments
guard arguments.count == 4, let rounds = Int(arguments[3]), rounds > 0 else {
    fatalError("usage: stop-file FILE FILE ROUNDS")
}
let paths = Array(arguments[1...2])
var before = Edition.none.next(snapshot(paths[1])).edition
var times: [Duration] = []
for round in 0..<rounds {
    let start = ContinuousClock.now
    let now = snapshot(paths[round % 2])
    let (edition, change) = before.next(now)
    times.append(ContinuousClock.now - start)
    guard change.names?.count == 1 else { fatalError("\(change.names?.count ?? -1) changes, expected 1") }
    before = edition
}
times.sort()
let median = times[times.count / 2] / .milliseconds(1)
let hundredths = Int((median * 100).rounded())
print("\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)")
