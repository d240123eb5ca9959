internal import CommandKit
internal import GatewayServer
internal import JSONText

/// `checkin doctor`: looks a deployment over.
struct DoctorCommand: Sendable {
  var config: Path?

  static let command = Command(
    "doctor", "Looks over all that a gateway needs", DoctorCommand(),
    [.option("--config", \.config, help: "The gateway's file of settings")],
    shared: .passphrase,
    discussion: """
      It looks at the store, who may use its files, the keys and how long they sign, the registry, \
      the clock, the time zone, the disk's room and whether it keeps what it is given, the ports and \
      the certificate. Run it as the gateway's user. It changes nothing.

      The command ends with status 0 when all is well, 3 when somebody should look, and 1 when \
      something does not work.
      """,
    examples: [
      Example("checkin doctor --config /etc/checkin/gateway.conf", "Look over a gateway's machine")
    ],
    run: { options, context in try options.run(context) })

  private func run(_ context: Context) throws -> ExitStatus {
    let workspace = Workspace(context)
    let doctor = Doctor(
      storePath: context.store, keyFile: workspace.defaultKeyFile,
      registryFolder: workspace.registryFolder,
      configuration: try GatewayCommand.configuration(of: config), now: context.now())
    let findings = doctor.findings { try workspace.vault() }
    if context.json {
      try context.output.json { json in
        json.array(findings) { json, finding in
          json.object {
            $0.field("check", finding.check)
            $0.field("state", finding.state.rawValue)
            $0.field("detail", finding.detail)
          }
        }
      }
    } else {
      var table = Table(["Check", "State", .prose("What was seen")])
      for finding in findings {
        table.append(finding.check, finding.state.rawValue, finding.detail)
      }
      try context.output.table(table)
    }
    if findings.contains(where: { $0.state == .bad }) { return .failed }
    return findings.contains { $0.state == .warning } ? .partly : .done
  }
}
