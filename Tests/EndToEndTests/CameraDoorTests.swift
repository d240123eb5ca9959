import CodeReading
import Foundation
import TestSupport
import Testing

@Suite("A camera at a door", .tags(.process)) struct CameraDoorTests {
  let site: Site
  let poster: GreyImage

  init() throws {
    site = try Site()
    try site.done("qr", Site.hotel, "--format", "png", "--output", "out")
    // Every third pixel of each row and column, so that a debug build is quick.
    let whole = try GreyImage(png: site.bytes(of: site.picture()))
    let (columns, rows) = ((whole.width + 2) / 3, (whole.height + 2) / 3)
    let pixels = (0..<columns * rows).map { place in
      whole.pixels[place / columns * 3 * whole.width + place % columns * 3]
    }
    poster = try #require(GreyImage(width: columns, height: rows, pixels: pixels))
  }

  /// A stream of so many frames with the poster in view, and without, in turn; ten a second.
  private func video(_ counts: Int...) -> Data {
    var bytes = Array("YUV4MPEG2 W\(poster.width) H\(poster.height) F10:1 Cmono\n".utf8)
    let wall = [UInt8](repeating: 180, count: poster.pixels.count)
    for (place, count) in counts.enumerated() {
      for _ in 0..<count {
        bytes += Array("FRAME\n".utf8) + (place % 2 == 0 ? poster.pixels : wall)
      }
    }
    return Data(bytes)
  }

  @Test("A code in view is answered once, and again when it was out of sight for three seconds")
  func once() throws {
    try site.write(video(12, 20, 5, 40, 5), to: "door.y4m")
    let fromFile = try site.run(
      "scan", "--gateway", "door-1", "--subject", "an", "--camera", "door.y4m", "--json")
    #expect(fromFile.status == 0, "\(fromFile.errors)")
    #expect(fromFile.lines.count == 2, "seen, missed for 2 s, seen, away for 4 s, seen")
    for line in fromFile.lines {
      let answer = try JSON(String(line))
      #expect(answer["accepted"].truth == true && answer["name"].text == Site.hotelName)
    }
    let fromPipe = try site.run(
      ["scan", "--gateway", "door-2", "--subject", "binh", "--camera", "-", "--json"],
      input: video(3))
    #expect(fromPipe.status == 0 && fromPipe.lines.count == 1, "\(fromPipe.errors)")
  }

  @Test("A poster before a camera names nobody, which is answered and not kept")
  func nobody() throws {
    let outcome = try site.run(
      ["scan", "--gateway", "door-1", "--camera", "-", "--json"], input: video(2))
    #expect(outcome.status == 3)
    #expect(try JSON(outcome.output)["accepted"].truth == false)
    #expect(outcome.output.contains("nobody is named"))
  }

  @Test("Pictures at a door are answered code by code")
  func pictures() throws {
    let picture = try site.picture()
    let outcome = try site.run(
      "scan", "--gateway", "door-1", "--subject", "an", "--json", picture, picture)
    #expect(outcome.status == 0 && outcome.lines.count == 2, "\(outcome.errors)")
    try site.write("no picture", to: "words.jpg")
    let refused = try site.run("scan", "--gateway", "door-1", "--subject", "an", "words.jpg")
    #expect(refused.status == 3 && refused.output.contains("words.jpg"))
    #expect(refused.output.contains("PNG, JPEG, PDF or SVG"))
  }

  @Test("A picture that cannot be read is refused by name, and the others are read")
  func unreadablePictures() throws {
    let picture = try site.picture()
    try site.write("no picture", to: "words.jpg")
    try site.write(Data(site.bytes(of: picture).prefix(300)), to: "cut.png")
    let pictures = ["words.jpg", picture, "cut.png", "missing.png", picture]
    let scanned = try site.run(
      ["scan", "--gateway", "door-1", "--subject", "an", "--json"] + pictures, input: Data())
    #expect(scanned.status == 3, "\(scanned.errors)")
    let answers = try JSON.lines(scanned.output)
    #expect(answers.map { $0["accepted"].truth } == [false, true, false, false, true])
    #expect(answers.map { $0["line"].number } == [1, 2, 3, 4, 5])
    #expect(
      answers.map { $0["code"].text } == [
        "not-a-picture", nil, "picture-unreadable", "input.not-found", nil,
      ])
    let verified = try site.run(["verify", "--json"] + pictures, input: Data())
    #expect(verified.status == 1)
    #expect(try JSON.lines(verified.output).map { $0["valid"].truth } == [true, true])
    for name in ["words.jpg", "cut.png", "missing.png"] {
      #expect(verified.errors.contains(name), "\(name)")
    }
  }

  /// Waits until a program has closed its output of its own accord, with its input still open.
  private static func end(of program: RunningProgram) -> BuiltProgram.Outcome {
    while program.nextLine() != nil {}
    return program.finish()
  }

  @Test("A pipe that says nothing ends with the time of verify, and at Ctrl-C")
  func silence() throws {
    for start in ["", "YUV4MPEG2 W640 H480 F10:1 Cmono\nFRAME\n123"] {
      let late = try site.start("verify", "--camera", "-", "--seconds", "1")
      if !start.isEmpty { late.send(start) }
      // Its input stays open until it ended by itself.
      let outcome = Self.end(of: late)
      #expect(outcome.status == 1 && outcome.errors.contains("no code came into view"))
    }
    let door = try site.start("scan", "--gateway", "g", "--subject", "an", "--camera", "-")
    kill(door.processIdentifier, SIGINT)
    let stopped = Self.end(of: door)
    #expect(stopped.status == 130 || stopped.wasSignalled, "before or after it listens")
  }

  @Test("Ctrl-C ends the reading of pictures between two pages")
  func interruptedPictures() throws {
    let picture = try site.picture()
    let door = try site.start(
      ["scan", "--gateway", "g", "--subject", "an"] + [String](repeating: picture, count: 500))
    #expect(door.nextLine() != nil, "the first answer comes before the last picture is read")
    kill(door.processIdentifier, SIGINT)
    #expect(Self.end(of: door).status == 130)
  }

  @Test("verify looks through a camera until a code comes into view, or the time is over")
  func verify() throws {
    let found = try site.run(["verify", "--camera", "-", "--json"], input: video(0, 20, 3))
    #expect(found.status == 0 && found.lines.count == 1, "\(found.errors)")
    #expect(try JSON(found.output)["valid"].truth == true)
    let late = try site.run(
      ["verify", "--camera", "-", "--seconds", "1"], input: video(0, 20, 3))
    #expect(late.status == 1 && late.errors.contains("no code came into view"))
    try site.done("qr", Site.hotel, "--format", "pdf", "--output", "pages")
    let page = try #require(
      FileManager.default.subpathsOfDirectory(atPath: site.path("pages"))
        .first { $0.hasSuffix(".pdf") })
    // Its kind is told by the content.
    try FileManager.default.moveItem(atPath: site.path("pages/\(page)"), toPath: site.path("a.jpg"))
    #expect(try JSON(site.done("verify", "a.jpg", "--json").output)["valid"].truth == true)
  }

  @Test("What cannot be looked through is refused with what to do")
  func refusals() throws {
    try site.write(video(2).dropLast(100), to: "cut.y4m")
    try site.write("RIFF", to: "film.avi")
    let rows = [
      (["--camera", "nothing.y4m"], 1, "there is no such file"),
      (["--camera", "/dev/video77"], 1, "plug the camera in"),
      (["--camera", "/dev/null"], 1, "is no camera"),
      (["--camera", "film.avi"], 1, "ffmpeg -f yuv4mpegpipe"),
      (["--camera", "cut.y4m"], 1, "it ends within frame 2"),
      (["--camera", "cut.y4m", "a.png"], 2, "exclude each other"),
    ]
    for (words, status, phrase) in rows {
      let outcome = try site.run(
        ["scan", "--gateway", "door-1", "--subject", "an"] + words, input: Data())
      #expect(
        outcome.status == status && !outcome.wasSignalled && outcome.errors.contains(phrase),
        "\(words): \(outcome.status) \(outcome.errors)")
    }
  }
}

extension Site {
  /// The path of the one picture in `out/`.
  fileprivate func picture() throws -> String {
    let files = try FileManager.default.subpathsOfDirectory(atPath: path("out"))
    return try "out/" + #require(files.first { $0.hasSuffix(".png") })
  }

  fileprivate func bytes(of file: String) throws -> [UInt8] {
    try Array(Data(contentsOf: folder.url.appendingPathComponent(file)))
  }
}
