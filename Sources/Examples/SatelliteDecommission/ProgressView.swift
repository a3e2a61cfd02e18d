internal import Foundation
internal import Resilience

/// A live bar on a terminal; elsewhere a line for each tenth, and in both a line for what a person must know.
struct ProgressView {
    private let isTerminal: Bool
    private var tenths = 0
    private var hasBar = false

    init(isTerminal: Bool) {
        self.isTerminal = isTerminal
    }

    mutating func show(_ progress: WorkProgress) {
        switch progress.event {
        case .blockStarted(let name): line("block \(name)")
        case .jobFinished(let id, .failed(let error)): line("\(id) failed: \(error)")
        case .stopping(let reason): line("\(reason)")
        case .validated, .jobStarted, .jobFinished: break
        }
        if isTerminal { bar(progress) } else { tenth(progress) }
    }

    /// Leaves the cursor at the start of a line.
    mutating func end() {
        if hasBar { put("\n") }
        hasBar = false
    }

    private func done(_ progress: WorkProgress) -> Int { progress.tally.total - progress.tally.notStarted }

    private mutating func bar(_ progress: WorkProgress) {
        let width = 40
        let filled = progress.tally.total == 0 ? width : done(progress) * width / progress.tally.total
        let cells = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
        put("\r\u{1B}[K\(cells) \(done(progress))/\(progress.tally.total), \(progress.running) running")
        hasBar = true
    }

    private mutating func tenth(_ progress: WorkProgress) {
        guard progress.tally.total > 0, case let now = done(progress) * 10 / progress.tally.total, now > tenths else {
            return
        }
        tenths = now
        line("\(now * 10) %: \(progress.tally)")
    }

    private mutating func line(_ text: String) {
        put((hasBar ? "\r\u{1B}[K" : "") + text + "\n")
        hasBar = false
    }

    private func put(_ text: String) {
        FileHandle.standardOutput.write(Data(text.utf8))
    }
}
