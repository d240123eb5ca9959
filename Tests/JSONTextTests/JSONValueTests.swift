import JSONText
import TestSupport
import Testing

@Suite("JSON that somebody sent")
struct JSONValueTests {
  @Test("Values of every sort are read")
  func reads() throws {
    let value = try JSONValue(
      Array(#" {"a":[1,-2.5e3,true,false,null],"b":"x\u00e9\ud83d\ude00\n","c":{}} "#.utf8))
    let object = try #require(value.object)
    let list = try #require(object["a"]?.array)
    #expect(list.map(\.integer) == [1, nil, nil, nil, nil])
    #expect(list[1].double == -2_500)
    #expect(list[2].bool == true)
    #expect(list[4].isNull)
    #expect(object["b"]?.string == "xé😀\n")
    #expect(object["c"]?.object?.members.isEmpty == true)
    #expect(object["d"] == nil)
    #expect(object.names(besides: ["a", "c"]) == ["b"])
  }

  @Test(
    "What is no JSON is refused",
    arguments: [
      "", " ", "{", "}", "[", "[1,]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "'a'", "01",
      "1.",
      ".5", "1e", "+1", "-", "NaN", "tru", "nullx", "\"", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"",
      "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"a\nb\"", "1 2", "[] []", "\u{FEFF}1",
    ])
  func refuses(text: String) {
    #expect(throws: JSONError.self) { try JSONValue(Array(text.utf8)) }
  }

  @Test("Bytes that are no UTF-8 are refused")
  func refusesOtherBytes() {
    #expect(throws: JSONError.self) { try JSONValue([0x22, 0xFF, 0x22]) }
  }

  @Test("A name that comes twice is refused, among few and among many")
  func refusesRepeatedNames() {
    let many = (0..<40).map { "\"n\($0)\":0" }.joined(separator: ",")
    for text in [#"{"a":1,"a":2}"#, #"{"a":1,"\u0061":2}"#, "{\(many),\"n7\":1}"] {
      #expect { try JSONValue(Array(text.utf8)) } throws: {
        ($0 as? JSONError)?.code == .duplicateName
      }
    }
  }

  @Test("What is too deep or too much is refused")
  func refusesTooMuch() {
    let deep = String(repeating: "[", count: 100_000)
    #expect { try JSONValue(Array(deep.utf8)) } throws: { ($0 as? JSONError)?.code == .tooDeep }
    let long = "[" + String(repeating: "0,", count: 20) + "0]"
    #expect {
      try JSONValue(Array(long.utf8), limits: JSONLimits(depth: 2, values: 20))
    } throws: {
      ($0 as? JSONError)?.code == .tooMany
    }
  }

  @Test("No bytes stop the reader")
  func survivesAnything() {
    let seed: UInt64 = 6
    var generator = SeededGenerator(seed: seed)
    let alphabet = Array(#"{}[]",:0e.-\utrue null"#.utf8) + [0, 0xC3, 0xA9, 0xFF]
    for _ in 0..<20_000 {
      let bytes = (0..<Int.random(in: 0...24, using: &generator)).map { _ in
        alphabet.randomElement(using: &generator) ?? 0
      }
      _ = try? JSONValue(bytes)
    }
  }
}
