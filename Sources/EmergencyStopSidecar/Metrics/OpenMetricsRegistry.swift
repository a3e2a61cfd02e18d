package import CoreMetrics
internal import EmergencyStopServing
internal import Synchronization

/// The backend of swift-metrics that keeps what is measured until somebody asks for it as OpenMetrics text.
///
/// Thread-safe. Counters and histograms only: what is a state, and not an event, is read from where it lives when
/// somebody asks.
package final class OpenMetricsRegistry: MetricsFactory {
    private let families: Mutex<[String: [any OpenMetricsInstrument]]> = Mutex([:])

    package init() {}

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        register(OpenMetricsCounter(dimensions), label)
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        register(OpenMetricsHistogram(dimensions), label)
    }

    package func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        register(OpenMetricsHistogram(dimensions), label)
    }

    package func destroyCounter(_ handler: any CounterHandler) { forget(handler) }
    package func destroyTimer(_ handler: any TimerHandler) { forget(handler) }
    package func destroyRecorder(_ handler: any RecorderHandler) { forget(handler) }

    /// Writes one family; `name` is the label that its instruments were made with.
    func write(_ name: String, _ kind: OpenMetricsText.Kind, help: String, to text: inout OpenMetricsText) {
        text.family(name, kind, help: help)
        for instrument in families.withLock({ $0[name] ?? [] }) { instrument.write(name, to: &text) }
    }

    private func register<I: OpenMetricsInstrument>(_ instrument: I, _ label: String) -> I {
        families.withLock { families in
            // The same label and dimensions are the same instrument, whoever asks for it.
            let known = families[label]?.first { $0.isSame(as: instrument) }
            if let known = known as? I { return known }
            families[label, default: []].append(instrument)
            return instrument
        }
    }

    private func forget(_ handler: AnyObject) {
        families.withLock { families in
            for label in families.keys { families[label]?.removeAll { $0 === handler } }
        }
    }
}

/// Something that measures, and can write down what it measured.
protocol OpenMetricsInstrument: AnyObject, Sendable {
    var dimensions: [(String, String)] { get }
    func write(_ name: String, to text: inout OpenMetricsText)
}

extension OpenMetricsInstrument {
    fileprivate func isSame(as other: any OpenMetricsInstrument) -> Bool {
        dimensions.elementsEqual(other.dimensions, by: ==)
    }
}

/// A number of events.
final class OpenMetricsCounter: CounterHandler, OpenMetricsInstrument {
    let dimensions: [(String, String)]
    private let value = Atomic<Int64>(0)

    init(_ dimensions: [(String, String)]) {
        self.dimensions = dimensions
    }

    func increment(by amount: Int64) { value.add(amount, ordering: .relaxed) }
    func reset() { value.store(0, ordering: .relaxed) }

    func write(_ name: String, to text: inout OpenMetricsText) {
        text.sample("\(name)_total", dimensions, value.load(ordering: .relaxed))
    }
}

/// How long something took, in buckets, in seconds.
final class OpenMetricsHistogram: TimerHandler, RecorderHandler, OpenMetricsInstrument {
    /// The upper bounds of the buckets, in seconds: from 50 µs, what a push takes when nothing is in its way, to 5 s.
    private static let bounds = [50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 100e-3, 1, 5]

    private struct State {
        var buckets = [Int](repeating: 0, count: OpenMetricsHistogram.bounds.count + 1)
        var sum = 0.0
    }

    let dimensions: [(String, String)]
    private let state = Mutex(State())

    init(_ dimensions: [(String, String)]) {
        self.dimensions = dimensions
    }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }
    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        let bucket = Self.bounds.firstIndex { value <= $0 } ?? Self.bounds.count
        state.withLock {
            $0.buckets[bucket] += 1
            $0.sum += value
        }
    }

    func write(_ name: String, to text: inout OpenMetricsText) {
        let state = state.withLock { $0 }
        var count = 0
        for (bucket, number) in state.buckets.enumerated() {
            count += number
            let bound = bucket < Self.bounds.count ? String(Self.bounds[bucket]) : "+Inf"
            text.sample("\(name)_bucket", dimensions + [("le", bound)], count)
        }
        text.sample("\(name)_count", dimensions, count)
        text.sample("\(name)_sum", dimensions, state.sum)
    }
}
