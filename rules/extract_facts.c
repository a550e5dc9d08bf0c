/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/extract_facts.h"

/* Endings, and what may stand behind them: kinds, or types where a kind is too wide. Text is what people call
 * a file whose ending says little, so that its endings are not here. */
static const struct {
    const char *endings, *kinds; /* each between blanks */
} rows[] = {
    {" pdf ", " pdf "},
    {" docx docm dotx dotm xlsx xlsm xltx xltm xlsb xlam pptx pptm ppsx ppsm potx potm vsdx vsdm ",
     " ooxml application/encrypted "},
    {" doc dot ppt pps pot msg vsd pub mpp ", " ole "},
    {" xls xlt ", " ole biff "},
    {" odt ods odp odg ott ots otp ", " odf "},
    {" fodt fods fodp ", " fod "},
    {" rtf ", " rtf "},
    {" eml ", " eml "},
    {" pst ost ", " pst "},
    {" epub ", " epub "},
    {" chm ", " chm "},
    {" wpd ", " wpd "},
    {" zip ", " zip "},
    {" rar ", " rar "},
    {" 7z ", " 7z "},
    {" gz tgz ", " gzip "},
    {" bz2 tbz2 ", " bzip2 "},
    {" xz txz ", " xz "},
    {" tar ", " tar "},
    {" iso ", " iso "},
    {" cab ", " cab "},
    {" png ", " image/png "},
    {" jpg jpeg jpe ", " image/jpeg "},
    {" gif ", " image/gif "},
    {" bmp ", " image/bmp "},
    {" tif tiff ", " image/tiff "},
    {" webp ", " image/webp "},
    {" exe dll scr com sys ", " exe "},
    {" txt csv log md ", " text html xml eml mbox empty "},
    {" htm html xhtml ", " html xml text "},
    {" mp3 wav ogg flac ", " audio "},
    {" mp4 avi mkv mov ", " video "},
};

static bool listed(const char *list, const char *word)
{
    size_t n = strlen(word);

    for (const char *at = strstr(list, word); n && at; at = strstr(at + 1, word))
        if (at[-1] == ' ' && at[n] == ' ')
            return true;
    return false;
}

bool facts_name_mismatch(struct span name, const char *kind, const char *mime)
{
    char ending[8] = "";
    size_t n = 0, dot = name.n;

    while (dot && name.p[dot - 1] != '.' && name.n - dot < sizeof(ending) - 1)
        dot--;
    if (!dot || name.p[dot - 1] != '.' || strcmp(kind, "data") == 0 || strcmp(kind, "empty") == 0)
        return false;
    for (; dot < name.n; dot++)
        ending[n++] = (char)(name.p[dot] >= 'A' && name.p[dot] <= 'Z' ? name.p[dot] + 32 : name.p[dot]);
    for (size_t i = 0; i < GH_COUNT(rows); i++)
        if (listed(rows[i].endings, ending))
            return !listed(rows[i].kinds, kind) && !listed(rows[i].kinds, mime);
    return false;
}

bool facts_label_conflict(enum level stated, enum level marked)
{
    /* neither is higher than the other: they agree */
    return marked != LEVEL_NONE &&
           (level_max(stated, marked) != stated || level_max(marked, stated) != marked);
}
