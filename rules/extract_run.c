/* SPDX-License-Identifier: GPL-3.0-or-later
 * The life of one object: recognise, read, settle, look for markings and rules, tell the container. */
#include "rules/extract_state.h"

#include "base/clock.h"
#include "base/text.h"
#include "rules/charset.h"
#include "rules/formats.h"
#include "rules/kind.h"
#include "rules/x_zip.h"

#include <stdlib.h>

#define MEMBER_NAME_MAX 4096

void extract_init(struct extract *x, struct exam *exam, struct extract *parent, struct span in,
                  struct span name)
{
    *x = (struct extract){.exam = exam, .parent = parent, .in = in, .size = in.n};
    x->depth = parent ? parent->depth + 1 : 0;
    x->labels_end = &x->labels;
    writer_init(&x->members, RESULT_MAX);
    writer_init(&x->member_matches, 1u << 20);
    writer_init(&x->prints, PRINTS_MAX);
    x->kind = "data";
    x->mime = "application/octet-stream";
    x->lang = "";
    x->name = name;
}

void extract_done(struct extract *x)
{
    for (size_t i = 0; i < x->n_sections; i++)
        writer_done(&x->sections[i].w);
    free(x->sections);
    x->sections = NULL;
    x->n_sections = 0;
    writer_done(&x->members);
    writer_done(&x->member_matches);
    writer_done(&x->prints);
}

void extract_raise(struct extract *x, enum level level, enum level_source source, const char *scheme)
{
    if (level == LEVEL_NONE || level_max(x->level, level) == x->level)
        return;
    x->level = level;
    x->source = source;
    x->scheme = scheme;
}

const char *extract_read(const struct extract *x, enum unread *ret_why)
{
    enum unread why = x->unread ? x->unread : x->member_unread;

    *ret_why = why;
    if (!why)
        return "full";
    if (x->member_read || (!x->unread_all && extract_has_text(x)))
        return "partial";
    return "none";
}

/* A zip behind a picture or a program is a zip to those who know of it. */
static void read_appended(struct extract *x)
{
    static const char *const zips[] = {"zip", "ooxml", "odf", "epub", "iwork", "hwpx"};

    for (size_t i = 0; i < GH_COUNT(zips); i++)
        if (strcmp(zips[i], x->format) == 0)
            return;
    if (zip_ends(x->in))
        x_zip(x, x->in);
}

static void read_format(struct extract *x)
{
    const struct format *f = NULL;

    for (size_t i = 0; i < formats_count && !f; i++)
        if (strcmp(formats[i].kind, x->format) == 0)
            f = &formats[i];
    if (f && (x->exam->job->conf->scan_ocr || strcmp(x->format, "image") != 0))
        f->read(x, x->in);
    else
        extract_unread_all(x, UNREAD_UNSUPPORTED);
    read_appended(x);
}

/* Directories of the machine that the document lies on are no part of it; those inside a container are. */
static struct span shown_name(const struct extract *x)
{
    struct span s = x->name;

    if (!x->parent)
        for (size_t i = s.n; i-- > 0;)
            if (s.p[i] == '/' || s.p[i] == '\\')
                return span_part(s, i + 1, s.n);
    return s;
}

static void find_markings(struct extract *x)
{
    struct mark_text *texts = arena_array(x->exam->arena, x->n_sections + 1, sizeof(*texts));
    struct span longest = {NULL, 0};

    if (!texts) {
        extract_unread(x, UNREAD_TOO_LARGE);
        return;
    }
    for (size_t i = 0; i < x->n_sections; i++) {
        const struct section *s = &x->sections[i];
        texts[i] = (struct mark_text){s->place, s->page, writer_span(&s->w)};
        ident_scan(texts[i].text, &x->idents);
        if (s->place != PLACE_FILENAME && s->place != PLACE_METADATA && s->w.n > longest.n)
            longest = texts[i].text;
    }
    if (mark_find(texts, x->n_sections, x->exam->arena, &x->marks) != 0 || x->marks.truncated)
        extract_unread(x, UNREAD_TOO_LARGE);
    for (size_t i = 0; i < x->marks.n; i++)
        extract_raise(x, x->marks.v[i].level, SOURCE_MARKING, x->marks.v[i].scheme);
    for (const struct label *l = x->labels; l; l = l->next)
        extract_raise(x, l->level, SOURCE_LABEL, l->scheme);
    x->lang = mark_language(longest);
    ident_settle(&x->idents);
}

static enum level level_of(const char *name)
{
    for (enum level l = LEVEL_RESTRICTED; l <= LEVEL_TUYET_MAT; l++)
        if (strcmp(level_name(l), name) == 0)
            return l;
    return LEVEL_NONE;
}

/* A rule states a level by its meta: level = "toi_mat". */
static void rule_levels(struct extract *x)
{
    for (size_t i = 0; i < x->n_matches; i++)
        if (x->matches[i].level)
            extract_raise(x, level_of(x->matches[i].level), SOURCE_RULE, x->matches[i].scheme);
}

/* Seconds that are left for the rules; their scanner counts in whole ones. */
static unsigned seconds_left(const struct extract *x)
{
    uint64_t now = clock_mono_ms(), deadline = x->exam->job->deadline_ms;

    if (!deadline)
        return 60;
    return deadline <= now ? 0 : deadline - now < 1000 ? 1 : (unsigned)((deadline - now) / 1000);
}

/* Rules from elsewhere over the text as it reads; where the bytes are that text, they have seen it. */
static int match_plain(struct extract *x, const struct rule_vars *vars, bool *truncated)
{
    struct writer plain;
    int rc = 0;

    writer_init(&plain, SIZE_MAX);
    for (size_t i = 0; i < x->n_sections; i++) {
        const struct section *s = &x->sections[i];
        if (s->place == PLACE_FILENAME || span_eq(writer_span(&s->w), x->in))
            continue;
        writer_put(&plain, writer_span(&s->w));
        writer_u8(&plain, '\n');
    }
    if (!writer_ok(&plain))
        extract_unread(x, UNREAD_TOO_LARGE);
    else
        rc = rule_set_scan_plain(x->exam->job->rules, writer_span(&plain), vars, seconds_left(x),
                                 x->exam->arena, &x->matches, &x->n_matches, truncated);
    writer_done(&plain);
    return rc;
}

static void match_rules(struct extract *x, struct span folded)
{
    struct rule_set *rules = x->exam->job->rules;
    struct rule_vars vars = {
        .level = level_name(x->level), .mime = x->mime, .kind = x->kind, .lang = x->lang};
    unsigned seconds = seconds_left(x);
    bool truncated = false;
    int rc;

    if (!rules)
        return;
    if (!seconds) {
        extract_unread(x, UNREAD_TIMEOUT);
        return;
    }
    vars.filename = arena_dup(x->exam->arena, x->name.p, x->name.n);
    rc = rule_set_scan(rules, x->in, folded, &vars, seconds, x->exam->arena, &x->matches, &x->n_matches,
                       &truncated);
    if (!rc && rule_set_wants_plain(rules) && seconds_left(x))
        rc = match_plain(x, &vars, &truncated);
    if (rc || truncated)
        extract_unread(x, rc == ST_TIMEOUT ? UNREAD_TIMEOUT : UNREAD_TOO_LARGE);
    if (rc)
        x->n_matches = 0;
    rule_levels(x);
}

/* All text in the form that rules, lists of values and fingerprints look at; the latter only at what the
 * author wrote. */
static bool fold_text(struct extract *x, struct writer *folded, struct print_text *prints,
                      struct value_text *values)
{
    for (size_t i = 0; i < x->n_sections; i++) {
        const struct section *s = &x->sections[i];
        size_t from = folded->n;
        rule_fold(writer_span(&s->w), folded);
        if (prints && s->place != PLACE_FILENAME && s->place != PLACE_METADATA && writer_ok(folded))
            print_feed(prints, span_part(writer_span(folded), from, SIZE_MAX));
        if (values)
            value_feed(values, span_part(writer_span(folded), from, SIZE_MAX));
        writer_u8(folded, '\n');
    }
    return writer_ok(folded);
}

static void count_values(struct extract *x, struct value_text *t)
{
    x->values = arena_array(x->exam->arena, VALUE_LISTS_MAX, sizeof(*x->values));
    if (!x->values || !value_end(t, x->values))
        extract_unread(x, UNREAD_TOO_LARGE);
}

/* The level's scheme as a string that outlives the object. */
static const char *scheme_of(const char *name)
{
    static const char *const names[] = {"vn", "uk", "us", "nato", "eu", "fr", "ru", "cn", "tlp"};

    for (size_t i = 0; i < GH_COUNT(names); i++)
        if (strcmp(names[i], name) == 0)
            return names[i];
    return NULL;
}

/* A document is what it says itself and what its members say: a scan is a row of pictures, a letter a mail
 * with an attachment. */
static void find_registered(struct extract *x, struct print_text *own)
{
    const struct document_job *job = x->exam->job;
    const struct print *v;
    struct writer members = x->prints;
    bool more = false;
    size_t n;
    int rc = 0;

    (void)print_end(own, &n);
    print_join(&own->out, writer_span(&members));
    x->prints = own->out;
    own->out = members;
    v = print_of(writer_span(&x->prints), &n);
    if (!writer_ok(&x->prints))
        rc = ST_NOMEM;
    else if (job->prints->index)
        rc = print_match(job->prints->index, v, n, x->exam->arena, &x->similar, &x->n_similar, &more);
    if (rc || more)
        extract_unread(x, UNREAD_TOO_LARGE);
    for (size_t i = 0; i < x->n_similar; i++)
        if (print_similar_high(&x->similar[i]))
            extract_raise(x, level_of(x->similar[i].document.level), SOURCE_FINGERPRINT,
                          scheme_of(x->similar[i].document.scheme));
}

/* Looks at the folded text: registered documents first, so that rules know the level. */
static void look_up(struct extract *x)
{
    const struct document_job *job = x->exam->job;
    bool wanted = job->prints && (job->prints->index || job->want_prints);
    struct print_text prints;
    struct value_text values;
    struct writer folded;

    if (!wanted && !job->rules && !job->values)
        return;
    writer_init(&folded, SIZE_MAX);
    if (wanted)
        print_begin(&prints, job->prints->key, PRINTS_MAX);
    if (job->values)
        value_begin(&values, job->values);
    if (!fold_text(x, &folded, wanted ? &prints : NULL, job->values ? &values : NULL)) {
        extract_unread(x, UNREAD_TOO_LARGE);
    } else {
        if (wanted)
            find_registered(x, &prints);
        if (job->values)
            count_values(x, &values);
        match_rules(x, writer_span(&folded));
    }
    if (wanted)
        print_done(&prints);
    if (job->values)
        value_done(&values);
    writer_done(&folded);
}

void extract_run(struct extract *x)
{
    struct kind k = kind_of(x->in);

    x->kind = x->format = k.kind;
    x->mime = k.mime;
    extract_text(x, PLACE_FILENAME, 0, shown_name(x), NULL);
    if (extract_expired(x))
        extract_unread_all(x, UNREAD_TIMEOUT);
    else
        read_format(x);
    extract_settle(x);
    find_markings(x);
    look_up(x);
}

/* Archivers of the DOS age wrote names in the machine's own code page: cp437 is what the zip format says of
 * them. */
static const char *name_charset(struct span s)
{
    double confidence;
    const char *name = charset_detect(s, NULL, &confidence);

    return confidence < 0.5 ? "cp437" : name;
}

/* The name of a member as text: UTF-8 as it is, else what the bytes most likely are. */
static struct span member_name(struct extract *x, struct span raw)
{
    struct writer w;
    struct span s = span_part(raw, 0, MEMBER_NAME_MAX);
    char *copy;

    writer_init(&w, 8 * MEMBER_NAME_MAX);
    if (text_is_utf8(s))
        writer_put(&w, s);
    else if (text_utf8_prefix(s) + 4 > s.n) /* only its end was cut */
        text_put_clean(&w, span_part(s, 0, text_utf8_prefix(s)));
    else
        charset_decode(s, name_charset(s), &w);
    copy = arena_dup(x->exam->arena, w.p, w.n);
    s = copy ? span_of(copy, w.n) : span_str("");
    writer_done(&w);
    return s;
}

static bool member_take(struct extract *x)
{
    if (!x->exam->members_left) {
        extract_unread(x, UNREAD_TOO_LARGE);
        return false;
    }
    x->exam->members_left--;
    return true;
}

/* What a policy may want to know of a rule that matched inside. */
static void pass_matches(struct extract *x, const struct extract *child)
{
    struct jw j;

    for (size_t i = 0; i < child->n_matches && x->n_member_matches < MATCHES_MAX; i++) {
        size_t before = x->member_matches.n;
        if (before)
            writer_u8(&x->member_matches, ',');
        jw_init(&j, &x->member_matches);
        extract_json_match(&j, &child->matches[i], "member");
        if (!writer_ok(&x->member_matches)) {
            x->member_matches.n = before;
            x->member_matches.bad = false;
            return;
        }
        x->n_member_matches++;
    }
    if (child->member_matches.n && x->n_member_matches < MATCHES_MAX) {
        size_t before = x->member_matches.n;
        if (before)
            writer_u8(&x->member_matches, ',');
        writer_put(&x->member_matches, writer_span(&child->member_matches));
        x->n_member_matches += child->n_member_matches;
        if (!writer_ok(&x->member_matches)) {
            x->member_matches.n = before;
            x->member_matches.bad = false;
        }
    }
}

/* A member is done: its object becomes part of the container's. */
static void member_end(struct extract *x, struct extract *child)
{
    enum unread why;
    size_t before = x->members.n;

    extract_feature(x, FEATURE_EMBEDDED, 1);
    if (strcmp(extract_read(child, &why), "none") != 0)
        x->member_read = true;
    if (why && (!x->member_unread || why == UNREAD_ENCRYPTED))
        x->member_unread = why;
    extract_raise(x, child->level, child->source, child->scheme);
    pass_matches(x, child);
    print_join(&x->prints, writer_span(&child->prints));
    if (before)
        writer_u8(&x->members, ',');
    if (!writer_ok(&x->members) || extract_json(child, &x->members) != 0) {
        x->members.n = before;
        x->members.bad = false;
        extract_unread(x, UNREAD_TOO_LARGE);
        return;
    }
    x->n_members++;
}

int extract_child(struct extract *x, struct span name, struct span bytes)
{
    return extract_child_part(x, name, bytes, UNREAD_NONE);
}

int extract_child_part(struct extract *x, struct span name, struct span bytes, enum unread why)
{
    struct arena_mark mark = arena_mark(x->exam->arena);
    struct extract child;
    bool expired = extract_expired(x);

    if (expired) {
        extract_unread(x, UNREAD_TIMEOUT);
        return ST_LIMIT;
    }
    if (!member_take(x))
        return ST_LIMIT;
    extract_init(&child, x->exam, x, bytes, member_name(x, name));
    if (child.depth > x->exam->job->conf->scan_depth_max) {
        struct kind k = kind_of(bytes);
        extract_type(&child, k.kind, k.mime);
        extract_unread_all(&child, UNREAD_TOO_DEEP);
    } else {
        if (why)
            extract_unread(&child, why);
        extract_run(&child);
    }
    member_end(x, &child);
    extract_done(&child);
    arena_rollback(x->exam->arena, mark);
    return 0;
}

void extract_child_unread(struct extract *x, struct span name, uint64_t size, enum unread why)
{
    struct arena_mark mark = arena_mark(x->exam->arena);
    struct extract child;

    if (!member_take(x))
        return;
    extract_init(&child, x->exam, x, span_of(NULL, 0), member_name(x, name));
    child.size = size;
    extract_text(&child, PLACE_FILENAME, 0, child.name, NULL);
    extract_unread_all(&child, why);
    extract_settle(&child);
    find_markings(&child);
    member_end(x, &child);
    extract_done(&child);
    arena_rollback(x->exam->arena, mark);
}
