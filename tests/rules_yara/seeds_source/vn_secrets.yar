// SPDX-License-Identifier: GPL-3.0-or-later
// Vietnamese state-secret markings as words of the text. The level of a document comes from the reader of markings, which
// sees places and lines; these rules state facts of their own: that the words stand in something that looks official.
// "Mật" alone is honey, a password, a cipher or a gall bladder, so no rule asks for it alone.

private rule vn_official_form
{
    meta:
        description = "Two or more fixed parts of a Vietnamese official document (Decree 30/2020)"
        scan = "text"
    strings:
        $nation1 = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
        $nation2 = "CỘNG HOÀ XÃ HỘI CHỦ NGHĨA VIỆT NAM"
        $motto = /độc lập ?(-|–) ?tự do ?(-|–) ?hạnh phúc/
        $number = /số: ?([0-9.]|…){1,8} ?\/([a-z0-9]|đ)/
        $to = "Kính gửi"
        $copies = "Nơi nhận"
        $subject = "V/v"
        $file = "Lưu: V"
        $chief = /(tm|tl|kt|tuq)\. ?[a-z\x80-\xff]{2,12}/
    condition:
        2 of them
}

rule vn_tuyet_mat : marking vn
{
    meta:
        description = "The words TUYỆT MẬT in a Vietnamese official document"
        description_vi = "Cụm từ TUYỆT MẬT trong một văn bản hành chính"
        author = "Gatehouse"
        severity = 1
        scan = "text"
    strings:
        $words = "TUYỆT MẬT"
        $spaced = "T U Y Ệ T M Ậ T"
        $list1 = /tuyệt mật(,| và| hoặc|;| \/) tối mật/
        $list2 = /tối mật(,| và| hoặc|;| \/) tuyệt mật/
        $about = /(mức|cấp|cấp độ|từ|loại|dấu|chữ) ("|“)?tuyệt mật/
        $quoted = /("|“|«)tuyệt mật("|”|»)/
    condition:
        vn_official_form and #words + #spaced > #list1 + #list2 + #about + #quoted
}

rule vn_toi_mat : marking vn
{
    meta:
        description = "The words TỐI MẬT in a Vietnamese official document"
        description_vi = "Cụm từ TỐI MẬT trong một văn bản hành chính"
        author = "Gatehouse"
        severity = 1
        scan = "text"
    strings:
        $words = "TỐI MẬT"
        $spaced = "T Ố I M Ậ T"
        $list1 = /tuyệt mật(,| và| hoặc|;| \/) tối mật/
        $list2 = /tối mật(,| và| hoặc|;| \/) (mật|tuyệt mật)/
        $about = /(mức|cấp|cấp độ|từ|loại|dấu|chữ) ("|“)?tối mật/
        $quoted = /("|“|«)tối mật("|”|»)/
    condition:
        vn_official_form and #words + #spaced > #list1 + #list2 + #about + #quoted
}

rule vn_mat : marking vn
{
    meta:
        description = "The stamp MẬT above a document's number, or said as its degree"
        description_vi = "Dấu MẬT phía trên số văn bản, hoặc ghi ở mục độ mật"
        author = "Gatehouse"
        severity = 2
        scan = "text"
    strings:
        $degree = /độ mật: ?\(?mật\b/
        $number = / mật số: ?([0-9.]|…){1,8} ?\/([a-z0-9]|đ)/
        $number_first = /số: ?([0-9.]|…){1,8} ?\/([a-z0-9.&-]|đ){2,24} mật (v\/v|hà nội|kính gửi|độc lập|cộng h)/
        $word = /(bí|bảo|giải|cơ|thân|túi|tối|tuyệt|cẩn|chi) mật số: ?([0-9.]|…){1,8} ?\/([a-z0-9]|đ)/
    condition:
        $degree or $number_first or #number > #word
}

rule vn_thu_hoi : handling vn
{
    meta:
        description = "A secret document to be handed back, or to be opened by the named person only"
        description_vi = "Tài liệu mật phải thu hồi, hoặc chỉ người có tên mới được bóc bì"
        author = "Gatehouse"
        severity = 2
        scan = "text"
    strings:
        $recall = /tài liệu thu hồi (thời hạn|trước ngày|số)/
        $named1 = "CHỈ NGƯỜI CÓ TÊN MỚI ĐƯỢC BÓC BÌ"
        $named2 = "CHỈ NGƯỜI CÓ TÊN MỚI ĐƯỢC MỞ"
    condition:
        any of them
}

rule vn_giai_mat : declassified vn
{
    meta:
        description = "The stamp of declassification; the old marking may still stand on the page"
        description_vi = "Dấu GIẢI MẬT; độ mật cũ có thể vẫn còn trên trang"
        author = "Gatehouse"
        severity = 4
        scan = "text"
    strings:
        $stamp = /giải mật từ(:| ngày| ([0-9.]|…))/
    condition:
        $stamp
}

rule vn_khan : urgency vn
{
    meta:
        description = "An urgency stamp (HỎA TỐC, THƯỢNG KHẨN) on an official document; not a level of secrecy"
        description_vi = "Dấu chỉ mức độ khẩn (HỎA TỐC, THƯỢNG KHẨN); không phải độ mật"
        author = "Gatehouse"
        severity = 4
        scan = "text"
    strings:
        $urgent1 = "HỎA TỐC"
        $urgent2 = "HOẢ TỐC"
        $urgent3 = "THƯỢNG KHẨN"
    condition:
        vn_official_form and any of them
}

rule vn_noi_bo : handling vn
{
    meta:
        description = "For internal circulation only (LƯU HÀNH NỘI BỘ, XEM XONG TRẢ LẠI)"
        description_vi = "Chỉ dẫn phạm vi lưu hành: LƯU HÀNH NỘI BỘ, XEM XONG TRẢ LẠI"
        author = "Gatehouse"
        severity = 3
        scan = "text"
    strings:
        $internal = "LƯU HÀNH NỘI BỘ"
        $return = "XEM XONG TRẢ LẠI"
    condition:
        any of them
}

rule vn_tcvn3_bytes : marking vn legacy
{
    meta:
        description = "TUYỆT MẬT or TỐI MẬT in TCVN3 (ABC) bytes beside other TCVN3 words, also where the file cannot be read"
        description_vi = "TUYỆT MẬT hoặc TỐI MẬT theo mã TCVN3 (ABC), kể cả khi tệp không đọc được"
        author = "Gatehouse"
        severity = 1
        scan = "raw"
    strings:
        $tuyet = "tuy\xD6t m\xCBt" nocase
        $toi = "t\xE8i m\xCBt" nocase
        $cong_hoa1 = "c\xE9ng h\xDFa" nocase
        $cong_hoa2 = "c\xE9ng ho\xB5" nocase
        $kinh_gui = "k\xDDnh g\xF6i" nocase
        $noi_nhan = "n\xACi nh\xCBn" nocase
        $viet_nam = "vi\xD6t nam" nocase
        $ngoai_giao = "ngo\xB9i giao" nocase
    condition:
        any of ($tuyet, $toi) and any of ($cong_hoa*, $kinh_gui, $noi_nhan, $viet_nam, $ngoai_giao)
}
