/* SPDX-License-Identifier: GPL-3.0-or-later
 * x_ole_native: files wrapped by Windows' Packager, in OLE streams and in RTF. */
#ifndef GH_RULES_X_OLE_NATIVE_H
#define GH_RULES_X_OLE_NATIVE_H

#include "rules/extract.h"

/* Native data of class Package (the content of an Ole10Native stream behind its size): the file becomes a
 * member under its own name. False, and nothing done, when it is no such thing. */
bool ole_native_package(struct extract *x, struct span bytes);

#endif
