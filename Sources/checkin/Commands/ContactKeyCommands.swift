internal import CommandKit
internal import ExposureStorage
internal import JSONText
internal import Presence
internal import SealedContacts
internal import VenueCodes

/// `checkin contact key new`: makes a key of the health authority.
struct ContactKeyNewCommand: Sendable {
  var output = Required<Path>()

  static let command = Command(
    "new", "Makes the health authority's key for contact details", ContactKeyNewCommand(),
    [
      .option(
        "--output", \.output, value: "FILE",
        help: "Where to put the private key; the public one goes beside it as FILE.public.json")
    ],
    shared: .passphrase,
    discussion: """
      Run it where contact details are to be opened, and nowhere else: not on a gateway or the \
      centre. The private key is sealed under a passphrase, and nobody can recover either. Carry the \
      public file to the centre and install it there. A new key is used for new check-ins; keep the \
      old ones until `checkin contact key list` shows no box of them.
      """,
    examples: [
      Example(
        "checkin contact key new --output health.key", "Make a key on the health desk's machine")
    ],
    run: { options, context in try options.run(context) })

  private func run(_ context: Context) throws -> ExitStatus {
    let path = output.wrappedValue.string
    let publicPath = path + ".public.json"
    try Folder.checkTarget(path)
    try Folder.checkTarget(publicPath)
    let passphrase = try Workspace(context).passphrase(for: "the new key", isNew: true)
    guard passphrase.count >= KeyVault.shortestPassphrase else {
      throw VaultError.passphraseTooShort
    }
    var generator = SystemRandomNumberGenerator()
    let secret = try X25519.PrivateKey(using: &generator)
    let published = ContactKey(publicKey: secret.publicKey, madeAt: context.now())
    let sealed = try ContactKeyFile.sealed(secret, passphrase: passphrase, using: &generator)
    try ContactKeyFolder.writePrivate(sealed, to: path)
    try AtomicFile.write(
      String(decoding: ContactKeySet([published]).json, as: UTF8.self), to: publicPath)
    if context.json {
      try context.output.json { json in
        json.object {
          $0.field("id", "\(published.id)")
          $0.field("private_key", path)
          $0.field("public_key", publicPath)
        }
      }
    } else {
      try context.output.line("Key      \(published.id)")
      try context.output.line("Private  \(path): never on a gateway; keep a copy in a safe")
      try context.output.line(
        "Public   \(publicPath): install it with `checkin contact key install`")
    }
    return .done
  }
}

/// `checkin contact key install`: lets phones seal contact details to a key.
struct ContactKeyInstallCommand: Sendable {
  var file = Required<Path>()

  static let command = Command(
    "install", "Lets phones seal contact details to a key", ContactKeyInstallCommand(),
    [
      .argument("FILE", \.file, help: "The public file that `checkin contact key new` made")
    ],
    shared: .dryRun,
    discussion: """
      The newest key installed is the one that phones seal to. A running gateway takes it by itself \
      within seconds.
      """,
    examples: [
      Example("checkin contact key install health.key.public.json", "Install a key at the centre")
    ],
    run: { options, context in try options.run(context) })

  private func run(_ context: Context) throws -> ExitStatus {
    let workspace = Workspace(context)
    let path = file.wrappedValue.string
    var input = try InputFile(path: path)
    let added: ContactKeySet
    do {
      added = try ContactKeySet(json: try input.readAll(limit: 1 << 16))
    } catch let error as ContactKeyError {
      throw CommandError("\(error)", file: path, code: error.code)
    }
    guard !added.keys.isEmpty else {
      throw CommandError(
        "there is no key in it", hint: "take the file that `checkin contact key new` made",
        file: path, code: "no-key")
    }
    let store = try workspace.store(context.isDryRun ? .readOnly : .readWrite)
    let all: ContactKeySet
    if context.isDryRun {
      all = ContactKeySet(try ContactKeyFolder.keys(in: workspace.keysFolder).keys + added.keys)
      context.talk.note("nothing was changed")
    } else {
      let ids = added.keys.map { "\($0.id)" }.joined(separator: ",")
      try store.audit(context.auditNote("contact key install", ids))
      all = try ContactKeyFolder.install(added, in: workspace.keysFolder).all
    }
    try store.close()
    let newest = all.newest.map { "\($0.id)" }
    if context.json {
      try context.output.json { json in
        json.object {
          $0.field("keys", all.keys.count)
          $0.field("newest", newest)
        }
      }
    } else {
      try context.output.line(
        "\(counted(all.keys.count, "key")); phones seal to \(newest ?? "none")")
    }
    return .done
  }
}

/// `checkin contact key list`: prints the keys that contact details are sealed to.
struct ContactKeyListCommand: Sendable {
  static let command = Command(
    "list", "Prints the keys that contact details are sealed to", ContactKeyListCommand(), [],
    run: { _, context in try run(context) })

  private static func run(_ context: Context) throws -> ExitStatus {
    let workspace = Workspace(context)
    let store = try workspace.store(.readOnly)
    let keys = try ContactKeyFolder.keys(in: workspace.keysFolder)
    let counts = try ContactArchive(at: context.store).countsByKey()
    let unknown = counts.keys.filter { keys[$0] == nil }.sorted()
    func time(_ key: ContactKey) -> String { ISO8601.format(key.madeAt, in: store.calendar) }
    if context.json {
      try context.output.json { json in
        json.array(keys.keys) { json, key in
          json.object {
            $0.field("id", "\(key.id)")
            $0.field("made_at", time(key))
            $0.field("newest", key == keys.newest)
            $0.field("boxes", counts[key.id] ?? 0)
          }
        }
      }
      return .done
    }
    var table = Table([.whole("Key"), .whole("Made"), "", .right("Boxes")])
    for key in keys.keys {
      table.append(
        "\(key.id)", time(key), key == keys.newest ? "in use" : "", grouped(counts[key.id] ?? 0))
    }
    for id in unknown { table.append("\(id)", "", "not installed", grouped(counts[id] ?? 0)) }
    try context.output.table(table)
    return .done
  }
}
