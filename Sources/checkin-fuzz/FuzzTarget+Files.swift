import CodeReading
import CommandKit
import Glibc
import Posters

extension FuzzTarget {
  /// A picture: what is read must have the pixels it says.
  static let picture = FuzzTarget("picture", examples: Pictures.files) { input in
    guard let image = try? GreyImage(png: input) else { return }
    require(image.width > 0 && image.height > 0, "a picture has a size")
    require(image.pixels.count == image.width * image.height, "a picture has its pixels")
    require(image.pixels.count <= GreyImage.mostPixels, "a picture is not too large")
    if image.pixels.count < 40_000 {
      _ = try? CodeReader.codes(in: image)
    }
  }

  /// A language of the sheets: what is taken has every text, and hosts only where they are put in.
  static let sheetLanguage = FuzzTarget(
    "sheet-language",
    examples: texts(
      """
      {"tag":"en","name":"English","in_and_out":{"heading":"Scan","tag":"In","last_step":"Go"},
      "entrance":{"heading":"Scan","tag":"In","last_step":"Go"},
      "exit":{"heading":"Scan","tag":"Out","last_step":"Go"},"point_camera":"Point",
      "open_link_at_host":"Open {host}","open_link":"Open","type_code_at_host":"Go to {host}",
      "type_code":"Type","zone":"Zone","issued":"From","expires":"To","print_serial":"No.",
      "hotline":"Call","preview":"Preview"}
      """)
  ) { input in
    do throws(PosterError) {
      let language = try PosterLanguage(json: input)
      require(PosterLanguage.isTag(language.tag), "a tag is one")
      for direction in PosterDirection.allCases {
        let texts = language.texts(for: direction)
        require(!texts.heading.isEmpty && !texts.tag.isEmpty, "no text is empty")
      }
      require(language.openLinkAtHost.contains("{host}"), "the host has its place")
      require(!language.openLink.contains("{"), "the host is only in its place")
    } catch {
      require(error.code == "poster-language", "a refusal says what is wrong")
    }
  }

  /// A file that may be packed: it must read the same in pieces of any size.
  static let inputFile = FuzzTarget(
    "input-file",
    examples: [
      // gzip -n of "hello\n", twice, and zeros behind.
      Pictures.gzip, Pictures.gzip + Pictures.gzip + [0, 0], Array("id,venue\n".utf8),
    ]
  ) { input in
    guard input.count <= 16_384, let whole = Piped(input, pieceSize: 1 << 16) else { return }
    for size in [2, 7, 512] {
      require(Piped(input, pieceSize: size) == whole, "a file reads the same in pieces of \(size)")
    }
    if !input.starts(with: [0x1F, 0x8B]) {
      require(whole.code == nil && whole.bytes == input, "a plain file is what it is")
    }
  }

  /// Words of a command line, with a byte 0 between: a call is understood or told what is wrong.
  static let words = FuzzTarget(
    "words",
    examples: texts(
      "--format\0png\0--zone=3\0A\0B", "-f\0svg\0-avx\0--\0-x", "--langage\0vi,en\0--all=yes")
  ) { input in
    let words = input.split(separator: 0, omittingEmptySubsequences: false).map {
      String(decoding: $0, as: UTF8.self)
    }
    do throws(UsageError) {
      let options = try SampleOptions.command.parse(words)
      require((72...1_200).contains(options.dpi), "a number is in its range")
      require(options.zone.map { (1...99).contains($0) } ?? true, "a number is in its range")
      require(!options.languages.isEmpty, "a list is not emptied")
    } catch {
      require(!error.message.isEmpty, "a refusal says why")
    }
  }
}

/// What a file that comes through a pipe reads as.
private struct Piped: Equatable {
  var bytes: [UInt8] = []
  var code: InputError.Code?

  /// Nil when the system gives no pipe.
  init?(_ input: [UInt8], pieceSize: Int) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return nil }
    // A pipe holds 64 KiB, so nothing waits.
    let written = write(ends[1], input, input.count)
    close(ends[1])
    guard written == input.count else {
      close(ends[0])
      return nil
    }
    var file = InputFile(
      descriptor: ends[0], name: "fuzz", isOwned: true, size: nil, pieceSize: pieceSize)
    do throws(InputError) {
      while bytes.count < 100_000, let piece = try file.next() { bytes += piece }
    } catch {
      code = error.code
    }
    if bytes.count >= 100_000 {
      // A small file can be a large one packed: enough of it is enough.
      bytes = Array(bytes[..<100_000])
      code = nil
    } else if code != nil {
      // What comes out before the damage is met, and whether that is the end of the file or what
      // stands before it, depends on the pieces.
      bytes = []
      code = .gzipCorrupt
    }
  }
}

/// The options of a command like ours.
private struct SampleOptions: Sendable {
  enum Format: String, CaseIterable, ArgumentValue {
    case pdf, png, svg
  }

  var venues: [String] = []
  var format = Format.pdf
  var dpi = 300
  var zone: Int?
  var languages = ["vi", "en"]
  var all = false

  static let command = Command(
    "qr", "Draws posters", SampleOptions(),
    [
      .arguments("ID", \.venues, help: "The venues"),
      .option("--format", short: "f", \.format, help: "What to draw"),
      .option("--dpi", \.dpi, in: 72...1_200, help: "Dots per inch"),
      .option("--zone", \.zone, in: 1...99, help: "One zone of the venue"),
      .options("--language", \.languages, separatedBy: ",", value: "LANG", help: "The languages"),
      .flag("--all", short: "a", \.all, help: "All venues"),
    ]
  ) { _, _ in .done }
}

private enum Pictures {
  static let files: [[UInt8]] = {
    guard let symbol = try? QRSymbol(prefix: "", digits: "0123456789"),
      let small = try? symbol.png(scale: 1), let large = try? symbol.png(scale: 3)
    else { return [] }
    return [small, large]
  }()

  static let gzip: [UInt8] = [
    0x1F, 0x8B, 0x08, 0, 0, 0, 0, 0, 0, 0x03, 0xCB, 0x48, 0xCD, 0xC9, 0xC9, 0xE7, 0x02, 0, 0x20,
    0x30, 0x3A, 0x36, 0x06, 0, 0, 0,
  ]
}
