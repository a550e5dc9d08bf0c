/* SPDX-License-Identifier: GPL-3.0-or-later
 * Names that end as another kind does; labels that contradict markings. */
#include "rules/extract_facts.h"
#include "tests/rules_extract/examine.h"

static const struct {
    const char *name, *kind, *mime;
    bool mismatch;
} names[] = {
    {"a.pdf", "pdf", "application/pdf", false},
    {"A.PDF", "pdf", "application/pdf", false},
    {"a.pdf", "zip", "application/zip", true},
    {"plan.jpg", "ooxml", "x", true},
    {"a.jpg", "image", "image/jpeg", false},
    {"a.jpg", "image", "image/png", true},
    {"a.docx", "ooxml", "x", false},
    {"a.docx", "ole", "application/encrypted", false},
    {"a.docx", "ole", "application/msword", true},
    {"a.doc", "rtf", "text/rtf", true},
    {"a.txt", "exe", "x", true},
    {"a.txt", "html", "text/html", false},
    {"a.unknown", "zip", "application/zip", false},
    {"a.pdf", "data", "application/octet-stream", false},
    {"noending", "zip", "application/zip", false},
    {"", "zip", "application/zip", false},
    {".", "zip", "application/zip", false},
    {"dir.pdf/x", "zip", "application/zip", false},
    {"a.tar.gz", "gzip", "application/gzip", false},
};

static const struct {
    const char *name, *mail;
    bool conflict;
} labels[] = {
    {"label and marking agree by rank",
     "X-Classification: SECRET\nSubject: x\nFrom: a@b\n\nT\xe1\xbb\x90I M\xe1\xba\xac"
     "T\nS\xe1\xbb\x91: 1/BC\n",
     false},
    {"label is lower",
     "X-Classification: RESTRICTED\nSubject: x\nFrom: a@b\n\nT\xe1\xbb\x90I M\xe1\xba\xac"
     "T\nS\xe1\xbb\x91: 1/BC\n",
     true},
    {"label is higher",
     "X-Classification: TOP SECRET\nSubject: x\nFrom: a@b\n\nT\xe1\xbb\x90I M\xe1\xba\xac"
     "T\nS\xe1\xbb\x91: 1/BC\n",
     true},
    {"a label alone", "X-Classification: SECRET\nSubject: x\nFrom: a@b\n\nhello\n", false},
    {"a marking alone",
     "Subject: x\nFrom: a@b\n\nT\xe1\xbb\x90I M\xe1\xba\xac"
     "T\nS\xe1\xbb\x91: 1/BC\n",
     false},
    {"urgency is no level", "X-Classification: SECRET\nSubject: x\nFrom: a@b\n\nKH\xe1\xba\xa8N\nhello\n",
     false},
};

int main(void)
{
    CHECK(document_warm_up() == 0);
    for (size_t i = 0; i < GH_COUNT(names); i++) {
        check_row(names[i].name);
        CHECK(facts_name_mismatch(span_str(names[i].name), names[i].kind, names[i].mime) ==
              names[i].mismatch);
    }
    for (size_t i = 0; i < GH_COUNT(labels); i++) {
        struct examined e = examine_str(labels[i].mail, "a.eml");
        check_row(labels[i].name);
        CHECK_STR(json_text(e.json, "kind"), "eml");
        CHECK(json_bool(json_path(e.json, "features.label_conflict"), !labels[i].conflict) ==
              labels[i].conflict);
        CHECK(!json_bool(json_path(e.json, "features.extension_mismatch"), true));
        examine_done(&e);
    }
    return check_end();
}
