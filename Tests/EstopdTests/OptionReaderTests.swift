import EmergencyStopCore
import Testing

@testable import estopd

@Suite("Values of options")
struct OptionReaderTests {
    @Test(
        "durations are read with their unit",
        arguments: [
            ("10s", Duration.seconds(10)), ("250ms", .milliseconds(250)), ("2m", .seconds(120)), ("0s", .zero),
            ("007s", .seconds(7)), ("999999999ms", .milliseconds(999_999_999)),
        ])
    func durations(text: String, duration: Duration) {
        #expect(Duration(written: text) == duration)
    }

    @Test(
        "anything else is no duration",
        arguments: [
            "", "s", "10", "10 s", " 10s", "10s ", "-1s", "+1s", "1.5s", "10h", "10S", "ms", "1e3s", "٣s", "10sec",
            "9999999999s", "1m30s", "0x10s",
        ])
    func noDurations(text: String) {
        #expect(Duration(written: text) == nil)
    }

    @Test("durations are written as they are read", arguments: ["10s", "250ms", "1500ms", "0s"])
    func writing(text: String) throws {
        #expect(try #require(Duration(written: text)).written == text)
    }

    @Test("the command line goes before the environment, whose variable is named after the option")
    func precedence() throws {
        let environment = ["ESTOP_POLL_INTERVAL": "3s", "ESTOP_MAX_WATCHES": "7"]
        let given = OptionReader(given: [.pollInterval: "5s"], environment: environment)
        #expect(try given.duration(.pollInterval, in: .zero...(.seconds(60))) == .seconds(5))
        let reader = OptionReader(given: [:], environment: environment)
        #expect(try reader.duration(.pollInterval, in: .zero...(.seconds(60))) == .seconds(3))
        #expect(try reader.number(.maxWatches, in: 1...10) == 7)
        #expect(try reader.number(.maxConnections, in: 1...10) == nil)
    }

    @Test("a mistake names where the value came from, the value, and what was expected")
    func mistakes() {
        let reader = OptionReader(given: [.pollInterval: "200s"], environment: ["ESTOP_MAX_WATCHES": "many"])
        do throws(OptionMistake) {
            _ = try reader.number(.maxWatches, in: 1...10)
            Issue.record("not refused")
        } catch {
            #expect(
                error.description
                    == "The value 'many' is invalid for 'ESTOP_MAX_WATCHES': expected a whole number from 1 to 10."
            )
        }
        do throws(OptionMistake) {
            _ = try reader.duration(.pollInterval, in: .milliseconds(100)...(.seconds(60)))
            Issue.record("not refused")
        } catch {
            #expect(
                error.description
                    == "The value '200s' is invalid for '--poll-interval': expected a duration from 100ms to 60s, "
                    + "written like 10s, 250ms or 2m."
            )
        }
    }
}
