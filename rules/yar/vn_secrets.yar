// SPDX-License-Identifier: GPL-3.0-or-later
rule vn_toi_mat : marking vn
{
    meta:
        description = "The words of the second Vietnamese secrecy level"
        author = "Gatehouse"
        scan = "text"
    strings:
        $a = "TỐI MẬT"
    condition:
        $a
}
