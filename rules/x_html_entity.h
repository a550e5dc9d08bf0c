/* SPDX-License-Identifier: GPL-3.0-or-later
 * x_html_entity: "&aacute;", "&#7852;", "&#x1EAC;" to code points (WHATWG HTML, 13.5). Pure. */
#ifndef GH_RULES_X_HTML_ENTITY_H
#define GH_RULES_X_HTML_ENTITY_H

#include "base/writer.h"

/* s begins behind the '&'. Bytes taken (with the semicolon when it is there), 0 when it is none. */
size_t html_entity(struct span s, uint32_t *ret);
/* s with all of them decoded. */
void html_decode(struct span s, struct writer *out);

#endif
