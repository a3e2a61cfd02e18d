import Foundation
import Testing

/// The example as a person uses it: a real web server beside it is turned on and off.
@Suite(.timeLimit(.minutes(2))) struct HTTPGetTests {
    @Test func `the breaker opens when the server is turned off and closes when it is back`() async throws {
        let server = try LocalWebServer()
        try server.turnOn()
        let program = try RunningProgram(
            "http-get",
            ["--circuit-breaker", "--every", "0.02", "--trip-after", "2", "--open-for", "0.3", server.url])
        #expect(await program.line(containing: "200, 5 bytes") == "attempt 1: 200, 5 bytes")
        server.turnOff()
        #expect(await program.line(containing: "failed: ") != nil)
        #expect(await program.line(containing: "circuit breaker is open after too many failures") != nil)
        try server.turnOn()
        #expect(await program.line(containing: "200, 5 bytes") != nil)
        program.signal(SIGTERM)
        _ = await program.finish()
        let changes = program.seen.filter { $0.hasPrefix("circuit breaker: ") }
        #expect(changes.first == "circuit breaker: closed → open")
        #expect(changes.last == "circuit breaker: half-open → closed")
    }

    @Test func `backoff keeps asking until the server is turned on`() async throws {
        let server = try LocalWebServer()
        let program = try RunningProgram(
            "http-get", ["--backoff", "--initial", "0.02", "--maximum", "0.1", server.url])
        #expect(await program.line(containing: "again in")?.hasPrefix("attempt 1: failed: ") == true)
        #expect(await program.line(containing: "again in")?.hasPrefix("attempt 2: failed: ") == true)
        try server.turnOn()
        #expect(await program.line(containing: "200, 5 bytes") != nil)
        #expect(await program.finish() == 0)
    }

    @Test func `backoff gives up and says why`() async throws {
        let server = try LocalWebServer()
        let result = try await Program("http-get").run(
            ["--backoff", "--initial", "0.01", "--attempts", "3", server.url])
        #expect(result.status == 1)
        #expect(result.lines.count == 4)
        #expect(result.lines.last?.hasPrefix("gave up after 3 attempts in ") == true)
    }

    @Test(arguments: [
        ["--circuit-breaker"], ["http://127.0.0.1:1/"], ["--backoff", "ftp://127.0.0.1/"], ["--backoff", "nonsense"],
        ["--backoff", "--circuit-breaker", "http://127.0.0.1:1/"],
        ["--backoff", "--timeout", "0", "http://127.0.0.1:1/"],
        ["--backoff", "--initial", "-1", "http://127.0.0.1:1/"],
        ["--circuit-breaker", "--open-for", "x", "http://127.0.0.1:1/"], ["--unknown"],
    ])
    func `bad values are refused with 64 and a word on why`(arguments: [String]) async throws {
        let result = try await Program("http-get").run(arguments)
        #expect(result.status == 64)
        #expect(result.errors.hasPrefix("Error: "))
        #expect(result.output.isEmpty)
    }
}
