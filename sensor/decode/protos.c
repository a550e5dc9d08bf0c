/* SPDX-License-Identifier: GPL-3.0-or-later
 * THE table of application protocols; the only file that knows them all. Order: the probes that say NO
 * soonest first. */
#include "sensor/decode/dhcp.h"
#include "sensor/decode/dns.h"
#include "sensor/decode/ftp.h"
#include "sensor/decode/ftp_data.h"
#include "sensor/decode/http.h"
#include "sensor/decode/http2.h"
#include "sensor/decode/imap.h"
#include "sensor/decode/krb5.h"
#include "sensor/decode/ldap.h"
#include "sensor/decode/nfs.h"
#include "sensor/decode/pop3.h"
#include "sensor/decode/quic.h"
#include "sensor/decode/rdp.h"
#include "sensor/decode/rtsp.h"
#include "sensor/decode/smb.h"
#include "sensor/decode/smtp.h"
#include "sensor/decode/ssh.h"
#include "sensor/decode/tftp.h"
#include "sensor/decode/tls.h"

const struct proto *const protos[] = {
    &proto_tls,
    &rdp_proto,
    &ldap_proto,
    &krb5_proto,
    &dhcp_proto,
    &quic_proto,
    &ssh_proto,
    &http_proto,
    &rtsp_proto,
    &sip_proto,
    &smb_proto,
    &smtp_proto,
    &ftp_proto,
    &ftp_data_proto,
    &pop3_proto,
    &imap_proto,
    &nfs_proto,
    &tftp_proto,
    &proto_dns,
    &http2_proto,
};
const size_t protos_count = GH_COUNT(protos);
