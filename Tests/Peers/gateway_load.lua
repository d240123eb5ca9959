-- Load for wrk: each request is one check-in of a file, a JSON object a line, and no two are the same.
--
--   wrk -t 2 -c 64 -d 10 -s gateway_load.lua http://127.0.0.1:8101 -- requests.ndjson 2
local threads = 0

function setup(thread)
  thread:set("index", threads)
  threads = threads + 1
end

function init(arguments)
  requests = {}
  place = 0
  local count = 0
  for line in io.lines(arguments[1]) do
    if count % tonumber(arguments[2]) == index then
      requests[#requests + 1] = wrk.format(
        "POST", "/checkins", {["Host"] = "localhost", ["Content-Type"] = "application/json"}, line)
    end
    count = count + 1
  end
end

function request()
  place = place + 1
  if place > #requests then place = 1 end
  return requests[place]
end

function done(summary, latency)
  io.write(string.format(
    '{"requests":%d,"seconds":%.3f,"per_second":%.0f,"p50_ms":%.2f,"p99_ms":%.2f,"errors":%d,"refused":%d}\n',
    summary.requests, summary.duration / 1e6, summary.requests / summary.duration * 1e6,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
    summary.errors.status))
end
