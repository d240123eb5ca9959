internal import CommandKit
internal import Posters
internal import VenueCodes
internal import VenueRegistry

/// `checkin-bench posters`: A4 posters as PDF files.
struct PostersBenchmark: Benchmark {
  var setting = BenchmarkSetting()
  var count = 30

  static let command = Command(
    "posters", "Times A4 posters as PDF files", PostersBenchmark(),
    [.option("--count", \.count, in: 1...10_000, help: "How many posters a run makes")]
      + settingParameters,
    run: { options, context in
      try options.run(context)
      return .done
    })

  func run(_ context: Context) throws {
    let city = try BenchCity(context)
    let surroundings = Surroundings(setting)
    let scratch = try ScratchFolder(setting)
    let symbol = try QRSymbol(prefix: city.prefix.text, digits: try city.code(0).digits)
    var race = Race(
      "posters", unit: "posters",
      remarks: [
        "\(grouped(count)) posters a run, one thread, one A4 page a file, symbol at 150 mm, "
          + "Noto Sans embedded; the name, address, six lines of instructions and the dates are set",
        "the proof renders the page and decodes the code in it; reportlab proves nothing",
      ])
    var contestants = [
      Contestant("checkin", count: count, in: scratch, "checkin") { folder in
        for number in 0..<count {
          try Self.poster(number, city).writeUnproved(to: "\(folder)/\(number).pdf")
        }
      },
      Contestant("checkin, all in one file", count: count, in: scratch, "document") { folder in
        try Self.document(count, city, to: "\(folder)/all.pdf")
      },
      Contestant("checkin, one symbol for all", count: count, in: scratch, "checkin") { folder in
        for number in 0..<count {
          try PosterFile.sheet(PosterPage(Self.sheet(number, city), symbol))
            .writeUnproved(to: "\(folder)/\(number).pdf")
        }
      },
      Contestant(
        "checkin, each file read back and proved", count: count, in: scratch, "checkin"
      ) { folder in
        for number in 0..<count {
          try Self.poster(number, city).write(to: "\(folder)/\(number).pdf")
        }
      },
    ]
    if surroundings.hasPython("segno", "reportlab") {
      contestants.append(
        Contestant(
          script: surroundings.peer("posters_reportlab.py"), ["\(count)"],
          python: surroundings.python, in: scratch, "reportlab"))
    } else {
      race.absent.append("reportlab, segno (pip install -r Tests/Peers/requirements.txt)")
    }
    try race.run(contestants, repetitions: setting.repetitions ?? 5, context)
    try race.report(context)
  }

  /// Makes all posters as pages of one file.
  static func document(_ count: Int, _ city: BenchCity, to path: String) throws {
    try PosterDocument.write(
      to: path, title: "\(count) posters", author: "checkin-bench", madeAtSecond: city.now
    ) { document in
      for number in 0..<count {
        let symbol = try QRSymbol(prefix: city.prefix.text, digits: try city.code(number).digits)
        try document.append(try PosterPage(sheet(number, city), symbol))
      }
    }
  }

  private static func poster(_ number: Int, _ city: BenchCity) throws -> PosterFile {
    let digits = try city.code(number).digits
    return try PosterFile.sheet(
      PosterPage(sheet(number, city), try QRSymbol(prefix: city.prefix.text, digits: digits)))
  }

  private static func sheet(_ number: Int, _ city: BenchCity) -> PosterSheet {
    let venue = city.venues[number % city.venues.count]
    var sheet = PosterSheet(
      name: venue.name, direction: .inAndOut, typedCode: venue.id.grouped, issued: city.today,
      expires: city.today.advanced(by: 363), printSerial: 1, languages: city.languages)
    sheet.address = venue.address
    sheet.district = city.registry.division(venue.division)?.name
    sheet.agency = city.registry.agency(venue.agency)?.name.vietnamese
    sheet.host = "qr.haiphong.gov.vn"
    return sheet
  }
}
