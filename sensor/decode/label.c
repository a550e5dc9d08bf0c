/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/label.h"

#include <ndpi/ndpi_main.h>
#include <stdlib.h>
#include <string.h>

#if NDPI_API_VERSION != 8668
#error "label.c is written for nDPI 4.2: newer ones changed the signatures, see its changelog"
#endif

#define TCP_PACKETS 32   /* measured on nDPI's own captures: no label changes beyond */
#define OTHER_PACKETS 16 /* as above, one in 6048 */
#define FIRST_MAX 120    /* longest empty first segment that waits for a second one */
#define SPARE_STATES 256

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
struct full {
    struct label_state head;
    struct ndpi_flow_struct flow;
};
struct labels {
    struct ndpi_detection_module_struct *module;
    struct budget *budget;
    uint64_t refused;
    size_t n_spare;
    struct full *spare[SPARE_STATES]; /* what they pointed to is freed */
};

struct labels *labels_new(struct budget *budget)
{
    struct labels *l;
    NDPI_PROTOCOL_BITMASK all;

    if (ndpi_detection_get_sizeof_ndpi_flow_struct() != sizeof(struct ndpi_flow_struct) ||
        ndpi_get_api_version() != NDPI_API_VERSION)
        return NULL;
    l = calloc(1, sizeof(*l));
    if (!l)
        return NULL;
    l->budget = budget;
    l->module = ndpi_init_detection_module(ndpi_no_prefs);
    if (!l->module) {
        free(l);
        return NULL;
    }
    NDPI_BITMASK_SET_ALL(all);
    ndpi_set_protocol_detection_bitmask2(l->module, &all);
    ndpi_finalize_initialization(l->module);
    return l;
}

void labels_free(struct labels *l)
{
    if (!l)
        return;
    while (l->n_spare)
        free(l->spare[--l->n_spare]);
    ndpi_exit_detection_module(l->module);
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

/* Copies out what is wanted and lets nDPI's state go. */
static void decide(struct labels *l, struct label *label, struct label_state **state)
{
    struct ndpi_flow_struct *f = &((struct full *)*state)->flow;
    uint8_t guessed = 0;

    take_result(label, ndpi_detection_giveup(l->module, f, 1, &guessed));
    label->risks = f->risk;
    label->confidence = (uint8_t)f->confidence;
    if (f->host_server_name[0])
        label->hostname = strndup(f->host_server_name, sizeof(f->host_server_name));
    label->decided = true;
    state_free(l, state);
}

/* Shows nDPI one packet; true when it wants no more. */
static bool feed(struct labels *l, struct ndpi_flow_struct *f, struct span l3, uint64_t ts_us)
{
    unsigned short n = l3.n > UINT16_MAX ? UINT16_MAX : (unsigned short)l3.n;
    ndpi_protocol p = ndpi_detection_process_packet(l->module, f, l3.p, n, ts_us / 1000);

    return p.app_protocol != NDPI_PROTOCOL_UNKNOWN && !ndpi_extra_dissection_possible(l->module, f);
}

/* From the first form to nDPI's state, with that first segment shown to it. False when memory is short. */
static bool unfold(struct labels *l, struct label_state **state)
{
    struct full *s = full_new(l);

    if (!s)
        return false;
    if (*state) {
        const struct first *first = (const struct first *)*state;
        (void)feed(l, &s->flow, span_of(first->bytes, first->n),
                   first->ts_us); /* empty: it decides nothing */
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
    if (feed(l, &((struct full *)*state)->flow, p->l3, p->ts_us) ||
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
    label->hostname = NULL;
}

/* "TLS.Google", or one name when the two are the same or one is unknown. */
static void write_names(const struct labels *l, const struct label *label, struct jw *j)
{
    bool two = label->master && label->app && label->master != label->app;
    uint16_t one = label->app ? label->app : label->master;
    char text[96];
    struct writer w;

    writer_fixed(&w, text, sizeof(text));
    if (two) {
        writer_str(&w, ndpi_get_proto_name(l->module, label->master));
        writer_u8(&w, '.');
    }
    writer_str(&w, ndpi_get_proto_name(l->module, one));
    jw_kstr(j, "proto", writer_span(&w));
    writer_clear(&w);
    if (two) {
        writer_dec(&w, label->master);
        writer_u8(&w, '.');
    }
    writer_dec(&w, one);
    jw_kstr(j, "proto_id", writer_span(&w));
}

void label_write(const struct labels *l, const struct label *label, struct jw *j)
{
    jw_kobj(j, "ndpi");
    write_names(l, label, j);
    jw_kcstr(j, "category", ndpi_category_get_name(l->module, (ndpi_protocol_category_t)label->category));
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
