import TestSupport
import Testing
import VenueCodes

@Suite("ScreenSetup") struct ScreenSetupTests {
  private static func setup(name: String = "Khách sạn Hữu Nghị") throws -> ScreenSetup {
    ScreenSetup(
      key: try Live.screenMaster().screenKey(venue: Live.venue(), zone: 3), name: name,
      prefix: try URLPrefix("https://qr.haiphong.gov.vn/#"), timeZone: "Asia/Ho_Chi_Minh")
  }

  @Test("A file says whose screen it is and shows the same codes again")
  func roundTrip() throws {
    let file = try Self.setup().file
    let lines = String(decoding: file, as: UTF8.self).split(separator: "\n")
    #expect(
      lines.dropLast() == [
        "checkin-screen-key-1", "venue C0FFEE00Y", "zone 3", "key 1",
        "time-zone Asia/Ho_Chi_Minh", "prefix https://qr.haiphong.gov.vn/#",
        "name Khách sạn Hữu Nghị",
      ])
    let read = try ScreenSetup(file: file)
    #expect(read.file == file && file.count < ScreenSetup.maximumFileLength)
    let code = RotatingCode(step: try Live.step(), key: read.key)
    #expect(try code.bytes == Live.rotating().bytes)
  }

  @Test("A name of any length and content is one line")
  func names() throws {
    for name in ["", "a\nvenue X\n", String(repeating: "ữ", count: 500), "\u{1B}[2J"] {
      let file = try Self.setup(name: name).file
      #expect(file.count < ScreenSetup.maximumFileLength)
      #expect(try ScreenSetup(file: file).file == file)
    }
  }

  @Test("A file that is cut, changed or somebody else's is refused with its line")
  func damage() throws {
    let file = try Self.setup().file
    for count in 0..<file.count {
      #expect(
        failure(ScreenSetupError.self) { try ScreenSetup(file: Array(file[..<count])) } != nil,
        "\(count) bytes")
    }
    let text = String(decoding: file, as: UTF8.self)
    let rows: [(String, String, ScreenSetupError)] = [
      ("checkin-screen-key-1", "checkin-key-file-1", .notAScreenKey),
      ("checkin-screen-key-1", "checkin-screen-key-2", .notAScreenKey),
      ("C0FFEE00Y", "C0FFEE00Z", .damaged(line: 2)), ("C0FFEE00Y", "c0ffee00y", .damaged(line: 2)),
      ("zone 3", "zone 256", .damaged(line: 3)), ("zone 3", "zone 03", .damaged(line: 3)),
      ("zone 3", "zone", .damaged(line: 3)), ("key 1\n", "key -1\n", .damaged(line: 4)),
      ("https://", "http://", .damaged(line: 6)), ("/#\n", "/\n", .damaged(line: 6)),
      ("name Kh", "name \u{7}", .damaged(line: 7)), ("secret a", "secret A", .damaged(line: 8)),
      ("secret a", "secret g", .damaged(line: 8)), ("secret a", "secret aa", .damaged(line: 8)),
      ("2f81\n", "2f81\nmore\n", .damaged(line: 8)), ("2f81\n", "2f81", .damaged(line: 8)),
    ]
    for (old, new, expected) in rows {
      let changed = text.replacing(old, with: new)
      #expect(changed != text, "\(old)")
      #expect(
        failure(ScreenSetupError.self) { try ScreenSetup(file: Array(changed.utf8)) } == expected,
        "\(old) → \(new)")
    }
    #expect(Set(rows.map(\.2.code)) == ["screen_key_not_one", "screen_key_damaged"])
  }
}
