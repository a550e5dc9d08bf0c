#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the capture of the policy tutorial: four mails with a spreadsheet of invented citizen numbers.

  weekend.py OUT.pcap"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "capture"))
import documents as d # noqa: E402
import make # noqa: E402

FRIDAY = make.START - 3 * 86400_000000 # 2026-11-20 09:00 +07:00


def sheet(people):
    """So many invented people: numbers of province 001, men born in 1985."""
    return d.xlsx([["Họ tên", "Số CCCD"]] + [["Công dân %d" % i, "001085%06d" % (100000 + i)] for i in range(people)])


def main(argv):
    if len(argv) != 2:
        sys.exit(__doc__)
    cap = make.Capture()
    for day, port, to, name, people in ((0, 41001, "b@doi-tac.example", "thu-sau.xlsx", 60), (1, 41002, "b@doi-tac.example", "thu-bay.xlsx", 51),
                                        (1, 41003, "em@bo.example", "noi-bo.xlsx", 60), (2, 41004, "c@khac.example", "chu-nhat.xlsx", 50)):
        cap.now = FRIDAY + day * 86400_000000
        make.mail(cap, make.OFFICE, port, "an@bo.example", to, "Danh sách", "Kính gửi danh sách.\n",
                  [(name, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", sheet(people))])
    cap.write(argv[1])


main(sys.argv)
