import ArgumentParser
import EmergencyStop
import Testing

@testable import estopctl

@Suite("estopctl")
struct EstopctlTests {
    @Test("has the version of the package")
    func version() {
        #expect(Estopctl.configuration.version == Version.current)
    }
}
