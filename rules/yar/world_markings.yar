// SPDX-License-Identifier: GPL-3.0-or-later
// Markings of other nations and alliances in the forms that their own rules prescribe. Single words such as "secret" are
// never enough.

rule us_banner : marking us
{
    meta:
        description = "United States banner line or portion mark with control markings"
        description_vi = "Dòng dấu mật hoặc dấu đoạn của Hoa Kỳ kèm chỉ dẫn kiểm soát"
        author = "Gatehouse"
        severity = 1
        scan = "text"
    strings:
        $banner = /\b(top secret|secret|confidential)\/\/(si|tk|hcs|sap|sar|noforn|orcon|rel to|relido|fgi|nofor|imcon|propin|fisa)\b/
        $portion = /\((ts|s|c)\/\/(si|tk|hcs|nf|noforn|oc|rel|fgi)[\/ ,a-z]{0,40}\)/
        $telegram = /c o n f i d e n t i a l (section|[a-z]{3,})/
    condition:
        any of them
}

rule uk_marking : marking uk
{
    meta:
        description = "United Kingdom marking in its prescribed form"
        description_vi = "Dấu mật của Vương quốc Anh theo mẫu quy định"
        author = "Gatehouse"
        severity = 2
        scan = "text"
    strings:
        $prefix = /\buk (top secret|secret|confidential|restricted)\b/
        $caveat = /\bofficial[- ]sensitive\b/
        $eyes = /\b(top secret|secret|confidential)[ -]+uk eyes only\b/
        $strap = /\b(top secret|secret) strap ?[123]\b/
    condition:
        any of them
}

rule nato_marking : marking nato
{
    meta:
        description = "NATO marking"
        description_vi = "Dấu mật của NATO"
        author = "Gatehouse"
        severity = 1
        scan = "text"
    strings:
        $cts = /\bcosmic top secret\b/
        $words = /\bnato (secret|confidential|restricted)\b/
        $atomal = /\b(secret|confidential) atomal\b/
        $about = /\bnato (secret|confidential|restricted)(,| and| or|;) (nato |cosmic |and |or )/
    condition:
        $cts or $atomal or #words > #about
}

rule eu_marking : marking eu
{
    meta:
        description = "European Union marking in its bilingual form"
        description_vi = "Dấu mật song ngữ của Liên minh châu Âu"
        author = "Gatehouse"
        severity = 1
        scan = "text"
    strings:
        $top = "TRÈS SECRET UE/EU TOP SECRET"
        $secret = "SECRET UE/EU SECRET"
        $confidential = "CONFIDENTIEL UE/EU CONFIDENTIAL"
        $restricted = "RESTREINT UE/EU RESTRICTED"
    condition:
        any of them
}

rule fr_marking : marking fr
{
    meta:
        description = "French marking of national defence secrets or restricted distribution"
        description_vi = "Dấu mật quốc phòng hoặc hạn chế phổ biến của Pháp"
        author = "Gatehouse"
        severity = 2
        scan = "text"
    strings:
        $special = /\b(très secret|secret|confidentiel|diffusion restreinte)( défense)? ?(-|–|\/)? ?spécial france\b/
        $defence = /\b(très secret|secret|confidentiel)[- ]défense (n°|no|ex|ref|réf|le |du |-)/
        $restricted = /\bdiffusion restreinte (n°|no|ref|réf|le [0-9]|paris|-)/
    condition:
        any of them
}

rule ru_marking : marking ru
{
    meta:
        description = "Russian marking with the number of the copy beside it"
        description_vi = "Dấu mật của Nga kèm số bản"
        author = "Gatehouse"
        severity = 1
        scan = "text"
    strings:
        $mark = /(особой важности|совершенно секретно|секретно|для служебного пользования) (\(?по заполнении\)? )?экз(\.|емпляр) ?(№|no|n)/
    condition:
        $mark
}

rule cn_marking : marking cn
{
    meta:
        description = "Chinese marking with its star and term"
        description_vi = "Dấu mật của Trung Quốc có ngôi sao và thời hạn"
        author = "Gatehouse"
        severity = 1
        scan = "text"
    strings:
        $top = /绝密 ?(★|☆)/
        $secret = /机密 ?(★|☆)/
        $confidential = /秘密 ?(★|☆)/
    condition:
        any of them
}

rule tlp_label : label tlp
{
    meta:
        description = "Traffic Light Protocol label that limits whom it may be passed on to"
        description_vi = "Nhãn TLP giới hạn phạm vi chia sẻ"
        author = "Gatehouse"
        severity = 3
        scan = "text"
    strings:
        $label = /\btlp: ?(red|amber|amber\+strict|green)\b/
    condition:
        $label
}
