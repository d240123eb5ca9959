internal import CommandKit
internal import FoundationEssentials
internal import Posters
internal import VenueCodes

/// `checkin-bench codes`: signed codes as PNG files on the disk.
struct CodesBenchmark: Benchmark {
  var setting = BenchmarkSetting()
  var count = 500

  /// Pixels a module, for everybody.
  private static let scale = 8

  static let command = Command(
    "codes", "Times signed codes as PNG files", CodesBenchmark(),
    [.option("--count", \.count, in: 1...65_000, help: "How many files a run writes")]
      + settingParameters,
    run: { options, context in
      try options.run(context)
      return .done
    })

  func run(_ context: Context) throws {
    let city = try BenchCity(context)
    let surroundings = Surroundings(setting)
    let scratch = try ScratchFolder(setting)
    let scale = Self.scale
    let digits = try city.code(0).digits
    let symbol = try QRSymbol(prefix: city.prefix.text, digits: digits)
    let pixels = (symbol.side + 2 * QRSymbol.quietZone) * scale
    var race = Race(
      "codes", unit: "files",
      remarks: [
        "\(grouped(count)) files a run, one thread: sign, encode, draw, write; "
          + "\(city.prefix.text.utf8.count) characters and \(digits.utf8.count) digits, level Q",
        "version \(symbol.version), \(scale) pixels a module, \(pixels) pixels a side, for everybody; "
          + "qrencode signs nothing and is one process a file",
        "in C: 78 bytes signed and in base64, one segment in byte mode, libpng's level 6, for which "
          + "the picture may have another size",
      ])
    var contestants = [
      Contestant("checkin", count: count, in: scratch, "checkin") { folder in
        for number in 0..<count {
          try Self.png(number, city).writeUnproved(to: "\(folder)/\(number).png")
        }
      },
      Contestant("checkin, not written", count: count) {
        for number in 0..<count { keep(try Self.png(number, city)) }
      },
      Contestant("checkin, signed and encoded only", count: count) {
        for number in 0..<count {
          keep(try QRSymbol(prefix: city.prefix.text, digits: try city.code(number).digits))
        }
      },
      Contestant(
        "checkin, each file read back and proved", count: count, in: scratch, "proved"
      ) { folder in
        for number in 0..<count { try Self.png(number, city).write(to: "\(folder)/\(number).png") }
      },
    ]
    if let naive = surroundings.compiledPeer(
      "codes_naive", packages: ["libqrencode", "libpng", "libsodium"], in: scratch)
    {
      contestants.append(Contestant(peer: naive, ["\(count)"], in: scratch, "naive"))
    } else {
      race.absent.append("the same in C (a C compiler, pkg-config)")
    }
    if surroundings.hasPython("nacl", "segno") {
      contestants.append(
        Contestant(
          script: surroundings.peer("codes_to_png.py"), ["\(count)"],
          python: surroundings.python, in: scratch, "segno"))
    } else {
      race.absent.append("segno, PyNaCl (pip install -r Tests/Peers/requirements.txt)")
    }
    if let version = try? ChildProcess.run("qrencode", ["--version"], showsErrors: false),
      version.status == 0
    {
      let texts = try (0..<count).map { try city.code($0).url(prefix: city.prefix) }
      contestants.append(
        Contestant(measuringItself: {
          let folder = try scratch.emptyFolder("qrencode")
          var cost = Cost(wall: 0, processor: 0)
          for (number, text) in texts.enumerated() {
            let child = try ChildProcess.runSuccessfully(
              "qrencode",
              ["-l", "Q", "-s", "\(scale)", "-m", "4", "-o", "\(folder)/\(number).png", text])
            cost.wall += child.cost.wall
            cost.processor += child.cost.processor
          }
          return [Run(name: "qrencode, a process a file", count: texts.count, cost: cost)]
        }))
    } else {
      race.absent.append("qrencode (apt install qrencode)")
    }
    try race.run(contestants, repetitions: setting.repetitions ?? 5, context)
    for peer in ["checkin", "segno", "qrencode"] {
      guard let found = Self.width(ofPNG: "\(scratch.path)/\(peer)/0.png"), found != pixels else {
        continue
      }
      race.remarks.append("\(peer) drew \(found) pixels a side: not the same work")
    }
    try race.report(context)
  }

  private static func png(_ number: Int, _ city: BenchCity) throws -> PosterFile {
    let code = try city.code(number)
    let symbol = try QRSymbol(prefix: city.prefix.text, digits: code.digits)
    return try PosterFile.png(symbol, scale: scale)
  }

  /// The width that a PNG file states.
  private static func width(ofPNG path: String) -> Int? {
    guard let bytes = FileManager.default.contents(atPath: path), bytes.count > 24 else {
      return nil
    }
    return bytes[16..<20].reduce(0) { $0 << 8 | Int($1) }
  }
}
