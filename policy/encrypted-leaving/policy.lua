-- SPDX-License-Identifier: GPL-3.0-or-later
-- encrypted-leaving: nobody can tell what is inside, so it is told that it leaves.

-- Addresses that may be sent encrypted documents: lists/cipher-partners.csv.
local function leaves_encrypted(e)
  return e.leaving and e.document.features.encrypted and e.document.read ~= "full"
    and not in_list("cipher-partners", e.dest_ip)
end

rule {
  id = "encrypted-leaving",
  title = {
    vi = "Tài liệu mã hóa không đọc được rời khỏi vùng của nó",
    en = "An encrypted document that cannot be read is leaving its zone",
  },
  category = "Unreadable document leaving",
  severity = 2,
  when = leaves_encrypted,
  action = "alert",
  reason = {
    vi = "Tài liệu mã hóa đi từ vùng {zone.src} sang vùng {zone.dest}: không thể biết bên trong có gì.",
    en = "An encrypted document goes from zone {zone.src} to zone {zone.dest}: nobody can tell what is inside.",
  },
}

rule {
  id = "encrypted-from-archive",
  title = {
    vi = "Tài liệu mã hóa rời khỏi vùng lưu trữ bí mật",
    en = "An encrypted document leaves a zone of secrets",
  },
  category = "Unreadable document leaving",
  severity = 1,
  when = function(e)
    return leaves_encrypted(e) and at_least(e.zone.src_holds, settings.strict_from)
  end,
  action = "quarantine",
  reason = {
    vi = "Tài liệu mã hóa đi từ vùng {zone.src}, nơi được giữ đến {zone.src_holds}, sang vùng {zone.dest}.",
    en = "An encrypted document goes from zone {zone.src}, which may hold {zone.src_holds}, to zone {zone.dest}.",
  },
}

rule {
  id = "vault-leaving",
  title = {
    vi = "Kho mật khẩu hoặc ổ đĩa mã hóa rời khỏi vùng của nó",
    en = "A password store or an encrypted disk is leaving its zone",
  },
  category = "Unreadable document leaving",
  severity = 1,
  when = function(e)
    return e.leaving and (e.document.kind == "keepass" or e.document.kind == "luks")
  end,
  action = "quarantine",
  reason = {
    vi = "Một kho mã hóa ({document.kind}) đi từ vùng {zone.src} sang vùng {zone.dest}.",
    en = "An encrypted store ({document.kind}) goes from zone {zone.src} to zone {zone.dest}.",
  },
}

rule {
  id = "many-encrypted",
  title = {
    vi = "Nhiều tài liệu mã hóa rời đi từ một máy",
    en = "Many encrypted documents leave from one host",
  },
  category = "Unreadable document leaving",
  severity = 1,
  when = function(e)
    return leaves_encrypted(e) and times(e.src_ip, "1h") >= settings.burst
  end,
  action = "quarantine",
  reason = {
    vi = "Máy {src_ip} gửi nhiều tài liệu mã hóa ra ngoài vùng trong một giờ.",
    en = "Host {src_ip} sends many encrypted documents out of its zone within an hour.",
  },
}

rule {
  id = "encrypted-share",
  on = { "smb" },
  title = {
    vi = "Thư mục chia sẻ mã hóa ngoài vùng",
    en = "An encrypted share outside the zone",
  },
  category = "Unreadable session leaving",
  severity = 3,
  when = function(e)
    return e.leaving and e.gatehouse.smb.encrypted and not in_list("cipher-partners", e.dest_ip)
  end,
  action = "alert",
  reason = {
    vi = "Máy {src_ip} mở phiên SMB mã hóa tới {dest_ip} ngoài vùng {zone.src}: không đọc được tài liệu.",
    en = "Host {src_ip} opens an encrypted SMB session to {dest_ip} outside zone {zone.src}: its documents cannot be read.",
  },
}
