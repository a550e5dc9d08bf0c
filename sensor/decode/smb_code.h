/* SPDX-License-Identifier: GPL-3.0-or-later
 * smb_code: numbers of SMB and what they are called (by Suricata's names). Pure functions. */
#ifndef GH_SENSOR_SMB_CODE_H
#define GH_SENSOR_SMB_CODE_H

#include "base/reader.h"

/* [MS-CIFS] 2.2.2.1 */
enum smb1_command {
    SMB1_OPEN = 0x02,
    SMB1_CREATE = 0x03,
    SMB1_CLOSE = 0x04,
    SMB1_RENAME = 0x07,
    SMB1_READ = 0x0A,
    SMB1_WRITE = 0x0B,
    SMB1_CREATE_NEW = 0x0F,
    SMB1_WRITE_AND_UNLOCK = 0x14,
    SMB1_LOCKING_ANDX = 0x24,
    SMB1_WRITE_AND_CLOSE = 0x2C,
    SMB1_OPEN_ANDX = 0x2D,
    SMB1_READ_ANDX = 0x2E,
    SMB1_WRITE_ANDX = 0x2F,
    SMB1_TRANS2 = 0x32,
    SMB1_TREE_DISCONNECT = 0x71,
    SMB1_NEGOTIATE = 0x72,
    SMB1_SESSION_SETUP_ANDX = 0x73,
    SMB1_LOGOFF_ANDX = 0x74,
    SMB1_TREE_CONNECT_ANDX = 0x75,
    SMB1_NT_CREATE_ANDX = 0xA2,
    SMB1_NONE = 0xFF
};
/* [MS-SMB2] 2.2.1 */
enum smb2_command {
    SMB2_NEGOTIATE,
    SMB2_SESSION_SETUP,
    SMB2_LOGOFF,
    SMB2_TREE_CONNECT,
    SMB2_TREE_DISCONNECT,
    SMB2_CREATE,
    SMB2_CLOSE,
    SMB2_FLUSH,
    SMB2_READ,
    SMB2_WRITE,
    SMB2_LOCK,
    SMB2_IOCTL,
    SMB2_CANCEL,
    SMB2_ECHO,
    SMB2_QUERY_DIRECTORY,
    SMB2_CHANGE_NOTIFY,
    SMB2_QUERY_INFO,
    SMB2_SET_INFO,
    SMB2_OPLOCK_BREAK,
    SMB2_COMMANDS
};
#define SMB_SUCCESS 0u
#define SMB_PENDING 0x00000103u         /* an answer that says that the answer will come */
#define SMB_BUFFER_OVERFLOW 0x80000005u /* there is data, and more of it */
#define SMB_MORE_PROCESSING 0xC0000016u
#define SMB_END_OF_FILE 0xC0000011u

/* NULL when it has no name. */
const char *smb_code_command(unsigned version, uint16_t command);
const char *smb_code_status(uint32_t status);
const char *smb_code_disposition(uint32_t disposition);
/* Seconds since 1970 of a Windows time (100 ns since 1601); 0 when it is before. */
uint64_t smb_code_unix_time(uint64_t filetime);
/* "3.11"; a number when it has no name. text is for that. */
const char *smb_code_dialect(uint16_t dialect, char text[static 8]);

#endif
