internal import EmergencyStopCore
internal import EmergencyStopSystem
internal import Glibc
internal import Resilience

/// How a host leaves its fleet for a while, and comes back: by a file beside the fleet file, which root alone can make
/// count. What the sidecar makes of it is asked, and not supposed.
package struct FleetDeparture {
    private let endpoint: SidecarEndpoint
    private let contact: SidecarContact
    /// The fleet file beside which the host leaves.
    private let path: String

    /// - Throws: Why nothing can be done, having said so.
    package init(fleetFile given: String?, endpoint: SidecarEndpoint) throws(ExitStatus) {
        guard geteuid() == 0 else {
            StandardError.say("only root may take a host out of its fleet or back: use sudo; nothing was done")
            throw .failure
        }
        self.endpoint = endpoint
        contact = SidecarContact(endpoint, patience: endpoint.timeout)
        let variable = getenv("ESTOP_FLEET_FILE").map { String(cString: $0) }
        guard let path = given ?? variable ?? contact.information?["fleet-file"] else {
            guard let error = contact.error else {
                StandardError.say("this host belongs to no fleet: its sidecar has no --fleet-file; nothing was done")
                throw .failure
            }
            StandardError.say("\(error); nothing was done: name the fleet file with --fleet-file")
            throw .unavailable
        }
        self.path = path
    }

    private var leavePath: String { FleetLeave.path(beside: path) }

    /// Leaves for so long.
    package func leave(for time: Duration, reason: String) throws(ExitStatus) {
        let now = MonotonicInstant(nanoseconds: Boot.nanoseconds)
        let leave = FleetLeave(until: now.advanced(by: time), boot: Boot.name, reason: reason, by: Operator.name)
        guard leave.holds(boot: Boot.name, at: now), (try? FleetLeave(parsing: leave.text)) == leave else {
            StandardError.say(
                "nothing was done: a reason has 1 to 255 bytes without control characters, a leave lasts up to "
                    + "\(FleetLeave.longest.readable), and /proc/sys/kernel/random/boot_id has to be readable")
            throw .usage
        }
        do throws(FileError) {
            try DesiredFile(
                path: leavePath, contents: leave.text, mode: 0o644, owner: FileOwner(user: 0, group: 0)
            ).apply()
        } catch {
            StandardError.say("the host has not left its fleet: \(error)")
            throw .failure
        }
        let information = try afterReading("the leave is written to \(leavePath)")
        guard information["fleet-condition"] == "left", let end = information["fleet-left-until"] else {
            let why = information["fleet-leave-problem"] ?? "the sidecar does not take it for one"
            StandardError.say("the host has not left its fleet: \(leavePath) \(Printable.text(why))")
            throw .failure
        }
        print(
            "this host has left its fleet until \(LocalTime.text(end)) (\(time.readable)): only "
                + "\(Printable.text(information["file"] ?? "its stop file")) holds; back sooner: estopctl fleet join")
    }

    /// Ends a leave.
    package func join() throws(ExitStatus) {
        let wasThere = unlink(leavePath) == 0
        guard wasThere || errno == ENOENT else {
            StandardError.say("\(leavePath) cannot be removed: \(SystemError.last)")
            throw .failure
        }
        let information = try afterReading(wasThere ? "the leave is removed" : "there was no leave")
        guard information["fleet-condition"] != "left" else {
            StandardError.say("the host is not back in its fleet: somebody has written \(leavePath) again")
            throw .failure
        }
        let fleet = Printable.text(information["fleet"].map { "fleet \($0)" } ?? "its fleet")
        print("this host \(wasThere ? "is back in" : "had not left") \(fleet)")
        if let warning = information.conditionWarning { StandardError.say(warning) }
    }

    /// What the sidecar says once it has looked at the file.
    private func afterReading(_ done: String) throws(ExitStatus) -> SidecarInformation {
        let deadline = ContinuousClock.now + endpoint.timeout
        repeat {
            let information = contact.attempt { connection throws(SidecarError) in
                try connection.send([.sync])
                _ = try connection.line()
                return try SidecarInformation(connection)
            }
            guard let information else { continue }
            guard let theirs = information["fleet-file"] else {
                StandardError.say("\(done), but the sidecar belongs to no fleet: it has no --fleet-file")
                throw .unserved
            }
            guard StopFileLocation.resolved(theirs) == StopFileLocation.resolved(path) else {
                StandardError.say("\(done), but the sidecar's fleet file is \(Printable.text(theirs))")
                throw .unserved
            }
            return information
        } while contact.reconnect(until: deadline)
        StandardError.say(
            "\(done), but no sidecar says that it holds: \(contact.error.map(\.description) ?? "no answer")")
        throw .unserved
    }
}
