import Foundation
import TestSupport
import Testing

/// What the answers about exposures owe to the registry and to the files.
@Suite("Answers about exposures", .tags(.process)) struct ExposureAnswerTests {
  /// A site where a case was in the hotel in the morning and others came after, or were near.
  private static func visited(_ site: Site) throws {
    try site.write(
      """
      venue,subject,enter,leave
      \(Site.hotel),an,2020-08-05T08:00:00+07:00,2020-08-05T10:00:00+07:00
      \(Site.hotel),binh,2020-08-05T10:00:00+07:00,2020-08-05T12:00:00+07:00

      """, to: "visits.csv")
    try site.write(
      """
      subject,peer,start,end,attenuation_db,rssi_dbm,tx_power_dbm
      an,chi,2020-08-05T15:00:00+07:00,2020-08-05T16:00:00+07:00,63.0,,
      an,dung,2020-08-05T15:00:00+07:00,2020-08-05T16:00:00+07:00,63.4,,
      an,giang,2020-08-05T15:00:00+07:00,2020-08-05T16:00:00+07:00,,-71.2,-8
      an,ha,2020-08-05T15:00:00+07:00,2020-08-05T16:00:00+07:00,,-70.8,-8

      """, to: "encounters.csv")
    try site.done("import", "visits", "visits.csv")
    try site.done("import", "encounters", "encounters.csv")
    try site.done("case", "add", "BN-1", "--subject", "an", "--onset", "2020-08-05")
    // As an editor on Windows saves it.
    try site.write("\u{feff}an\r\n  binh \r\nchi\r\ndung\r\ngiang\r\nha\r\n", to: "people.txt")
  }

  private static func contacts(_ site: Site) throws -> [String: String] {
    let rows = try JSON.lines(
      site.done("trace", "--rules", "3638-2021", "--subjects", "people.txt", "--json").output)
    var found: [String: String] = [:]
    for row in rows { found[row["contact"].text ?? ""] = row["class"].text }
    return found
  }

  @Test("Phones are near when the loss is at most the limit, to a fraction of a decibel")
  func limits() throws {
    let site = try Site()
    try Self.visited(site)
    #expect(try Self.contacts(site) == ["binh": "tail", "chi": "near", "ha": "near"])
  }

  @Test("A category that allows no tail has none")
  func heedsCategories() throws {
    let site = try Site(registry: .own)
    try Self.visited(site)
    let categories = try site.text(of: "Venues/categories.csv")
    try site.write(
      categories.replacingOccurrences(
        of: ",closed,0,336,24h,yes,", with: ",closed,0,336,24h,no,"), to: "Venues/categories.csv")
    #expect(try Self.contacts(site) == ["chi": "near", "ha": "near"])
  }

  @Test("A visit names each piece of its evidence once")
  func namesEvidenceOnce() throws {
    let site = try Site()
    try site.write(
      "venue,subject,time,direction\n\(Site.hotel),an,2020-08-05T08:00:00+07:00,out\n",
      to: "scans.csv")
    try site.done("import", "scans", "scans.csv")
    let answer = try JSON.lines(site.done("exposure", "--subject", "an", "--json").output)
    #expect(answer.count == 1 && answer[0]["start_unknown"].truth == true)
    #expect(answer[0]["evidence"].items.count == 1)
  }
}
