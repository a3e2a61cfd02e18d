internal import ArgumentParser
internal import EmergencyStopCore
internal import Operating
internal import Resilience

/// What concerns this host's fleet.
struct FleetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fleet",
        abstract: "Take this host out of its fleet for a while, and back.",
        discussion: """
            A host of a fleet stops everything when it hears nothing of its fleet any more. To go on without it:

              sudo estopctl fleet leave --for 1h --reason "etcd is down, INC-4711"

            What the host's own stop file says holds in any case.
            """,
        subcommands: [LeaveCommand.self, JoinCommand.self]
    )

    /// Takes the host out.
    struct LeaveCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "leave",
            abstract: "Have this host go on without its fleet for a while; only for root.",
            discussion: """
                  sudo estopctl fleet leave --for 1h --reason "etcd is down, INC-4711"

                Only this host leaves, for so long by its own clock, and not beyond its next start. Whatever the fleet \
                stops meanwhile goes on here, unless the host's own stop file stops it. To leave again sets a new end.

                Exit codes: 0 left, as the sidecar says, 1 refused, 3 written, and no sidecar says that it holds, \
                64 wrong usage, 69 when no fleet file is named and no sidecar tells which.
                """
        )

        @Option(
            name: .customLong("for"),
            help: ArgumentHelp("How long: 30m or 2h, at most \(FleetLeave.longest.readable).", valueName: "duration"),
            transform: LeaveCommand.duration
        )
        var time: DurationArgument

        @Option(help: ArgumentHelp("Why; shown with everything that the host says meanwhile.", valueName: "text"))
        var reason: String

        @OptionGroup var fleetFile: FleetFileOptions
        @OptionGroup var socket: SocketOptions

        /// A leave is a matter of hours, which no other duration here is.
        private static func duration(_ argument: String) throws -> DurationArgument {
            if argument.last == "h", let hours = Duration(written: argument.dropLast() + "m") {
                return DurationArgument(hours * 60)
            }
            return try DurationArgument.read(argument)
        }

        func validate() throws {
            // The sidecar ends a leave a second early, to ask the fleet in time.
            guard time.duration >= .seconds(2), time.duration <= FleetLeave.longest else {
                throw ValidationError("A leave lasts from 2s to \(FleetLeave.longest.readable).")
            }
        }

        func run() throws {
            try FleetDeparture(fleetFile: fleetFile.path, endpoint: socket.endpoint)
                .leave(for: time.duration, reason: reason)
        }
    }

    /// Takes it back.
    struct JoinCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "join",
            abstract: "End this host's leave from its fleet; only for root.",
            discussion: """
                  sudo estopctl fleet join

                Exit codes: 0 in the fleet, 1 refused, 3 done, and no sidecar says so, 64 wrong usage, 69 when no fleet \
                file is named and no sidecar tells which.
                """
        )

        @OptionGroup var fleetFile: FleetFileOptions
        @OptionGroup var socket: SocketOptions

        func run() throws {
            try FleetDeparture(fleetFile: fleetFile.path, endpoint: socket.endpoint).join()
        }
    }
}

/// Which fleet file is meant.
struct FleetFileOptions: ParsableArguments {
    @Option(
        name: .customLong("fleet-file"),
        help: ArgumentHelp(
            "The fleet file. (default: $ESTOP_FLEET_FILE, else the one that the sidecar reads)", valueName: "path"
        ),
        completion: .file(extensions: ["json"])
    )
    var path: String?
}
