import Campaign

extension FuzzTarget {
  /// A text with gaps: what is taken can be filled, and nothing of a gap is left in it.
  static let campaignText = FuzzTarget(
    "campaign-text",
    examples: [
      Array("# remark\nWelcome to {place}. [Questions: {hotline}.]\n".utf8),
      Array("{app}{link}[{deadline}]\n\n\nx, y: 1/2 QR.\n".utf8),
    ]
  ) { input in
    guard let source = String(validating: input, as: UTF8.self),
      let text = try? CampaignText(source)
    else { return }
    let facts = Dictionary(uniqueKeysWithValues: text.facts.map { ($0, "7") })
    guard let filled = try? text.filled(facts) else { return }
    require(!filled.contains { "{}[]".contains($0) }, "every gap is filled")
    require(!filled.contains("\n\n\n"), "no two empty lines together")
    let words = SpokenWords(.vietnamese, table: ["QR": "quy rờ"])
    if let said = try? Announcement(text, facts: facts, words: words, limitSeconds: 1e9) {
      require(said.syllables > 0 && said.tenths > 0, "what is said takes time")
      require(said.tenths >= said.syllables * 10 / 4, "no more than four syllables a second")
    }
  }

  /// A table of spoken forms.
  static let spokenWords = FuzzTarget(
    "spoken-words", examples: [Array("written,spoken\nQR,quy rờ\n\"GO!\",\"gâu, ô\"\n".utf8)]
  ) { input in
    guard let words = try? SpokenWords(.english, csv: input) else { return }
    require(!words.spoken("QR 15/8, x.vn GO! 1900").contains("  "), "one space between words")
  }

  /// Settings of a campaign.
  static let campaignSettings = FuzzTarget(
    "campaign-settings",
    examples: [
      Array(
        #"{"install_link":"https://a.vn/x","limit_seconds":40,"report":{"office":"a"}}"#.utf8)
    ]
  ) { input in
    guard let settings = try? CampaignSettings(json: input) else { return }
    require(settings.installLink.hasPrefix("https://"), "a link begins as one")
    require((5...600).contains(settings.limitSeconds), "a limit can be met")
    require((1...10).contains(settings.rate.syllablesPerSecond), "a rate can be spoken")
  }
}
