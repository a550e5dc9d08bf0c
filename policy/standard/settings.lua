-- SPDX-License-Identifier: GPL-3.0-or-later
-- What is in force before anybody has told what the house looks like: one zone, the private addresses. Copy this bundle,
-- write your own zones, and take the lines below away as they come true for you.

-- One zone holds everything, so a lower mark than this says little.
set("state-secrets", { watch_from = "mat" })

-- From the one zone encrypted mail is usual: it is told, and held back only in numbers.
off("encrypted-leaving/encrypted-from-archive")

-- Sheets with macros come in every day; those that run by themselves are held back all the same.
off("danger-documents/macros-from-outside")

-- mail-out needs lists/own-domains.csv and working-hours a calendar: add them to "use" in bundle.json when you have them.
