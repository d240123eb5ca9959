public import Presence

/// The time zones that the machine knows.
public enum ZoneDatabase {
  /// Returns the calendar of a zone from the machine's time zone database.
  ///
  /// Hai Phong's own is known without one.
  ///
  /// - Parameters:
  ///   - name: The IANA name, such as `Asia/Ho_Chi_Minh`.
  ///   - folder: Where the database is.
  /// - Returns: The calendar, to give to `ExposureStore.create`.
  /// - Throws: `ZoneDatabaseError`.
  public static func calendar(
    named name: String, in folder: String = "/usr/share/zoneinfo"
  ) throws(ZoneDatabaseError) -> LocalCalendar {
    if name == LocalCalendar.haiPhong.zoneName { return .haiPhong }
    // A name is a path below the folder and nothing else.
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    let isName = parts.allSatisfy { part in
      !part.isEmpty && part != "." && part != ".." && !part.utf8.contains(0)
    }
    guard isName else { throw .unknownZone(name) }
    let bytes: [UInt8]
    do {
      bytes = try FileOperation.read("\(folder)/\(name)", limit: 1 << 20)
    } catch {
      throw .unknownZone(name)
    }
    do {
      return try LocalCalendar(zoneFile: bytes, name: name)
    } catch {
      throw .badFile(name, error)
    }
  }
}

/// Why there is no calendar of a zone.
public enum ZoneDatabaseError: Error, Hashable, Sendable {
  /// The machine knows no zone of this name.
  case unknownZone(String)
  /// The zone's file is not one to use.
  case badFile(String, ZoneFileError)
}

extension ZoneDatabaseError: CustomStringConvertible {
  /// The stable word for this failure.
  public var code: String {
    switch self {
    case .unknownZone: "zone-unknown"
    case .badFile: "zone-bad-file"
    }
  }

  /// A sentence for a person: what is wrong, and what to do.
  public var description: String {
    switch self {
    case .unknownZone(let name):
      "this machine knows no time zone \(name): check the name (as Asia/Ho_Chi_Minh), and that the "
        + "package tzdata is installed"
    case .badFile(let name, let error): "\(name): \(error)"
    }
  }
}
