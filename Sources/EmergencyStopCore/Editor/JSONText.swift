/// Strings as JSON writes them.
enum JSONText {
    /// The text in quotes, with everything escaped that could be taken for the end of it or steer a terminal.
    static func string(_ text: String) -> [UInt8] {
        var bytes = [UInt8(ascii: "\"")]
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": bytes += #"\""#.utf8
            case "\\": bytes += #"\\"#.utf8
            case "\n": bytes += #"\n"#.utf8
            case "\r": bytes += #"\r"#.utf8
            case "\t": bytes += #"\t"#.utf8
            default:
                if scalar.properties.generalCategory == .control {
                    let digits = String(scalar.value, radix: 16)
                    bytes += ("\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits).utf8
                } else {
                    bytes += UTF8.encode(scalar)!
                }
            }
        }
        return bytes + [UInt8(ascii: "\"")]
    }

    /// A key with its `\u` escapes replaced, where nothing but ASCII comes of it.
    static func unescapedASCII(_ text: Span<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        var index = 0
        while index < text.count {
            guard text[index] == UInt8(ascii: "\\") else {
                bytes.append(text[index])
                index += 1
                continue
            }
            guard index + 6 <= text.count, text[index + 1] == UInt8(ascii: "u"),
                let digits = String(validating: text.extracting(index + 2..<index + 6)),
                let value = UInt8(digits, radix: 16), value < 0x80
            else { return nil }
            bytes.append(value)
            index += 6
        }
        return bytes
    }
}
