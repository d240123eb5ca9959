import ByteCompression
import GatewayServer
import JSONText

extension FuzzTarget {
  /// JSON that somebody sent.
  static let jsonValue = FuzzTarget(
    "json-value",
    examples: texts(
      #"{"a":[1,-2.5e3,true,false,null],"b":"x\u00e9\ud83d\ude00","c":{}}"#, "[[[[]]]]", "\"\\n\"")
  ) { input in
    guard let value = try? JSONValue(input), hasWholeNumbersOnly(value) else { return }
    var json = JSONWriter()
    write(value, to: &json)
    require((try? JSONValue(Array(json.bytes))) == value, "what is written again reads the same")
  }

  /// Whether every number is written as the writer would write it.
  private static func hasWholeNumbersOnly(_ value: JSONValue) -> Bool {
    switch value {
    case .number(let digits): Int64(digits).map { "\($0)" == digits } ?? false
    case .array(let values): values.allSatisfy(hasWholeNumbersOnly)
    case .object(let object): object.members.allSatisfy { hasWholeNumbersOnly($0.value) }
    case .null, .bool, .string: true
    }
  }

  private static func write(_ value: JSONValue, to json: inout JSONWriter) {
    switch value {
    case .null: json.null()
    case .bool(let value): json.bool(value)
    case .string(let text): json.string(text)
    case .number: json.integer(value.integer ?? 0)
    case .array(let values): json.array(values) { write($1, to: &$0) }
    case .object(let object):
      json.object { json in
        for member in object.members {
          json.key(named: member.name)
          write(member.value, to: &json)
        }
      }
    }
  }

  /// Bodies that were packed.
  static let packedBody = FuzzTarget(
    "packed-body",
    examples: [
      ContentCoding.zstandard(Array("check-in".utf8)) ?? [],
      [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    ]
  ) { input in
    for coding in ContentCoding.allCases {
      for limit in [0, 100, 100_000] {
        guard let bytes = try? coding.unpacked(input, limit: limit) else { continue }
        require(bytes.count <= limit, "no more than the limit")
      }
    }
  }

  /// The file of settings.
  static let gatewaySettings = FuzzTarget(
    "gateway-settings", examples: [Array(GatewayConfiguration().file.utf8)]
  ) { input in
    guard let settings = try? GatewayConfiguration(file: input) else { return }
    let again = try? GatewayConfiguration(file: Array(settings.file.utf8))
    require(again?.file == settings.file, "what is written again reads the same")
  }

  /// The first line of a request and the body of a check-in.
  static let gatewayRequest = FuzzTarget(
    "gateway-request",
    examples: texts(
      "GET /keys?x=%20+y", "POST /checkins", "OPTIONS /venues/a%2Fb/counts",
      #"{"code":"C4C6BHFZC","direction":"in","visitor":"a","scanned_at":"2020-08-06T09:00:00Z"}"#)
  ) { input in
    RequestParsing.check(input)
  }
}
