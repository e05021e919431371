-- wrk's script: POST one of the lines of WRK_BODIES, chosen at random; say the result as one line of JSON.
-- Each `@` in a line becomes a text that no other request has.
local headers = {}
for name, value in string.gmatch(os.getenv("WRK_HEADERS"), "([^:\n]+): ([^\n]+)") do
  headers[name] = value
end

local requests = {}
local new = {}
local made = 0

function init(args)
  for body in io.lines(os.getenv("WRK_BODIES")) do
    local number = #requests + 1
    requests[number] = wrk.format("POST", nil, headers, body)
    new[number] = string.find(body, "@", 1, true) and body
  end
  math.randomseed(1)
end

function request()
  local number = math.random(#requests)
  if not new[number] then
    return requests[number]
  end
  made = made + 1
  return wrk.format("POST", nil, headers, (string.gsub(new[number], "@", os.getenv("WRK_RUN") .. "." .. made)))
end

function done(summary, latency, _)
  local failed = summary.errors
  local errors = failed.connect + failed.read + failed.write + failed.status + failed.timeout
  io.write(string.format(
    '{"requests":%d,"duration":%d,"errors":%d,"p50":%d,"p99":%d,"max":%d}\n',
    summary.requests, summary.duration, errors, latency:percentile(50), latency:percentile(99), latency.max))
end
