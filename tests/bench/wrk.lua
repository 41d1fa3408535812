-- SPDX-License-Identifier: Apache-2.0
-- wrk -s wrk.lua URL -- METHOD PATH SIZE FRAMING HOSTS: requests of one kind, and their figures as JSON.
-- FRAMING is "length" or "chunked"; HOSTS is how many virtual hosts are asked, in random order.

local requests, framing

local function body_of(size)
	return string.rep("0123456789abcdef", size / 16)
end

local function chunked(body)
	local out = {}
	for at = 1, #body, 8192 do
		local part = body:sub(at, at + 8191)
		out[#out + 1] = string.format("%x\r\n%s\r\n", #part, part)
	end
	out[#out + 1] = "0\r\n\r\n"
	return table.concat(out)
end

local function one(method, path, body, host)
	local head = method .. " " .. path .. " HTTP/1.1\r\nHost: " .. host .. "\r\n"
	if method == "GET" then
		return head .. "\r\n"
	end
	head = head .. "Content-Type: application/octet-stream\r\n"
	if framing == "chunked" then
		return head .. "Transfer-Encoding: chunked\r\n\r\n" .. chunked(body)
	end
	return head .. "Content-Length: " .. #body .. "\r\n\r\n" .. body
end

function init(args)
	local method, path, size, hosts = args[1], args[2], tonumber(args[3]), tonumber(args[5])
	framing = args[4]
	local body = body_of(size)
	requests = {}
	for i = 0, hosts - 1 do
		requests[i + 1] = one(method, path, body, "site" .. i .. ".test")
	end
	math.randomseed(1)
end

function request()
	return requests[#requests == 1 and 1 or math.random(#requests)]
end

function done(summary, latency)
	local e = summary.errors
	io.write(string.format(
		'{"requests":%d,"duration_us":%d,"errors":%d,"p50_us":%d,"p99_us":%d}\n',
		summary.requests, summary.duration,
		e.connect + e.read + e.write + e.status + e.timeout,
		latency:percentile(50), latency:percentile(99)))
end
