internal import CommandKit

/// The program: the tree of its commands, one file each.
@main
enum Checkin {
  static let program = Program(
    name: "checkin", version: "0.1.0",
    summary: "Checks people in at venues, and finds who shared one with a case",
    readTime: { word throws(InvalidArgument) in try Moment(argument: word).unixSeconds }
  ) {
    [
      InitCommand.command.erased,
      .group(
        "venue", "Keeps the registry of venues",
        [
          VenueListCommand.command.erased, VenueShowCommand.command.erased,
          VenueAddCommand.command.erased, VenueImportCommand.command.erased,
          VenueAliasCommand.command.erased, VenueRetireCommand.command.erased,
          VenueCheckCommand.command.erased,
        ]),
      .group(
        "key", "Keeps the signing keys",
        [
          KeyListCommand.command.erased, KeyRotateCommand.command.erased,
          KeyRevokeCommand.command.erased, KeyExportCommand.command.erased,
        ]),
      QRCommand.command.erased,
      ScreenCommand.command.erased,
      .group(
        "pass", "Makes and checks visitors' passes",
        [PassNewCommand.command.erased, PassCheckCommand.command.erased]),
      .group(
        "door", "Enrols doors at a centre, and joins a door to one",
        [
          DoorEnrolCommand.command.erased, DoorListCommand.command.erased,
          DoorShowCommand.command.erased, DoorRevokeCommand.command.erased,
          DoorJoinCommand.command.erased, DoorStatusCommand.command.erased,
          DoorSyncCommand.command.erased,
        ]),
      KitCommand.command.erased,
      VerifyCommand.command.erased,
      ScanCommand.command.erased,
      GatewayCommand.command.erased,
      DoctorCommand.command.erased,
      ImportCommand.command.erased,
      .group(
        "case", "Keeps the confirmed cases",
        [
          CaseAddCommand.command.erased, CaseListCommand.command.erased,
          CaseShowCommand.command.erased, CaseCloseCommand.command.erased,
          CaseUploadCodeCommand.command.erased, CaseImportCommand.command.erased,
        ]),
      .group(
        "contact", "Keeps and opens sealed contact details",
        [
          ContactListCommand.command.erased, ContactOpenCommand.command.erased,
          .group(
            "key", "Keeps the health authority's keys",
            [
              ContactKeyNewCommand.command.erased, ContactKeyInstallCommand.command.erased,
              ContactKeyListCommand.command.erased,
            ]),
        ]),
      ExposureCommand.command.erased,
      TraceCommand.command.erased,
      RiskCommand.command.erased,
      ReportCommand.command.erased,
      .group(
        "store", "Copies, restores and checks the store",
        [
          StoreBackupCommand.command.erased, StoreRestoreCommand.command.erased,
          StoreVerifyCommand.command.erased, StoreStatsCommand.command.erased,
        ]),
      RetentionCommand.command.erased,
      .group(
        "audit", "Reads the log of questions and changes",
        [
          AuditShowCommand.command.erased, AuditVerifyCommand.command.erased,
          AuditCheckpointCommand.command.erased,
        ]),
      .group(
        "account", "Keeps the accounts of people who ask and look after",
        [
          AccountAddCommand.command.erased, AccountListCommand.command.erased,
          AccountShowCommand.command.erased, AccountDisableCommand.command.erased,
          AccountDisableCommand.enabling.erased, AccountPasswordCommand.command.erased,
          AccountFactorCommand.command.erased, AccountScopeCommand.command.erased,
        ]),
      DemoCommand.command.erased,
    ]
  }

  static func main() {
    program.main()
  }
}
