/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/label.h"
#include "sensor/decode/label_rules.h"

#include <ndpi/ndpi_main.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#if NDPI_API_VERSION != 8668
#error "label.c is written for nDPI 4.2: newer ones changed the signatures, see its changelog"
#endif

#define TCP_PACKETS 32   /* measured on nDPI's own captures: no label changes beyond */
#define OTHER_PACKETS 16 /* as above, one in 6048 */
#define FIRST_MAX 120    /* longest empty first segment that waits for a second one */
#define SPARE_STATES 256

_Static_assert(LABEL_CATEGORY_MAX == NDPI_PROTOCOL_NUM_CATEGORIES - 1,
               "label_rules.h knows nDPI's categories");
_Static_assert(LABEL_PROTOCOLS_MAX < NDPI_MAX_NUM_CUSTOM_PROTOCOLS - 1,
               "nDPI has room for the site's protocols");

/* libndpi 4.2 exports it, but no header of it has it; ndpi_load_protocols_file, which calls it for each line,
 * wants a path, and there are none in the jail. */
int ndpi_handle_rule(struct ndpi_detection_module_struct *ndpi, char *rule, u_int8_t do_add);

/* nDPI's init, exit and rule reading share tables and strtok() among all modules. */
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

/* What a flow holds while it is undecided: its first segment only, or nDPI's state. */
struct label_state {
    bool full;
};
struct first {
    struct label_state head;
    uint8_t n;
    uint64_t ts_us;
    uint8_t bytes[];
};
struct module {
    struct ndpi_detection_module_struct *ndpi;
    size_t states; /* flows that it has begun and not decided */
};
struct full {
    struct label_state head;
    struct module *module;
    struct ndpi_flow_struct flow;
};
struct labels {
    struct module *module;             /* for new flows */
    struct module *older[LABEL_OLDER]; /* with undecided flows; NULL: free */
    struct budget *budget;
    uint64_t refused;
    size_t n_spare;
    struct full *spare[SPARE_STATES]; /* what they pointed to is freed */
};

/* nDPI remembers across flows who spoke BitTorrent, STUN for a messenger, Ookla, Zoom, mining, Teams or a
 * known certificate's TLS, by address, port, or the sum of both, and labels later flows by it. That makes the
 * label of a flow depend on which other flows its module saw before: on the number of threads, and on where a
 * capture begins. The library looks entries up by this public function of its own; ours comes first in the
 * program and finds nothing. Of 6402 flows of nDPI's own captures this changes 8 (STUN whose messenger is
 * told by another call). The one cache that does not go through it, Tinc's, is by both addresses, which share
 * a thread. */
uint8_t ndpi_lru_find_cache(struct ndpi_lru_cache *c, uint32_t key, uint16_t *value, uint8_t clean)
{
    (void)c;
    (void)key;
    (void)value;
    (void)clean;
    return 0;
}

/* ---- modules ---- */

static void module_free(struct module *m)
{
    if (!m)
        return;
    pthread_mutex_lock(&one_at_a_time);
    ndpi_exit_detection_module(m->ndpi);
    pthread_mutex_unlock(&one_at_a_time);
    free(m);
}

/* One rule that label_rules_read has found good. nDPI writes into the text that it is given. */
static int put_rule(struct ndpi_detection_module_struct *ndpi, enum label_file f,
                    const struct label_rule *rule)
{
    char text[LABEL_RULE_LINE + 1];
    struct span s = f == LABEL_PROTOCOLS ? rule->line : rule->name;
    struct reader r = reader_span(s);

    reader_copy(&r, text, s.n);
    text[s.n] = 0;
    if (f == LABEL_PROTOCOLS)
        return ndpi_handle_rule(ndpi, text, 1);
    return ndpi_load_category(ndpi, text, (ndpi_protocol_category_t)rule->category);
}

static int put_rules(struct ndpi_detection_module_struct *ndpi, enum label_file f, struct span text)
{
    struct reader r = reader_span(text);
    struct label_rule rule;
    struct span line;

    if (label_rules_check(f, text, NULL, NULL))
        return ST_MALFORMED;
    while (reader_line(&r, &line) || (line = reader_rest(&r)).n)
        if (label_rule_read(f, line, &rule) == NULL && rule.line.n && put_rule(ndpi, f, &rule) < 0)
            return ST_MALFORMED;
    return 0;
}

static int make(struct module *m, struct span protocols, struct span categories)
{
    NDPI_PROTOCOL_BITMASK all;
    int rc;

    m->ndpi = ndpi_init_detection_module(ndpi_no_prefs);
    if (!m->ndpi)
        return ST_NOMEM;
    NDPI_BITMASK_SET_ALL(all);
    ndpi_set_protocol_detection_bitmask2(m->ndpi, &all);
    rc = put_rules(m->ndpi, LABEL_CATEGORIES, categories);
    if (!rc && categories.n)
        ndpi_enable_loaded_categories(m->ndpi);
    if (!rc)
        rc = put_rules(m->ndpi, LABEL_PROTOCOLS, protocols);
    ndpi_finalize_initialization(m->ndpi);
    return rc;
}

static int module_new(struct span protocols, struct span categories, struct module **ret)
{
    struct module *m = calloc(1, sizeof(*m));
    int rc;

    if (!m)
        return ST_NOMEM;
    pthread_mutex_lock(&one_at_a_time);
    rc = make(m, protocols, categories);
    pthread_mutex_unlock(&one_at_a_time);
    if (!rc) {
        *ret = m;
        return 0;
    }
    if (m->ndpi)
        module_free(m);
    else
        free(m);
    return rc;
}

/* Nobody needs it any more? */
static void module_idle(struct labels *l, const struct module *m)
{
    for (size_t i = 0; i < LABEL_OLDER; i++)
        if (l->older[i] == m && !m->states) {
            module_free(l->older[i]);
            l->older[i] = NULL;
        }
}

int labels_load(struct labels *l, struct span protocols, struct span categories)
{
    struct module *m = NULL;
    size_t place = 0;
    int rc;

    while (place < LABEL_OLDER && l->older[place])
        place++;
    if (l->module->states && place == LABEL_OLDER)
        return ST_AGAIN;
    rc = module_new(protocols, categories, &m);
    if (rc)
        return rc;
    if (l->module->states)
        l->older[place] = l->module;
    else
        module_free(l->module);
    l->module = m;
    return 0;
}

struct labels *labels_new(struct budget *budget)
{
    static const struct span none = {NULL, 0};
    struct labels *l;

    if (ndpi_detection_get_sizeof_ndpi_flow_struct() != sizeof(struct ndpi_flow_struct) ||
        ndpi_get_api_version() != NDPI_API_VERSION)
        return NULL;
    l = calloc(1, sizeof(*l));
    if (!l)
        return NULL;
    l->budget = budget;
    if (module_new(none, none, &l->module) != 0) {
        free(l);
        return NULL;
    }
    return l;
}

void labels_free(struct labels *l)
{
    if (!l)
        return;
    while (l->n_spare)
        free(l->spare[--l->n_spare]);
    for (size_t i = 0; i < LABEL_OLDER; i++)
        module_free(l->older[i]);
    module_free(l->module);
    free(l);
}

uint64_t labels_refused(const struct labels *l)
{
    return l->refused;
}

static struct full *full_new(struct labels *l)
{
    struct full *s;

    if (!budget_take(l->budget, sizeof(*s)))
        return NULL;
    s = l->n_spare ? l->spare[--l->n_spare] : malloc(sizeof(*s));
    if (!s) {
        budget_give(l->budget, sizeof(*s));
        return NULL;
    }
    memset(s, 0, sizeof(*s));
    s->head.full = true;
    s->module = l->module;
    s->module->states++;
    return s;
}

static struct first *first_new(struct labels *l, const struct label_packet *p)
{
    size_t size = sizeof(struct first) + p->l3.n;
    struct first *s = budget_take(l->budget, size) ? malloc(size) : NULL;

    if (!s)
        return NULL;
    s->head.full = false;
    s->n = (uint8_t)p->l3.n;
    s->ts_us = p->ts_us;
    memcpy(s->bytes, p->l3.p, p->l3.n);
    return s;
}

static void state_free(struct labels *l, struct label_state **state)
{
    if (!*state)
        return;
    if ((*state)->full) {
        struct full *s = (struct full *)*state;
        ndpi_free_flow_data(&s->flow);
        s->module->states--;
        module_idle(l, s->module);
        budget_give(l->budget, sizeof(*s));
        if (l->n_spare < SPARE_STATES)
            l->spare[l->n_spare++] = s;
        else
            free(s);
    } else {
        struct first *s = (struct first *)*state;
        budget_give(l->budget, sizeof(*s) + s->n);
        free(s);
    }
    *state = NULL;
}

static void take_result(struct label *label, ndpi_protocol p)
{
    label->master = p.master_protocol;
    label->app = p.app_protocol;
    label->category = (uint8_t)p.category;
}

/* "TLS.Google", or one name when the two are the same or one is unknown. */
static void put_names(struct ndpi_detection_module_struct *ndpi, const struct label *label, struct writer *w)
{
    uint16_t one = label->app ? label->app : label->master;

    if (label->master && label->app && label->master != label->app) {
        writer_str(w, ndpi_get_proto_name(ndpi, label->master));
        writer_u8(w, '.');
    }
    writer_str(w, ndpi_get_proto_name(ndpi, one));
}

/* Built-in numbers mean the same in every module; the others only in theirs. */
static void keep_own_name(const struct module *m, struct label *label)
{
    char text[96];
    struct writer w;

    if (label->app < NDPI_MAX_SUPPORTED_PROTOCOLS && label->master < NDPI_MAX_SUPPORTED_PROTOCOLS)
        return;
    writer_fixed(&w, text, sizeof(text));
    put_names(m->ndpi, label, &w);
    label->own_name = strdup(writer_cstr(&w));
    if (!label->own_name) /* no memory: then it has no name */
        label->app = label->master = NDPI_PROTOCOL_UNKNOWN;
}

/* Copies out what is wanted and lets nDPI's state go. */
static void decide(struct labels *l, struct label *label, struct label_state **state)
{
    struct full *s = (struct full *)*state;
    struct ndpi_flow_struct *f = &s->flow;
    uint8_t guessed = 0;

    take_result(label, ndpi_detection_giveup(s->module->ndpi, f, 1, &guessed));
    keep_own_name(s->module, label);
    label->risks = f->risk;
    label->confidence = (uint8_t)f->confidence;
    if (f->host_server_name[0])
        label->hostname = strndup(f->host_server_name, sizeof(f->host_server_name));
    label->decided = true;
    state_free(l, state);
}

/* Shows nDPI one packet; true when it wants no more. */
static bool feed(struct full *s, struct span l3, uint64_t ts_us)
{
    unsigned short n = l3.n > UINT16_MAX ? UINT16_MAX : (unsigned short)l3.n;
    struct ndpi_detection_module_struct *ndpi = s->module->ndpi;
    ndpi_protocol p = ndpi_detection_process_packet(ndpi, &s->flow, l3.p, n, ts_us / 1000);

    return p.app_protocol != NDPI_PROTOCOL_UNKNOWN && !ndpi_extra_dissection_possible(ndpi, &s->flow);
}

/* From the first form to nDPI's state, with that first segment shown to it. False when memory is short. */
static bool unfold(struct labels *l, struct label_state **state)
{
    struct full *s = full_new(l);

    if (!s)
        return false;
    if (*state) {
        const struct first *first = (const struct first *)*state;
        (void)feed(s, span_of(first->bytes, first->n), first->ts_us); /* empty: it decides nothing */
        state_free(l, state);
    }
    *state = &s->head;
    return true;
}

static void give_up(struct labels *l, struct label *label, struct label_state **state)
{
    l->refused++;
    label->decided = true;
    state_free(l, state);
}

void label_packet(struct labels *l, struct label *label, struct label_state **state,
                  const struct label_packet *p)
{
    if (label->decided || !p->l3.n)
        return;
    label->packets++;
    if (!*state && p->tcp && p->empty && p->l3.n <= FIRST_MAX) {
        struct first *first = first_new(l, p);
        if (first)
            *state = &first->head;
        else
            give_up(l, label, state);
        return;
    }
    if ((!*state || !(*state)->full) && !unfold(l, state)) {
        give_up(l, label, state);
        return;
    }
    if (feed((struct full *)*state, p->l3, p->ts_us) ||
        label->packets >= (p->tcp ? TCP_PACKETS : OTHER_PACKETS))
        decide(l, label, state);
}

void label_finish(struct labels *l, struct label *label, struct label_state **state)
{
    if (label->decided || !*state)
        return;
    if (!(*state)->full && !unfold(l, state))
        give_up(l, label, state);
    else
        decide(l, label, state);
}

void label_done(struct label *label)
{
    free(label->hostname);
    free(label->own_name);
    label->hostname = label->own_name = NULL;
}

static void write_names(const struct labels *l, const struct label *label, struct jw *j)
{
    bool two = label->master && label->app && label->master != label->app;
    char text[96];
    struct writer w;

    writer_fixed(&w, text, sizeof(text));
    if (label->own_name)
        writer_str(&w, label->own_name);
    else
        put_names(l->module->ndpi, label, &w);
    jw_kstr(j, "proto", writer_span(&w));
    writer_clear(&w);
    if (two) {
        writer_dec(&w, label->master);
        writer_u8(&w, '.');
    }
    writer_dec(&w, label->app ? label->app : label->master);
    jw_kstr(j, "proto_id", writer_span(&w));
}

void label_write(const struct labels *l, const struct label *label, struct jw *j)
{
    jw_kobj(j, "ndpi");
    write_names(l, label, j);
    jw_kcstr(j, "category",
             ndpi_category_get_name(l->module->ndpi, (ndpi_protocol_category_t)label->category));
    jw_kcstr(j, "confidence", ndpi_confidence_get_name((ndpi_confidence_t)label->confidence));
    if (label->risks) {
        jw_karr(j, "risks");
        for (unsigned r = 1; r < NDPI_MAX_RISK; r++)
            if (label->risks >> r & 1)
                jw_cstr(j, ndpi_risk2str((ndpi_risk_enum)r));
        jw_end_arr(j);
    }
    jw_kcstr(j, "hostname", label->hostname);
    jw_end_obj(j);
}
