-- SPDX-License-Identifier: GPL-3.0-or-later
-- A post as an example: write your own networks here. Two zones must not overlap; what is in none of them
-- (the Internet) is the zone "unknown", which may hold nothing.

zone { name = "archive", holds = "tuyet_mat", networks = { "10.1.0.0/16", "fd00:1::/32" } }
zone { name = "offices", holds = "toi_mat", networks = { "10.2.0.0/16", "fd00:2::/32" } }
zone { name = "counter", holds = "restricted", networks = { "10.3.0.0/16", "fd00:3::/32" } }
zone { name = "guests", holds = "none", networks = { "10.9.0.0/16", "fd00:9::/32" } }
