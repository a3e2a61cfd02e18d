internal import Foundation

#if canImport(FoundationNetworking)
    internal import FoundationNetworking
#endif

/// A page to get, each time over a new connection, so that what is seen is the server's state and not a cache's.
struct Page: Sendable {
    /// Any answer but 200: for the talk's client a failure as good as none.
    struct UnexpectedStatus: Error, CustomStringConvertible {
        let description: String
    }

    /// The connection failed.
    struct Unreachable: Error, CustomStringConvertible {
        let description: String
    }

    let url: URL
    let timeout: Double

    func get() async throws -> String {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.timeoutIntervalForRequest = timeout
        configuration.requestCachePolicy = .reloadIgnoringLocalCacheData
        let session = URLSession(configuration: configuration)
        defer { session.finishTasksAndInvalidate() }
        let (body, response): (Data, URLResponse)
        do {
            (body, response) = try await session.data(from: url)
        } catch let error as URLError where error.code != .cancelled {
            // The rest of what Foundation has to say fills the screen.
            throw Unreachable(description: error.localizedDescription)
        }
        let status = (response as? HTTPURLResponse)?.statusCode ?? 0
        guard status == 200 else { throw UnexpectedStatus(description: "the server answered \(status)") }
        return "\(status), \(body.count) bytes"
    }
}

/// Prints a line at once, into a pipe too.
func show(_ line: String) {
    FileHandle.standardOutput.write(Data((line + "\n").utf8))
}
