/* SPDX-License-Identifier: GPL-3.0-or-later
 * x_ole: what lies in compound files: Word 6 to 2003, Excel 2 to 2003, PowerPoint 97 to 2003, Outlook
 * messages, encrypted packages, macros, objects. Common to the x_ole_*.c files and x_msg.c; nobody else
 * includes it.
 *
 * A storage is recognised by the names in it. An embedded document is a storage like the outermost one and is
 * read in place, as part of it; files wrapped in streams become members. */
#ifndef GH_RULES_X_OLE_H
#define GH_RULES_X_OLE_H

#include "rules/x_ole_cfb.h"

#define OLE_DEPTH_MAX 8             /* storages that are documents, one in another */
#define OLE_STREAM_MAX (128u << 20) /* bytes of one stream */
#define OLE_OBJECTS_MAX 5000        /* embedded storages read of one file */

struct ole {
    struct extract *x;
    struct arena *arena;
    const struct cfb *cfb;
    unsigned depth;
    unsigned objects;
    unsigned external;
    unsigned macros;
};

/* ---- x_ole.c ---- */
/* Reads the document that storage i is. False: nothing known is in it. */
bool ole_storage(struct ole *o, uint32_t i);
/* The stream's bytes in a fresh writer (the caller calls writer_done in any case); what fails is reported.
 * True when there are bytes. */
bool ole_load(struct ole *o, uint32_t i, struct writer *out);
/* Stream name in storage, loaded; false when it is not there or empty. */
bool ole_load_named(struct ole *o, uint32_t storage, const char *name, struct writer *out);
/* UTF-16LE as text, with the characters that the reader keeps; a convenience over extract_text. */
void ole_say_utf16(struct extract *x, enum place place, unsigned page, struct span utf16);

/* ---- the readers ---- */
void ole_word(struct ole *o, uint32_t storage);      /* x_ole_word.c */
void ole_sheet(struct ole *o, struct span book);     /* x_ole_sheet.c: BIFF */
void ole_slides(struct ole *o, uint32_t storage);    /* x_ole_slide.c */
void ole_properties(struct ole *o, struct span set); /* x_ole_props.c */
void ole_macros(struct ole *o, uint32_t vba);        /* x_ole_vba.c: storage VBA */
void ole_hwp(struct ole *o, uint32_t storage);       /* x_ole_hwp.c */
/* x_ole_chunk.c: Publisher's story, storage Quill; a stream of chunks as Works has it, false when it is none.
 */
void ole_publisher(struct ole *o, uint32_t quill);
bool ole_chunks(struct ole *o, uint32_t stream);
void ole_message(struct ole *o, uint32_t storage, bool embedded); /* x_msg.c */

#endif
