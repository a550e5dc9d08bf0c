/* SPDX-License-Identifier: GPL-3.0-or-later
 * curl_strict: what every connection of ours by libcurl keeps to. It goes where it was told and nowhere else:
 * no redirect, no proxy of the environment, no password file; TLS 1.2 at least; no signals, since there are
 * threads. Any process that uses libcurl; the handle belongs to the caller. */
#ifndef GH_BASE_CURL_STRICT_H
#define GH_BASE_CURL_STRICT_H

#include <curl/curl.h>

/* Before any other setting of a new handle. protocols: as CURLOPT_PROTOCOLS_STR, "https" or "https,http". */
static inline void curl_strict(CURL *c, const char *protocols)
{
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, protocols);
    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(c, CURLOPT_PROXY, "");
    curl_easy_setopt(c, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(c, CURLOPT_USERAGENT, "gatehouse/" GH_VERSION);
}

/* Certificates are looked at by these authorities (PEM; libcurl copies them) alone; none: nobody is trusted.
 */
static inline void curl_trust(CURL *c, const void *pem, size_t n)
{
    struct curl_blob ca = {(void *)pem, n, CURL_BLOB_COPY};

    curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(c, CURLOPT_CAINFO, NULL);
    if (n)
        curl_easy_setopt(c, CURLOPT_CAINFO_BLOB, &ca);
}

#endif
