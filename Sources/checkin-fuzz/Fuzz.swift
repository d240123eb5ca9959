@main
enum Fuzz {
  static func main() {
    print("checkin")
  }
}
