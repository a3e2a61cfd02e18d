internal import ArgumentParser
internal import Resilience

/// An error limit as it is written on the command line: `5`, or `2%`.
struct LimitArgument: ExpressibleByArgument {
    enum Limit {
        case count(Int)
        case percentage(Double)
    }

    private let limit: Limit

    init(limit: Limit) {
        self.limit = limit
    }

    init?(argument: String) {
        if argument.hasSuffix("%") {
            guard let share = Double(argument.dropLast()), (0...100).contains(share) else { return nil }
            limit = .percentage(share)
        } else {
            guard let count = Int(argument), count >= 0 else { return nil }
            limit = .count(count)
        }
    }

    var defaultValueDescription: String {
        switch limit {
        case .count(let count): "\(count)"
        case .percentage(let share): "\(share)%"
        }
    }

    func limit(strict: Bool) -> ErrorLimit {
        switch limit {
        case .count(let count): .count(count, strict: strict)
        case .percentage(let share): .percentage(share, strict: strict)
        }
    }
}
