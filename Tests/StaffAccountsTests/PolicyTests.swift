import StaffAccounts
import Testing
import VenueCodes
import VenueRegistry

@Suite("Passwords and waiting")
struct PolicyTests {
  @Test(
    "A password that is among the first tried is refused with its reason",
    arguments: [
      ("ngắn quá", PasswordRule.Failure.tooShort), ("password1234", .common),
      ("MatKhau123456", .common), ("aaaaaaaaaaaaaa", .repetitive), ("abababababab", .repetitive),
      ("abcdefghijklm", .repetitive), ("123456789012345", .repetitive),
      ("lan.nguyen1234", .containsName), ("tab\tin the midst", .unprintable),
      (String(repeating: "dài quá đi", count: 200), .tooLong),
    ])
  func refusedPasswords(password: String, failure: PasswordRule.Failure) {
    #expect(throws: failure) { try PasswordRule.check(password, ofAccount: "lan.nguyen") }
  }

  @Test(
    "A long one of any sort is taken",
    arguments: [
      "cá cảnh mây núi", "four random words", "lan.nguyen likes four lakes", "x7#Kp2!mQz9w",
    ])
  func acceptedPasswords(password: String) {
    #expect(throws: Never.self) { try PasswordRule.check(password, ofAccount: "lan.nguyen") }
  }

  @Test("The wait doubles after the free failures, and ends at the longest")
  func backoff() {
    let rule = Backoff(free: 3, first: 2, longest: 60)
    let waits = (0...10).map { rule.wait(afterFailures: $0) }
    #expect(waits == [0, 0, 0, 0, 2, 4, 8, 16, 32, 60, 60])
    #expect(rule.wait(afterFailures: .max) == 60)
  }

  @Test(
    "A scope is read back from its text",
    arguments: ["all", "agency:so-y-te", "division:303,304", "agency:a,b,c"])
  func scopeTexts(text: String) throws {
    #expect(try #require(StaffScope(text: text)).text == text)
  }

  @Test(
    "What is no scope is refused",
    arguments: [
      "", "All", "agency:", "division:303,", "division:303,303", "division:3 4", "venue:x",
      "division", "agency:Sở", "division:303;304",
    ])
  func otherScopes(text: String) {
    #expect(StaffScope(text: text) == nil)
  }

  @Test("A division includes what lies in it, and no other")
  func scopesCoverDivisions() throws {
    let registry = Registry(
      categories: [], agencies: [],
      divisions: [
        Division(code: "31", parent: nil, kind: "thành phố", name: "Hải Phòng"),
        Division(code: "303", parent: "31", kind: "quận", name: "Hồng Bàng"),
        Division(code: "304", parent: "31", kind: "quận", name: "Ngô Quyền"),
        Division(code: "11296", parent: "303", kind: "phường", name: "Quán Toan"),
      ])
    let district = try #require(StaffScope(text: "division:303"))
    let ward = try #require(StaffScope(text: "division:11296"))
    let city = try #require(StaffScope(text: "division:31"))
    #expect(district.covers(division: "11296", in: registry))
    #expect(!district.covers(division: "304", in: registry))
    #expect(!district.covers(division: "31", in: registry))
    #expect(!district.covers(division: "999", in: registry))
    #expect(district.covers(ward, in: registry) && !ward.covers(district, in: registry))
    #expect(city.covers(district, in: registry) && !district.covers(city, in: registry))
    #expect(StaffScope.everything.covers(city, in: registry))
    #expect(!city.covers(.everything, in: registry))
    #expect(!district.covers(.agencies(["so-y-te"]), in: registry))
    #expect(try #require(StaffScope(text: "division:303,9")).unknownWords(in: registry) == ["9"])
  }

  @Test("Each role works with its own kinds of scope")
  func scopesSuitRoles() {
    #expect(StaffScope.agencies(["a"]).suits(.venueManager))
    #expect(!StaffScope.everything.suits(.venueManager))
    #expect(StaffScope.everything.suits(.healthStaff))
    #expect(!StaffScope.agencies(["a"]).suits(.healthStaff))
    #expect(!StaffScope.divisions(["31"]).suits(.administrator))
  }

  @Test(
    "A name is folded to what is kept, or refused",
    arguments: [
      ("Lan.Nguyen", "lan.nguyen" as String?), ("a-1_b", "a-1_b"), ("ab", nil), ("1ab", nil),
      ("lan nguyen", nil), ("lân", nil), ("", nil), (String(repeating: "a", count: 65), nil),
    ])
  func names(typed: String, kept: String?) {
    #expect(AccountName.canonical(typed) == kept)
  }
}
