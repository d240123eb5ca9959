internal import CommandKit
internal import ExposureStorage
internal import FoundationEssentials
internal import JSONText
internal import Presence
internal import VenueCodes

/// `checkin init`: makes a store and its keys.
struct InitCommand: Sendable {
  var zone = "Asia/Ho_Chi_Minh"
  var urlPrefix = Workspace.defaultURLPrefix
  var usesPassphrase = false
  var yearsValid = 3

  static let command = Command(
    "init", "Makes a store and its keys", InitCommand(),
    [
      .option(
        "--zone", \.zone, value: "ZONE", help: "The time zone whose local days the store keeps"),
      .option(
        "--url-prefix", \.urlPrefix, value: "URL",
        help: "What printed codes begin with, 40 characters at most"),
      .flag(
        "--passphrase", \.usesPassphrase,
        help: "Seal the keys under a passphrase instead of a key file"),
      .option(
        "--key-years", \.yearsValid, in: 1...10,
        help: "How many years codes of the first signing key are accepted"),
    ],
    shared: .passphrase,
    discussion: """
      The store keeps evidence day by day. Its keys sign posters and turn people's identifiers into \
      pseudonyms; they are never on the disk in clear.

      Unless --passphrase is given, the keys are sealed under a random key in a file of mode 0600 \
      beside the store's folder: a gateway can then start with nobody there, and a copy of the \
      folder without that file is useless to a thief. CHECKIN_KEY_FILE puts it elsewhere, and says \
      where it is from then on. With --passphrase, or when an option or CHECKIN_PASSPHRASE gives \
      one, nothing on the disk opens them; every command that signs or takes evidence then needs \
      the passphrase.
      """,
    examples: [
      Example("checkin init", "Make ./store, with the key file ./store.key"),
      Example("checkin init --passphrase --store /srv/checkin", "Seal the keys under a passphrase"),
    ],
    run: { options, context in try options.run(context) })

  private func run(_ context: Context) throws -> ExitStatus {
    let workspace = Workspace(context)
    let calendar = try Self.calendar(of: zone)
    let prefix = try Self.prefix(urlPrefix)
    let now = context.now()
    let secret: VaultSecret =
      usesPassphrase || context.namesPassphrase
      ? .passphrase(try workspace.passphrase(for: "the new store's keys", isNew: true))
      : .keyFile(workspace.defaultKeyFile)
    let store = try ExposureStore.create(
      at: context.store, calendar: calendar, createdAt: now,
      settings: [.urlPrefix: prefix.text])
    let vault: KeyVault
    do {
      vault = try KeyVault.create(
        in: workspace.keysFolder, secret: secret, notBefore: now,
        notAfter: now + Int64(yearsValid) * 366 * 86_400)
    } catch {
      try? store.close()
      try? ExposureStore.discardNew(at: context.store)
      throw error
    }
    let (published, _) = try vault.currentSigningKey(at: now)
    try store.close()
    let keyFile =
      try KeyVault.protection(in: workspace.keysFolder) == .keyFile
      ? workspace.defaultKeyFile : nil
    if context.json {
      try context.output.json { json in
        json.object {
          $0.field("store", context.store)
          $0.field("zone", calendar.zoneName)
          $0.field("url_prefix", prefix.text)
          $0.field("key_id", Int(published.id))
          $0.field("key_set", "\(workspace.keysFolder)/keyset.json")
          $0.field("key_file", keyFile)
        }
      }
      return .done
    }
    try context.output.line("Store    \(context.store), local days of \(calendar.zoneName)")
    try context.output.line(
      "Key      \(published.id), codes accepted until "
        + "\(calendar.day(of: published.notAfter)); public half in "
        + "\(workspace.keysFolder)/keyset.json")
    if let keyFile {
      try context.output.line(
        "Secret   \(keyFile) opens the keys: keep it out of backups of the store")
    } else {
      try context.output.line("Secret   the passphrase opens the keys: nobody can recover it")
    }
    try context.output.line(
      "Back up  copy \(context.store) while nothing writes to it, and keep "
        + "\(keyFile ?? "the passphrase") somewhere else")
    return .done
  }

  private static func calendar(of zone: String) throws(UsageError) -> LocalCalendar {
    do {
      return try ZoneDatabase.calendar(named: zone)
    } catch {
      throw UsageError("--zone: \(error)", hint: "/usr/share/zoneinfo has the names")
    }
  }

  private static func prefix(_ text: String) throws(UsageError) -> URLPrefix {
    do {
      return try URLPrefix(text)
    } catch {
      throw UsageError(
        "--url-prefix: \(error)", hint: "give one like \(Workspace.defaultURLPrefix)")
    }
  }
}
