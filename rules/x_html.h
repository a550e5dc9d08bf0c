/* SPDX-License-Identifier: GPL-3.0-or-later
 * x_html: the text of a page as part of another document (the body of a mail, a chapter of a book). */
#ifndef GH_RULES_X_HTML_H
#define GH_RULES_X_HTML_H

#include "rules/extract.h"

/* charset: what the outside says, NULL to look into the page. Text goes to x as body, hidden, comment and
 * metadata. */
void html_text(struct extract *x, struct span in, const char *charset);

#endif
