/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/x_ole.h"

#include "rules/charset.h"
#include "rules/formats.h"
#include "rules/sax_label.h"
#include "rules/x_ole_crypt.h"
#include "rules/x_ole_native.h"

#define NAME_MAX_BYTES 256

bool ole_load(struct ole *o, uint32_t i, struct writer *out)
{
    int rc;

    writer_init(out, OLE_STREAM_MAX);
    rc = cfb_read(o->x, o->cfb, i, out);
    if (rc == ST_LIMIT)
        extract_unread(o->x, UNREAD_TOO_LARGE);
    else if (rc)
        extract_unread(o->x, UNREAD_CORRUPT);
    return out->n > 0;
}

bool ole_load_named(struct ole *o, uint32_t storage, const char *name, struct writer *out)
{
    uint32_t i = cfb_find(o->cfb, storage, name);

    if (i != CFB_NONE && cfb_at(o->cfb, i)->type == CFB_STREAM)
        return ole_load(o, i, out);
    writer_init(out, 0);
    return false;
}

void ole_say_utf16(struct extract *x, enum place place, unsigned page, struct span utf16)
{
    struct writer w;

    if (!utf16.n)
        return;
    writer_init(&w, utf16.n * 2 + 16);
    charset_decode(utf16, "utf-16le", &w);
    extract_text(x, place, page, writer_span(&w), NULL);
    writer_done(&w);
}

/* ---- streams that are files ---- */

static void child(struct ole *o, uint32_t i, struct span bytes)
{
    uint8_t buf[NAME_MAX_BYTES];
    struct writer name;

    writer_fixed(&name, buf, sizeof(buf));
    cfb_name(o->cfb, i, &name);
    extract_child(o->x, writer_span(&name), bytes);
}

/* \1Ole10Native: a size, then what the server stored; of Packager a file with its name. */
static void native(struct ole *o, uint32_t i)
{
    struct writer w;
    struct reader r;

    if (ole_load(o, i, &w)) {
        r = reader_span(writer_span(&w));
        struct span data = reader_take(&r, reader_le32(&r));
        if (!reader_ok(&r))
            data = span_part(writer_span(&w), 4, w.n);
        if (!ole_native_package(o->x, data))
            child(o, i, data);
    }
    writer_done(&w);
}

static void hand_on(struct ole *o, uint32_t i)
{
    struct writer w;

    if (ole_load(o, i, &w))
        child(o, i, writer_span(&w));
    writer_done(&w);
}

/* ---- encrypted packages (MS-OFFCRYPTO) ---- */

/* Sensitivity labels stay readable beside the cipher text. */
static void labels(struct ole *o)
{
    struct writer w;

    for (uint32_t i = 0; i < cfb_count(o->cfb); i++) {
        if (cfb_at(o->cfb, i)->type != CFB_STREAM || !cfb_named(o->cfb, i, "LabelInfo"))
            continue;
        if (ole_load(o, i, &w))
            sax_label_read(o->x, writer_span(&w), false);
        writer_done(&w);
    }
}

/* The package as a member, when the password is the one that everybody has. */
static bool decrypted(struct ole *o, uint32_t storage)
{
    struct writer info, package, plain;
    bool good;

    writer_init(&plain, OLE_STREAM_MAX);
    writer_init(&package, 0);
    good = ole_load_named(o, storage, "EncryptionInfo", &info) &&
           ole_load_named(o, storage, "EncryptedPackage", &package) &&
           ole_decrypt(o->x, writer_span(&info), writer_span(&package), &plain);
    if (good)
        extract_child(o->x, span_str("EncryptedPackage"), writer_span(&plain));
    writer_done(&info);
    writer_done(&package);
    writer_done(&plain);
    return good;
}

static bool encrypted(struct ole *o, uint32_t storage)
{
    static const char *const names[] = {"EncryptedPackage", "EncryptionInfo", "\tDRMContent"};
    bool found = false;

    for (size_t i = 0; i < GH_COUNT(names); i++)
        found |= cfb_find(o->cfb, storage, names[i]) != CFB_NONE;
    if (!found)
        return false;
    extract_feature(o->x, FEATURE_ENCRYPTED, 1);
    if (!decrypted(o, storage))
        extract_unread_all(o->x, UNREAD_ENCRYPTED);
    labels(o);
    return true;
}

/* ---- a storage ---- */

static void sheet(struct ole *o, uint32_t storage)
{
    struct writer w;

    if (ole_load_named(o, storage, "Workbook", &w) ||
        (writer_done(&w), ole_load_named(o, storage, "Book", &w)))
        ole_sheet(o, writer_span(&w));
    writer_done(&w);
}

static bool works(struct ole *o, uint32_t storage)
{
    uint32_t i =
        cfb_find(o->cfb, storage, "MatOST") != CFB_NONE ? cfb_find(o->cfb, storage, "CONTENTS") : CFB_NONE;

    return i != CFB_NONE && ole_chunks(o, i);
}

/* The document proper; false when none is known. */
static bool document(struct ole *o, uint32_t storage)
{
    if (encrypted(o, storage))
        return true;
    if (cfb_find(o->cfb, storage, "__properties_version1.0") != CFB_NONE)
        ole_message(o, storage, o->depth > 1);
    else if (cfb_find(o->cfb, storage, "WordDocument") != CFB_NONE)
        ole_word(o, storage);
    else if (cfb_find(o->cfb, storage, "Workbook") != CFB_NONE ||
             cfb_find(o->cfb, storage, "Book") != CFB_NONE)
        sheet(o, storage);
    else if (cfb_find(o->cfb, storage, "PowerPoint Document") != CFB_NONE)
        ole_slides(o, storage);
    else if (cfb_find(o->cfb, storage, "FileHeader") != CFB_NONE &&
             cfb_find(o->cfb, storage, "DocInfo") != CFB_NONE)
        ole_hwp(o, storage);
    else if (cfb_find(o->cfb, storage, "Quill") != CFB_NONE)
        ole_publisher(o, cfb_find(o->cfb, storage, "Quill"));
    else
        return works(o, storage);
    return true;
}

/* Furniture of objects: presentations of them, links of theirs, controls. */
static bool is_furniture(const struct ole *o, uint32_t i)
{
    static const char *const names[] = {
        "\1CompObj",       "\1Ole",     "\2OlePres", "\3ObjInfo",          "\3LinkInfo",   "\3PRINT",
        "\3META",          "\3PIC",     "\3EPRINT",  "\3OCXNAME",          "\5SummaryInf", "\5DocumentSum",
        "Equation Native", "\1OleLink", "\3OCXDATA", "\3AccessObjSiteData"};

    for (size_t k = 0; k < GH_COUNT(names); k++)
        if (cfb_starts(o->cfb, i, names[k]))
            return true;
    return false;
}

static bool is_property_set(const struct ole *o, uint32_t i)
{
    return cfb_named(o->cfb, i, "\5SummaryInformation") ||
           cfb_named(o->cfb, i, "\5DocumentSummaryInformation");
}

/* Entries of storage that mean the same whatever the document is. True when one of them was text or a file.
 */
static bool common(struct ole *o, uint32_t storage, bool known)
{
    uint32_t vba = cfb_find(o->cfb, storage, "VBA");
    bool any = false;
    struct writer w;

    if (vba != CFB_NONE) { /* beside it lie the project's own streams and forms */
        ole_macros(o, vba);
        return true;
    }
    for (uint32_t i = 0; i < cfb_count(o->cfb); i++) {
        const struct cfb_entry *e = cfb_at(o->cfb, i);
        if (e->parent != storage || e->type != CFB_STREAM)
            continue;
        if (is_property_set(o, i)) {
            if (ole_load(o, i, &w))
                ole_properties(o, writer_span(&w));
            writer_done(&w);
        } else if (cfb_named(o->cfb, i, "\1Ole10Native")) {
            native(o, i);
            any = true;
        } else if (cfb_named(o->cfb, i, "Package") || (!known && cfb_named(o->cfb, i, "CONTENTS")) ||
                   cfb_named(o->cfb, i, "EmbeddedOdf")) {
            hand_on(o, i);
            any = true;
        } else if (!known && storage != CFB_ROOT && !is_furniture(o, i)) {
            hand_on(o, i); /* of an object of an unknown kind: whatever it is */
        }
    }
    return any;
}

/* Caches of pivot tables: records like a sheet's. Custom XML of the document: an Item in a storage of its
 * own. */
static void folder(struct ole *o, uint32_t storage, bool xml)
{
    struct writer w;

    for (uint32_t i = 0; i < cfb_count(o->cfb) && !extract_expired(o->x); i++) {
        uint32_t stream = i;
        if (cfb_at(o->cfb, i)->parent == storage && xml)
            stream = cfb_find(o->cfb, i, "Item");
        if (cfb_at(o->cfb, i)->parent != storage || stream == CFB_NONE)
            continue;
        if (ole_load(o, stream, &w) && xml)
            sax_label_read(o->x, writer_span(&w), true);
        else if (w.n)
            ole_sheet(o, writer_span(&w));
        writer_done(&w);
    }
}

static bool is_known_folder(struct ole *o, uint32_t i)
{
    if (cfb_starts(o->cfb, i, "__") || cfb_starts(o->cfb, i, "\6Data"))
        return true; /* parts of a message, of an encrypted package */
    if (cfb_named(o->cfb, i, "Quill") || cfb_named(o->cfb, i, "BodyText") ||
        cfb_named(o->cfb, i, "ViewText") || cfb_named(o->cfb, i, "BinData") ||
        cfb_named(o->cfb, i, "Scripts") || cfb_named(o->cfb, i, "DocOptions"))
        return cfb_at(o->cfb, i)->parent == CFB_ROOT; /* read with the document that they belong to */
    if (cfb_named(o->cfb, i, "MsoDataStore"))
        folder(o, i, true);
    else if (cfb_starts(o->cfb, i, "_SX_DB"))
        folder(o, i, false);
    else
        return false;
    return true;
}

/* Storages within a document may be objects of their own, or folders of such. */
static bool inner(struct ole *o, uint32_t storage)
{
    bool any = false;

    for (uint32_t i = 0; i < cfb_count(o->cfb); i++) {
        const struct cfb_entry *e = cfb_at(o->cfb, i);
        if (e->parent != storage || e->type != CFB_STORAGE || is_known_folder(o, i))
            continue;
        if (++o->objects > OLE_OBJECTS_MAX) {
            extract_unread(o->x, UNREAD_TOO_LARGE);
            return any;
        }
        any |= ole_storage(o, i);
    }
    return any;
}

bool ole_storage(struct ole *o, uint32_t i)
{
    bool known, any;

    if (o->depth >= OLE_DEPTH_MAX) {
        extract_unread(o->x, UNREAD_TOO_DEEP);
        return false;
    }
    if (extract_expired(o->x)) {
        extract_unread(o->x, UNREAD_TIMEOUT);
        return false;
    }
    o->depth++;
    known = document(o, i);
    if (known && o->depth > 1)
        extract_feature(o->x, FEATURE_EMBEDDED, 1);
    any = common(o, i, known);
    if (cfb_find(o->cfb, i, "VBA") == CFB_NONE)
        any |= inner(o, i);
    o->depth--;
    return known || any;
}

void x_ole_warm_up(void)
{
    ole_crypt_warm_up();
}

void x_ole(struct extract *x, struct span in)
{
    struct ole o = {.x = x, .arena = extract_arena(x)};
    struct cfb *cfb;
    int rc = cfb_open(o.arena, in, &cfb);

    if (rc) {
        extract_unread_all(x, rc == ST_NOMEM || rc == ST_LIMIT ? UNREAD_TOO_LARGE : UNREAD_CORRUPT);
        return;
    }
    o.cfb = cfb;
    if (!ole_storage(&o, CFB_ROOT))
        extract_unread_all(x, UNREAD_UNSUPPORTED);
    if (cfb_damaged(cfb))
        extract_unread(x, UNREAD_CORRUPT);
    if (o.macros)
        extract_feature(x, FEATURE_MACROS, o.macros);
    if (o.external)
        extract_feature(x, FEATURE_EXTERNAL_REFS, o.external);
}

/* Worksheets of Excel 2 to 4 are a stream of records without a compound file around it. */
void x_biff(struct extract *x, struct span in)
{
    struct ole o = {.x = x, .arena = extract_arena(x)};

    ole_sheet(&o, in);
    if (o.macros)
        extract_feature(x, FEATURE_MACROS, o.macros);
    if (o.external)
        extract_feature(x, FEATURE_EXTERNAL_REFS, o.external);
}
