internal import Glibc

/// The path of a program of this package, which is built beside the tests.
package func builtProgram(_ name: String) -> String {
    guard let slash = RunningSidecar.executable.lastIndex(of: "/") else { return name }
    return RunningSidecar.executable[...slash] + name
}
