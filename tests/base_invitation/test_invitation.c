/* SPDX-License-Identifier: GPL-3.0-or-later
 * Invitations: every single mistake and every swap in a code is noticed, and the group is named; another console does not fit; a
 * sealed request is opened by its console alone. */
#include "base/invitation.h"
#include "base/base64.h"
#include "tests/check.h"

static struct seal_keys *console, *committee;

static void host_of(struct invitation_host *h)
{
    uint8_t hash[32] = {7};

    *h = (struct invitation_host){.console = *seal_keys_public(console), .committee = *seal_keys_public(committee)};
    base64_encode(hash, sizeof(hash), h->pin, sizeof(h->pin));
}

static void codes(void)
{
    static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    struct invitation_host h, other;
    struct invitation i, got;
    char code[INVITATION_CODE], bad[INVITATION_CODE + 8];
    unsigned group, wrong = 0, unnamed = 0, tried = 0;

    host_of(&h);
    invitation_make(&h, &i);
    invitation_code(&i, code);
    check_row("there and back");
    CHECK(strlen(code) == INVITATION_CODE - 1);
    CHECK(invitation_read(span_str(code), &got, &group) == 0 && !memcmp(&i, &got, sizeof(i)));
    check_row("as people write it");
    snprintf(bad, sizeof(bad), " %s\n", code);
    for (char *p = bad; *p; p++)
        *p = *p == '-' ? ' ' : *p == '0' ? 'o' : *p == '1' ? 'l' : *p >= 'A' && *p <= 'Z' ? (char)(*p - 'A' + 'a') : *p;
    CHECK(invitation_read(span_str(bad), &got, &group) == 0 && !memcmp(&i, &got, sizeof(i)));
    check_row("one character wrong");
    for (size_t at = 0; at < sizeof(code) - 1; at++)
        for (const char *l = letters; code[at] != '-' && *l; l++) {
            if (*l == code[at])
                continue;
            memcpy(bad, code, sizeof(code));
            bad[at] = *l;
            tried++;
            wrong += invitation_read(span_str(bad), &got, &group) != 0;
            unnamed += group != at / 6 + 1;
        }
    CHECK(tried == 40 * 31 && wrong == tried && !unnamed);
    check_row("two characters changed places");
    for (size_t at = 0; at + 1 < sizeof(code) - 1; at++) {
        memcpy(bad, code, sizeof(code));
        bad[at] = code[at + 1];
        bad[at + 1] = code[at];
        if (code[at] != '-' && code[at + 1] != '-' && code[at] != code[at + 1])
            CHECK(invitation_read(span_str(bad), &got, &group) != 0 && group == at / 6 + 1);
    }
    check_row("two groups changed places");
    memcpy(bad, code, sizeof(code));
    memcpy(bad, code + 6, 5);
    memcpy(bad + 6, code, 5);
    CHECK(!memcmp(code, code + 6, 5) || (invitation_read(span_str(bad), &got, &group) != 0 && group == 1));
    check_row("too short, too long, none");
    CHECK(invitation_read(span_of(code, 40), &got, &group) != 0 && !group);
    snprintf(bad, sizeof(bad), "%s-0", code);
    CHECK(invitation_read(span_str(bad), &got, &group) != 0 && !group);
    CHECK(invitation_read(span_str(""), &got, &group) != 0);
    memcpy(bad, code, sizeof(code));
    bad[13] = '!';
    CHECK(invitation_read(span_str(bad), &got, &group) != 0 && group == 3);
    check_row("the console");
    CHECK(invitation_fits(&i, &h));
    for (int what = 0; what < 5; what++) {
        other = h;
        (what == 0   ? other.console.sign
         : what == 1 ? other.console.box
         : what == 2 ? other.committee.sign
         : what == 3 ? other.committee.box
                     : (uint8_t *)other.pin)[3] ^= 1;
        CHECK(!invitation_fits(&i, &other));
    }
}

static void requests(void)
{
    struct seal_keys *stranger = seal_keys_generate();
    struct invitation_host h, got;
    uint8_t hash[SEAL_HASH], want[SEAL_HASH];
    struct writer sealed, text;
    struct invitation i;

    host_of(&h);
    invitation_make(&h, &i);
    invitation_hash(i.secret, want);
    writer_init(&sealed, INVITATION_JOIN_MAX);
    writer_init(&text, INVITATION_JOIN_MAX);
    check_row("description");
    invitation_host_write(&h, &text);
    CHECK(invitation_host_read(writer_span(&text), &got) == 0 && invitation_fits(&i, &got));
    CHECK(invitation_host_read(span_part(writer_span(&text), 0, text.n - 2), &got) == ST_MALFORMED);
    CHECK(invitation_host_read(span_str("{\"gatehouse\":\"console-v1\"}"), &got) == ST_MALFORMED);
    check_row("request");
    CHECK(invitation_seal(&i, span_str("{\"x\":1}"), &h.console, &sealed) == 0);
    writer_clear(&text);
    CHECK(invitation_open(writer_span(&sealed), console, hash, &text) == 0);
    CHECK(!memcmp(hash, want, sizeof(hash)) && span_eq(writer_span(&text), span_str("{\"x\":1}")));
    CHECK(invitation_open(writer_span(&sealed), stranger, hash, &text) == ST_BAD_SIGNATURE);
    sealed.p[sealed.n - 1] ^= 1;
    CHECK(invitation_open(writer_span(&sealed), console, hash, &text) == ST_BAD_SIGNATURE);
    CHECK(invitation_open(span_str("GHJOIN01"), console, hash, &text) == ST_MALFORMED);
    CHECK(invitation_open(span_str("GHSEAL01 and so on and so on and so on and so on and so on"), console, hash, &text) == ST_MALFORMED);
    check_row("shorter than a secret");
    writer_clear(&sealed);
    writer_str(&sealed, "GHJOIN01");
    CHECK(seal_box(&h.console, span_str("short"), &sealed) == 0);
    CHECK(invitation_open(writer_span(&sealed), console, hash, &text) == ST_MALFORMED);
    writer_done(&sealed);
    writer_done(&text);
    seal_keys_free(stranger);
}

int main(void)
{
    CHECK(seal_init() == 0);
    console = seal_keys_generate();
    committee = seal_keys_generate();
    gh_check(console && committee);
    for (int i = 0; i < 20; i++)
        codes();
    requests();
    seal_keys_free(console);
    seal_keys_free(committee);
    return check_end();
}
