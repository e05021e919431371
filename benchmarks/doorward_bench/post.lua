-- wrk's script: POST one of the lines of WRK_BODIES, chosen at random; say the result as one line of JSON.
local headers = {}
for name, value in string.gmatch(os.getenv("WRK_HEADERS"), "([^:\n]+): ([^\n]+)") do
  headers[name] = value
end

local requests = {}

function init(args)
  for body in io.lines(os.getenv("WRK_BODIES")) do
    requests[#requests + 1] = wrk.format("POST", nil, headers, body)
  end
  math.randomseed(1)
end

function request()
  return requests[math.random(#requests)]
end

function done(summary, latency, _)
  local failed = summary.errors
  local errors = failed.connect + failed.read + failed.write + failed.status + failed.timeout
  io.write(string.format(
    '{"requests":%d,"duration":%d,"errors":%d,"p50":%d,"p99":%d,"max":%d}\n',
    summary.requests, summary.duration, errors, latency:percentile(50), latency:percentile(99), latency.max))
end
