import Testing

@testable import estopd

@Suite("The command line of the sidecar")
struct CommandLineOptionsTests {
    @Test("values stand behind an option or an equals sign, and the last one counts")
    func values() throws {
        let options = try CommandLineOptions([
            "--file", "a", "--socket=b=c", "--max-watches", "-1", "--log-level=", "--file", "--d",
        ])
        #expect(options.request == .serve)
        #expect(options.values == [.file: "--d", .socket: "b=c", .maxWatches: "-1", .logLevel: ""])
    }

    @Test("without arguments nothing is given")
    func nothing() throws {
        #expect(try CommandLineOptions([]).values.isEmpty)
    }

    @Test(
        "help and version are requests",
        arguments: [("-h", CommandLineOptions.Request.help), ("--help", .help), ("--version", .version)])
    func requests(argument: String, request: CommandLineOptions.Request) throws {
        #expect(try CommandLineOptions(["--file", "x", argument, "--nonsense"]).request == request)
    }

    @Test(
        "what is no option is refused, and named",
        arguments: [
            (["stray"], "Unexpected argument 'stray'"), (["-f", "x"], "Unexpected argument '-f'"),
            (["--nonsense"], "Unknown option '--nonsense'"), (["--"], "Unknown option '--'"),
            (["--FILE", "x"], "Unknown option '--FILE'"), (["--file"], "Missing value for '--file <path>'"),
        ])
    func mistakes(arguments: [String], message: String) {
        do throws(OptionMistake) {
            _ = try CommandLineOptions(arguments)
            Issue.record("not refused")
        } catch {
            #expect(error.description.hasPrefix(message), "\(error)")
        }
    }

    @Test("every option is explained, within eighty columns")
    func usage() {
        for option in Option.allCases { #expect(Usage.text.contains("\n  \(option.flag) <\(option.valueName)>")) }
        for line in Usage.text.split(separator: "\n") {
            #expect(line.count <= 80, "\(line)")
            #expect(!line.hasSuffix(" "), "\(line)")
        }
    }
}
