/* SPDX-License-Identifier: GPL-3.0-or-later
 * THE table of encodings. Adding one is adding a row. Aliases: IANA's registry and what browsers accept
 * (WHATWG Encoding). */
#include "rules/charset_table.h"

#include <ctype.h>

/* By how frequent they are: detection trusts the first ones most. */
#define WEST "éèàäöüßçñáíóúêãõôâîåøæëïûùœìòÿ"
#define CENTRAL "áéíěščřžýąłęśżćóńöőüűůťďňźâîăşţäçëčđĺľŕô"
#define CYRILLIC "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъёєіїґ"
#define GREEK "αοιετσνηυρπκμλςίδόάγέήώθφύχβξζψ"
#define TURKISH "ıişğüçöâî"
#define HEBREW "יוהלאתרמבשנםדכעחקפגסטצןזךףץ"
#define ARABIC "اليمنرتوبعدسفهقكحجةشخصطىضغثزذءظأإئؤ"
#define BALTIC "āēīšūžėąęųįļņģķčäõöü"
#define THAI "านรกอเ่้ังมิีลวดทยสตะปบคหแจุูพชขืใไโ็์ึำผถธศซณภฐฟฉฝฮฆฏฎญฌๆ"

struct charset charsets[] = {
    {.name = "us-ascii", .aliases = "|usascii|ascii|ansix341968|iso646us|646|", .form = FORM_ASCII},
    {.name = "utf-8", .aliases = "|utf8|unicode11utf8|cp65001|65001|", .form = FORM_UTF8},
    {.name = "utf-16le",
     .aliases = "|utf16le|utf16|unicode|ucs2|iso10646ucs2|cp1200|1200|",
     .form = FORM_UTF16},
    {.name = "utf-16be", .aliases = "|utf16be|unicodefffe|cp1201|1201|", .form = FORM_UTF16, .big = true},
    {.name = "utf-32le", .aliases = "|utf32le|utf32|ucs4|cp12000|12000|", .form = FORM_UTF32},
    {.name = "utf-32be", .aliases = "|utf32be|cp12001|12001|", .form = FORM_UTF32, .big = true},
    {.name = "utf-7", .aliases = "|utf7|unicode11utf7|cp65000|65000|", .form = FORM_MULTI, .icu = "UTF-7"},
    {.name = "tcvn3",
     .aliases = "|tcvn3|tcvn|abc|tcvn57121|tcvn5712|",
     .form = FORM_BYTE,
     .fixed = charset_tcvn3},
    {.name = "vni", .aliases = "|vni|vniwindows|", .form = FORM_VNI},
    {.name = "viscii", .aliases = "|viscii|csviscii|", .form = FORM_BYTE, .fixed = charset_viscii},
    {.name = "viqr", .aliases = "|viqr|csviqr|", .form = FORM_VIQR},
    {.name = "windows-1258",
     .aliases = "|windows1258|cp1258|1258|xcp1258|",
     .form = FORM_BYTE,
     .icu = "windows-1258"},
    {.name = "windows-1252",
     .aliases = "|windows1252|cp1252|1252|ansi|xcp1252|xuserdefined|",
     .form = FORM_BYTE,
     .icu = "windows-1252",
     .letters = WEST},
    {.name = "iso-8859-1",
     .aliases = "|iso88591|latin1|l1|isoir100|cp819|ibm819|28591|",
     .form = FORM_BYTE,
     .icu = "windows-1252"},
    {.name = "windows-1250",
     .aliases = "|windows1250|cp1250|1250|xcp1250|",
     .form = FORM_BYTE,
     .icu = "windows-1250",
     .letters = CENTRAL},
    {.name = "windows-1251",
     .aliases = "|windows1251|cp1251|1251|xcp1251|",
     .form = FORM_BYTE,
     .icu = "windows-1251",
     .letters = CYRILLIC},
    {.name = "koi8-r",
     .aliases = "|koi8r|koi8|koi|20866|",
     .form = FORM_BYTE,
     .icu = "KOI8-R",
     .letters = CYRILLIC},
    {.name = "ibm866",
     .aliases = "|ibm866|cp866|866|",
     .form = FORM_BYTE,
     .icu = "ibm-866",
     .letters = CYRILLIC},
    {.name = "iso-8859-5",
     .aliases = "|iso88595|cyrillic|isoir144|28595|",
     .form = FORM_BYTE,
     .icu = "ISO-8859-5",
     .letters = CYRILLIC},
    {.name = "x-mac-cyrillic",
     .aliases = "|xmaccyrillic|xmacukrainian|cp10007|10007|",
     .form = FORM_BYTE,
     .icu = "x-mac-cyrillic",
     .letters = CYRILLIC},
    {.name = "koi8-u", .aliases = "|koi8u|koi8ru|21866|", .form = FORM_BYTE, .icu = "KOI8-U"},
    {.name = "windows-1253",
     .aliases = "|windows1253|cp1253|1253|xcp1253|",
     .form = FORM_BYTE,
     .icu = "windows-1253",
     .letters = GREEK},
    {.name = "iso-8859-7",
     .aliases = "|iso88597|greek|greek8|elot928|isoir126|28597|",
     .form = FORM_BYTE,
     .icu = "ISO-8859-7",
     .letters = GREEK},
    {.name = "windows-1254",
     .aliases = "|windows1254|cp1254|1254|xcp1254|",
     .form = FORM_BYTE,
     .icu = "windows-1254",
     .letters = TURKISH},
    {.name = "iso-8859-9",
     .aliases = "|iso88599|latin5|l5|isoir148|28599|",
     .form = FORM_BYTE,
     .icu = "ISO-8859-9"},
    {.name = "windows-1255",
     .aliases = "|windows1255|cp1255|1255|xcp1255|",
     .form = FORM_BYTE,
     .icu = "windows-1255",
     .letters = HEBREW},
    {.name = "iso-8859-8",
     .aliases = "|iso88598|iso88598i|iso88598e|hebrew|logical|visual|isoir138|28598|38598|",
     .form = FORM_BYTE,
     .icu = "ISO-8859-8"},
    {.name = "windows-1256",
     .aliases = "|windows1256|cp1256|1256|xcp1256|",
     .form = FORM_BYTE,
     .icu = "windows-1256",
     .letters = ARABIC},
    {.name = "iso-8859-6",
     .aliases = "|iso88596|arabic|asmo708|ecma114|isoir127|28596|",
     .form = FORM_BYTE,
     .icu = "ISO-8859-6",
     .letters = ARABIC},
    {.name = "windows-1257",
     .aliases = "|windows1257|cp1257|1257|xcp1257|",
     .form = FORM_BYTE,
     .icu = "windows-1257",
     .letters = BALTIC},
    {.name = "windows-874",
     .aliases = "|windows874|cp874|874|tis620|tis6200|iso885911|dos874|",
     .form = FORM_BYTE,
     .icu = "windows-874-2000",
     .letters = THAI},
    {.name = "iso-8859-2",
     .aliases = "|iso88592|latin2|l2|isoir101|28592|",
     .form = FORM_BYTE,
     .icu = "ISO-8859-2",
     .letters = CENTRAL},
    {.name = "iso-8859-3",
     .aliases = "|iso88593|latin3|l3|isoir109|28593|",
     .form = FORM_BYTE,
     .icu = "ISO-8859-3"},
    {.name = "iso-8859-4",
     .aliases = "|iso88594|latin4|l4|isoir110|28594|",
     .form = FORM_BYTE,
     .icu = "ISO-8859-4"},
    {.name = "iso-8859-10",
     .aliases = "|iso885910|latin6|l6|isoir157|28600|",
     .form = FORM_BYTE,
     .icu = "ISO-8859-10"},
    {.name = "iso-8859-13", .aliases = "|iso885913|latin7|28603|", .form = FORM_BYTE, .icu = "ISO-8859-13"},
    {.name = "iso-8859-14",
     .aliases = "|iso885914|latin8|l8|28604|",
     .form = FORM_BYTE,
     .icu = "ISO-8859-14"},
    {.name = "iso-8859-15",
     .aliases = "|iso885915|latin9|l9|28605|",
     .form = FORM_BYTE,
     .icu = "ISO-8859-15"},
    {.name = "macintosh",
     .aliases = "|macintosh|mac|macroman|xmacroman|cp10000|10000|",
     .form = FORM_BYTE,
     .icu = "macintosh",
     .letters = WEST},
    {.name = "ibm437",
     .aliases = "|ibm437|cp437|437|dosus|",
     .form = FORM_BYTE,
     .icu = "ibm-437",
     .letters = WEST},
    {.name = "ibm850", .aliases = "|ibm850|cp850|850|", .form = FORM_BYTE, .icu = "ibm-850", .letters = WEST},
    {.name = "ibm852",
     .aliases = "|ibm852|cp852|852|",
     .form = FORM_BYTE,
     .icu = "ibm-852",
     .letters = CENTRAL},
    {.name = "ibm037", .aliases = "|ibm037|cp037|37|ebcdiccpus|", .form = FORM_BYTE, .icu = "ibm-37"},
    {.name = "ibm500", .aliases = "|ibm500|cp500|500|", .form = FORM_BYTE, .icu = "ibm-500"},
    {.name = "ibm420", .aliases = "|ibm420|cp420|420|ebcdiccpar1|", .form = FORM_BYTE, .icu = "ibm-420"},
    {.name = "shift_jis",
     .aliases = "|shiftjis|sjis|xsjis|mskanji|windows31j|cp932|932|ms932|csshiftjis|",
     .form = FORM_MULTI,
     .icu = "ibm-943_P15A-2003"},
    {.name = "euc-jp", .aliases = "|eucjp|xeucjp|cp51932|51932|20932|", .form = FORM_MULTI, .icu = "EUC-JP"},
    {.name = "iso-2022-jp",
     .aliases = "|iso2022jp|csiso2022jp|cp50220|50220|50221|",
     .form = FORM_MULTI,
     .icu = "ISO-2022-JP"},
    {.name = "gb18030",
     .aliases = "|gb18030|gbk|gb2312|gb23121980|cp936|936|xgbk|cngb|euccn|cp54936|54936|chinese|",
     .form = FORM_MULTI,
     .icu = "gb18030"},
    {.name = "hz-gb-2312", .aliases = "|hzgb2312|hz|cp52936|52936|", .form = FORM_MULTI, .icu = "HZ"},
    {.name = "big5",
     .aliases = "|big5|big5hkscs|cnbig5|xxbig5|cp950|950|",
     .form = FORM_MULTI,
     .icu = "Big5-HKSCS"},
    {.name = "euc-kr",
     .aliases = "|euckr|ksc56011987|ksc5601|ks56011987|windows949|uhc|cp949|949|korean|",
     .form = FORM_MULTI,
     .icu = "windows-949"},
    {.name = "iso-2022-kr", .aliases = "|iso2022kr|cp50225|50225|", .form = FORM_MULTI, .icu = "ISO-2022-KR"},
};
const size_t charsets_count = GH_COUNT(charsets);

const struct charset *charset_find(const char *name)
{
    char key[40] = "|";
    size_t n = 1;

    if (!name)
        return NULL;
    for (; *name; name++) {
        if (!isalnum((unsigned char)*name))
            continue;
        if (n >= sizeof(key) - 2)
            return NULL;
        key[n++] = (char)tolower((unsigned char)*name);
    }
    key[n++] = '|';
    key[n] = 0;
    if (n == 2)
        return NULL;
    for (size_t i = 0; i < charsets_count; i++)
        if (strstr(charsets[i].aliases, key))
            return &charsets[i];
    return NULL;
}
