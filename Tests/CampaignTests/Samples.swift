import TestSupport
import VenueCodes
import VenueRegistry

/// A day by its date.
func day(_ text: String) throws -> LocalDay {
  guard let day = LocalDay(iso8601: text) else { throw NoSuchDay(text: text) }
  return day
}

struct NoSuchDay: Error { let text: String }

/// A small random city: two districts with wards, some agencies and categories, and venues of them.
struct RandomCity {
  var generator: SeededGenerator
  let registry: Registry

  init(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let divisions =
      [Division(code: "1", parent: nil, kind: "thành phố", name: "Thành phố")]
      + (1...2).flatMap { district in
        [
          Division(code: "1\(district)", parent: "1", kind: "quận", name: "Quận \(district)")
        ]
          + (1...2).map { ward in
            Division(
              code: "1\(district)\(ward)", parent: "1\(district)", kind: "phường",
              name: "Phường \(district).\(ward)")
          }
      }
    func deadline(_ generator: inout SeededGenerator) -> LocalDay? {
      generator.oneIn(4)
        ? nil : LocalDay(daysSince2020: Int32.random(in: 195...225, using: &generator))
    }
    let agencies = (0..<4).map { number in
      Agency(
        id: "a\(number)",
        name: BilingualName(vietnamese: "Sở \(number)", english: "Office \(number)"),
        kind: .department, clause: ["tourism", "coordination", nil, "news"][number],
        reportsBy: deadline(&generator))
    }
    let categories = (0..<3).map { number in
      VenueCategory(
        code: "c\(number)", wireNumber: UInt8(number + 1),
        name: BilingualName(vietnamese: "Loại \(number)", english: "Kind \(number)"),
        space: .closed, defaultStayMinutes: 60, isTailAllowed: true)
    }
    var registry = Registry(categories: categories, agencies: agencies, divisions: divisions)
    let places = divisions.map(\.code)
    for _ in 0..<Int.random(in: 0...12, using: &generator) {
      let venue = Venue(
        id: registry.unusedID(using: &generator),
        name: "Chợ \(Int.random(in: 0...5, using: &generator))",
        category: "c\(Int.random(in: 0...2, using: &generator))",
        agency: "a\(Int.random(in: 0...3, using: &generator))",
        division: places[Int.random(in: 0..<places.count, using: &generator)],
        retiredOn: generator.oneIn(5)
          ? LocalDay(daysSince2020: Int32.random(in: 190...230, using: &generator)) : nil)
      do { try registry.add(venue) } catch { continue }
    }
    self.generator = generator
    self.registry = registry
  }
}
