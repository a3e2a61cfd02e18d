import TestSupport
import Testing

@testable import Operating

@Suite("The voice of a run")
struct VoiceTests {
    @Test("waits for nobody: what finds no room is dropped, and counted once the rest is taken")
    func dropping() throws {
        let pipe = try FullPipe()
        let voice = Voice(pipe.writingEnd, limit: 100)
        for number in 1...50 { voice.say("message \(number)") }
        voice.finish(within: .milliseconds(1))

        pipe.makeRoom()
        let count = /estopctl: (\d+) messages were dropped: nobody read them/
        var text = ""
        var said: [Int] = []
        var dropped = 0
        try eventually("all fifty, said or counted, in \(text)") {
            text += String(decoding: pipe.take(), as: UTF8.self)
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            said = lines.compactMap { $0.wholeMatch(of: /estopctl: message (\d+)/).flatMap { Int($0.1) } }
            dropped = lines.compactMap { $0.wholeMatch(of: count).flatMap { Int($0.1) } }.reduce(0, +)
            return said.count + dropped == 50
        }
        #expect(said == said.sorted())
        #expect(said.first == 1)
        #expect(dropped > 0)
    }
}
