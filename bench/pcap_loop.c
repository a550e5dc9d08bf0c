/* SPDX-License-Identifier: GPL-3.0-or-later
 * The floor: reads a capture through libpcap and touches every byte once. Prints packets and bytes. */
#include <pcap/pcap.h>
#include <stdint.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    char err[PCAP_ERRBUF_SIZE];
    pcap_t *p = argc == 2 ? pcap_open_offline(argv[1], err) : NULL;
    struct pcap_pkthdr *h;
    const u_char *data;
    uint64_t packets = 0, bytes = 0, sum = 0;

    if (!p) {
        fprintf(stderr, "pcap_loop: %s\n", argc == 2 ? err : "usage: pcap_loop CAPTURE");
        return 2;
    }
    while (pcap_next_ex(p, &h, &data) == 1) {
        packets++;
        bytes += h->caplen;
        for (bpf_u_int32 i = 0; i < h->caplen; i += 64)
            sum += data[i];
    }
    pcap_close(p);
    printf("%llu packets, %llu bytes, %llu\n", (unsigned long long)packets, (unsigned long long)bytes, (unsigned long long)sum);
    return 0;
}
