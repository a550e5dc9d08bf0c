-- SPDX-License-Identifier: GPL-3.0-or-later
-- Run by: gatehouse policy test

local office, helper, guest, outside, gateway = "10.2.0.5", "10.2.0.9", "10.9.0.5", "203.0.113.9", "192.0.2.8"

local function flow(from, to, proto, category, more)
  more = more or {}
  return { event_type = "flow", timestamp = more.timestamp, src_ip = from, dest_ip = to, ndpi = { proto = proto, category = category, risks = more.risks or {} },
    flow = { bytes_toserver = more.bytes or 1000 } }
end

local function says(name, facts, action, rule, before)
  test { name, facts = facts, before = before, expect = { action = action, rule = rule } }
end

says("a page", flow(office, outside, "TLS.Google", "Web"), "log", "otherwise")
says("Tor", flow(office, outside, "TLS.Tor", "VPN"), "block", "tor")
says("Tor that comes from outside", flow(outside, office, "Tor", "VPN"), "log", "otherwise")
says("WireGuard", flow(office, outside, "WireGuard", "VPN"), "alert", "vpn")
says("WireGuard to our own gateway", flow(office, gateway, "WireGuard", "VPN"), "log", "otherwise")
says("WireGuard inside a zone", flow(office, office, "WireGuard", "VPN"), "log", "otherwise")

for _, proto in ipairs { "RDP", "VNC", "TeamViewer", "AnyDesk", "VMware", "XDMCP", "TLS.AnyDesk" } do
  says(proto .. " to the outside", flow(office, outside, proto, "RemoteAccess"), "alert", "remote-desktop")
end
says("RDP from the outside", flow(outside, office, "RDP", "RemoteAccess"), "alert", "remote-desktop")
says("RDP from the help desk", flow(helper, guest, "RDP", "RemoteAccess"), "log", "otherwise")
says("RDP inside a zone", flow(office, office, "RDP", "RemoteAccess"), "log", "otherwise")
says("SSH to the outside shows no screen", flow(office, outside, "SSH", "RemoteAccess"), "log", "otherwise")

for _, proto in ipairs { "BitTorrent", "eDonkey", "Gnutella", "DirectConnect", "Thunder", "Dropbox", "GoogleDrive", "MS_OneDrive", "UbuntuONE", "AppleiCloud",
  "Pastebin", "WhatsAppFiles", "TLS.Dropbox" } do
  says(proto .. " to the outside", flow(office, outside, proto, "Cloud"), "alert", "file-sharing")
end
says("Dropbox that comes from outside", flow(outside, office, "Dropbox", "Cloud"), "log", "otherwise")
says("mining", flow(office, outside, "Mining", "Mining"), "alert", "mining")
says("mining inside", flow(office, office, "Mining", "Mining"), "log", "otherwise")

says("500 MB go out", flow(office, outside, "TLS", "Web", { bytes = 500000000 }), "alert", "big-upload")
says("a byte less goes out", flow(office, outside, "TLS", "Web", { bytes = 499999999 }), "log", "otherwise")
says("500 MB go to the guests", flow(office, guest, "TLS", "Web", { bytes = 500000000 }), "log", "otherwise")
says("500 MB between strangers", flow(outside, outside, "TLS", "Web", { bytes = 500000000 }), "log", "otherwise")
says("500 MB go to our own gateway", flow(office, gateway, "WireGuard", "VPN", { bytes = 500000000 }), "log", "otherwise")
says("a flow that counts no bytes", { event_type = "flow", src_ip = office, dest_ip = outside, ndpi = { proto = "TLS" } }, "log", "otherwise")

for _, risk in ipairs { "Suspicious DNS Traffic", "Suspicious DGA Domain name" } do
  says("risk: " .. risk, flow(office, outside, "DNS", "Network", { risks = { "Self-signed Certificate", risk } }), "alert", "strange-dns")
end
says("another risk", flow(office, outside, "TLS", "Web", { risks = { "Self-signed Certificate" } }), "log", "otherwise")
says("strange DNS inside a zone", flow(office, office, "DNS", "Network", { risks = { "Suspicious DNS Traffic" } }), "log", "otherwise")

local servers = { "cloudflare-dns.com", "mozilla.cloudflare-dns.com", "chrome.cloudflare-dns.com", "one.one.one.one", "1dot1dot1dot1.cloudflare-dns.com",
  "dns.google", "dns.google.com", "dns.quad9.net", "dns9.quad9.net", "dns10.quad9.net", "doh.opendns.com", "dns.adguard-dns.com", "dns.adguard.com",
  "dns.nextdns.io", "doh.cleanbrowsing.org", "dns.alidns.com", "doh.pub", "doh.360.cn" }
local function named(from, name)
  local facts = flow(from, outside, "TLS", "Web")
  facts.ndpi.hostname = name
  return facts
end
for _, name in ipairs(servers) do
  says("DNS over HTTPS at " .. name, named(office, name), "alert", "doh")
end
says("in capitals as well", named(office, "DNS.Google"), "alert", "doh")
says("DNS over HTTPS by its behaviour", flow(office, outside, "TLS.DoH_DoT", "Network"), "alert", "doh")
says("DNS over HTTPS from outside", named(outside, "dns.google"), "log", "otherwise")
says("a usual server", named(office, "www.example.org"), "log", "otherwise")
says("a server without a name", flow(office, outside, "TLS", "Web"), "log", "otherwise")

local hit = { { list = "cert", kind = "domain", value = "xau.example", where = "sni" } }
for _, kind in ipairs { "flow", "tls", "dns", "http", "quic", "fileinfo" } do
  local facts = { event_type = kind, src_ip = office, dest_ip = office, gatehouse = { ioc = hit } }
  says("an indicator in an event of type " .. kind, facts, "alert", "known-bad")
  facts.gatehouse = { ioc = {} }
  says("none in one of type " .. kind, facts, "log", "otherwise")
end

-- So long after ten o'clock in Hanoi.
local function at(seconds, microseconds)
  local function two(n) return string.sub("0" .. n, -2) end
  return "2026-11-24T" .. two(3 + seconds // 3600) .. ":" .. two(seconds // 60 % 60) .. ":" .. two(seconds % 60) .. "." ..
    string.sub("00000" .. (microseconds or 0), -6) .. "+0000"
end

local function repeated(n, make)
  local list = {}
  for i = 1, n do list[i] = make(i) end
  return list
end

local function control(seconds, i, from, category, microseconds)
  return flow(from or office, "10.2.1." .. i, "SSH", category or "RemoteAccess", { timestamp = at(seconds, microseconds) })
end
local nineteen = repeated(19, function(i) return control(0, i) end)
says("the twentieth host under one's control within ten minutes", control(599, 20, nil, nil, 999999), "alert", "remote-sweep", nineteen)
says("a moment later", control(600, 20), "log", "otherwise", nineteen)
says("the nineteenth again", control(60, 19), "log", "otherwise", nineteen)
says("the first of another host", control(60, 20, "10.2.0.6"), "log", "otherwise", nineteen)
says("the twentieth page", control(60, 20, office, "Web"), "log", "otherwise", repeated(19, function(i) return control(0, i, office, "Web") end))
says("the help desk may", control(60, 20, helper), "log", "otherwise", repeated(19, function(i) return control(0, i, helper) end))
