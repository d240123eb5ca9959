internal import CommandKit

/// `checkin-bench gateway`: check-ins over HTTP, each durable before its answer, beside peers.
///
/// The work is done by `scripts/bench-gateway.sh`, since servers and the load are programs of their own:
/// what is measured is what a client sees and what the server's processes take.
struct GatewayBenchmark: Sendable {
  var seconds = 8
  var connections = 64

  static let command = Command(
    "gateway", "Check-ins over HTTP, each durable, beside FastAPI, PostgreSQL and hello-world",
    GatewayBenchmark(),
    [
      .option(
        "--seconds", \.seconds, in: 1...600, value: "N", help: "How long each server is loaded"),
      .option(
        "--connections", \.connections, in: 1...1_000, value: "N",
        help: "How many connections are kept alive"),
    ],
    discussion: """
      Needs wrk and a release build; run it in the package's folder. PYTHON names a Python with \
      FastAPI and uvicorn. Peers that are not there are left out. A line of JSON for each server: \
      requests a second, latencies in milliseconds, and the CPU of the server's processes.
      """,
    run: { options, context in try options.run(context) })

  private func run(_ context: Context) throws -> ExitStatus {
    let result = try ChildProcess.run(
      "scripts/bench-gateway.sh", ["\(seconds)", "\(connections)"], showsErrors: true)
    try context.output.write(bytes: Array(result.output.utf8)[...])
    return result.status == 0 ? .done : .failed
  }
}
