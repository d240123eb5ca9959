@main
enum Checkin {
  static func main() {
    print("checkin")
  }
}
