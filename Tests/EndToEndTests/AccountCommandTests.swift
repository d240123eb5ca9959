import ExposureStorage
import Foundation
import TestSupport
import Testing

/// Accounts and checkpoints, as who looks after a deployment has them at hand.
@Suite("Accounts and checkpoints by command", .tags(.process)) struct AccountCommandTests {
  private let site: Site

  init() throws {
    site = try Site()
    try site.write("bốn từ ngẫu nhiên\n", to: "password")
  }

  private func add(_ name: String, _ role: String, _ scope: String) throws -> BuiltProgram.Outcome {
    try site.run(
      "account", "add", name, "--role", role, "--scope", scope, "--password-file", "password",
      "--json")
  }

  @Test("An account is made, shown, scoped, disabled and put back, each in the audit log")
  func accounts() throws {
    let made = try add("Lan", "health-staff", "division:303")
    #expect(made.status == 0, "\(made.errors)")
    let setup = try JSON(made.output)
    #expect(setup["otpauth"].text?.hasPrefix("otpauth://totp/checkin:lan?secret=") == true)
    #expect(setup["recovery_codes"].items.count == 10)
    #expect(try add("lan", "health-staff", "all").status == 1)
    #expect(try add("root", "administrator", "division:303").status == 1)
    #expect(try add("minh", "health-staff", "division:999999").status == 2)
    #expect(try add("minh", "health-staff", "everywhere").status == 2)
    let shown = try JSON(site.done("account", "show", "lan", "--json").output)
    #expect(shown["scope"].text == "division:303" && shown["sessions"].number == 0)
    #expect(shown["recovery_codes_left"].number == 10)
    try site.done("account", "scope", "lan", "division:303,304")
    try site.done("account", "disable", "lan")
    let list = try JSON(site.done("account", "list", "--json").output)
    #expect(list[0]["scope"].text == "division:303,304" && list[0]["disabled_at"].text != nil)
    try site.done("account", "enable", "lan")
    try site.done("account", "reset-password", "lan", "--password-file", "password")
    let again = try JSON(site.done("account", "reset-second-factor", "lan", "--json").output)
    #expect(again["otpauth"].text != setup["otpauth"].text)
    #expect(try site.run("account", "show", "nobody").status == 1)
    let actions = try JSON.lines(site.done("audit", "show", "--json").output)
      .compactMap { $0["action"].text }
    #expect(
      actions == [
        "account add", "account add refused", "account scope", "account disable",
        "account enable", "account reset-password", "account reset-second-factor",
      ])
  }

  @Test("A weak password and one that nobody can be asked for are refused")
  func passwords() throws {
    try site.write("password1234\n", to: "password")
    let weak = try add("lan", "health-staff", "all")
    #expect(weak.status == 1 && weak.errors.contains("four random words"))
    let asked = try site.run(
      "account", "add", "lan", "--role", "health-staff", "--scope", "all", "--no-input")
    #expect(asked.status == 1 && asked.errors.contains("--password-file"))
    let argument = try site.run("account", "add", "lan", "secretsecret", "--role", "administrator")
    #expect(argument.status == 2)
  }

  @Test("A log that was cut off or changed shows beside a checkpoint that was kept elsewhere")
  func checkpoints() throws {
    try site.done("case", "add", "BN-1", "--subject", "an", "--onset", "2020-08-01")
    try site.done("case", "add", "BN-2", "--subject", "binh", "--onset", "2020-08-01")
    let line = try site.done("audit", "checkpoint").output
    try site.write(line, to: "safe")
    try site.done("case", "add", "BN-3", "--subject", "chi", "--onset", "2020-08-01")
    let whole = try JSON(site.done("audit", "verify", "--checkpoint", "safe", "--json").output)
    #expect(whole["intact"].truth == true && whole["checkpoints"].number == 2)
    let catalog = try Connection(opening: site.path("store/checkin.sqlite"), for: .write)
    try catalog.execute(
      "DROP TRIGGER audit_is_never_deleted; DELETE FROM audit WHERE sequence > 1")
    // Whoever cuts the log can take away what is beside it, but not what is elsewhere.
    try FileManager.default.removeItem(atPath: site.path("store/keys/audit.checkpoints"))
    #expect(try site.run("audit", "verify").status == 0)
    let cut = try site.run("audit", "verify", "--checkpoint", "safe")
    #expect(cut.status == 1 && cut.output.contains("cut off"))
    try site.write(line.replacingOccurrences(of: " 2 ", with: " 1 "), to: "changed")
    #expect(try site.run("audit", "verify", "--checkpoint", "changed").status == 1)
  }

  @Test("A case is given to a division, and keeps it")
  func divisions() throws {
    func add(_ division: String) throws -> BuiltProgram.Outcome {
      try site.run(
        "case", "add", "BN-1", "--subject", "an", "--onset", "2020-08-01", "--division", division)
    }
    #expect(try add("303").status == 0)
    let other = try add("304")
    #expect(other.status == 0 && other.errors.contains("stays with division 303"))
    #expect(try add("999999").status == 2)
    #expect(try AccountStore(at: site.path("store")).division(ofCase: "BN-1") == "303")
  }
}
