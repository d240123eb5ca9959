import SyntheticCity
import VenueCodes
import VenueRegistry

extension FuzzTarget {
  /// A registry's files, with a byte 0xFF between: a registry without fault must be written so that
  /// it reads back the same.
  static let registryFiles = FuzzTarget("registry-files", examples: SampleRegistry.examples) {
    input in
    let names = [
      RegistryFiles.categories, RegistryFiles.agencies, RegistryFiles.divisions,
      RegistryFiles.abbreviations, RegistryFiles.venues(category: "hotel"),
      RegistryFiles.venues(category: "market"),
    ]
    var files = RegistryFiles()
    for (name, part) in zip(names, input.split(separator: 0xFF, omittingEmptySubsequences: false)) {
      files.texts[name] = String(decoding: part, as: UTF8.self)
    }
    let (registry, faults) = Registry.read(files)
    let findings = registry.check()
    for finding in faults + findings {
      require(!finding.code.isEmpty && !finding.message.isEmpty, "a finding says what is wrong")
    }
    for venue in registry.venues {
      _ = registry.ancestors(of: venue.id)
      _ = registry.divisionPath(venue.division)
      _ = registry.openingHours(of: venue)
      require(!venue.signedName.isEmpty || venue.name.isEmpty, "a venue has a name to sign")
    }
    guard !(faults + findings).contains(where: { $0.severity == .error }) else { return }
    let written = registry.files()
    let (again, newFaults) = Registry.read(written)
    require(newFaults.isEmpty, "a registry reads as it is written")
    require(again.files() == written, "a registry is written the same again")
    require(Set(again.venues) == Set(registry.venues), "no venue is lost")
  }

  /// A venue manager's table: the plan must account for every row, and must be one to carry out.
  static let registryImport = FuzzTarget(
    "registry-import",
    examples: texts(
      "name,category,division,agency\nKhách sạn Mới,hotel,303,so-du-lich\nChợ Sắt,market,303,\n",
      "\u{FEFF}mã;tên;loại;phường;quận\r\n000000Z92;Khách sạn Hữu Nghị;Khách sạn;Minh Khai;Hồng Bàng\r\n",
      "id,aliases,zones,parent,opening_hours,retired_on\n000000ZA3,a|b,1=Sảnh|2=x,000000Z92,06:00-23:00,2021-01-01\n",
      "{\"name\":\"X\",\"category\":\"hotel\",\"ward\":\"P. Minh Khai, Hồng Bàng\"}\n")
  ) { input in
    var registry = SampleRegistry.registry
    var generator = SeededGenerator(seed: 1)
    guard let plan = try? registry.planImport(of: input, using: &generator) else { return }
    _ = plan.rejectedFile()
    for rejection in plan.rejections {
      require(!rejection.code.isEmpty && !rejection.reason.isEmpty, "a refusal says why")
    }
    let wasSound = !registry.check().contains { $0.severity == .error }
    do {
      try registry.apply(plan)
    } catch {
      require(false, "a plan can be carried out")
    }
    require(
      !wasSound || !registry.check().contains { $0.severity == .error }, "an import breaks nothing")
    guard let second = try? registry.planImport(of: input, using: &generator) else {
      return require(false, "a file that was read is read again")
    }
    let made = Set(plan.creations.map(\.line))
    let changed = Set(plan.updates.map(\.line))
    require(!second.creations.contains { made.contains($0.line) }, "nothing is made twice")
    require(!second.updates.contains { changed.contains($0.line) }, "nothing is changed twice")
  }

  /// Opening hours: only the one spelling is read.
  static let openingHours = FuzzTarget(
    "opening-hours", examples: texts("07:30-17:00", "24h", "18:00-02:00", "00:00-24:00")
  ) { input in
    let text = String(decoding: input, as: UTF8.self)
    guard let hours = OpeningHours(parsing: text) else { return }
    require((1...1440).contains(hours.length), "a venue opens for a day at most")
    require(OpeningHours(parsing: hours.description) == hours, "hours read as they are written")
  }
}

/// A small registry without fault.
enum SampleRegistry {
  static let texts = [
    """
    code,wire_number,name_vi,name_en,space,default_stay_minutes,cap_hours,opening_hours,tail,agency
    hotel,6,Khách sạn,Hotel,closed,0,336,24h,yes,so-du-lich
    market,11,Chợ,Market,open,60,24,03:00-20:00,no,so-cong-thuong

    """,
    """
    id,name_vi,name_en,kind,division,clause,reports_by
    so-cong-thuong,Sở Công Thương,Department of Trade,department,,enterprises,2020-08-15
    so-du-lich,Sở Du lịch,Department of Tourism,department,,tourism,2020-08-15
    ubnd-303,Uỷ ban nhân dân quận Hồng Bàng,Hong Bang,peoples-committee,303,localities,2020-08-15

    """,
    """
    code,parent,kind,name
    31,,thành phố,Thành phố Hải Phòng
    303,31,quận,Quận Hồng Bàng
    11311,303,phường,Phường Minh Khai

    """,
    """
    short,long
    KS,Khách sạn
    P,Phường

    """,
    """
    id,name,short_name,agency,division,address,parent,zones,opening_hours,aliases,retired_on
    000000Z92,Khách sạn Hữu Nghị,,so-du-lich,303,"60 Điện Biên Phủ, P. Minh Khai",,1=Sảnh|2=Bar,,,
    000000ZA3,Khách sạn Monaco,,so-du-lich,303,,000000Z92,,06:00-23:00,HNHPMC|Monaco,2021-01-01

    """,
    """
    id,name,short_name,agency,division,address,parent,zones,opening_hours,aliases,retired_on
    000000ZB4,Chợ Sắt,,so-cong-thuong,303,,,,,,

    """,
  ]

  static let examples = [Array(texts.map { Array($0.utf8) }.joined(separator: [0xFF]))]

  static let registry: Registry = {
    var files = RegistryFiles()
    files.texts[RegistryFiles.categories] = texts[0]
    files.texts[RegistryFiles.agencies] = texts[1]
    files.texts[RegistryFiles.divisions] = texts[2]
    files.texts[RegistryFiles.abbreviations] = texts[3]
    files.texts[RegistryFiles.venues(category: "hotel")] = texts[4]
    files.texts[RegistryFiles.venues(category: "market")] = texts[5]
    return Registry.read(files).registry
  }()
}
