import CommandKit
import Foundation
import TestSupport
import Testing

@Suite("Input files") struct InputFileTests {
  /// All bytes of a file, read in pieces of at most so many bytes.
  private func read(_ path: String, pieceSize: Int = 1 << 18) throws(InputError) -> [UInt8] {
    var file = try InputFile(path: path, pieceSize: pieceSize)
    var bytes: [UInt8] = []
    while let piece = try file.next() {
      #expect(!piece.isEmpty && piece.count <= pieceSize)
      bytes += piece
    }
    return bytes
  }

  private func code(_ path: String) -> InputError.Code? {
    do throws(InputError) {
      _ = try read(path)
      return nil
    } catch {
      return error.code
    }
  }

  static let text = Array((0..<2_000).map { "row \($0), Hải Phòng\n" }.joined().utf8)

  private func gzip(_ bytes: [UInt8], in folder: TemporaryFolder, name: String) throws -> String {
    let gzip = try #require(Tool.path("gzip"))
    let plain = try folder.file(name, bytes)
    #expect(try Tool.run(gzip, ["-9", "-f", plain]).status == 0)
    return plain + ".gz"
  }

  @Test("A plain file comes in pieces of any size", arguments: [1, 2, 7, 4_096, 1 << 18])
  func readsPlain(pieceSize: Int) throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("a.csv", InputFileTests.text)
    #expect(try read(path, pieceSize: pieceSize) == InputFileTests.text)
  }

  static let short: [(name: String, bytes: [UInt8])] = [
    ("empty", []), ("one byte", [65]), ("the first byte of gzip alone", [0x1F]),
    ("the first byte of gzip before another", [0x1F, 65]),
  ]

  @Test("Short files are what they are", arguments: short)
  func readsShort(row: (name: String, bytes: [UInt8])) throws {
    let folder = try TemporaryFolder()
    #expect(try read(try folder.file("a", row.bytes)) == row.bytes)
  }

  @Test("Gzip is unpacked, whatever its name", arguments: [7, 100, 1 << 18])
  func readsGzip(pieceSize: Int) throws {
    let folder = try TemporaryFolder()
    let packed = try gzip(InputFileTests.text, in: folder, name: "a.csv")
    #expect(try read(packed, pieceSize: pieceSize) == InputFileTests.text)
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: packed)))
    let renamed = try folder.file("renamed.csv", bytes)
    #expect(try read(renamed, pieceSize: pieceSize) == InputFileTests.text)
  }

  @Test("Members one after another, and zeros after them, are one file")
  func readsMembers() throws {
    let folder = try TemporaryFolder()
    let first = try gzip(InputFileTests.text, in: folder, name: "a")
    let packed = [UInt8](try Data(contentsOf: URL(fileURLWithPath: first)))
    let empty = [UInt8](
      try Data(contentsOf: URL(fileURLWithPath: try gzip([], in: folder, name: "b"))))
    let path = try folder.file("c.gz", packed + empty + packed + [0, 0, 0])
    for pieceSize in [5, 1 << 18] {
      #expect(try read(path, pieceSize: pieceSize) == InputFileTests.text + InputFileTests.text)
    }
  }

  @Test("A file cut anywhere is told as cut, a changed byte never passes as the original")
  func findsDamage() throws {
    let folder = try TemporaryFolder()
    let text = Array("Hải Phòng, Cát Bà, Đồ Sơn".utf8)
    let packed = [UInt8](
      try Data(contentsOf: URL(fileURLWithPath: try gzip(text, in: folder, name: "a"))))
    for length in 2..<packed.count {
      let cut = try folder.file("cut.gz", Array(packed[..<length]))
      if code(cut) != .gzipTruncated { Issue.record("cut to \(length) bytes: \(code(cut) as Any)") }
    }
    // Bytes 4 to 9 and the name hold nothing that matters to the text, but anything may be flagged.
    let seed = UInt64.random(in: .min ... .max)
    var random = SeededGenerator(seed: seed)
    for index in packed.indices {
      var changed = packed
      changed[index] ^= UInt8.random(in: 1...255, using: &random)
      let path = try folder.file("changed", changed)
      var outcome: [UInt8]?
      do throws(InputError) { outcome = try read(path) } catch { continue }
      if index >= 2, let outcome, outcome != text {
        Issue.record("seed \(seed): byte \(index) changed, and \(outcome.count) bytes came out")
      }
    }
  }

  static let failures: [(name: String, bytes: [UInt8]?, code: InputError.Code)] = [
    ("missing.csv", nil, .notFound), ("plain.gz", Array("id,name\n".utf8), .notGzip),
    ("empty.gz", [], .gzipTruncated), ("header.gz", [0x1F, 0x8B], .gzipTruncated),
    ("method.gz", [0x1F, 0x8B, 9, 0, 0, 0, 0, 0, 0, 0], .gzipCorrupt),
  ]

  @Test("Each failure is told apart", arguments: failures)
  func tellsFailures(row: (name: String, bytes: [UInt8]?, code: InputError.Code)) throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/\(row.name)"
    if let bytes = row.bytes { _ = try folder.file(row.name, bytes) }
    #expect(code(path) == row.code)
  }

  @Test("A folder, something after gzip, and a file without rights are told")
  func tellsOtherFailures() throws {
    let folder = try TemporaryFolder()
    #expect(code(folder.path) == .isDirectory)
    #expect(code("/dev/null/x") == .notFound)
    let packed = try gzip(InputFileTests.text, in: folder, name: "a")
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: packed)))
    #expect(code(try folder.file("tail.gz", bytes + Array("tail".utf8))) == .gzipCorrupt)
    guard getuid() != 0 else { return }  // Root may read all.
    let secret = try folder.file("secret", [1])
    #expect(chmod(secret, 0) == 0)
    #expect(code(secret) == .notPermitted)
  }

  @Test("Strong compression comes in small pieces, and reading all of it has a limit")
  func boundsMemory() throws {
    let folder = try TemporaryFolder()
    let packed = try gzip([UInt8](repeating: 0, count: 20_000_000), in: folder, name: "zeros")
    var file = try InputFile(path: packed)
    var total = 0
    while let piece = try file.next() {
      if piece.count > 1 << 18 { Issue.record("a piece of \(piece.count) bytes") }
      total += piece.count
    }
    #expect(total == 20_000_000)
    #expect(file.bytesRead == file.size)
    #expect(throws: InputError.self) {
      var file = try InputFile(path: packed)
      _ = try file.readAll(limit: 1_000_000)
    }
  }

  @Test("A line from a pipe comes before the pipe is closed; a kept piece stays as it was")
  func readsAsItComes() throws {
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    var file = InputFile(descriptor: ends[0], name: "standard input", isOwned: true, size: nil)
    for line in ["a\n", "\u{1F}", "b\n"] {
      _ = write(ends[1], line, line.utf8.count)
      // The lone first byte of gzip would wait for a second one.
      if line == "\u{1F}" { _ = write(ends[1], "x", 1) }
      let piece = try #require(try file.next())
      #expect(Array(piece) == Array((line == "\u{1F}" ? "\u{1F}x" : line).utf8))
    }
    close(ends[1])
    #expect(try file.next() == nil)
    #expect(try file.next() == nil)
  }

  @Test("A wish to stop ends the reading")
  func stops() throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("a", [1])
    var file = try InputFile(path: path, interruption: Interruption { true })
    do throws(InputError) {
      _ = try file.next()
      Issue.record("it went on")
    } catch {
      #expect(error.code == .interrupted && error.commandError.status == .interrupted)
    }
  }

  @Test("Every failure has a sentence and a hint that names no bytes of the file")
  func explains() {
    for code in InputError.Code.allCases {
      #expect(code.rawValue.hasPrefix("input."))
    }
    #expect(
      InputErrorText.of("/nonexistent/a.csv")
        == "/nonexistent/a.csv: there is no such file: check the name, or give - for standard input"
    )
  }

  // MARK: Lines

  static let lines: [(name: String, text: String, lines: [LineReader.Line])] = [
    ("nothing", "", []), ("one line", "ab\n", [.bytes(Array("ab".utf8))]),
    ("no line feed at the end", "ab", [.bytes(Array("ab".utf8))]),
    ("carriage returns", "ab\r\n\r\n", [.bytes(Array("ab".utf8)), .bytes([])]),
    ("empty lines", "\n\nx\n", [.bytes([]), .bytes([]), .bytes(Array("x".utf8))]),
    ("as long as allowed", "12345678\n", [.bytes(Array("12345678".utf8))]),
    ("as long as allowed, with a return", "12345678\r\n", [.bytes(Array("12345678".utf8))]),
    ("one too long", "123456789\nx\n", [.tooLong, .bytes(Array("x".utf8))]),
    ("far too long at the end", String(repeating: "y", count: 500), [.tooLong]),
    ("a return inside", "a\rb\n", [.bytes(Array("a\rb".utf8))]),
  ]

  @Test("Lines are cut at line feeds, whatever the pieces", arguments: lines)
  func readsLines(row: (name: String, text: String, lines: [LineReader.Line])) throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("lines", Array(row.text.utf8))
    for pieceSize in [1, 2, 3, 5, 64] {
      var reader = LineReader(try InputFile(path: path, pieceSize: pieceSize), limit: 8)
      var lines: [LineReader.Line] = []
      while let line = try reader.next() { lines.append(line) }
      if lines != row.lines { Issue.record("pieces of \(pieceSize): \(lines)") }
      if reader.number != lines.count { Issue.record("line \(reader.number)") }
    }
  }
}

private enum InputErrorText {
  static func of(_ path: String) -> String {
    do throws(InputError) {
      _ = try InputFile(path: path)
      return ""
    } catch {
      return error.description
    }
  }
}
