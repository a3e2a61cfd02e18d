internal import EmergencyStopCore
internal import Glibc
internal import Resilience

/// What `doctor` concludes from what it has seen: what it concludes looks at nothing itself.
package struct Diagnosis {
    /// What the sidecar tells.
    struct Sidecar {
        var information: SidecarInformation
        var names: [ServerLine.Status]
        var runs: [ServerLine.Run]
        /// Its process as seen from here; 0 where it cannot be.
        var processID: Int32
    }

    /// The most names that one finding spells out.
    private static let nameLimit = 10

    var socketPath: String
    var sidecar: Sidecar?
    /// Why there is none.
    var problem: SidecarError?
    var place: PathFacts
    /// The file as read from here; `nil` where it could not be.
    var file: StopFile?
    /// Whether the sidecar's last read was of this very file; `nil` where that cannot be told.
    var isServed: Bool?
    /// Whether the file is only the usual one, as neither anybody named one nor a sidecar told which it reads.
    var isGuessed = false
    var version: String

    /// What is worst comes first.
    package var findings: [Finding] {
        let all = socket + fileFindings + permissions + mount + reading + fleet + names
        return [Finding.Grade.fail, .warn, .ok].flatMap { grade in all.filter { $0.grade == grade } }
    }

    private var socket: [Finding] {
        if let problem { return [Finding(.fail, "sidecar", problem.description)] }
        guard let information = sidecar?.information else { return [] }
        let theirs = information["version"] ?? "unknown"
        let started = information["started"].flatMap { LocalTime.age($0) }.map { ", up for \($0.readableAge)" } ?? ""
        var found = [
            Finding(.ok, "sidecar", "answers on \(socketPath), process \(information["pid"] ?? "?")\(started)")
        ]
        found.append(Finding(.ok, "you", "may ask the sidecar"))
        if sidecar?.processID == 0 || information["pid"] != sidecar.map({ "\($0.processID)" }) {
            found.append(
                Finding(
                    .warn, "processes",
                    "the sidecar is in another process id namespace: the ids in ps are its own, and not those of here"))
        }
        if theirs != version {
            found.append(
                Finding(.warn, "version", "the sidecar is \(theirs), this program \(version): restart the older one"))
        }
        return found
    }

    private var fileFindings: [Finding] {
        switch place.kind {
        case .missing:
            return [
                Finding(
                    .fail, "file",
                    "\(place.path): \(place.problem ?? "missing"): \(consequence); put it there" + (guess ?? ""))
            ]
        case .directory, .other:
            return [Finding(.fail, "file", "\(place.path) is no regular file: \(consequence); replace it")]
        case .regular: break
        }
        guard let file else {
            return [
                Finding(
                    .warn, "file", "\(place.path) cannot be read by you: run this as a member of its group, or as root")
            ]
        }
        var found: [Finding] = []
        if let malformation = file.malformation {
            found.append(
                Finding(.fail, "file", "\(place.path):\(malformation): \(consequence); correct it"))
        } else {
            let count = file.entries.count
            found.append(Finding(.ok, "file", "\(place.path), \(count) \(count == 1 ? "entry" : "entries")"))
        }
        if let warning = file.warnings.first {
            let more = file.warnings.count > 1 ? " (and \(file.warnings.count - 1) more: estopctl check)" : ""
            found.append(Finding(.warn, "file", "\(place.path):\(warning)\(more)"))
        }
        if isServed == false {
            found.append(
                Finding(
                    .fail, "file",
                    "the sidecar reads another file than \(place.path): \(sidecar?.information["file"] ?? "unknown")"))
        }
        return found
    }

    /// What a file that cannot be read means: not more than what is known of who reads it.
    private var consequence: String {
        isServed == true ? "everything is stopped" : "a sidecar that reads it stops everything"
    }

    private var guess: String? {
        guard isGuessed, let problem else { return nil }
        return ". No file was named, and it is unknown which one the sidecar reads: \(problem)"
    }

    private var permissions: [Finding] {
        if let immutable = place.immutable {
            return [
                Finding(
                    .fail, "permissions",
                    "\(immutable) is immutable: nobody can write a stop, not even root: chattr -i \(immutable)")
            ]
        }
        var found: [Finding] = []
        if place.kind == .regular {
            let remedy = place.group.map { "join the group \($0), or use sudo" } ?? "use sudo"
            found.append(
                place.mayBeChanged
                    ? Finding(.ok, "you", "may stop and release: the file may be changed")
                    : Finding(.warn, "you", "may not stop or release, because you may not change the file: \(remedy)"))
        }
        let open = place.steps.filter(\.isWorldWritable)
        guard let first = open.first else {
            if place.kind == .regular {
                found.append(Finding(.ok, "permissions", "nobody but owner and group may change the file"))
            }
            return found
        }
        return found + [
            Finding(.fail, "permissions", "anybody may change or replace \(first.path): chmod o-w \(first.path)")
        ]
    }

    private var mount: [Finding] {
        var found: [Finding] = []
        if place.isMountPoint {
            found.append(
                Finding(
                    .fail, "mount",
                    "\(place.path) is mounted by itself (a Kubernetes subPath?): a file that replaces it is never seen; "
                        + "mount its directory"))
        }
        if let name = place.fileSystem.flatMap({ FileSystemKind.silent($0) }) {
            found.append(
                Finding(
                    .warn, "mount", "on \(name) inotify does not see changes made on other hosts: the poll finds them"))
        }
        if let free = place.freeBytes, free < 1 << 20 {
            found.append(Finding(.fail, "disk", "\(free) bytes free: no stop can be written; free some room"))
        }
        return found
    }

    private var reading: [Finding] {
        guard let information = sidecar?.information else { return [] }
        var found: [Finding] = []
        // Where it is this file that stops everything, that was said of the file.
        if let warning = information.conditionWarning, isServed != true || file?.malformation == nil {
            found.append(Finding(.fail, "served", warning))
        }
        switch information["inotify"] {
        case "up": found.append(Finding(.ok, "inotify", "watching the file: changes act at once"))
        case "starting": found.append(Finding(.ok, "inotify", "is being set up"))
        default:
            let interval = information["poll-interval-ms"].flatMap { Int($0) }.map {
                Duration.milliseconds($0).readable
            }
            found.append(
                Finding(
                    .warn, "inotify",
                    "is not available (\(information["inotify-problem"] ?? "unknown")): changes are found by the poll, "
                        + "every \(interval ?? "10 s")"))
        }
        if let restraints = information["unsettled-restraints"], restraints != "0" {
            found.append(
                Finding(.warn, "served", "\(restraints) stops or pauses come from a file that has not settled yet"))
        }
        return found
    }

    private var fleet: [Finding] {
        guard let information = sidecar?.information, let path = information["fleet-file"] else { return [] }
        var found: [Finding] = []
        if let problem = information["fleet-leave-problem"] {
            found.append(Finding(.fail, "fleet", "\(FleetLeave.path(beside: path)) \(problem): it does not hold"))
        }
        let remedy: String
        switch information["fleet-condition"] {
        case "left":
            let end = information["fleet-left-until"].map { LocalTime.text($0) } ?? "?"
            let why = "\(information["fleet-left-reason"] ?? ""), by \(information["fleet-left-by"] ?? "")"
            let left =
                "this host has left its fleet until \(end) (\(why)): only its own file holds; estopctl fleet join"
            return found + [Finding(.warn, "fleet", left)]
        case "readable":
            let name = "\(information["fleet"] ?? "?") at revision \(information["fleet-revision"] ?? "?")"
            return found + [
                Finding(
                    .ok, "fleet", "\(name), verified \(fleetAge) ago, \(information["fleet-entries"] ?? "?") entries")
            ]
        case "fleet-stale":
            remedy = "estop-fleet has not heard of the fleet; its log says why: journalctl -u estop-fleet"
        case "fleet-malformed": remedy = "only estop-fleet may write it: find out who else did; it writes it anew"
        default: remedy = "is estop-fleet running? systemctl status estop-fleet"
        }
        let problem = information["fleet-problem"].map { ": \($0)" } ?? ""
        let age = information["fleet-verified-ago-ms"] == nil ? "" : ", verified \(fleetAge) ago"
        return found + [
            Finding(
                .fail, "fleet",
                "\(path) is \(information["fleet-condition"]?.replacing("fleet-", with: "") ?? "unread")\(problem)\(age): "
                    + "everything is stopped; \(remedy)")
        ]
    }

    /// How long ago the fleet was verified.
    private var fleetAge: String {
        let age = sidecar?.information["fleet-verified-ago-ms"].flatMap { Int($0) }
        return age.map { Duration.milliseconds($0).readable } ?? "?"
    }

    private var names: [Finding] {
        guard let sidecar else { return [] }
        var found: [Finding] = []
        let listed = sidecar.names.filter { $0.report.cause != .unlisted || $0.name.isPattern }
        let unlisted = sidecar.names.filter { $0.report.cause == .unlisted && !$0.name.isPattern }
        for status in unlisted.prefix(Self.nameLimit) {
            let near = suggestion(for: status.name.text, among: listed.map(\.name.text))
            found.append(
                Finding(
                    .warn, "names",
                    "\(status.name) is watched or run and has no entry, so it is stopped"
                        + (near.map { "; did the program mean \($0)?" } ?? "")))
        }
        let unwatched = listed.filter { $0.watchers == 0 && $0.runs == 0 && !$0.name.isPattern }
        if !unwatched.isEmpty {
            let some = unwatched.prefix(Self.nameLimit).map(\.name.text).joined(separator: ", ")
            let more = unwatched.count > Self.nameLimit ? " and \(unwatched.count - Self.nameLimit) more" : ""
            found.append(Finding(.ok, "names", "nobody watches \(some)\(more) just now"))
        }
        let lost = sidecar.runs.filter(\.isLost)
        if !lost.isEmpty {
            found.append(
                Finding(
                    .warn, "runs",
                    "\(lost.count) lost: the connection broke and the process is still there: estopctl ps"))
        }
        return found
    }
}

/// One thing that `doctor` has looked at.
package struct Finding: Hashable, Encodable {
    private let kind = "finding"

    package enum Grade: String, Encodable {
        case ok
        /// It works, and not as it should.
        case warn
        /// The emergency stop does not do what it is there for.
        case fail
    }

    package var grade: Grade
    package var subject: String
    /// What was found, and what to do where it is not as it should be.
    package var message: String

    init(_ grade: Grade, _ subject: String, _ message: String) {
        self.grade = grade
        self.subject = subject
        self.message = message
    }
}

extension Diagnosis {
    /// Looks at everything that the emergency stop rests on.
    ///
    /// - Parameter file: The stop file that is given, if any is.
    package init(lookingAt file: String?, endpoint: SidecarEndpoint) {
        var sidecar: Sidecar?
        var problem: SidecarError?
        do throws(SidecarError) {
            let connection = try endpoint.connect()
            let information = try SidecarInformation(connection)
            let names = try connection.list()
            let runs = try connection.runs(of: nil).runs
            sidecar = Sidecar(
                information: information, names: names, runs: runs, processID: connection.processID)
        } catch {
            problem = error
        }
        let path = StopFileLocation.path(given: file, sidecar: sidecar?.information)
        let place = PathFacts(lookingAt: path)
        self.init(
            socketPath: endpoint.path, sidecar: sidecar, problem: problem, place: place,
            file: Self.stopFile(place.path),
            isServed: sidecar.flatMap { sidecar in
                let isKnown = sidecar.information["file-inode"] != nil || place.kind == .missing
                return isKnown ? sidecar.information.isServing(place.path) : nil
            },
            isGuessed: sidecar == nil && StopFileLocation.isGuessed(given: file), version: Version.current
        )
    }

    private static func stopFile(_ path: String) -> StopFile? {
        do throws(FileReading.Failure) {
            return StopFile(parsing: try FileReading.bytesOfRegularFile(StopFileLocation.resolved(path)))
        } catch {
            return error.code == EFBIG ? StopFile(largerThan: FileReading.limit) : nil
        }
    }
}
