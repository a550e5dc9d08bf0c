/* SPDX-License-Identifier: GPL-3.0-or-later
 * A worker in its real jail still reads: formats whose libraries like to open files (PDF), archives, rules.
 */
#include "tests/check.h"
#include "tests/rules_scan/scan_client.h"

#include <sys/wait.h>
#include <unistd.h>

static const char pdf[] =
    "%PDF-1.4\n"
    "1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    "2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
    "/Resources<</Font<</F1 5 0 R/F2 6 0 R>>>>>>endobj\n"
    "4 0 obj<</Length 76>>stream\n"
    "BT /F1 24 Tf 72 700 Td (NATO RESTRICTED) Tj /F2 12 Tf 0 -40 Td (\\101\\102) Tj ET\n"
    "endstream endobj\n"
    "5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\n"
    "6 0 obj<</Type/Font/Subtype/TrueType/BaseFont/Unknown#20Font/Encoding/WinAnsiEncoding>>endobj\n"
    "7 0 obj<</Title<FEFF00481ED30020007301A1002000671ED10063>/Producer(plain)>>endobj\n"
    "trailer<</Root 1 0 R/Info 7 0 R/Size 8>>\n%%EOF\n";

/* One stored member a.txt that holds "TLP:RED\n". */
static const char zip[] = "PK\3\4\x14\0\0\0\0\0\0\0\x21\0"
                          "\x82\x2c\x2f\x1f\x08\0\0\0\x08\0\0\0\x05\0\0\0a.txtTLP:RED\n"
                          "PK\1\2\x14\0\x14\0\0\0\0\0\0\0\x21\0"
                          "\x82\x2c\x2f\x1f\x08\0\0\0\x08\0\0\0\x05\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0a.txt"
                          "PK\5\6\0\0\0\0\1\0\1\0\x33\0\0\0\x2b\0\0\0\0";

static const char html[] =
    "<html><head><meta charset=windows-1258></head><body><p>TLP:AMBER</p></body></html>";

/* A picture of a page, 400 by 120, white with some black bars: enough to set the recognition of letters to
 * work, which likes threads. Where it is not built in, the picture is unread for that reason and no other. */
#define BMP_HEAD 54
#define BMP_W 400
#define BMP_H 120
static char bmp[BMP_HEAD + BMP_W * BMP_H * 3];

static void paint(void)
{
    struct writer w;

    memset(bmp, 0xFF, sizeof(bmp));
    for (size_t y = 40; y < 70; y++)
        for (size_t x = 50; x < 350; x++)
            if (x / 10 % 2)
                memset(bmp + BMP_HEAD + (y * BMP_W + x) * 3, 0, 3);
    writer_fixed(&w, bmp, BMP_HEAD);
    writer_str(&w, "BM");
    writer_le(&w, sizeof(bmp), 4);
    writer_le(&w, 0, 4);
    writer_le(&w, BMP_HEAD, 4);
    writer_le(&w, 40, 4);
    writer_le(&w, BMP_W, 4);
    writer_le(&w, BMP_H, 4);
    writer_le(&w, 1, 2);
    writer_le(&w, 24, 2);
    for (int i = 0; i < 6; i++)
        writer_le(&w, 0, 4);
    gh_check(writer_ok(&w) && w.n == BMP_HEAD);
}

static const struct {
    const char *name;
    const char *bytes;
    size_t n;
    const char *want[3];
} rows[] = {
    {"a.pdf", pdf, sizeof(pdf) - 1, {"\"read\":\"full\"", "\"rule\":\"nato_marking\"", "Hồ sơ gốc"}},
    {"a.zip", zip, sizeof(zip) - 1, {"\"kind\":\"zip\"", "a.txt", "\"rule\":\"tlp_label\""}},
    {"a.html", html, sizeof(html) - 1, {"\"kind\":\"html\"", "\"read\":\"full\"", "\"rule\":\"tlp_label\""}},
    {"a.bmp", bmp, sizeof(bmp), {"\"kind\":\"image\"", "\"sha256\"", "\"read\""}},
};

int main(void)
{
    static const char *const sets[] = {"scan.workers=1", "scan.timeout=60s", NULL};
    struct scan_client c;
    int status;

    paint();
    if (!scan_start(&c, sets, &status)) {
        fprintf(stderr, "gh-scan does not start (status %d)\n", status);
        return EXIT_FAILURE;
    }
    for (size_t i = 0; i < GH_COUNT(rows) * 2; i++) { /* twice: the second time in the same worker */
        struct scan_answer a;
        bool got;
        check_row(rows[i / 2].name);
        scan_send(&c, i, true, rows[i / 2].name, span_of(rows[i / 2].bytes, rows[i / 2].n));
        got = scan_receive(&c, &a, 60000);
        CHECK(got);
        if (!got)
            break;
        for (int k = 0; k < 3; k++) {
            CHECK(strstr(a.json, rows[i / 2].want[k]));
            if (!strstr(a.json, rows[i / 2].want[k]))
                fprintf(stderr, "%s is not in %.1500s\n", rows[i / 2].want[k], a.json);
        }
        CHECK(!strstr(a.json, "\"crash\"") && !strstr(a.json, "\"timeout\""));
        free(a.json);
    }
    status = scan_stop(&c);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    return check_end();
}
