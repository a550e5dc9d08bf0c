-- SPDX-License-Identifier: GPL-3.0-or-later
-- shadow-protocols: ways around the house, seen from the connections themselves. nDPI names the protocol
-- ("TLS.Dropbox" is Dropbox over TLS) and its category; nothing here needs to read what is inside.

local function protocol(e)
  return after_last(e.ndpi.proto, ".")
end

rule {
  id = "tor",
  on = { "flow" },
  title = { vi = "Kết nối Tor", en = "A connection into Tor" },
  category = "Way around the house",
  severity = 1,
  when = function(e)
    return e.leaving and protocol(e) == "Tor"
  end,
  action = "block",
  reason = {
    vi = "Máy {src_ip} nối vào mạng Tor tại {dest_ip}.",
    en = "Host {src_ip} connects into the Tor network at {dest_ip}.",
  },
}

rule {
  id = "vpn",
  on = { "flow" },
  title = { vi = "Đường hầm VPN ra ngoài", en = "A VPN tunnel to the outside" },
  category = "Way around the house",
  severity = 2,
  when = function(e)
    return e.leaving and e.ndpi.category == "VPN" and not in_list("vpn-gateways", e.dest_ip)
  end,
  action = "alert",
  reason = {
    vi = "Máy {src_ip} mở đường hầm {ndpi.proto} tới {dest_ip}, không có trong danh sách cổng VPN.",
    en = "Host {src_ip} opens a tunnel ({ndpi.proto}) to {dest_ip}, which is no known VPN gateway.",
  },
}

rule {
  id = "remote-desktop",
  on = { "flow" },
  title = { vi = "Điều khiển máy từ xa qua ranh giới vùng", en = "Remote control across a zone" },
  category = "Way around the house",
  severity = 2,
  when = function(e)
    return e.zone.src ~= e.zone.dest and in_list("screen-protocols", protocol(e))
      and not in_list("remote-helpers", e.src_ip)
  end,
  action = "alert",
  reason = {
    vi = "{src_ip} (vùng {zone.src}) điều khiển {dest_ip} (vùng {zone.dest}) bằng {ndpi.proto}.",
    en = "{src_ip} (zone {zone.src}) controls {dest_ip} (zone {zone.dest}) by {ndpi.proto}.",
  },
}

rule {
  id = "remote-sweep",
  on = { "flow" },
  title = { vi = "Một máy điều khiển từ xa nhiều máy", en = "One host controls many hosts remotely" },
  category = "Way around the house",
  severity = 1,
  when = function(e)
    return e.ndpi.category == "RemoteAccess" and not in_list("remote-helpers", e.src_ip)
      and distinct(e.src_ip, e.dest_ip, "10m") >= settings.scan_hosts
  end,
  action = "alert",
  reason = {
    vi = "Máy {src_ip} mở phiên điều khiển từ xa tới nhiều máy trong mười phút.",
    en = "Host {src_ip} opens remote sessions to many hosts within ten minutes.",
  },
}

rule {
  id = "doh",
  on = { "flow" },
  title = { vi = "DNS ẩn trong HTTPS", en = "DNS hidden in HTTPS" },
  category = "Way around the house",
  severity = 3,
  when = function(e)
    return e.leaving and (protocol(e) == "DoH_DoT" or in_list("doh-servers", e.ndpi.hostname))
  end,
  action = "alert",
  reason = {
    vi = "Máy {src_ip} hỏi tên miền qua {dest_ip} bằng DNS mã hóa: bộ phân giải của cơ quan không thấy được.",
    en = "Host {src_ip} asks {dest_ip} for names by encrypted DNS: the house's resolver does not see it.",
  },
}

rule {
  id = "file-sharing",
  on = { "flow" },
  title = { vi = "Dịch vụ chia sẻ tệp bên ngoài", en = "A file sharing service outside" },
  category = "Way around the house",
  severity = 3,
  when = function(e)
    return e.leaving and in_list("share-protocols", protocol(e))
  end,
  action = "alert",
  reason = {
    vi = "Máy {src_ip} dùng {ndpi.proto} tại {dest_ip} ({ndpi.hostname}).",
    en = "Host {src_ip} uses {ndpi.proto} at {dest_ip} ({ndpi.hostname}).",
  },
}

rule {
  id = "mining",
  on = { "flow" },
  title = { vi = "Đào tiền mã hóa", en = "Mining of crypto currency" },
  category = "Way around the house",
  severity = 3,
  when = function(e)
    return e.leaving and e.ndpi.category == "Mining"
  end,
  action = "alert",
  reason = {
    vi = "Máy {src_ip} đào tiền mã hóa qua {dest_ip}.",
    en = "Host {src_ip} mines crypto currency by way of {dest_ip}.",
  },
}

rule {
  id = "big-upload",
  on = { "flow" },
  title = { vi = "Một kết nối gửi rất nhiều dữ liệu ra ngoài", en = "One connection carries very much out" },
  category = "Way around the house",
  severity = 3,
  when = function(e)
    return e.leaving and e.zone.dest == "unknown" and e.flow.bytes_toserver
      and e.flow.bytes_toserver >= settings.upload_mb * 1000000 and not in_list("vpn-gateways", e.dest_ip)
  end,
  action = "alert",
  reason = {
    vi = "Máy {src_ip} gửi {flow.bytes_toserver} byte tới {dest_ip} trong một kết nối {ndpi.proto}.",
    en = "Host {src_ip} sends {flow.bytes_toserver} bytes to {dest_ip} in one connection ({ndpi.proto}).",
  },
}

rule {
  id = "strange-dns",
  on = { "flow" },
  title = { vi = "Lưu lượng DNS đáng ngờ", en = "Suspicious DNS traffic" },
  category = "Way around the house",
  severity = 3,
  when = function(e)
    return e.leaving and any(e.ndpi.risks, function(risk)
      return risk == "Suspicious DNS Traffic" or risk == "Suspicious DGA Domain name"
    end)
  end,
  action = "alert",
  reason = {
    vi = "Máy {src_ip} có lưu lượng DNS bất thường tới {dest_ip}: có thể là đường hầm.",
    en = "Host {src_ip} has unusual DNS traffic to {dest_ip}: it may be a tunnel.",
  },
}

rule {
  id = "known-bad",
  on = { "flow", "tls", "dns", "http", "quic", "fileinfo" },
  title = { vi = "Gặp dấu hiệu trong danh sách đã biết", en = "An indicator of a list was met" },
  category = "Known indicator",
  severity = 1,
  when = function(e)
    return #e.gatehouse.ioc > 0
  end,
  action = "alert",
  reason = {
    vi = "{src_ip} → {dest_ip}: khớp dấu hiệu {gatehouse.ioc}.",
    en = "{src_ip} → {dest_ip}: matches the indicator {gatehouse.ioc}.",
  },
}
