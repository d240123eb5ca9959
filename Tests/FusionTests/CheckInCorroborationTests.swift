import CrossMatch
import Fusion
import Presence
import Testing
import Tracing
import VenueCodes

@Suite("Check-ins by Bluetooth") struct CheckInCorroborationTests {
  struct Row: CustomTestStringConvertible, Sendable {
    let name: String
    /// The first visit is the one that is asked about; the person is A.
    let visits: [String]
    var near: [String] = []
    var listening: [String] = []
    var receivers: [(venue: String, clock: String)] = []
    let grade: Int8
    let reasons: [String]
    var testDescription: String { name }
  }

  static let others = ["B", "C", "D", "E", "F"]

  static let rows = [
    Row(
      name: "who is heard by somebody checked in there was there",
      visits: ["A Café 09:00 10:00 usual 18:00", "B Café 08:30 09:40 exit"],
      near: ["B A 09:20 09:30 80 one"], grade: 3, reasons: ["B there"]),
    Row(
      name: "the venue's receiver is a witness",
      visits: ["A Café 09:00 10:00 usual 18:00"], receivers: [("Café", "09:05")], grade: 3,
      reasons: ["receiver there"]),
    Row(
      name: "what nobody heard stays as it is",
      visits: ["A Café 09:00 10:00 usual 18:00", "B Café 08:30 09:40 exit"],
      listening: ["A 09:00 10:00"], grade: 1, reasons: []),
    Row(
      name: "who is heard by somebody elsewhere at the moment of the scan was not there",
      visits: ["A Café 09:00 10:00 usual 18:00", "B Hotel 08:30 09:40 exit"],
      near: ["A B 09:05 09:10 60"], grade: -1, reasons: ["B elsewhere"]),
    Row(
      name: "who is heard elsewhere later may have left",
      visits: ["A Café 09:00 10:00 usual 18:00", "B Hotel 08:30 09:40 exit"],
      near: ["A B 09:20 09:30 60"], grade: 1, reasons: []),
    Row(
      name: "somebody who is only assumed to be elsewhere is no witness",
      visits: ["A Café 09:00 10:00 usual 18:00", "B Hotel 08:30 09:40 usual 18:00"],
      near: ["A B 09:05 09:10 60"], grade: 1, reasons: []),
    Row(
      name: "a receiver elsewhere contradicts",
      visits: ["A Café 09:00 10:00 usual 18:00"], receivers: [("Hotel", "09:05")], grade: -1,
      reasons: ["receiver elsewhere"]),
    Row(
      name: "one for and one against leave it open",
      visits: ["A Café 09:00 10:00 usual 18:00", "B Café 08:30 09:40 exit"],
      near: ["A B 09:05 09:10 60"], receivers: [("Hotel", "09:05")], grade: 1,
      reasons: ["receiver elsewhere", "B there"]),
    Row(
      name: "one witness counts once, however often it repeats itself",
      visits: [
        "A Café 09:00 10:00 usual 18:00", "B Hotel 08:30 09:40 exit", "C Hotel 08:30 09:40 exit",
        "D Café 08:30 09:40 exit",
      ],
      near: [
        "A B 09:05 09:06 60", "A C 09:05 09:06 60", "A D 09:05 09:06 60", "A D 09:07 09:08 60",
      ],
      grade: -1, reasons: ["D there", "B elsewhere", "C elsewhere", "D there"]),
    Row(
      name: "five working phones that hear nothing contradict",
      visits: ["A Café 09:00 10:00 usual 18:00"] + others.map { "\($0) Café 08:30 09:40 exit" },
      listening: (["A"] + others).map { "\($0) 09:00 10:00" }, grade: -1, reasons: ["silence 5"]),
    Row(
      name: "four do not",
      visits: ["A Café 09:00 10:00 usual 18:00"] + others.map { "\($0) Café 08:30 09:40 exit" },
      listening: (["A"] + others.dropLast()).map { "\($0) 09:00 10:00" }, grade: 1,
      reasons: ["silence 4"]),
    Row(
      name: "nor do phones in other zones",
      visits: ["A Café:1 09:00 10:00 usual 18:00"] + others.map { "\($0) Café:2 08:30 09:40 exit" },
      listening: (["A"] + others).map { "\($0) 09:00 10:00" }, grade: 1, reasons: []),
    Row(
      name: "a phone that was off is not silent",
      visits: ["A Café 09:00 10:00 usual 18:00"] + others.map { "\($0) Café 08:30 09:40 exit" },
      listening: others.map { "\($0) 09:00 10:00" }, grade: 1, reasons: []),
    Row(
      name: "nor is one that worked for a moment",
      visits: ["A Café 09:00 10:00 usual 18:00"] + others.map { "\($0) Café 08:30 09:40 exit" },
      listening: ["A 09:00 09:09:59"] + others.map { "\($0) 09:00 10:00" }, grade: 1, reasons: []),
    Row(
      name: "nobody counts further than five",
      visits: ["A Café 09:00 10:00 usual 18:00"]
        + (others + ["G", "H"]).map { "\($0) Café 08:30 09:40 exit" },
      listening: (["A", "G", "H"] + others).map { "\($0) 09:00 10:00" }, grade: -1,
      reasons: ["silence 5"]),
    Row(
      name: "however many visits come before theirs",
      visits: ["A Café 09:00 10:00 usual 18:00"]
        + Array(repeating: "G Café 08:00 09:40 exit", count: 70)
        + others.map { "\($0) Café 08:30 09:40 exit" },
      listening: (["A"] + others).map { "\($0) 09:00 10:00" }, grade: -1, reasons: ["silence 5"]),
    Row(
      name: "somebody in the mall that the shop is in was there",
      visits: ["A Shop 09:00 10:00 usual 18:00", "B Mall 08:30 09:40 exit"],
      near: ["A B 09:05 09:10 60"], grade: 3, reasons: ["B there"]),
    Row(
      name: "so was somebody in a shop of the mall",
      visits: ["A Mall 09:00 10:00 usual 18:00", "B Shop 08:30 09:40 exit"],
      near: ["A B 09:05 09:10 60"], grade: 3, reasons: ["B there"]),
    Row(
      name: "somebody in another shop of the mall was elsewhere",
      visits: ["A Shop 09:00 10:00 usual 18:00", "B Kiosk 08:30 09:40 exit"],
      near: ["A B 09:05 09:10 60"], grade: -1, reasons: ["B elsewhere"]),
    Row(
      name:
        "the receiver of the mall is a witness for its shop, and that of another shop against it",
      visits: ["A Shop 09:00 10:00 usual 18:00"],
      receivers: [("Mall", "09:05"), ("Kiosk", "09:06")], grade: 1,
      reasons: ["receiver there", "receiver elsewhere"]),
    Row(
      name: "phones in the mall around a shop are no crowd in it",
      visits: ["A Shop 09:00 10:00 usual 18:00"] + others.map { "\($0) Mall 08:30 09:40 exit" },
      listening: (["A"] + others).map { "\($0) 09:00 10:00" }, grade: 1, reasons: []),
    Row(
      name: "an exit without an entry is judged by its moment",
      visits: ["A Café 09:00 10:00 unknown", "B Hotel 08:30 10:00 exit"],
      near: ["A B 09:50 09:55 60"], grade: -1, reasons: ["B elsewhere"]),
  ]

  @Test("A check-in is confirmed or contradicted by what was heard", arguments: rows)
  func judges(row: Row) throws {
    let story = try FusionStory(visits: row.visits, near: row.near, listening: row.listening)
    let witness = CheckInWitness(
      history: story.history, receivers: [0: try Self.sightings(row.receivers)],
      namesEvidence: false)
    let checkIn = try witness.corroboration(of: try Self.visitOfA(story))
    #expect(checkIn.grade == row.grade)
    #expect(checkIn.reasons.map(Self.text) == row.reasons)
    #expect(checkIn.factor == (row.grade == -1 ? 0.1 : 1))
  }

  /// Sightings by receivers, numbered from 3:0.
  private static func sightings(
    _ receivers: [(venue: String, clock: String)]
  ) throws -> [ReceiverSighting] {
    try receivers.enumerated().map { number, sighting in
      ReceiverSighting(
        venue: try FusionStory.venue(sighting.venue), moment: try FusionStory.time(sighting.clock),
        evidence: EvidenceID(high: 3, low: UInt64(number)))
    }
  }

  /// The first visit of A.
  private static func visitOfA(_ story: FusionStory) throws -> Visit {
    try #require(
      try story.history.milestones(of: try FusionStory.person("A")).compactMap { milestone in
        if case .visit(let visit) = milestone.event { visit } else { nil }
      }.first)
  }

  private static func text(_ reason: CheckInCorroboration.Reason) -> String {
    switch reason.fact {
    case .heardThere(let person, _): "\(FusionStory.letter(person)) there"
    case .receiverThere: "receiver there"
    case .heardElsewhere(let person, _, _): "\(FusionStory.letter(person)) elsewhere"
    case .receiverElsewhere: "receiver elsewhere"
    case .silence(let phones): "silence \(phones)"
    }
  }

  @Test("A reason names the encounters and sightings it stands on, when they are wanted")
  func namesEvidence() throws {
    let story = try FusionStory(
      visits: [
        "A Café 09:00 10:00 usual 18:00", "B Café 08:30 09:40 exit", "C Hotel 08:30 09:40 exit",
      ],
      // B in two runs of two strengths that touch, and once more; C at the moment of the scan.
      near: [
        "A B 09:05 09:10 60", "A C 09:02 09:04 60", "B A 09:10 09:12 70", "A B 09:20 09:25 60",
        "A B 11:00 11:10 60", "B C 09:06 09:08 60",
      ])
    // The receiver heard the phone twice at one moment.
    let receivers: [SubjectNumber: [ReceiverSighting]] = [
      0: try Self.sightings([("Café", "09:30"), ("Hotel", "09:01"), ("Café", "09:30")])
    ]
    func reasons(_ namesEvidence: Bool) throws -> [CheckInCorroboration.Reason] {
      try CheckInWitness(
        history: story.history, receivers: receivers, namesEvidence: namesEvidence
      ).corroboration(of: try Self.visitOfA(story)).reasons
    }
    func ids(_ kind: UInt64, _ numbers: UInt64...) -> [EvidenceID] {
      numbers.map { EvidenceID(high: kind, low: $0) }
    }
    let named = try reasons(true)
    #expect(
      named.map(Self.text) == [
        "receiver elsewhere", "C elsewhere", "B there", "B there", "receiver there",
      ])
    #expect(named.map(\.evidence) == [ids(3, 1), ids(2, 1), ids(2, 0, 2), ids(2, 3), ids(3, 0, 2)])
    let plain = try reasons(false)
    #expect(plain.map(\.fact) == named.map(\.fact))
    #expect(plain.map(\.evidence) == [ids(3, 1), [], [], [], ids(3, 0, 2)])
  }

  @Test("A visit to a mall and one to a shop of it are not apart, and to two of its shops are")
  func mallAndShop() throws {
    func apart(_ venue: String) throws -> [Range<Int64>] {
      let story = try FusionStory(
        visits: ["A Shop 09:00 10:00 exit", "B \(venue) 09:00 10:00 exit"],
        near: ["A B 09:30 09:40 60"])
      let contact = try #require(
        try story.gatherer.contact(try FusionStory.person("B"), of: try FusionStory.caseA()))
      return contact.days.flatMap(\.evidence.apart)
    }
    #expect(try apart("Mall") == [])
    #expect(try apart("Kiosk") == [try FusionStory.span("09:00", "10:00")])
  }

  @Test("Only check-ins by a poster's code are asked about, and a contradicted one is no alibi")
  func asksGradeOne() throws {
    // B says to have been at the hotel, by a photograph of its poster, and was heard at the café.
    let visits = [
      "A Café 09:00 10:00 exit", "B Hotel 09:00 10:00 exit", "C Café 08:00 11:00 exit",
    ]
    let near = ["B C 09:05 09:10 60", "A B 09:30 09:40 60"]
    func apart(_ posters: Set<Int>) throws -> [Range<Int64>] {
      let story = try FusionStory(visits: visits, near: near, posters: posters)
      let contact = try #require(
        try story.gatherer.contact(try FusionStory.person("B"), of: try FusionStory.caseA()))
      return contact.days.flatMap(\.evidence.apart)
    }
    #expect(try apart([]) == [try FusionStory.span("09:00", "10:00")])
    #expect(try apart([1]) == [])
  }

  @Test("A contradicted check-in leaves a tenth of the chance to have been together")
  func lowersTogether() throws {
    let visits = [
      "A Café 09:00 10:00 exit", "B Café 09:00 10:00 exit", "C Hotel 08:00 11:00 exit",
    ]
    func chance(_ near: [String]) throws -> [Double] {
      let story = try FusionStory(visits: visits, near: near, posters: [1])
      let contact = try #require(
        try story.gatherer.contact(try FusionStory.person("B"), of: try FusionStory.caseA()))
      return contact.days.flatMap { $0.evidence.together.map(\.confidence) }
    }
    #expect(try chance([]) == [1])
    #expect(try chance(["B C 09:05 09:10 60"]) == [0.1])
  }
}
