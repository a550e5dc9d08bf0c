# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash disable=SC2034 # the lists are read by those who source this
# What Gatehouse needs of Debian 12 and 13, in one place; sourced by ./run and ./check.

# compiler, libraries, and what the programs call at run time
GH_BUILD_PACKAGES="build-essential cmake ninja-build pkg-config python3 nodejs npm curl ca-certificates
libpcap-dev libndpi-dev libsodium-dev libssl-dev libsqlite3-dev libpq-dev libnats-dev liblua5.4-dev libseccomp-dev libzstd-dev libidn2-dev libcurl4-openssl-dev
libyara-dev libicu-dev libpoppler-glib-dev libarchive-dev libexpat1-dev zlib1g-dev libmspack-dev libbrotli-dev libmicrohttpd-dev libgnutls28-dev libcairo2-dev libpango1.0-dev fonts-liberation fonts-dejavu-core
poppler-data nftables libtesseract-dev libleptonica-dev tesseract-ocr-vie tesseract-ocr-eng"
# peers, browser and tools of the tests
GH_TEST_PACKAGES="git procps util-linux libnghttp2-dev clang llvm libclang-rt-14-dev chromium iproute2 nginx-light python3-aiosmtpd tcpdump libndpi-bin openssl mandoc python3-jsonschema poppler-utils"
# servers for the tests with real peers; they would start their services on your machine, so ./check installs them only with --peers
GH_PEER_PACKAGES="ethtool vsftpd dovecot-imapd dovecot-pop3d postfix swaks tftpd-hpa nfs-ganesha nfs-ganesha-vfs libnfs-utils rpcbind
nghttp2-server nghttp2-client nghttp2-proxy samba smbclient lintian mmdebstrap postgresql nats-server clickhouse-server"

# the firmware image and a machine to start it in
GH_IMAGE_PACKAGES="mmdebstrap squashfs-tools cryptsetup-bin cpio zstd dosfstools mtools e2fsprogs fdisk kmod qemu-system-x86 qemu-utils ovmf sbsigntool"

# need_packages NAME...: installs what is missing, or says what is missing and stops with 2. Asks nothing.
need_packages() {
    local missing="" p
    command -v dpkg-query >/dev/null || {
        echo "This needs Debian 12 or 13 (or a relative): dpkg is not here. Install by hand: $*" >&2
        exit 2
    }
    for p in "$@"; do
        case "$p" in
        nodejs | npm) command -v "${p%js}" >/dev/null && continue ;; # another node than Debian's is fine
        esac
        dpkg-query -W -f '${Status}\n' "$p" 2>/dev/null | grep -q '^install ok installed' || missing="$missing $p"
    done
    [ -z "$missing" ] && return 0
    if [ "$(id -u)" -ne 0 ]; then
        {
            echo "These Debian packages are missing, and only root can install them:"
            echo "  $missing"
            echo "Run once as root:  apt-get install$missing"
        } >&2
        exit 2
    fi
    echo "Installing Debian packages:$missing" >&2
    # shellcheck disable=SC2086
    if ! { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing; } >"${TMPDIR:-/tmp}/gatehouse-apt.log" 2>&1; then
        {
            tail -n 5 "${TMPDIR:-/tmp}/gatehouse-apt.log"
            echo "The packages could not be installed: is the network reachable? The whole report is in ${TMPDIR:-/tmp}/gatehouse-apt.log"
        } >&2
        exit 2
    fi
}
