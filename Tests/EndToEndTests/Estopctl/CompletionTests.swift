import TestSupport
import Testing

@Suite("Completion of estopctl", .blocking)
struct CompletionTests {
    /// What bash offers for the last word.
    private func completions(of words: String, _ sidecar: RunningSidecar) throws -> [String] {
        let script = #"""
            cd "$HERE"
            source <("$ESTOPCTL" --generate-completion-script bash)
            PATH=${ESTOPCTL%/*}:$PATH
            read -ra COMP_WORDS <<<"$WORDS"
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMP_LINE=$WORDS COMP_POINT=${#WORDS}
            _estopctl estopctl "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
            printf '%s\n' "${COMPREPLY[@]}"
            """#
        let variables = [
            "ESTOPCTL": Operator.program, "WORDS": words, "ESTOP_SOCKET": sidecar.socket,
            "HERE": sidecar.folder.path,
        ]
        return try run(["bash", "-c", script], environment: variables, in: sidecar.folder).lines
    }

    @Test("offers the names that the sidecar lists, and no pattern, which would need quotes")
    func names() throws {
        let file = ["Router", "SatelliteDiskErase", "SatelliteReboot", "Satellite*"]
            .map { #"{"Name":"\#($0)","Status":"go"}"# }.joined()
        try withSidecar(file: file) { sidecar throws in
            for command in ["stop", "go", "pause", "status", "ps", "list", "watch", "run", "drill"] {
                let found = try completions(of: "estopctl \(command) Sat", sidecar)
                #expect(found.sorted() == ["SatelliteDiskErase", "SatelliteReboot"], "\(command)")
            }
            #expect(try completions(of: "estopctl stop Router Rou", sidecar) == ["Router"])
            #expect(try completions(of: "estopctl status Nob", sidecar).isEmpty)
            _ = try sidecar.stop()
            #expect(try completions(of: "estopctl status Sat", sidecar).isEmpty)
        }
    }

    @Test("offers files after --, for the command and for its arguments")
    func files() throws {
        try withSidecar { sidecar throws in
            try sidecar.folder.write("", to: "erase-disks")
            try sidecar.folder.write("", to: "disks.txt")
            #expect(try completions(of: "estopctl run A -- er", sidecar) == ["erase-disks"])
            #expect(try completions(of: "estopctl run A -- ./erase-disks --from di", sidecar) == ["disks.txt"])
        }
    }

    @Test("offers commands and options")
    func words() throws {
        try withSidecar { sidecar throws in
            #expect(try completions(of: "estopctl dr", sidecar) == ["drill"])
            #expect(try completions(of: "estopctl stop --over", sidecar) == ["--override"])
        }
    }
}
