import VenueCodes
import VenueRegistry

/// A small registry that is without fault.
enum Sample {
  static let categories = """
    code,wire_number,name_vi,name_en,space,default_stay_minutes,cap_hours,opening_hours,tail,agency
    one-stop-office,1,Bộ phận một cửa,One-stop office,closed,60,24,07:30-17:00,yes,
    hotel,6,Khách sạn,Hotel,closed,0,336,24h,yes,so-du-lich
    market,11,Chợ,Market,open,60,24,03:00-20:00,no,so-cong-thuong

    """
  static let agencies = """
    id,name_vi,name_en,kind,division,clause,reports_by
    so-cong-thuong,Sở Công Thương,Department of Industry and Trade,department,,enterprises,2020-08-15
    so-du-lich,Sở Du lịch,Department of Tourism,department,,tourism,2020-08-15
    ubnd-303,Uỷ ban nhân dân quận Hồng Bàng,People's Committee of Hong Bang District,peoples-committee,303,localities,2020-08-15

    """
  static let divisions = """
    code,parent,kind,name
    31,,thành phố,Thành phố Hải Phòng
    303,31,quận,Quận Hồng Bàng
    11311,303,phường,Phường Minh Khai
    304,31,quận,Quận Ngô Quyền
    11311000,304,phường,Phường Minh Khai

    """
  static let abbreviations = """
    short,long
    KS,Khách sạn
    P,Phường
    UBND,Uỷ ban nhân dân

    """
  static let hotels = """
    id,name,short_name,agency,division,address,parent,zones,opening_hours,aliases,retired_on
    000000Z92,Khách sạn Hữu Nghị,,so-du-lich,303,"60 Điện Biên Phủ, P. Minh Khai",,1=Sảnh|2=Nhà hàng,,,
    000000ZA3,Khách sạn Monaco Hải Phòng,,so-du-lich,303,,000000Z92,,06:00-23:00,HNHPMC|Monaco,2021-01-01

    """
  static let markets = """
    id,name,short_name,agency,division,address,parent,zones,opening_hours,aliases,retired_on
    000000ZB4,Chợ Sắt,,so-cong-thuong,303,,,,,,

    """

  static let emptyVenues =
    "id,name,short_name,agency,division,address,parent,zones,opening_hours,aliases,retired_on\n"

  static func files() -> RegistryFiles {
    RegistryFiles(texts: [
      RegistryFiles.categories: categories, RegistryFiles.agencies: agencies,
      RegistryFiles.divisions: divisions, RegistryFiles.abbreviations: abbreviations,
      RegistryFiles.venues(category: "hotel"): hotels,
      RegistryFiles.venues(category: "market"): markets,
      RegistryFiles.venues(category: "one-stop-office"): emptyVenues,
    ])
  }

  /// Makes an id of a number that has at most 40 bits.
  static func id(_ number: UInt64) -> VenueID {
    guard let id = VenueID(rawValue: number) else { preconditionFailure("\(number)") }
    return id
  }

  static let hotel = id(1001)
  static let annex = id(1002)
  static let market = id(1003)

  static func registry() -> Registry { Registry.read(files()).registry }
}
