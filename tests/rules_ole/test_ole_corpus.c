/* SPDX-License-Identifier: GPL-3.0-or-later
 * Files that office programs wrote, read in place beside the project; skipped where they are not. */
#include "rules/charset.h"
#include "rules/formats.h"
#include "tests/check.h"
#include "tests/rules_pdf/recorder.h"

#define FILE_MAX (1u << 20)
#define DIRECTORY "../shared/corpus/documents/"

static const struct {
    const char *file;
    enum place place;
    const char *text;  /* NULL: none asked */
    const char *child; /* first bytes of the last member, NULL: none asked */
    enum unread unread;
    unsigned macros;
} rows[] = {
    {"tika__testControlCharacters.doc", PLACE_BODY, "Inserimento di un nuovo centro di raccolta", NULL,
     UNREAD_NONE, 0},
    {"tika__testWORD_macros.doc", PLACE_HIDDEN, "Sub Embolden()", NULL, UNREAD_NONE, 1},
    {"tika__testEXCEL_embeded.xls", PLACE_BODY, "The quick brown fox jumps over the lazy dog", NULL,
     UNREAD_NONE, 0},
    {"tika__pic.xls", PLACE_BODY, "Лист1", NULL, UNREAD_NONE, 0},
    {"tika__testPPT_masterText2.ppt", PLACE_HIDDEN, "Text that I added to the master slide", NULL,
     UNREAD_NONE, 0},
    {"tika__test-outlook.msg", PLACE_BODY, "La réponse à vos attentes", NULL, UNREAD_NONE, 0},
    {"tika__testMSG_Task.msg", PLACE_BODY, "Quick brown fox must do what he must", "{\\rtf1", UNREAD_NONE, 0},
    {"tika__testEXCEL_protected_passtika.xlsx", PLACE_BODY, NULL, NULL, UNREAD_ENCRYPTED, 0},
    /* the password that everybody has: two schemes of encryption */
    {"oletools__autostart-encrypt-standardpassword.xlsm", PLACE_BODY, NULL, "PK\3\4", UNREAD_NONE, 0},
    {"oletools__dde-test-encrypt-standardpassword.xlsx", PLACE_BODY, NULL, "PK\3\4", UNREAD_NONE, 0},
};

int main(void)
{
    uint8_t *buf = malloc(FILE_MAX);
    unsigned there = 0;

    charset_warm_up();
    x_ole_warm_up();
    for (size_t i = 0; buf && i < GH_COUNT(rows); i++) {
        char path[256];
        struct extract x;
        FILE *f;
        size_t n;

        snprintf(path, sizeof(path), DIRECTORY "%s", rows[i].file);
        f = fopen(path, "rb");
        if (!f)
            continue;
        there++;
        n = fread(buf, 1, FILE_MAX, f);
        fclose(f);
        check_row(rows[i].file);
        recorder_init(&x);
        x_ole(&x, span_of(buf, n));
        CHECK(!rows[i].text || recorder_has(&x, rows[i].place, rows[i].text));
        CHECK(!rows[i].child || span_starts(writer_span(&x.child_bytes), rows[i].child));
        CHECK_U64(x.unread, rows[i].unread);
        CHECK_U64(x.features[FEATURE_MACROS] > 0, rows[i].macros);
        recorder_done(&x);
    }
    free(buf);
    if (!there) {
        fprintf(stderr, "skipped: no files in " DIRECTORY "\n");
        return CHECK_SKIP;
    }
    return check_end();
}
