// Compiled by `run` as one module with the sources that are fuzzed, so that `package` and internal names are in reach.
internal import Glibc

/// What libFuzzer calls with each input. `FUZZ_TARGET` says what is done with it.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    target(Array(UnsafeBufferPointer(start: start, count: count)))
    return 0
}

private let target: @Sendable ([UInt8]) -> Void = {
    switch getenv("FUZZ_TARGET").map({ String(cString: $0) }) {
    case "stop-file": fuzzStopFile
    case "request-line": fuzzRequestLine
    case "reply-line": fuzzReplyLine
    case "editor": fuzzEditor
    case let other: fatalError("FUZZ_TARGET is \(other ?? "not set")")
    }
}()

/// Ends the process with what does not hold, also where the optimizer drops a precondition's message.
func require(_ condition: Bool, _ message: @autoclosure () -> String) {
    guard !condition else { return }
    fatalError(message())
}
