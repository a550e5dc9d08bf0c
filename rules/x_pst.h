/* SPDX-License-Identifier: GPL-3.0-or-later
 * x_pst: mail stores of Outlook (MS-PST), ANSI and Unicode. Common to x_pst.c and x_pst_file.c; nobody else
 * includes it.
 *
 * The file is two B-trees (nodes by number, blocks by number) and blocks that are obfuscated, not encrypted:
 * the password of a store is a checksum that programs ask for, and no key. All numbers are hostile: every
 * walk is bounded in depth and in the pages and blocks it may visit, every block is cut to the file, and all
 * bytes that are copied out are paid for with the document's budget. */
#ifndef GH_RULES_X_PST_H
#define GH_RULES_X_PST_H

#include "rules/extract.h"

#define PST_STEPS_MAX 4000000u     /* pages and blocks looked at in one file */
#define PST_NODES_MAX 1000000u     /* nodes listed in one file */
#define PST_VALUE_MAX (128u << 20) /* bytes of one value */

struct pst {
    struct extract *x;
    struct span in;
    bool wide; /* 64-bit numbers: Outlook 2003 and later */
    uint8_t crypt;
    uint64_t nodes_at, blocks_at; /* offsets of the roots of the two trees */
    unsigned steps;
    bool damaged;
};
struct pst_node {
    uint32_t id, parent;
    uint64_t data, sub; /* block numbers; 0 none */
};
enum {
    PST_FOLDER = 0x02,
    PST_MESSAGE = 0x04,
    PST_ATTACHMENT = 0x05
}; /* kinds: the low five bits of a node's id */

/* 0; ST_MALFORMED; ST_UNSUPPORTED for the 4 KiB pages of Outlook 2013's offline stores. */
int pst_open(struct pst *p, struct extract *x, struct span in);
/* Every node of the file, in rising order; each returns false to stop. */
void pst_each(struct pst *p, bool (*each)(void *arg, const struct pst_node *n), void *arg);
bool pst_find(struct pst *p, uint32_t id, struct pst_node *ret);
/* The bytes of data block id, or of all the blocks that it lists, appended to out; starts (may be NULL) gets
 * where each block begins, 4 bytes each. False: some of it is not there (reported). */
bool pst_data(struct pst *p, uint64_t id, struct writer *out, struct writer *starts);
/* The same for the nodes that belong to node n. */
void pst_each_sub(struct pst *p, const struct pst_node *n, bool (*each)(void *arg, const struct pst_node *n),
                  void *arg);
bool pst_find_sub(struct pst *p, const struct pst_node *n, uint32_t id, struct pst_node *ret);

/* A property context: the properties of one object. */
struct pst_props {
    struct pst *p;
    struct pst_node node;
    struct writer data;    /* all blocks of the node */
    struct writer starts;  /* where each begins, 4 bytes */
    struct writer records; /* of the properties, 8 bytes each */
};
/* True when the node holds properties. Call pst_props_done in any case. */
bool pst_props_open(struct pst_props *c, struct pst *p, const struct pst_node *n);
void pst_props_done(struct pst_props *c);
/* The i-th property's id and type; false past the last. */
bool pst_prop_at(const struct pst_props *c, size_t i, uint16_t *ret_id, uint16_t *ret_type);
/* Value of a property of variable size, in a fresh writer (writer_done in any case): true when there is one;
 * ret_type tells how to read it. */
bool pst_prop(struct pst_props *c, uint16_t id, uint16_t *ret_type, struct writer *out);
/* Value of a property of at most 4 bytes, else fallback. */
uint32_t pst_prop_u32(const struct pst_props *c, uint16_t id, uint32_t fallback);

#endif
