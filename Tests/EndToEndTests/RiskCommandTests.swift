import Foundation
import TestSupport
import Testing

/// Rule sets side by side, and a phone's windows judged as its app would.
@Suite("Rule sets and risk", .tags(.process)) struct RiskCommandTests {
  /// A site where a case was in the hotel for an hour with one person, and near another who passed by.
  private static func visited() throws -> Site {
    let site = try Site()
    try site.write(
      """
      venue,subject,enter,leave
      \(Site.hotel),an,2020-08-05T08:00:00+07:00,2020-08-05T09:00:00+07:00
      \(Site.hotel),binh,2020-08-05T08:00:00+07:00,2020-08-05T09:00:00+07:00

      """, to: "visits.csv")
    try site.write(
      """
      subject,peer,start,end,attenuation_db,rssi_dbm,tx_power_dbm
      an,chi,2020-08-05T15:00:00+07:00,2020-08-05T15:20:00+07:00,60,,
      an,dung,2020-08-03T15:00:00+07:00,2020-08-03T15:20:00+07:00,50,,

      """, to: "encounters.csv")
    try site.done("import", "visits", "visits.csv")
    try site.done("import", "encounters", "encounters.csv")
    try site.done("case", "add", "BN-1", "--subject", "an", "--onset", "2020-08-06")
    try site.write("binh\nchi\ndung\n", to: "people.txt")
    return site
  }

  @Test("One row a contact and day has a judgement of each rule set")
  func sideBySide() throws {
    let site = try Self.visited()
    let ids = "3638-2021,11042-2021,cwa-2021"
    let outcome = try site.done(
      "exposure", "--case", "BN-1", "--rules", ids, "--subjects", "people.txt", "--json")
    let rows = try JSON.lines(outcome.output)
    #expect(rows.count == 3)
    var labels: [String: [String?]] = [:]
    for row in rows {
      let judgements = row["judgements"].items
      #expect(judgements.map { $0["rule"].text } == ids.split(separator: ",").map { "\($0)" })
      labels[row["contact"].text ?? ""] = judgements.map { $0["label"].text }
      #expect(row["case"].text == "BN-1")
    }
    #expect(labels["binh"] == ["F1", "factor", "high"])
    // 60 dB is near by the first rule set and not by the second.
    #expect(labels["chi"] == ["F1", nil, "high"])
    // Three days before the onset.
    #expect(labels["dung"] == ["F1", "outside window", "high"])
    let table = try site.done(
      "exposure", "--case", "BN-1", "--rules", ids, "--subjects", "people.txt")
    #expect(table.output.contains("factor closed_venue 60 min"))
    #expect(table.output.contains("outside window"))
    #expect(table.output.contains("high check-in 60 min"))
    #expect(table.output.contains("high encounter 20 min"))
    let log = try site.done("audit", "show").output
    #expect(log.components(separatedBy: "exposure case").count == 3)
    #expect(log.contains("rules \(ids)"))
  }

  @Test("An early morning whose minutes are under another UTC day points there")
  func otherUTCDay() throws {
    let site = try Site()
    try site.write(
      """
      venue,subject,enter,leave
      \(Site.hotel),an,2020-08-03T01:00:00+07:00,2020-08-03T02:00:00+07:00
      \(Site.hotel),binh,2020-08-03T01:00:00+07:00,2020-08-03T02:00:00+07:00

      """, to: "visits.csv")
    try site.done("import", "visits", "visits.csv")
    try site.done("case", "add", "BN-1", "--subject", "an", "--onset", "2020-08-03")
    let words = ["exposure", "--case", "BN-1", "--rules", "3638-2021,cwa-2021"]
    let table = try site.run(words, input: Data()).output
    #expect(table.contains("2020-08-02") && table.contains("see 2020-08-02 (UTC)"))
    let rows = try JSON.lines(site.run(words + ["--json"], input: Data()).output)
    #expect(rows.map { $0["day"].text } == ["2020-08-02", "2020-08-03"])
    #expect(rows.map { $0["judgements"][1]["label"].text } == ["high", "elsewhere"])
    #expect(rows.last?["judgements"][1]["see_utc_day"].text == "2020-08-02")
  }

  @Test("Calls that mix the two sorts of rule sets up are refused with a sentence")
  func sortsAreNotMixedUp() throws {
    let site = try Self.visited()
    let calls: [([String], String)] = [
      (["trace", "--rules", "cwa-2021"], "not who is a contact"),
      (["exposure", "--case", "BN-1", "--rules", "cwa-2021", "--degree", "2"], "--degree is 1"),
      (["exposure", "--case", "BN-1", "--rules", "cwa-2021,cwa-2021"], "is there twice"),
      (["exposure", "--case", "BN-1", "--rules", "cwa-2021,"], "there is no rule set ''"),
      (["exposure", "--case", "BN-1", "--rules", "cwa-2022,3638-2021"], "did you mean cwa-2021?"),
      (["risk", "-", "--rules", "3638-2021"], "not how risky"),
    ]
    for (words, sentence) in calls {
      let outcome = try site.run(words, input: Data())
      #expect(outcome.status == 2, "\(words)")
      #expect(outcome.errors.contains(sentence), "\(words): \(outcome.errors)")
    }
  }

  @Test("A phone's windows and check-ins have a level, days and encounters")
  func risk() throws {
    let site = try Site()
    let file = """
      {"exposureWindows": [
        {"ageInDays": 2, "reportType": "CONFIRMED_TEST", "infectiousness": "HIGH",
         "calibrationConfidence": 0, "scanInstances": [
           {"minAttenuation": 65, "typicalAttenuation": 70, "secondsSinceLastScan": 300}]},
        {"ageInDays": 11, "reportType": 1, "infectiousness": 2, "calibrationConfidence": 0,
         "scanInstances": [
           {"minAttenuation": 65, "typicalAttenuation": 70, "secondsSinceLastScan": 900}]}],
       "checkIns": [{"location": "a", "start": "2020-08-06T08:00:00Z",
                     "end": "2020-08-06T08:20:00Z"}],
       "warnings": [{"location": "a", "startIntervalNumber": 2661168, "period": 6,
                     "transmissionRiskLevel": 8}]}
      """
    let outcome = try site.run(
      ["risk", "-", "--json"], input: Data(file.utf8), at: "2020-08-08T08:00:00Z")
    #expect(outcome.status == 0)
    let answer = try JSON(outcome.output)
    // 5 min · 1.6 = 8 by radio, 20 min · 1.6 = 32 by check-in; the old window does not count.
    #expect(answer["level"].text == "high")
    #expect(answer["windows_counted"].number == 1)
    #expect(answer["days"].items.count == 1)
    #expect(answer["days"][0]["day"].text == "2020-08-06")
    #expect(answer["days"][0]["encounter_minutes"].number == 8)
    #expect(answer["days"][0]["encounter_level"].text == "low")
    #expect(answer["days"][0]["check_in_minutes"].number == 32)
    #expect(answer["high"]["days"].number == 1)
    #expect(answer["low"]["days"].number == 0)
    let table = try site.run(["risk", "-"], input: Data(file.utf8), at: "2020-08-08T08:00:00Z")
    #expect(table.output.hasPrefix("high risk under cwa-2021"))
    #expect(
      table.output.contains("2020-08-06  high            8.0  low                 32.0  high"))
  }

  @Test("A file that is none is named with what is wrong and where")
  func badFile() throws {
    let site = try Site()
    try site.write(#"{"exposureWindows": [{"ageInDays": 1, "reportType": 9}]}"#, to: "w.json")
    let outcome = try site.run("risk", "w.json")
    #expect(outcome.status == 1)
    #expect(
      outcome.errors
        == "checkin: w.json: exposureWindows[0].reportType: 9 is not allowed: give 0 to 5\n")
  }
}
