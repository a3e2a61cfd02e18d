internal import EmergencyStopCore
internal import EmergencyStopSidecar
internal import Foundation
internal import TestSupport
internal import Testing

/// The rows of the table of what inotify tells and does not tell, on real directories.
@Suite("The source on real directories", .serialized)
struct StopFileSourceTests {
    @Test("A write in place is heard and settles")
    func writeInPlace() async {
        await #expect(processExitsWith: .success) {
            let folder = try WatchedFolder.serving(.go)
            #expect(folder.listener == [.up])
            folder.run("echo '\(entry("stop"))' > es.json")
            #expect(folder.settles("W", .stop))
            #expect(folder.events.contains { $0.trigger == .hint && $0.shows("W") == .stop })
        }
    }

    @Test("truncate(2) is heard, and waits as for a writer")
    func truncate() async {
        await #expect(processExitsWith: .success) {
            let folder = WatchedFolder()
            folder.run("echo '\(entry("go"))' > es.json")
            try folder.start(settle: .milliseconds(10))
            #expect(folder.settles("W", .go))
            // On a slow machine the file may settle before the directory is watched.
            #expect(folder.eventually { $0.listener.last == .up })
            let began = ContinuousClock.now
            #expect(Glibc.truncate(folder.file, 0) == 0)
            #expect(folder.eventually { $0.lastSettled?.entries.count == 0 })
            #expect(.now - began >= .milliseconds(500))
        }
    }

    @Test("A file renamed over ours is heard")
    func renameOver() async {
        await #expect(processExitsWith: .success) {
            let folder = try WatchedFolder.serving(.stop)
            folder.run("echo '\(entry("go"))' > other; mv other es.json")
            #expect(folder.settles("W", .go))
        }
    }

    @Test("The swap of a Kubernetes volume is heard, again and again")
    func kubernetes() async {
        await #expect(processExitsWith: .success) {
            let folder = WatchedFolder()
            folder.run(
                """
                mkdir ..1 && echo '\(entry("go"))' > ..1/es.json && ln -s ..1 ..data && ln -s ..data/es.json es.json
                """)
            try folder.start()
            #expect(folder.settles("W", .go))
            for round in 2...5 {
                let status = round.isMultiple(of: 2) ? "stop" : "go"
                folder.run(
                    """
                    mkdir ..\(round) && echo '\(entry(status))' > ..\(round)/es.json
                    ln -s ..\(round) ..data_tmp && mv -T ..data_tmp ..data && rm -r ..\(round - 1)
                    """)
                #expect(folder.settles("W", status == "go" ? .go : .stop))
            }
            #expect(folder.listener == [.up])
        }
    }

    @Test("The target of a link elsewhere is heard, and so is a link that is turned")
    func linkElsewhere() async {
        await #expect(processExitsWith: .success) {
            let folder = WatchedFolder()
            folder.run("mkdir a b; echo '\(entry("go"))' > a/f; echo '\(entry("pause"))' > b/f; ln -s a/f es.json")
            try folder.start()
            #expect(folder.settles("W", .go))
            folder.run("echo '\(entry("stop"))' > a/f")
            #expect(folder.settles("W", .stop))
            folder.run("ln -sfn b/f es.json")
            #expect(folder.settles("W", .pause))
            folder.run("echo '\(entry("stop"))' > b/new; mv b/new b/f")
            #expect(folder.settles("W", .stop))
        }
    }

    @Test("A write through a hard link elsewhere is found by the poll")
    func hardLink() async {
        await #expect(processExitsWith: .success) {
            let folder = WatchedFolder(file: "a/es.json")
            folder.run("mkdir a b; echo '\(entry("go"))' > a/es.json; ln a/es.json b/f")
            try folder.start(poll: .milliseconds(300))
            #expect(folder.settles("W", .go))
            // Appended: a file that is emptied first may be found so, and the stop only by the read after the poll's.
            folder.run("echo '\(entry("stop"))' >> b/f")
            #expect(folder.settles("W", .stop))
            #expect(folder.events.contains { $0.trigger == .poll && $0.shows("W") == .stop })
        }
    }

    @Test("New content with an older modification time is noticed")
    func olderModificationTime() async {
        await #expect(processExitsWith: .success) {
            let folder = WatchedFolder()
            folder.run("echo '\(entry("stop"))' > es.json")
            folder.run("echo '\(entry("go"))' > old; touch -d 2001-01-01 old")
            try folder.start()
            #expect(folder.settles("W", .stop))
            folder.run("cp -p old es.json")
            #expect(folder.settles("W", .go))
        }
    }

    @Test("A directory that is deleted and made again is watched again")
    func directoryDeleted() async {
        await #expect(processExitsWith: .success) {
            let folder = WatchedFolder(file: "a/b/es.json")
            folder.run("mkdir -p a/b; echo '\(entry("go"))' > a/b/es.json")
            try folder.start()
            #expect(folder.settles("W", .go))
            for status in [WorkflowStatus.stop, .go, .stop] {
                folder.run("rm -r a")
                #expect(folder.settles(.missing))
                folder.run("mkdir -p a/b; echo '\(entry(status.rawValue))' > a/b/es.json")
                #expect(folder.settles("W", status))
            }
            #expect(folder.listener == [.up])
        }
    }

    @Test("A directory that is renamed takes nothing along, and its successor is watched")
    func directoryRenamed() async {
        await #expect(processExitsWith: .success) {
            let folder = WatchedFolder(file: "a/es.json")
            folder.run("mkdir a; echo '\(entry("go"))' > a/es.json")
            try folder.start()
            #expect(folder.settles("W", .go))
            folder.run("mv a old")
            #expect(folder.settles(.missing))
            folder.run("mkdir a; echo '\(entry("stop"))' > a/es.json")
            #expect(folder.settles("W", .stop))
            let reads = folder.events.count
            folder.run("for i in 1 2 3 4 5; do echo >> old/es.json; done")
            folder.run("echo '\(entry("go"))' > a/es.json")
            #expect(folder.settles("W", .go))
            #expect(folder.events.count - reads < 12, "the old directory's file is nobody's concern any more")
        }
    }

    @Test("A parent that is renamed is noticed by the check at each poll, and the old directory let go")
    func parentRenamed() async {
        await #expect(processExitsWith: .success) {
            let folder = WatchedFolder(file: "a/b/es.json")
            folder.run("mkdir -p a/b; echo '\(entry("go"))' > a/b/es.json")
            try folder.start(poll: .seconds(1))
            #expect(folder.settles("W", .go))
            folder.run("mv a old; mkdir -p a/b; echo '\(entry("stop"))' > a/b/es.json")
            #expect(folder.settles("W", .stop))
            #expect(folder.hears("W", .pause, of: "echo '\(entry("pause"))' > a/b/new; mv a/b/new a/b/es.json"))
        }
    }

    @Test("A file that comes late is heard of where nothing was")
    func comesLate() async {
        await #expect(processExitsWith: .success) {
            let folder = WatchedFolder(file: "x/y/z/es.json")
            try folder.start()
            #expect(folder.settles(.missing))
            folder.run("mkdir -p x/y/z && echo '\(entry("go"))' > x/y/z/es.json")
            #expect(folder.settles("W", .go))
        }
    }

    @Test("A file that is removed and restored late is heard of")
    func restoredLate() async {
        await #expect(processExitsWith: .success) {
            let folder = try WatchedFolder.serving(.go)
            folder.run("rm es.json")
            #expect(folder.settles(.missing))
            folder.run("echo '\(entry("stop"))' > es.json")
            #expect(folder.settles("W", .stop))
        }
    }

    @Test("A queue that overflows is counted and looked after")
    func overflow() async {
        await #expect(processExitsWith: .success) {
            let folder = try WatchedFolder.serving(.go)
            // More than the queue holds, faster than anybody could listen: a stopped process hears nothing.
            folder.run(
                """
                kill -STOP \(getpid())
                seq 1 9000 | while read n; do : > f$n; rm f$n; done
                echo '\(entry("stop"))' > es.json
                kill -CONT \(getpid())
                """)
            #expect(folder.settles("W", .stop))
            #expect(folder.eventually { ($0.running?.overflows ?? 0) > 0 })
            folder.run("echo '\(entry("go"))' > es.json")
            #expect(folder.settles("W", .go))
        }
    }

    @Test("A thousand writes settle as their last")
    func thousandWrites() async {
        await #expect(processExitsWith: .success) {
            let folder = try WatchedFolder.serving(.go)
            folder.run(
                "i=0; while [ $i -lt 1000 ]; do echo '\(entry("stop"))' >> es.json; i=$((i+1)); done; echo '\(entry("pause"))' > es.json"
            )
            #expect(folder.settles("W", .pause))
        }
    }

    @Test("A neighbour that never rests does not keep the file from settling")
    func neighbour() async {
        await #expect(processExitsWith: .success) {
            let folder = WatchedFolder()
            folder.run("echo '\(entry("go"))' > es.json")
            try folder.start()
            folder.run("(n=0; while [ $n -lt 200000 ] && [ ! -e enough ]; do echo x > noise; n=$((n+1)); done) &")
            #expect(folder.settles("W", .go))
            folder.run("echo '\(entry("stop"))' > new; mv new es.json")
            #expect(folder.settles("W", .stop))
            folder.run("touch enough")
        }
    }

    @Test("The writer of a file that was replaced is nobody's concern")
    func replacedWriter() async {
        await #expect(processExitsWith: .success) {
            let folder = try WatchedFolder.serving(.go)
            folder.run(
                """
                (exec 3>>es.json; touch open; n=0; while [ $n -lt 500000 ] && [ ! -e enough ]; do echo >&3; n=$((n+1)); done) &
                while [ ! -e open ]; do :; done
                echo '\(entry("stop"))' > new; mv new es.json
                """)
            #expect(folder.settles("W", .stop))
            folder.run("touch enough")
        }
    }

    @Test("A request is satisfied by a settled read, and mapped memory found by it")
    func request() async {
        await #expect(processExitsWith: .success) {
            let folder = try WatchedFolder.serving(.stop)
            let descriptor = open(folder.file, O_RDWR)
            let memory = mmap(nil, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
            let text = Array(
                String(decoding: try Data(contentsOf: URL(fileURLWithPath: folder.file)), as: UTF8.self).utf8)
            let start = try #require(Self.offset(of: Array("stop".utf8), in: text))
            memory?.advanced(by: start).copyMemory(from: Array("go\" ".utf8), byteCount: 4)
            memory?.advanced(by: start + 4).copyMemory(from: Array(" ".utf8), byteCount: 1)
            let request = try #require(folder.running?.requestRead())
            #expect(folder.eventually { ($0.events.last?.satisfied ?? .none) >= request })
            #expect(folder.lastSettled?.status(of: "W") == .go)
            #expect(!folder.events.contains { $0.trigger == .poll })
        }
    }

    static func offset(of needle: [UInt8], in text: [UInt8]) -> Int? {
        (0..<max(text.count - needle.count, 0)).first { text[$0..<$0 + needle.count].elementsEqual(needle) }
    }

    @Test("A second source in a process polls, and says so")
    func secondSource() async {
        await #expect(processExitsWith: .success) {
            let first = WatchedFolder()
            let second = WatchedFolder()
            try first.start()
            #expect(first.eventually { $0.listener == [.up] })
            try second.start(poll: .milliseconds(100))
            #expect(second.eventually { $0.listener.count == 1 && $0.listener != [.up] })
            second.run("echo '\(entry("go"))' > es.json")
            #expect(second.settles("W", .go))
        }
    }

    @Test(
        "A file system that is mounted over the directory is noticed by the poll, its end at once",
        .enabled(if: Privileges.mayMount))
    func mountedOver() async {
        await #expect(processExitsWith: .success) {
            let folder = WatchedFolder(file: "m/es.json")
            folder.run("mkdir m; echo '\(entry("go"))' > m/es.json")
            try folder.start(poll: .seconds(1))
            #expect(folder.settles("W", .go))
            folder.run("mount -t tmpfs none m")
            #expect(folder.settles(.missing))
            folder.run("echo '\(entry("stop"))' > m/es.json")
            #expect(folder.settles("W", .stop))
            #expect(folder.hears("W", .pause, of: "echo '\(entry("pause"))' > m/es.json"))
            folder.run("umount m")
            #expect(folder.settles("W", .go))
            folder.run("echo '\(entry("pause"))' > m/es.json")
            #expect(folder.settles("W", .pause))
        }
    }

    @Test(
        "A change in the lower layer of an overlay, of which nothing is told, is found by the poll",
        .enabled(if: Privileges.mayMountOverlay))
    func silentFileSystem() async {
        await #expect(processExitsWith: .success) {
            let folder = WatchedFolder(file: "merged/es.json")
            // A file system of its own, for an overlay does not go on top of another.
            folder.run(
                "mkdir disk && mount -t tmpfs none disk && cd disk && mkdir lower upper work && cd .. && mkdir merged")
            folder.run("echo '\(entry("go"))' > disk/lower/es.json")
            folder.run("mount -t overlay -o lowerdir=disk/lower,upperdir=disk/upper,workdir=disk/work none merged")
            try folder.start(poll: .seconds(1))
            #expect(folder.settles("W", .go))
            folder.run("echo '\(entry("stop"))' > disk/lower/es.json")
            #expect(folder.settles("W", .stop))
            #expect(folder.events.contains { $0.trigger == .poll && $0.shows("W") == .stop })
            folder.run("umount merged; umount disk")
        }
    }

    @Test(
        "A descriptor that the library cannot wait on is not waited on: the poll serves until there is a lower one",
        .enabled("the session may have 2,000 descriptors") { DescriptorLimit.hard >= 2000 })
    func highDescriptor() async {
        await #expect(processExitsWith: .success) {
            let folder = WatchedFolder()
            folder.run("echo '\(entry("go"))' > es.json")
            var limit = rlimit(rlim_cur: 2000, rlim_max: 2000)
            try #require(setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
            var held: [CInt] = []
            while held.last ?? 0 < 1100 {
                let descriptor = dup(0)
                try #require(descriptor >= 0)
                held.append(descriptor)
            }
            try folder.start(poll: .seconds(1))
            #expect(folder.settles("W", .go))
            #expect(folder.eventually { !$0.listener.isEmpty })
            #expect(folder.listener != [.up])
            folder.run("echo '\(entry("stop"))' > es.json")
            #expect(folder.settles("W", .stop))
            for descriptor in held { close(descriptor) }
            #expect(folder.eventually { $0.listener.last == .up })
        }
    }

    @Test("Without descriptors nothing is read or heard, and all comes back with them")
    func descriptors() async {
        await #expect(processExitsWith: .success) {
            let folder = WatchedFolder()
            folder.run("echo '\(entry("go"))' > es.json")
            var held: [CInt] = []
            while true {
                let descriptor = dup(0)
                guard descriptor >= 0 else { break }
                held.append(descriptor)
            }
            try folder.start(poll: .milliseconds(500))
            #expect(folder.eventually { !$0.events.isEmpty && !$0.listener.isEmpty })
            #expect(folder.listener != [.up])
            #expect(folder.lastSettled == nil)
            for descriptor in held { close(descriptor) }
            #expect(folder.settles("W", .go))
            #expect(folder.eventually { $0.listener.last == .up })
            folder.run("echo '\(entry("stop"))' > es.json")
            #expect(folder.settles("W", .stop))
        }
    }

    @Test("Without descriptors for a while the file is still read and heard of")
    func reservedDescriptors() async {
        await #expect(processExitsWith: .success) {
            let folder = try WatchedFolder.serving(.go)
            #expect(folder.listener == [.up])
            while dup(0) >= 0 {}
            let other = folder.file + ".new"
            #expect(rename(folder.file, other) == 0)
            #expect(folder.settles(.missing))
            #expect(rename(other, folder.file) == 0)
            #expect(folder.settles("W", .go))
        }
    }
}

/// What the user who runs the tests may do.
enum Privileges {
    static let mayMount = shell("mount -t tmpfs none /mnt 2>/dev/null && umount /mnt")
    /// Both, as there are kernels without overlays.
    static let mayMountOverlay = mayMount && shell("grep -q overlay /proc/filesystems")
}
