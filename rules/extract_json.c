/* SPDX-License-Identifier: GPL-3.0-or-later
 * One examined object as the JSON of interfaces section 4. */
#include "rules/extract_state.h"

#include "base/digest.h"
#include "rules/extract_facts.h"

#include <stdio.h>

static void put_markings(struct jw *j, const struct extract *x)
{
    jw_karr(j, "markings");
    for (size_t i = 0; i < x->marks.n; i++) {
        const struct marking *m = &x->marks.v[i];
        jw_obj(j);
        jw_kstr(j, "text", m->text);
        jw_kcstr(j, "level", level_name(m->level));
        jw_kcstr(j, "scheme", m->scheme);
        jw_kcstr(j, "where", place_name(m->place));
        if (m->page)
            jw_ku64(j, "page", m->page);
        jw_ku64(j, "offset", m->offset);
        jw_kf64(j, "confidence", m->confidence);
        jw_end_obj(j);
    }
    jw_end_arr(j);
}

/* "value" is what the label says; a key only where the kind alone does not name it. */
static void put_labels(struct jw *j, const struct extract *x)
{
    jw_karr(j, "labels");
    for (const struct label *l = x->labels; l; l = l->next) {
        jw_obj(j);
        jw_kcstr(j, "kind", l->kind);
        if (l->key.n)
            jw_kstr(j, "key", l->key);
        jw_kstr(j, "value", l->value);
        if (l->level)
            jw_kcstr(j, "level", level_name(l->level));
        jw_end_obj(j);
    }
    jw_end_arr(j);
}

void extract_json_match(struct jw *j, const struct rule_match *m, const char *where)
{
    jw_obj(j);
    jw_kcstr(j, "rule", m->rule);
    jw_karr(j, "tags");
    for (const char *const *t = m->tags; t && *t; t++)
        jw_cstr(j, *t);
    jw_end_arr(j);
    jw_kraw(j, "meta", m->meta.n ? m->meta : span_str("{}"));
    jw_kcstr(j, "where", where);
    jw_karr(j, "strings");
    for (size_t i = 0; i < m->n_strings; i++) {
        jw_obj(j);
        jw_kcstr(j, "id", m->strings[i].id);
        jw_ku64(j, "offset", m->strings[i].offset);
        jw_end_obj(j);
    }
    jw_end_arr(j);
    jw_end_obj(j);
}

static void put_matches(struct jw *j, const struct extract *x)
{
    jw_karr(j, "matches");
    for (size_t i = 0; i < x->n_matches; i++)
        extract_json_match(j, &x->matches[i], x->matches[i].text ? "text" : "raw");
    if (x->member_matches.n)
        jw_raw(j, writer_span(&x->member_matches));
    jw_end_arr(j);
}

/* Exact data match: how many different values of a list are there. */
static void put_value_list(struct jw *j, const struct extract *x, size_t i)
{
    struct value_list l = value_index_list(x->exam->job->values, i);
    char kind[VALUE_NAME_MAX + 8];

    if (!x->values[i])
        return;
    snprintf(kind, sizeof(kind), "edm:%s", l.name);
    jw_obj(j);
    jw_kcstr(j, "kind", kind);
    jw_ku64(j, "count", x->values[i]);
    jw_end_obj(j);
}

static void put_identifiers(struct jw *j, const struct extract *x)
{
    jw_karr(j, "identifiers");
    for (enum ident_kind k = 0; k < IDENT_COUNT; k++) {
        if (!x->idents.found[k])
            continue;
        jw_obj(j);
        jw_kcstr(j, "kind", ident_name(k));
        jw_ku64(j, "count", x->idents.found[k]);
        jw_end_obj(j);
    }
    for (size_t i = 0; x->values && i < value_index_lists(x->exam->job->values); i++)
        put_value_list(j, x, i);
    jw_end_arr(j);
}

static void put_similar(struct jw *j, const struct extract *x)
{
    jw_karr(j, "similar");
    for (size_t i = 0; i < x->n_similar; i++) {
        const struct print_similar *s = &x->similar[i];
        jw_obj(j);
        jw_kstr(j, "document", s->document.name);
        jw_kf64(j, "containment", s->containment);
        jw_kf64(j, "share", s->share);
        if (*s->document.level)
            jw_kcstr(j, "level", s->document.level);
        jw_end_obj(j);
    }
    jw_end_arr(j);
}

/* Of the document and all its members: PRINT_BITS / 4 hexadecimal digits each. */
static void put_prints(struct jw *j, const struct extract *x)
{
    struct span s = writer_span(&x->prints);
    struct print p;
    struct writer w;

    writer_init(&w, PRINTS_MAX);
    for (size_t at = 0; at < s.n; at += sizeof(p)) {
        memcpy(&p, s.p + at, sizeof(p));
        writer_be(&w, p.name, PRINT_BITS / 8);
    }
    if (!writer_ok(&w))
        j->w->bad = true;
    jw_khex(j, "fingerprints", w.p, w.n);
    writer_done(&w);
}

/* A label that says what it means, or names itself and says nothing secret, beside a marking of another rank.
 */
static bool label_conflict(const struct extract *x)
{
    enum level marked = LEVEL_NONE;

    for (size_t i = 0; i < x->marks.n; i++)
        if (!x->marks.v[i].note && x->marks.v[i].place != PLACE_METADATA) /* the label itself as text */
            marked = level_max(marked, x->marks.v[i].level);
    for (const struct label *l = x->labels; l; l = l->next) {
        bool names = strcmp(l->kind, "msip") == 0 && span_find(l->key, span_str("_Name"), 0) >= 0;
        if ((l->level || names) && facts_label_conflict(l->level, marked))
            return true;
    }
    return false;
}

static void put_features(struct jw *j, const struct extract *x)
{
    jw_kobj(j, "features");
    jw_kbool(j, "encrypted", x->features[FEATURE_ENCRYPTED] != 0);
    jw_kbool(j, "macros", x->features[FEATURE_MACROS] != 0);
    jw_ku64(j, "external_refs", x->features[FEATURE_EXTERNAL_REFS]);
    jw_ku64(j, "embedded", x->features[FEATURE_EMBEDDED]);
    jw_kbool(j, "javascript", x->features[FEATURE_JAVASCRIPT] != 0);
    jw_kbool(j, "extension_mismatch", facts_name_mismatch(x->name, x->kind, x->mime));
    jw_kbool(j, "label_conflict", label_conflict(x));
    jw_end_obj(j);
}

/* Body first, in the order in which the reader came upon the places; the file's own name is no text of it. */
static void put_text(struct jw *j, const struct extract *x)
{
    struct writer all;

    writer_init(&all, RESULT_MAX);
    for (size_t i = 0; i < x->n_sections; i++) {
        const struct section *s = &x->sections[i];
        if (s->place == PLACE_FILENAME || !s->w.n)
            continue;
        if (all.n && all.p[all.n - 1] != '\n')
            writer_u8(&all, '\n');
        writer_put(&all, writer_span(&s->w));
    }
    if (!writer_ok(&all))
        j->w->bad = true;
    jw_kstr(j, "text", writer_span(&all));
    writer_done(&all);
}

static void put_identity(struct jw *j, struct span name, struct span in, uint64_t size)
{
    uint8_t hash[SHA256_SIZE];

    jw_kstr(j, "file", name);
    if (in.n == size) { /* a member that could not be unpacked has a size and no bytes */
        digest_sha256(in.p, in.n, hash);
        jw_khex(j, "sha256", hash, sizeof(hash));
    }
    jw_ku64(j, "size", size);
}

static void put_object(struct jw *j, const struct extract *x)
{
    static const char *const sources[] = {"none", "marking", "label", "fingerprint", "rule"};
    enum unread why;
    const char *read = extract_read(x, &why);

    jw_obj(j);
    put_identity(j, x->name, x->in, x->size);
    jw_kcstr(j, "mime", x->mime);
    jw_kcstr(j, "kind", x->kind);
    jw_kcstr(j, "level", level_name(x->level));
    jw_kcstr(j, "level_source", sources[x->source]);
    if (x->level)
        jw_kcstr(j, "scheme", x->scheme);
    jw_kcstr(j, "lang", x->lang);
    jw_kcstr(j, "encoding", x->encoding);
    put_markings(j, x);
    put_labels(j, x);
    put_matches(j, x);
    put_identifiers(j, x);
    put_similar(j, x);
    put_features(j, x);
    jw_karr(j, "members");
    if (x->members.n)
        jw_raw(j, writer_span(&x->members));
    jw_end_arr(j);
    jw_kcstr(j, "read", read);
    jw_kcstr(j, "unread_reason", unread_name(why));
    if (x->exam->job->want_text)
        put_text(j, x);
    if (x->exam->job->want_prints && !x->parent)
        put_prints(j, x);
    jw_end_obj(j);
}

int extract_json(const struct extract *x, struct writer *out)
{
    size_t before = out->n;
    struct jw j;

    jw_init(&j, out);
    put_object(&j, x);
    if (writer_ok(out))
        return 0;
    out->n = before;
    out->bad = false;
    return ST_NOMEM;
}
