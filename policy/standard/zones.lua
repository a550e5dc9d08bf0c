-- SPDX-License-Identifier: GPL-3.0-or-later
-- Zones: named networks and the highest level that each may hold.
-- Whatever is in no zone is the zone "unknown", which may hold nothing.
-- The networks of the post are policy.inside of its configuration ('gatehouse setup' asks for them); where that
-- is empty, all private ones. Two zones must not overlap.

zone {
  name = "intranet",
  holds = "tuyet_mat",
  networks = inside {
    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8",
    "fc00::/7", "fe80::/10", "::1/128",
  },
}
